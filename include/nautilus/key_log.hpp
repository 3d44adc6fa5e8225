#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include <nautilus/bytes.hpp>
#include <nautilus/export.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0 {

/// Receives a connection's secrets so that a capture can be decrypted (RFC 9850). Nothing is logged
/// unless the application passes one in. May be called from several connections at once.
class NAUTILUS_API KeyLog {
 public:
  virtual ~KeyLog() = default;
  /// `label` is the RFC's, e.g. "CLIENT_HANDSHAKE_TRAFFIC_SECRET".
  virtual void log(std::string_view label, ByteView client_random, ByteView secret) noexcept = 0;
};

/// Appends to a file in the SSLKEYLOGFILE format, one write per line; the file is created 0600.
[[nodiscard]] NAUTILUS_API Result<std::shared_ptr<KeyLog>> make_file_key_log(
    const std::filesystem::path& path);

}  // namespace nautilus::inline v0
