#include "crypto/openssl/sign.hpp"

#include <algorithm>

#include <openssl/core_names.h>

#include "crypto/openssl/public_key.hpp"
#include "crypto/openssl/rsa.hpp"
#include "crypto/openssl/verify.hpp"

namespace nautilus::inline v0::crypto::openssl {
namespace {

Result<ByteVector> sign_digest(EVP_PKEY* key, bool pss, const HashAlgorithm& hash_algorithm,
                               ByteView message) {
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (!context || EVP_PKEY_sign_init(context.get()) != 1 ||
      (pss && !set_pss(context.get(), hash_algorithm))) {
    return fail(ErrorCode::CryptoFailure, "libcrypto: signing set-up failed");
  }
  const Digest digest = hash(hash_algorithm, message);
  ByteVector signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  std::size_t size = signature.size();
  if (EVP_PKEY_sign(context.get(), signature.data(), &size, digest.view().data(), digest.size()) !=
      1) {
    return fail(ErrorCode::CryptoFailure, "libcrypto: signing failed");
  }
  signature.resize(size);
  return signature;
}

Result<ByteVector> sign_ed25519(EVP_PKEY* key, ByteView message) {
  const MdCtxPtr context(EVP_MD_CTX_new());
  ByteVector signature(64);
  std::size_t size = signature.size();
  if (!context ||
      EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key, nullptr) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1 ||
      size != signature.size()) {
    return fail(ErrorCode::CryptoFailure, "libcrypto: signing failed");
  }
  return signature;
}

class LibcryptoSigningKey final : public SigningKey {
 public:
  LibcryptoSigningKey(PkeyPtr key, ByteVector spki, PublicKey public_key) noexcept
      : key_(std::move(key)),
        spki_(std::move(spki)),
        kind_(public_key.kind),
        schemes_(std::move(public_key.schemes)),
        description_(std::move(public_key.description)) {}

  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return schemes_;
  }
  [[nodiscard]] ByteView public_key() const noexcept override { return spki_; }
  [[nodiscard]] std::string_view description() const noexcept override { return description_; }

  /// ECDSA nonces and PSS salts come from libcrypto's own generator: its interface takes no other.
  [[nodiscard]] Eventually<ByteVector> sign(SignatureScheme scheme, ByteView message,
                                            Random&) const override {
    return sign_now(scheme, message);
  }

  [[nodiscard]] Result<ByteVector> sign_now(SignatureScheme scheme, ByteView message) const {
    if (std::ranges::find(schemes_, scheme) == schemes_.end()) {
      return fail(ErrorCode::UnsupportedAlgorithm, "the scheme does not fit the key");
    }
    const ErrorScope errors;
    if (kind_ == KeyKind::Ed25519) return sign_ed25519(key_.get(), message);
    const bool rsa = kind_ == KeyKind::Rsa || kind_ == KeyKind::RsaPss;
    return sign_digest(key_.get(), rsa, find_scheme(scheme)->hash(), message);
  }

 private:
  PkeyPtr key_;
  ByteVector spki_;
  KeyKind kind_;
  std::vector<SignatureScheme> schemes_;
  std::string description_;
};

}  // namespace

Result<std::shared_ptr<const SigningKey>> make_signing_key(PkeyPtr key) {
  // A key file may carry its public point compressed; certificates here never do.
  if (EVP_PKEY_is_a(key.get(), "EC") == 1 &&
      EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                     OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1) {
    return fail(ErrorCode::KeyMalformed, "private key without a usable public half");
  }
  ByteVector spki = encode_public_key(key.get());
  if (spki.empty()) return fail(ErrorCode::KeyMalformed, "private key without a public half");
  Result<PublicKey> described = parse_public_key(spki);
  if (!described) return propagate(described);
  Result<PublicKey> verifier_key = parse_public_key(spki);
  if (!verifier_key) return propagate(verifier_key);

  auto signer = std::make_shared<const LibcryptoSigningKey>(std::move(key), std::move(spki),
                                                            std::move(*described));
  const SignatureScheme scheme = signer->schemes().front();
  const ByteView probe = as_bytes("pairwise consistency");
  const Result<ByteVector> signature = signer->sign_now(scheme, probe);
  if (!signature ||
      !make_verification_key(std::move(*verifier_key))->verify(scheme, probe, *signature)) {
    return fail(ErrorCode::KeyMalformed, "private and public half of the key disagree");
  }
  return signer;
}

}  // namespace nautilus::inline v0::crypto::openssl
