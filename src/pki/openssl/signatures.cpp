#include <algorithm>
#include <array>

#include "pki/openssl/x509.hpp"

namespace nautilus::inline v0::pki::openssl {
namespace {

using enum SignatureScheme;

// A certificate's algorithm names the hash and the kind of key but not the curve, and RSASSA-PSS
// keeps even the hash in its parameters.
constexpr std::array kEcdsaSha256{ecdsa_secp256r1_sha256};
constexpr std::array kEcdsaSha384{ecdsa_secp384r1_sha384};
constexpr std::array kEcdsaSha512{ecdsa_secp521r1_sha512};
constexpr std::array kEd25519{ed25519};
constexpr std::array kRsaSha256{rsa_pkcs1_sha256};
constexpr std::array kRsaSha384{rsa_pkcs1_sha384};
constexpr std::array kRsaSha512{rsa_pkcs1_sha512};
constexpr std::array kPss{rsa_pss_pss_sha256,  rsa_pss_pss_sha384,  rsa_pss_pss_sha512,
                          rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512};

struct Algorithm {
  int nid;
  std::span<const SignatureScheme> schemes;
};
constexpr std::array kAlgorithms{Algorithm{NID_ecdsa_with_SHA256, kEcdsaSha256},
                                 Algorithm{NID_ecdsa_with_SHA384, kEcdsaSha384},
                                 Algorithm{NID_ecdsa_with_SHA512, kEcdsaSha512},
                                 Algorithm{NID_ED25519, kEd25519},
                                 Algorithm{NID_sha256WithRSAEncryption, kRsaSha256},
                                 Algorithm{NID_sha384WithRSAEncryption, kRsaSha384},
                                 Algorithm{NID_sha512WithRSAEncryption, kRsaSha512},
                                 Algorithm{NID_rsassaPss, kPss}};

}  // namespace

std::span<const SignatureScheme> schemes_signing(const X509* certificate) noexcept {
  const auto known =
      std::ranges::find(kAlgorithms, X509_get_signature_nid(certificate), &Algorithm::nid);
  return known == kAlgorithms.end() ? std::span<const SignatureScheme>() : known->schemes;
}

bool has_common(std::span<const SignatureScheme> a, std::span<const SignatureScheme> b) noexcept {
  return std::ranges::find_first_of(a, b) != a.end();
}

}  // namespace nautilus::inline v0::pki::openssl
