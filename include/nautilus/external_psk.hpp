#pragma once

#include <cstdint>

#include <nautilus/bytes.hpp>
#include <nautilus/secret.hpp>

namespace nautilus::inline v0 {

/// The hash an external PSK belongs to; it decides how the PSK is imported.
enum class PskHash : std::uint8_t { Sha256, Sha384 };

/// A key that both sides got outside TLS, used through the importer of RFC 9258: it never meets a
/// handshake directly, and serves suites of either hash. It must have at least 128 bits of entropy;
/// a password is not a key.
struct ExternalPsk {
  ByteVector identity;  ///< 1 to 65535 octets, sent in the clear
  SecretBytes key;      ///< at least 16 octets
  ByteVector context;   ///< what the PSK was provisioned for; equal on both sides, may be empty
  PskHash hash = PskHash::Sha256;
};

}  // namespace nautilus::inline v0
