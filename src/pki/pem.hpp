// PEM (RFC 7468): labelled base64 blocks in text.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <nautilus/bytes.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

namespace nautilus::inline v0::pki {

/// Files larger than this are refused unread.
inline constexpr std::size_t kMaxPemFile = std::size_t{1} << 20;

struct PemBlock {
  std::string label;  ///< "CERTIFICATE", "PRIVATE KEY", ...
  SecretBytes data;   ///< may be a key
};

/// All blocks in order. Text outside of blocks is ignored; a block that does not end, has other
/// labels at its ends or holds anything but base64 is `PemMalformed`.
[[nodiscard]] Result<std::vector<PemBlock>> parse_pem(std::string_view text);

/// One block, lines of 64 characters.
[[nodiscard]] SecretBytes encode_pem(std::string_view label, ByteView data);

/// Reads a whole file. `FileUnreadable`.
[[nodiscard]] Result<SecretBytes> read_file(const std::filesystem::path& path);

}  // namespace nautilus::inline v0::pki
