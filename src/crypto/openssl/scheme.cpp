#include "crypto/openssl/scheme.hpp"

#include <algorithm>
#include <array>

#include "crypto/openssl/digest.hpp"

namespace nautilus::inline v0::crypto::openssl {
namespace {

using enum SignatureScheme;

constexpr std::array kSchemes{
    SchemeInfo{ecdsa_secp256r1_sha256, KeyKind::EcdsaP256, sha256},
    SchemeInfo{ecdsa_secp384r1_sha384, KeyKind::EcdsaP384, sha384},
    SchemeInfo{ecdsa_secp521r1_sha512, KeyKind::EcdsaP521, sha512},
    SchemeInfo{ed25519, KeyKind::Ed25519, nullptr},
    SchemeInfo{rsa_pss_rsae_sha256, KeyKind::Rsa, sha256},
    SchemeInfo{rsa_pss_rsae_sha384, KeyKind::Rsa, sha384},
    SchemeInfo{rsa_pss_rsae_sha512, KeyKind::Rsa, sha512},
    SchemeInfo{rsa_pss_pss_sha256, KeyKind::RsaPss, sha256},
    SchemeInfo{rsa_pss_pss_sha384, KeyKind::RsaPss, sha384},
    SchemeInfo{rsa_pss_pss_sha512, KeyKind::RsaPss, sha512},
};

constexpr std::array kP256{ecdsa_secp256r1_sha256};
constexpr std::array kP384{ecdsa_secp384r1_sha384};
constexpr std::array kP521{ecdsa_secp521r1_sha512};
constexpr std::array kEd25519{ed25519};
constexpr std::array kRsa{rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512};
constexpr std::array kRsaPss{rsa_pss_pss_sha256, rsa_pss_pss_sha384, rsa_pss_pss_sha512};

}  // namespace

const SchemeInfo* find_scheme(SignatureScheme scheme) noexcept {
  const auto found = std::ranges::find(kSchemes, scheme, &SchemeInfo::scheme);
  return found != kSchemes.end() ? &*found : nullptr;
}

std::span<const SignatureScheme> schemes_of(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::EcdsaP256:
      return kP256;
    case KeyKind::EcdsaP384:
      return kP384;
    case KeyKind::EcdsaP521:
      return kP521;
    case KeyKind::Ed25519:
      return kEd25519;
    case KeyKind::Rsa:
      return kRsa;
    case KeyKind::RsaPss:
      return kRsaPss;
  }
  return {};
}

}  // namespace nautilus::inline v0::crypto::openssl
