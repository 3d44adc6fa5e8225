#include "crypto/openssl/rsa.hpp"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

namespace nautilus::inline v0::crypto::openssl {
namespace {

constexpr int kMinModulusBits = 2048;
constexpr int kMaxModulusBits = 8192;
constexpr int kMaxExponentBits = 64;

const EVP_MD* evp_digest(const HashAlgorithm& hash) noexcept {
  switch (hash.digest_size) {
    case 32:
      return EVP_sha256();
    case 48:
      return EVP_sha384();
    case 64:
      return EVP_sha512();
    default:
      return nullptr;
  }
}

}  // namespace

bool set_pss(EVP_PKEY_CTX* context, const HashAlgorithm& hash) noexcept {
  const EVP_MD* md = evp_digest(hash);
  return md != nullptr && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_signature_md(context, md) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

bool set_pkcs1(EVP_PKEY_CTX* context, const HashAlgorithm& hash) noexcept {
  const EVP_MD* md = evp_digest(hash);
  return md != nullptr && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
         EVP_PKEY_CTX_set_signature_md(context, md) == 1;
}

Result<void> check_rsa(const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kMinModulusBits) return fail(ErrorCode::UnsupportedAlgorithm, "RSA below 2048 bits");
  if (bits > kMaxModulusBits) return fail(ErrorCode::UnsupportedAlgorithm, "RSA above 8192 bits");
  BIGNUM* raw = nullptr;
  const bool found = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &raw) == 1;
  const BnPtr exponent(raw);
  if (!found || BN_is_odd(raw) == 0 || BN_is_one(raw) != 0 || BN_num_bits(raw) > kMaxExponentBits) {
    return fail(ErrorCode::UnsupportedAlgorithm, "RSA public exponent");
  }
  return {};
}

std::vector<SignatureScheme> usable_pss_schemes(KeyKind kind, EVP_PKEY* key) {
  const auto all = schemes_of(kind);
  if (kind == KeyKind::Rsa) return {all.begin(), all.end()};
  // Only the parameters of an id-RSASSA-PSS key can forbid anything: try.
  std::vector<SignatureScheme> usable;
  for (const SignatureScheme scheme : all) {
    const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    if (context && EVP_PKEY_verify_init(context.get()) == 1 &&
        set_pss(context.get(), find_scheme(scheme)->hash())) {
      usable.push_back(scheme);
    }
  }
  return usable;
}

}  // namespace nautilus::inline v0::crypto::openssl
