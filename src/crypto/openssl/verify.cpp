#include "crypto/openssl/verify.hpp"

#include <algorithm>

#include "crypto/openssl/certificate_signature.hpp"
#include "crypto/openssl/digest.hpp"
#include "crypto/openssl/rsa.hpp"

namespace nautilus::inline v0::crypto::openssl {
namespace {

enum class Padding { None, Pss, Pkcs1 };

/// ECDSA and RSA: verifies a signature over a digest made here.
Result<void> verify_digest(EVP_PKEY* key, Padding padding, const HashAlgorithm& hash_algorithm,
                           ByteView message, ByteView signature) {
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (!context || EVP_PKEY_verify_init(context.get()) != 1 ||
      (padding == Padding::Pss && !set_pss(context.get(), hash_algorithm)) ||
      (padding == Padding::Pkcs1 && !set_pkcs1(context.get(), hash_algorithm))) {
    return fail(ErrorCode::CryptoFailure, "libcrypto: verification set-up failed");
  }
  const Digest digest = hash(hash_algorithm, message);
  if (EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.view().data(),
                      digest.size()) != 1) {
    return fail(ErrorCode::BadSignature);
  }
  return {};
}

Result<void> verify_ed25519(EVP_PKEY* key, ByteView message, ByteView signature) {
  const MdCtxPtr context(EVP_MD_CTX_new());
  if (!context || EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key,
                                          nullptr) != 1) {
    return fail(ErrorCode::CryptoFailure, "libcrypto: verification set-up failed");
  }
  if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                       message.size()) != 1) {
    return fail(ErrorCode::BadSignature);
  }
  return {};
}

class LibcryptoVerificationKey final : public VerificationKey {
 public:
  explicit LibcryptoVerificationKey(PublicKey key) noexcept : key_(std::move(key)) {}

  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return key_.schemes;
  }
  [[nodiscard]] std::string_view description() const noexcept override { return key_.description; }
  [[nodiscard]] Result<void> verify(SignatureScheme scheme, ByteView message,
                                    ByteView signature) const override {
    if (std::ranges::find(key_.schemes, scheme) == key_.schemes.end()) {
      return fail(ErrorCode::UnsupportedAlgorithm, "the scheme does not fit the key");
    }
    const ErrorScope errors;
    if (key_.kind == KeyKind::Ed25519) return verify_ed25519(key_.key.get(), message, signature);
    const bool rsa = key_.kind == KeyKind::Rsa || key_.kind == KeyKind::RsaPss;
    return verify_digest(key_.key.get(), rsa ? Padding::Pss : Padding::None,
                         find_scheme(scheme)->hash(), message, signature);
  }

 private:
  PublicKey key_;
};

}  // namespace

std::shared_ptr<const VerificationKey> make_verification_key(PublicKey key) {
  return std::make_shared<const LibcryptoVerificationKey>(std::move(key));
}

Result<void> verify_certificate_rsa_pkcs1(ByteView spki, const HashAlgorithm& hash_algorithm,
                                          ByteView message, ByteView signature) {
  const ErrorScope errors;
  const Result<PublicKey> key = parse_public_key(spki);
  if (!key) return propagate(key);
  if (key->kind != KeyKind::Rsa) {
    return fail(ErrorCode::UnsupportedAlgorithm, "the signature algorithm does not fit the key");
  }
  return verify_digest(key->key.get(), Padding::Pkcs1, hash_algorithm, message, signature);
}

Result<void> verify_certificate_ecdsa(ByteView spki, const HashAlgorithm& hash_algorithm,
                                      ByteView message, ByteView signature) {
  const ErrorScope errors;
  const Result<PublicKey> key = parse_public_key(spki);
  if (!key) return propagate(key);
  if (key->kind != KeyKind::EcdsaP256 && key->kind != KeyKind::EcdsaP384 &&
      key->kind != KeyKind::EcdsaP521) {
    return fail(ErrorCode::UnsupportedAlgorithm, "the signature algorithm does not fit the key");
  }
  return verify_digest(key->key.get(), Padding::None, hash_algorithm, message, signature);
}

}  // namespace nautilus::inline v0::crypto::openssl
