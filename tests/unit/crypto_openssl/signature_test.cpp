#include <gtest/gtest.h>

#include "crypto/openssl/certificate_signature.hpp"
#include "crypto/openssl/digest.hpp"
#include "crypto/openssl/key_load.hpp"
#include "crypto/openssl/random.hpp"
#include "support/wycheproof.hpp"
#include "unit/crypto_openssl/test_keys.hpp"

namespace nautilus {
namespace {

using test::wycheproof::from_hex;
using enum SignatureScheme;

// RFC 8032 §7.1, TEST 3; the key wrapped as RFC 8410 says.
TEST(LibcryptoSignature, Ed25519KnownAnswer) {
  const auto loader = crypto::openssl::key_loader();
  const auto signer = loader
                          ->load_private_key(from_hex(
                              "302e020100300506032b657004220420"
                              "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"))
                          .value();
  EXPECT_EQ(to_vector(signer->public_key()),
            from_hex("302a300506032b6570032100"
                     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"));
  const ByteVector signature =
      signer->sign(ed25519, from_hex("af82"), *crypto::openssl::system_random())->value();
  EXPECT_EQ(signature,
            from_hex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"));
  EXPECT_TRUE(loader->load_public_key(signer->public_key())
                  .value()
                  ->verify(ed25519, from_hex("af82"), signature));
}

// RFC 6979 §A.2.5: P-256, SHA-256, message "sample".
constexpr const char* kP256Spki =
    "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
constexpr const char* kP256Signature =
    "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

TEST(LibcryptoSignature, EcdsaKnownAnswer) {
  const auto key = crypto::openssl::key_loader()->load_public_key(from_hex(kP256Spki)).value();
  EXPECT_TRUE(key->verify(ecdsa_secp256r1_sha256, as_bytes("sample"), from_hex(kP256Signature)));
  EXPECT_FALSE(key->verify(ecdsa_secp256r1_sha256, as_bytes("Sample"), from_hex(kP256Signature)));
}

TEST(LibcryptoSignature, EcdsaIsRandomised) {
  const auto signer = crypto::openssl::key_loader()
                          ->load_private_key(test::pkcs8_of(test::ec_key("P-256")))
                          .value();
  const auto random = crypto::openssl::system_random();
  EXPECT_NE(signer->sign(ecdsa_secp256r1_sha256, as_bytes("m"), *random)->value(),
            signer->sign(ecdsa_secp256r1_sha256, as_bytes("m"), *random)->value());
}

/// An RSA signature over "message" with parameters of the test's choice.
ByteVector rsa_signature(const test::TestKey& key, int padding, const EVP_MD* hash,
                         const EVP_MD* mgf1 = nullptr, int salt = 0) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* parameters = nullptr;
  ByteVector signature(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())));
  std::size_t size = signature.size();
  const ByteView message = as_bytes("message");
  EXPECT_EQ(EVP_DigestSignInit(context, &parameters, hash, nullptr, key.get()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(parameters, padding), 1);
  if (padding == RSA_PKCS1_PSS_PADDING) {
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, mgf1), 1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, salt), 1);
  }
  EXPECT_EQ(EVP_DigestSign(context, signature.data(), &size, message.data(), message.size()), 1);
  EVP_MD_CTX_free(context);
  return signature;
}

// RFC 9846 §4.3.3-4: hash, MGF1 hash and salt length are fixed.
TEST(LibcryptoSignature, RsaPssWithForeignParametersIsRefused) {
  const test::TestKey key = test::rsa_key(2048);
  const auto verifier = crypto::openssl::key_loader()->load_public_key(test::spki_of(key)).value();
  const auto verifies = [&](const ByteVector& signature) {
    return verifier->verify(rsa_pss_rsae_sha256, as_bytes("message"), signature).has_value();
  };
  const auto pss = [&](const EVP_MD* hash, const EVP_MD* mgf1, int salt) {
    return rsa_signature(key, RSA_PKCS1_PSS_PADDING, hash, mgf1, salt);
  };
  EXPECT_TRUE(verifies(pss(EVP_sha256(), EVP_sha256(), 32)));
  for (const int salt : {0, 20, 31, 33, 64, RSA_PSS_SALTLEN_MAX}) {
    EXPECT_FALSE(verifies(pss(EVP_sha256(), EVP_sha256(), salt))) << salt;
  }
  EXPECT_FALSE(verifies(pss(EVP_sha256(), EVP_sha1(), 32)));
  EXPECT_FALSE(verifies(pss(EVP_sha384(), EVP_sha384(), 48)));
  EXPECT_FALSE(verifies(rsa_signature(key, RSA_PKCS1_PADDING, EVP_sha256())));
}

TEST(CertificateSignature, RsaPkcs1ButNotPss) {
  const test::TestKey key = test::rsa_key(2048);
  const ByteVector spki = test::spki_of(key);
  const auto verifies = [&](const ByteVector& signature) {
    return crypto::openssl::verify_certificate_rsa_pkcs1(spki, crypto::openssl::sha256(),
                                                         as_bytes("message"), signature)
        .has_value();
  };
  EXPECT_TRUE(verifies(rsa_signature(key, RSA_PKCS1_PADDING, EVP_sha256())));
  EXPECT_FALSE(verifies(rsa_signature(key, RSA_PKCS1_PADDING, EVP_sha384())));
  EXPECT_FALSE(verifies(rsa_signature(key, RSA_PKCS1_PSS_PADDING, EVP_sha256(), EVP_sha256(), 32)));
}

TEST(CertificateSignature, EcdsaWithAnyHash) {
  const ByteVector spki = from_hex(kP256Spki);
  // RFC 6979 §A.2.5: the same key and message with SHA-512.
  EXPECT_TRUE(crypto::openssl::verify_certificate_ecdsa(
      spki, crypto::openssl::sha512(), as_bytes("sample"),
      from_hex("30450221008496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00"
               "02202362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe")));
  EXPECT_TRUE(crypto::openssl::verify_certificate_ecdsa(
      spki, crypto::openssl::sha256(), as_bytes("sample"), from_hex(kP256Signature)));
  const auto wrong_hash = crypto::openssl::verify_certificate_ecdsa(
      spki, crypto::openssl::sha384(), as_bytes("sample"), from_hex(kP256Signature));
  ASSERT_FALSE(wrong_hash);
  EXPECT_EQ(wrong_hash.error().code, ErrorCode::BadSignature);
}

TEST(CertificateSignature, RefusesKeysOfAnotherKind) {
  const ByteVector rsa = test::spki_of(test::rsa_key(2048));
  const ByteVector pss = test::spki_of(test::rsa_pss_key(nullptr));
  const ByteVector ec = from_hex(kP256Spki);
  const HashAlgorithm& hash = crypto::openssl::sha256();
  for (const ByteVector& spki : {ec, pss}) {
    const auto refused =
        crypto::openssl::verify_certificate_rsa_pkcs1(spki, hash, {}, ByteVector(256));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::UnsupportedAlgorithm);
  }
  for (const ByteVector& spki : {rsa, pss}) {
    const auto refused = crypto::openssl::verify_certificate_ecdsa(spki, hash, {}, ByteVector(70));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::UnsupportedAlgorithm);
  }
  const auto malformed =
      crypto::openssl::verify_certificate_rsa_pkcs1({}, hash, {}, ByteVector(256));
  ASSERT_FALSE(malformed);
  EXPECT_EQ(malformed.error().code, ErrorCode::KeyMalformed);
}

}  // namespace
}  // namespace nautilus
