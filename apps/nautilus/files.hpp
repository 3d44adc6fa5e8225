// Files of the command: identities by name, atomic writes, digests.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <nautilus/bytes.hpp>
#include <nautilus/crypto/hash.hpp>
#include <nautilus/pki/identity.hpp>
#include <nautilus/result.hpp>

namespace app {

/// PATH/NAME finds NAME.pem and NAME.key, and to staple where they are: NAME.ocsp (an OCSP
/// response) and NAME.sct (certificate timestamps). `keys` loads the private key.
[[nodiscard]] nautilus::Result<nautilus::Identity> load_identity(const std::string& name,
                                                                 const nautilus::KeyLoader& keys);

/// Writes a file in one step: a temporary beside it, then a rename. Fails if it exists and `force`
/// is not set.
[[nodiscard]] nautilus::Result<void> write_file(const std::filesystem::path& path,
                                                nautilus::ByteView content, int mode, bool force);

[[nodiscard]] std::string hex(nautilus::ByteView bytes);

/// A running SHA-256.
[[nodiscard]] nautilus::Hasher sha256();

/// "HOST:PORT", "[::1]:PORT" or "PORT".
struct Endpoint {
  std::string host;
  std::string port;
};
[[nodiscard]] nautilus::Result<Endpoint> parse_endpoint(std::string_view text,
                                                        std::string_view default_host);

}  // namespace app
