#pragma once

#include <cstdint>
#include <string_view>

#include <nautilus/export.hpp>

namespace nautilus::inline v0 {

// The registries' own spelling. Values without an enumerator may appear wherever a peer chooses
// them; they are kept as they are and simply match nothing.

/// CipherSuite (RFC 9846 §B.4; AEGIS draft-denis-tls-aegis-06).
enum class CipherSuiteId : std::uint16_t {
  TLS_AES_128_GCM_SHA256 = 0x1301,
  TLS_AES_256_GCM_SHA384 = 0x1302,
  TLS_CHACHA20_POLY1305_SHA256 = 0x1303,
  TLS_AEGIS_256_SHA512 = 0x1306,
  TLS_AEGIS_128L_SHA256 = 0x1307,
};

/// NamedGroup (RFC 9846 §4.3.7; hybrids RFC 10024).
enum class NamedGroup : std::uint16_t {
  secp256r1 = 0x0017,
  secp384r1 = 0x0018,
  secp521r1 = 0x0019,
  x25519 = 0x001D,
  MLKEM512 = 0x0200,
  MLKEM768 = 0x0201,
  MLKEM1024 = 0x0202,
  SecP256r1MLKEM768 = 0x11EB,
  X25519MLKEM768 = 0x11EC,
  SecP384r1MLKEM1024 = 0x11ED,
};

/// SignatureScheme (RFC 9846 §4.3.3).
enum class SignatureScheme : std::uint16_t {
  rsa_pkcs1_sha256 = 0x0401,
  rsa_pkcs1_sha384 = 0x0501,
  rsa_pkcs1_sha512 = 0x0601,
  ecdsa_secp256r1_sha256 = 0x0403,
  ecdsa_secp384r1_sha384 = 0x0503,
  ecdsa_secp521r1_sha512 = 0x0603,
  rsa_pss_rsae_sha256 = 0x0804,
  rsa_pss_rsae_sha384 = 0x0805,
  rsa_pss_rsae_sha512 = 0x0806,
  ed25519 = 0x0807,
  rsa_pss_pss_sha256 = 0x0809,
  rsa_pss_pss_sha384 = 0x080A,
  rsa_pss_pss_sha512 = 0x080B,
  mldsa44 = 0x0904,
  mldsa65 = 0x0905,
  mldsa87 = 0x0906,
};

/// The registry's name, or "unknown". Static storage.
NAUTILUS_API std::string_view to_string(CipherSuiteId id) noexcept;
NAUTILUS_API std::string_view to_string(NamedGroup group) noexcept;
NAUTILUS_API std::string_view to_string(SignatureScheme scheme) noexcept;

/// Whether the group's secret survives an adversary with a quantum computer.
[[nodiscard]] constexpr bool is_post_quantum(NamedGroup group) noexcept {
  switch (group) {
    case NamedGroup::MLKEM512:
    case NamedGroup::MLKEM768:
    case NamedGroup::MLKEM1024:
    case NamedGroup::SecP256r1MLKEM768:
    case NamedGroup::X25519MLKEM768:
    case NamedGroup::SecP384r1MLKEM1024:
      return true;
    case NamedGroup::secp256r1:
    case NamedGroup::secp384r1:
    case NamedGroup::secp521r1:
    case NamedGroup::x25519:
      return false;
  }
  return false;
}

}  // namespace nautilus::inline v0
