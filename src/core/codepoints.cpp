#include <nautilus/codepoints.hpp>

namespace nautilus::inline v0 {

std::string_view to_string(CipherSuiteId id) noexcept {
  using enum CipherSuiteId;
  switch (id) {
    case TLS_AES_128_GCM_SHA256:
      return "TLS_AES_128_GCM_SHA256";
    case TLS_AES_256_GCM_SHA384:
      return "TLS_AES_256_GCM_SHA384";
    case TLS_CHACHA20_POLY1305_SHA256:
      return "TLS_CHACHA20_POLY1305_SHA256";
    case TLS_AEGIS_256_SHA512:
      return "TLS_AEGIS_256_SHA512";
    case TLS_AEGIS_128L_SHA256:
      return "TLS_AEGIS_128L_SHA256";
  }
  return "unknown";
}

std::string_view to_string(NamedGroup group) noexcept {
  using enum NamedGroup;
  switch (group) {
    case secp256r1:
      return "secp256r1";
    case secp384r1:
      return "secp384r1";
    case secp521r1:
      return "secp521r1";
    case x25519:
      return "x25519";
    case MLKEM512:
      return "MLKEM512";
    case MLKEM768:
      return "MLKEM768";
    case MLKEM1024:
      return "MLKEM1024";
    case SecP256r1MLKEM768:
      return "SecP256r1MLKEM768";
    case X25519MLKEM768:
      return "X25519MLKEM768";
    case SecP384r1MLKEM1024:
      return "SecP384r1MLKEM1024";
  }
  return "unknown";
}

std::string_view to_string(SignatureScheme scheme) noexcept {
  using enum SignatureScheme;
  switch (scheme) {
    case rsa_pkcs1_sha256:
      return "rsa_pkcs1_sha256";
    case rsa_pkcs1_sha384:
      return "rsa_pkcs1_sha384";
    case rsa_pkcs1_sha512:
      return "rsa_pkcs1_sha512";
    case ecdsa_secp256r1_sha256:
      return "ecdsa_secp256r1_sha256";
    case ecdsa_secp384r1_sha384:
      return "ecdsa_secp384r1_sha384";
    case ecdsa_secp521r1_sha512:
      return "ecdsa_secp521r1_sha512";
    case rsa_pss_rsae_sha256:
      return "rsa_pss_rsae_sha256";
    case rsa_pss_rsae_sha384:
      return "rsa_pss_rsae_sha384";
    case rsa_pss_rsae_sha512:
      return "rsa_pss_rsae_sha512";
    case ed25519:
      return "ed25519";
    case rsa_pss_pss_sha256:
      return "rsa_pss_pss_sha256";
    case rsa_pss_pss_sha384:
      return "rsa_pss_pss_sha384";
    case rsa_pss_pss_sha512:
      return "rsa_pss_pss_sha512";
    case mldsa44:
      return "mldsa44";
    case mldsa65:
      return "mldsa65";
    case mldsa87:
      return "mldsa87";
  }
  return "unknown";
}

}  // namespace nautilus::inline v0
