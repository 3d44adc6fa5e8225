#include "crypto/openssl/key_load.hpp"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "crypto/openssl/random.hpp"
#include "support/wycheproof.hpp"
#include "unit/crypto_openssl/test_keys.hpp"

namespace nautilus {
namespace {

using namespace test;  // NOLINT: the test's own helpers
using test::wycheproof::from_hex;
using enum SignatureScheme;

std::vector<SignatureScheme> list(std::span<const SignatureScheme> schemes) {
  return {schemes.begin(), schemes.end()};
}

struct Kind {
  const char* name;
  std::function<TestKey()> make;
  const char* description;
  std::vector<SignatureScheme> schemes;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"P256", [] { return ec_key("P-256"); }, "ECDSA P-256", {ecdsa_secp256r1_sha256}},
      {"P384", [] { return ec_key("P-384"); }, "ECDSA P-384", {ecdsa_secp384r1_sha384}},
      {"P521", [] { return ec_key("P-521"); }, "ECDSA P-521", {ecdsa_secp521r1_sha512}},
      {"Ed25519", [] { return ed25519_key(); }, "Ed25519", {ed25519}},
      {"Rsa",
       [] { return rsa_key(2048); },
       "RSA 2048",
       {rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512}},
      {"Pss",
       [] { return rsa_pss_key(nullptr); },
       "RSASSA-PSS 2048",
       {rsa_pss_pss_sha256, rsa_pss_pss_sha384, rsa_pss_pss_sha512}},
      {"PssSha256",
       [] { return rsa_pss_key(EVP_sha256()); },
       "RSASSA-PSS 2048",
       {rsa_pss_pss_sha256}},
      {"PssSha384",
       [] { return rsa_pss_key(EVP_sha384()); },
       "RSASSA-PSS 2048",
       {rsa_pss_pss_sha384}},
  };
  return all;
}

class LoadedKey : public testing::TestWithParam<std::size_t> {
 protected:
  const Kind& kind_ = kinds()[GetParam()];
  TestKey key_ = kind_.make();
  ByteVector spki_ = spki_of(key_);
  std::shared_ptr<const KeyLoader> loader_ = crypto::openssl::key_loader();
  std::shared_ptr<Random> random_ = crypto::openssl::system_random();
};

TEST_P(LoadedKey, SignsAndVerifiesInEveryScheme) {
  ERR_clear_error();
  const auto signer = loader_->load_private_key(pkcs8_of(key_));
  ASSERT_TRUE(signer) << signer.error().detail;
  const auto verifier = loader_->load_public_key((*signer)->public_key());
  ASSERT_TRUE(verifier) << verifier.error().detail;
  EXPECT_EQ(to_vector((*signer)->public_key()), spki_);
  EXPECT_EQ((*signer)->description(), kind_.description);
  EXPECT_EQ((*verifier)->description(), kind_.description);
  EXPECT_EQ(list((*signer)->schemes()), kind_.schemes);
  EXPECT_EQ(list((*verifier)->schemes()), kind_.schemes);
  for (const SignatureScheme scheme : kind_.schemes) {
    for (const std::size_t size : {0U, 1U, 130U, 5000U}) {
      const ByteVector message(size, 0x33);
      const auto signature = (*signer)->sign(scheme, message, *random_);
      ASSERT_TRUE(signature && *signature);
      EXPECT_TRUE((*verifier)->verify(scheme, message, **signature));
      ByteVector other = message;
      other.push_back(0);
      EXPECT_EQ((*verifier)->verify(scheme, other, **signature).error().code,
                ErrorCode::BadSignature);
    }
  }
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_P(LoadedKey, EveryChangedOctetOfASignatureIsFound) {
  const auto signer = loader_->load_private_key(pkcs8_of(key_)).value();
  const auto verifier = loader_->load_public_key(spki_).value();
  const ByteView message = as_bytes("message");
  const SignatureScheme scheme = kind_.schemes.front();
  const ByteVector signature = signer->sign(scheme, message, *random_)->value();
  const auto bad = [&](const ByteVector& changed) {
    const auto verdict = verifier->verify(scheme, message, changed);
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().code, ErrorCode::BadSignature);
  };
  for (std::size_t i = 0; i < signature.size(); ++i) {
    ByteVector changed = signature;
    changed[i] = static_cast<std::uint8_t>(changed[i] ^ 0x10U);
    bad(changed);
  }
  bad({});
  bad(ByteVector(signature.begin(), signature.end() - 1));
  ByteVector longer = signature;
  longer.push_back(0);
  bad(longer);
}

TEST_P(LoadedKey, OtherSchemesAreRefused) {
  const auto signer = loader_->load_private_key(pkcs8_of(key_)).value();
  const auto verifier = loader_->load_public_key(spki_).value();
  const ByteVector signature =
      signer->sign(kind_.schemes.front(), as_bytes("m"), *random_)->value();
  for (const SignatureScheme scheme :
       {rsa_pkcs1_sha256, rsa_pkcs1_sha384, rsa_pkcs1_sha512, ecdsa_secp256r1_sha256,
        ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512, rsa_pss_rsae_sha256, rsa_pss_rsae_sha384,
        rsa_pss_rsae_sha512, ed25519, rsa_pss_pss_sha256, rsa_pss_pss_sha384, rsa_pss_pss_sha512,
        mldsa44, mldsa65, mldsa87, SignatureScheme{0x0201}}) {
    if (std::ranges::find(kind_.schemes, scheme) != kind_.schemes.end()) continue;
    const auto refused = signer->sign(scheme, as_bytes("m"), *random_);
    ASSERT_TRUE(refused);
    ASSERT_FALSE(*refused) << to_string(scheme);
    EXPECT_EQ(refused->error().code, ErrorCode::UnsupportedAlgorithm);
    const auto verdict = verifier->verify(scheme, as_bytes("m"), signature);
    ASSERT_FALSE(verdict) << to_string(scheme);
    EXPECT_EQ(verdict.error().code, ErrorCode::UnsupportedAlgorithm);
  }
}

TEST_P(LoadedKey, TruncatedAndExtendedEncodingsAreRefused) {
  ERR_clear_error();
  const ByteVector pkcs8 = pkcs8_of(key_);
  const auto code_of_private = [&](ByteView der) {
    const auto loaded = loader_->load_private_key(der);
    return loaded ? std::optional<ErrorCode>() : loaded.error().code;
  };
  const auto code_of_public = [&](ByteView der) {
    const auto loaded = loader_->load_public_key(der);
    return loaded ? std::optional<ErrorCode>() : loaded.error().code;
  };
  for (std::size_t size = 0; size < pkcs8.size(); size += 1 + size / 16) {
    EXPECT_EQ(code_of_private(ByteView(pkcs8).first(size)), ErrorCode::KeyMalformed) << size;
  }
  for (std::size_t size = 0; size < spki_.size(); ++size) {
    EXPECT_EQ(code_of_public(ByteView(spki_).first(size)), ErrorCode::KeyMalformed) << size;
  }
  ByteVector longer = pkcs8;
  longer.push_back(0);
  EXPECT_EQ(code_of_private(longer), ErrorCode::KeyMalformed);
  longer = spki_;
  longer.push_back(0);
  EXPECT_EQ(code_of_public(longer), ErrorCode::KeyMalformed);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

INSTANTIATE_TEST_SUITE_P(All, LoadedKey, testing::Range(std::size_t{0}, kinds().size()),
                         [](const auto& named) { return std::string(kinds()[named.param].name); });

TEST(KeyLoader, TakesSec1AndPkcs1) {
  const auto loader = crypto::openssl::key_loader();
  for (const TestKey& key : {ec_key("P-256"), ec_key("P-384"), ec_key("P-521"), rsa_key(2048)}) {
    const auto signer = loader->load_private_key(traditional_of(key));
    ASSERT_TRUE(signer) << signer.error().detail;
    EXPECT_EQ(to_vector((*signer)->public_key()), spki_of(key));
    ByteVector longer = traditional_of(key);
    longer.push_back(0);
    EXPECT_EQ(loader->load_private_key(longer).error().code, ErrorCode::KeyMalformed);
  }
}

TEST(KeyLoader, RefusesWeakAndForeignKeys) {
  const auto loader = crypto::openssl::key_loader();
  ERR_clear_error();
  for (const TestKey& key : {rsa_key(1024), rsa_key(2040), ec_key("secp256k1"), ec_key("P-224"),
                             TestKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448")),
                             TestKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")),
                             rsa_pss_key(EVP_sha1()), rsa_pss_key(EVP_sha256(), EVP_sha1())}) {
    ASSERT_TRUE(key);
    EXPECT_EQ(loader->load_private_key(pkcs8_of(key)).error().code,
              ErrorCode::UnsupportedAlgorithm);
    EXPECT_EQ(loader->load_public_key(spki_of(key)).error().code, ErrorCode::UnsupportedAlgorithm);
  }
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(KeyLoader, RefusesCompressedPoints) {
  const TestKey key = ec_key("P-256");
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), "point-format", "compressed"), 1);
  const auto loader = crypto::openssl::key_loader();
  const auto refused = loader->load_public_key(spki_of(key));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::KeyMalformed);
  // In a private key's file the form does not matter: what we publish is uncompressed.
  const auto signer = loader->load_private_key(traditional_of(key));
  ASSERT_TRUE(signer);
  EXPECT_EQ((*signer)->public_key().size(), 91U);
}

TEST(KeyLoader, RefusesPointsOffTheCurve) {
  ByteVector spki = spki_of(ec_key("P-384"));
  spki.back() = static_cast<std::uint8_t>(spki.back() ^ 1U);
  const auto refused = crypto::openssl::key_loader()->load_public_key(spki);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::KeyMalformed);
}

TEST(KeyLoader, RefusesAPrivateKeyThatContradictsItsPublicHalf) {
  const TestKey one = ec_key("P-256");
  const ByteVector public_half = spki_of(ec_key("P-256"));
  ByteVector mixed = pkcs8_of(one);
  std::copy(public_half.end() - 64, public_half.end(), mixed.end() - 64);
  const auto refused = crypto::openssl::key_loader()->load_private_key(mixed);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::KeyMalformed);
}

TEST(KeyLoader, RefusesNonsense) {
  const auto loader = crypto::openssl::key_loader();
  for (const char* hex : {"", "00", "30", "3000", "3080", "30820000", "0201", "300302010030",
                          "30ffffffffff", "3003020100", "30040201000000"}) {
    EXPECT_FALSE(loader->load_private_key(from_hex(hex))) << hex;
    const auto refused = loader->load_public_key(from_hex(hex));
    ASSERT_FALSE(refused) << hex;
    EXPECT_EQ(refused.error().code, ErrorCode::KeyMalformed) << hex;
  }
  EXPECT_EQ(loader->load_private_key(ByteVector(100000, 0x30)).error().code,
            ErrorCode::KeyMalformed);
}

// Every octet of the structure around the key is fixed: no other value may be accepted with the
// same meaning.
TEST(KeyLoader, RefusesEveryChangeOfAPublicKeysFrame) {
  const auto loader = crypto::openssl::key_loader();
  for (const TestKey& key : {ec_key("P-256"), ec_key("P-521"), ed25519_key(), rsa_key(2048)}) {
    const ByteVector spki = spki_of(key);
    // For RSA the frame ends with the header of the modulus; its leading zero may become a digit.
    const std::size_t raw = static_cast<std::size_t>(EVP_PKEY_get_bits(key.get()));
    const std::size_t frame = spki.size() == 91    ? 27
                              : spki.size() == 158 ? 26
                              : spki.size() == 44  ? 12
                                                   : spki.size() - 6 - raw / 8;
    for (std::size_t i = 0; i < frame; ++i) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        ByteVector changed = spki;
        changed[i] = static_cast<std::uint8_t>(changed[i] ^ (1U << bit));
        EXPECT_FALSE(loader->load_public_key(changed)) << spki.size() << " octet " << i;
      }
    }
  }
}

TEST(KeyLoader, RefusesBadRsaNumbers) {
  const auto loader = crypto::openssl::key_loader();
  const ByteVector good = spki_of(rsa_key(2048));
  ASSERT_EQ(ByteVector(good.end() - 5, good.end()), from_hex("0203010001"));
  const auto with_exponent = [&](const char* hex) {
    ByteVector spki(good.begin(), good.end() - 5);
    const ByteVector exponent = from_hex(hex);
    spki.insert(spki.end(), exponent.begin(), exponent.end());
    // Four nested lengths, the inner three of which end at the exponent.
    const auto fix = [&](std::size_t at) {
      const std::size_t size = spki.size() - at - 2;
      spki[at] = static_cast<std::uint8_t>(size >> 8);
      spki[at + 1] = static_cast<std::uint8_t>(size & 0xff);
    };
    fix(2);
    fix(21);
    fix(26);
    return loader->load_public_key(spki);
  };
  ASSERT_TRUE(with_exponent("0203010001"));
  ASSERT_TRUE(with_exponent("020103"));
  for (const char* refused : {"020101", "020102", "020100",
                              "02030100"
                              "02",
                              "0209"
                              "010000000000000001"}) {
    const auto key = with_exponent(refused);
    ASSERT_FALSE(key) << refused;
    EXPECT_TRUE(key.error().code == ErrorCode::UnsupportedAlgorithm ||
                key.error().code == ErrorCode::KeyMalformed);
  }
  for (const char* malformed : {"0200", "02810103", "0203810001", "020400010001", "02020003",
                                "020103"
                                "00",
                                ""}) {
    const auto key = with_exponent(malformed);
    ASSERT_FALSE(key) << malformed;
    EXPECT_EQ(key.error().code, ErrorCode::KeyMalformed) << malformed;
  }
}

TEST(KeyLoader, RefusesRsaWithoutItsNullParameters) {
  // rsaEncryption AlgorithmIdentifier with the NULL left out: 30 0b 06 09 ... instead of 30 0d.
  ByteVector spki = spki_of(rsa_key(2048));
  const ByteVector oid = from_hex("06092a864886f70d0101010500");
  const auto at = std::ranges::search(spki, oid).begin();
  ASSERT_NE(at, spki.end());
  *(at - 1) = 0x0b;
  spki.erase(at + 11, at + 13);
  spki[3] = static_cast<std::uint8_t>(spki[3] - 2);
  const auto refused = crypto::openssl::key_loader()->load_public_key(spki);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::KeyMalformed);
}

}  // namespace
}  // namespace nautilus
