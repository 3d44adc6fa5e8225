#include "crypto/openssl/certificate_signature.hpp"
#include "crypto/openssl/digest.hpp"
#include "crypto/openssl/key_load.hpp"
#include "support/wycheproof.hpp"

namespace nautilus {
namespace {

namespace wp = test::wycheproof;
using enum SignatureScheme;

const HashAlgorithm& hash_named(const std::string& name) {
  return name == "SHA-256"   ? crypto::openssl::sha256()
         : name == "SHA-384" ? crypto::openssl::sha384()
                             : crypto::openssl::sha512();
}

/// Through the interface that CertificateVerify uses.
void run_verify(const std::string& file, SignatureScheme scheme) {
  const auto loader = crypto::openssl::key_loader();
  wp::for_each(file, "libcrypto", [&](const wp::Json& group, const wp::Json& test) {
    const auto key = loader->load_public_key(wp::bytes(group, "publicKeyDer"));
    EXPECT_TRUE(key);
    if (!key) return wp::Outcome::Skipped;
    const auto verdict = (*key)->verify(scheme, wp::bytes(test, "msg"), wp::bytes(test, "sig"));
    EXPECT_EQ(verdict.has_value(), wp::is_valid(test));
    if (!verdict) {
      EXPECT_EQ(verdict.error().code, ErrorCode::BadSignature);
    }
    return wp::Outcome::Run;
  });
}

TEST(Wycheproof, LibcryptoEcdsa) {
  if (!wp::available()) GTEST_SKIP() << wp::kUnavailable;
  run_verify("ecdsa_secp256r1_sha256", ecdsa_secp256r1_sha256);
  run_verify("ecdsa_secp384r1_sha384", ecdsa_secp384r1_sha384);
  run_verify("ecdsa_secp521r1_sha512", ecdsa_secp521r1_sha512);
}

TEST(Wycheproof, LibcryptoEd25519) {
  if (!wp::available()) GTEST_SKIP() << wp::kUnavailable;
  run_verify("ed25519", ed25519);
}

TEST(Wycheproof, LibcryptoRsaPss) {
  if (!wp::available()) GTEST_SKIP() << wp::kUnavailable;
  run_verify("rsa_pss_2048_sha256_mgf1_32", rsa_pss_rsae_sha256);
  run_verify("rsa_pss_3072_sha256_mgf1_32", rsa_pss_rsae_sha256);
  run_verify("rsa_pss_4096_sha256_mgf1_32", rsa_pss_rsae_sha256);
  run_verify("rsa_pss_2048_sha384_mgf1_48", rsa_pss_rsae_sha384);
  run_verify("rsa_pss_4096_sha384_mgf1_48", rsa_pss_rsae_sha384);
  run_verify("rsa_pss_4096_sha512_mgf1_64", rsa_pss_rsae_sha512);
}

// Mixed parameters: whatever is not TLS's own combination must be refused, though it is a valid
// signature.
TEST(Wycheproof, LibcryptoRsaPssForeignParameters) {
  if (!wp::available()) GTEST_SKIP() << wp::kUnavailable;
  const auto loader = crypto::openssl::key_loader();
  wp::for_each("rsa_pss_misc", "libcrypto", [&](const wp::Json& group, const wp::Json& test) {
    const auto key = loader->load_public_key(wp::bytes(group, "publicKeyDer"));
    EXPECT_TRUE(key);
    const std::string sha = group.at("sha");
    bool accepted = false;
    for (const auto& [name, size, scheme] : {std::tuple{"SHA-256", 32, rsa_pss_rsae_sha256},
                                             {"SHA-384", 48, rsa_pss_rsae_sha384},
                                             {"SHA-512", 64, rsa_pss_rsae_sha512}}) {
      const bool ours = sha == name && group.at("mgfSha") == name && group.at("sLen") == size;
      const auto verdict = (*key)->verify(scheme, wp::bytes(test, "msg"), wp::bytes(test, "sig"));
      EXPECT_EQ(verdict.has_value(), ours && wp::is_valid(test)) << name;
      accepted = accepted || verdict.has_value();
    }
    return accepted ? wp::Outcome::Run : wp::Outcome::Refused;
  });
}

TEST(Wycheproof, LibcryptoCertificateEcdsa) {
  if (!wp::available()) GTEST_SKIP() << wp::kUnavailable;
  for (const char* file :
       {"ecdsa_secp256r1_sha512", "ecdsa_secp384r1_sha256", "ecdsa_secp384r1_sha512"}) {
    wp::for_each(file, "libcrypto", [&](const wp::Json& group, const wp::Json& test) {
      const auto verdict = crypto::openssl::verify_certificate_ecdsa(
          wp::bytes(group, "publicKeyDer"), hash_named(group.at("sha")), wp::bytes(test, "msg"),
          wp::bytes(test, "sig"));
      EXPECT_EQ(verdict.has_value(), wp::is_valid(test));
      return wp::Outcome::Run;
    });
  }
}

TEST(Wycheproof, LibcryptoCertificateRsaPkcs1) {
  if (!wp::available()) GTEST_SKIP() << wp::kUnavailable;
  for (const char* size : {"2048", "3072", "4096"}) {
    for (const char* sha : {"sha256", "sha384", "sha512"}) {
      const std::string file = std::string("rsa_signature_") + size + "_" + sha;
      wp::for_each(file, "libcrypto", [&](const wp::Json& group, const wp::Json& test) {
        const auto verdict = crypto::openssl::verify_certificate_rsa_pkcs1(
            wp::bytes(group, "publicKeyDer"), hash_named(group.at("sha")), wp::bytes(test, "msg"),
            wp::bytes(test, "sig"));
        // "acceptable" is the DigestInfo without its NULL, a leniency that is not ours.
        EXPECT_EQ(verdict.has_value(), wp::is_valid(test));
        return wp::Outcome::Run;
      });
    }
  }
}

}  // namespace
}  // namespace nautilus
