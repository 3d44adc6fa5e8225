#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/export.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0 {

/// Who the peer has proved to be. An open, tagged value: `kind` says what the proof was, the other
/// fields are filled as far as that kind has them. It has a stable encoding so that a session
/// ticket can carry it.
struct NAUTILUS_API PeerIdentity {
  enum class Kind : std::uint8_t {
    None = 0,          ///< the peer did not authenticate
    X509 = 1,          ///< a certificate chain to a trust anchor
    RawPublicKey = 2,  ///< a key accepted as such (RFC 7250)
    Application = 3,   ///< defined by the application's verifier
    ExternalPsk = 4,   ///< a pre-shared key from outside TLS
  };

  Kind kind = Kind::None;
  std::string subject;      ///< the leaf's subject, RFC 4514 text
  std::string common_name;  ///< its common name, if any
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;  ///< text form
  std::vector<std::string> uris;
  std::string key_description;                        ///< "ECDSA P-256", "RSA 2048", ...
  std::array<std::uint8_t, 32> key_digest{};          ///< SHA-256 of the DER SubjectPublicKeyInfo
  std::array<std::uint8_t, 32> certificate_digest{};  ///< SHA-256 of the DER certificate
  /// The identity may not be relied on after this: the earliest notAfter of the chain. The latest
  /// TimePoint where nothing expires.
  TimePoint expires = TimePoint::max();
  ByteVector application;  ///< whatever an application's verifier wants to keep

  [[nodiscard]] bool authenticated() const noexcept { return kind != Kind::None; }
  /// The best short name for people: a DNS name, else a URI, else the common name, else the
  /// subject, else the start of the key's digest.
  [[nodiscard]] std::string display_name() const;

  /// Stable encoding, versioned. Decoding fails with `DecodeError` on anything else.
  [[nodiscard]] ByteVector encode() const;
  [[nodiscard]] static Result<PeerIdentity> decode(ByteView encoded);

  friend bool operator==(const PeerIdentity&, const PeerIdentity&) = default;
};

}  // namespace nautilus::inline v0
