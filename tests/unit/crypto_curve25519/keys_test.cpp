// Ed25519 keys from DER: what is taken, what is refused, what goes to the other loader.
#include "crypto/curve25519/ed25519_keys.hpp"
#include "crypto/openssl/digest.hpp"
#include "unit/crypto/fixed_random.hpp"
#include "unit/crypto_curve25519/backends.hpp"

namespace nautilus {
namespace {

using test::wycheproof::from_hex;
using enum SignatureScheme;

/// Counts what it is asked and knows nothing.
class OtherLoader final : public KeyLoader {
 public:
  [[nodiscard]] Result<std::shared_ptr<const SigningKey>> load_private_key(
      ByteView) const override {
    ++asked;
    return fail(ErrorCode::UnsupportedAlgorithm, "other");
  }
  [[nodiscard]] Result<std::shared_ptr<const VerificationKey>> load_public_key(
      ByteView) const override {
    ++asked;
    return fail(ErrorCode::UnsupportedAlgorithm, "other");
  }
  mutable int asked = 0;
};

class Ed25519Keys : public testing::Test {
 protected:
  std::shared_ptr<OtherLoader> other_ = std::make_shared<OtherLoader>();
  std::shared_ptr<const KeyLoader> loader_ = crypto::curve25519::key_loader(
      other_, crypto::openssl::sha512(), crypto::curve25519::Backend::best());
};

// RFC 8410 §10.1 and §10.3.
constexpr const char* kPrivate =
    "302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f447558"
    "42";
constexpr const char* kPublic =
    "302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
constexpr const char* kPublicOctets =
    "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

/// SEQUENCE { INTEGER version, algorithm, `rest` }.
ByteVector one_asymmetric_key(int version, const std::string& rest) {
  ByteVector body = from_hex("02010" + std::to_string(version) + "300506032b6570" + rest);
  ByteVector der{0x30};
  if (body.size() >= 0x80) der.push_back(0x81);
  der.push_back(static_cast<std::uint8_t>(body.size()));
  der.insert(der.end(), body.begin(), body.end());
  return der;
}

const std::string kWrappedSeed =
    "04220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";

TEST_F(Ed25519Keys, LoadsRfc8410) {
  const auto key = loader_->load_private_key(from_hex(kPrivate));
  ASSERT_TRUE(key);
  EXPECT_EQ(to_vector((*key)->public_key()), from_hex(kPublic));
  EXPECT_EQ((*key)->description(), "Ed25519");
  ASSERT_EQ((*key)->schemes().size(), 1U);
  EXPECT_EQ((*key)->schemes()[0], ed25519);
  const auto verifier = loader_->load_public_key(from_hex(kPublic));
  ASSERT_TRUE(verifier);
  EXPECT_EQ((*verifier)->description(), "Ed25519");
  ASSERT_EQ((*verifier)->schemes().size(), 1U);
  EXPECT_EQ((*verifier)->schemes()[0], ed25519);
  test::FixedRandom random({});
  const ByteVector message(77, 3);
  const auto signature = (*key)->sign(ed25519, message, random);
  ASSERT_TRUE(signature && *signature);
  EXPECT_TRUE((*verifier)->verify(ed25519, message, **signature));
  EXPECT_EQ((*verifier)->verify(ed25519, ByteVector(78, 3), **signature).error().code,
            ErrorCode::BadSignature);
  EXPECT_EQ(other_->asked, 0);
}

TEST_F(Ed25519Keys, RefusesOtherSchemes) {
  test::FixedRandom random({});
  const auto key = loader_->load_private_key(from_hex(kPrivate)).value();
  EXPECT_EQ(key->sign(ecdsa_secp256r1_sha256, {}, random)->error().code,
            ErrorCode::UnsupportedAlgorithm);
  const auto verifier = loader_->load_public_key(from_hex(kPublic)).value();
  EXPECT_EQ(verifier->verify(ecdsa_secp256r1_sha256, {}, ByteVector(64)).error().code,
            ErrorCode::UnsupportedAlgorithm);
}

// RFC 5958 §2: attributes, and in version 1 the public key, may follow.
TEST_F(Ed25519Keys, TakesAttributesAndAMatchingPublicKey) {
  const std::string attributes = "a0050603550403";
  const std::string public_key = std::string("812100") + kPublicOctets;
  for (const ByteVector& der :
       {one_asymmetric_key(0, kWrappedSeed), one_asymmetric_key(0, kWrappedSeed + attributes),
        one_asymmetric_key(1, kWrappedSeed), one_asymmetric_key(1, kWrappedSeed + public_key),
        one_asymmetric_key(1, kWrappedSeed + attributes + public_key)}) {
    const auto key = loader_->load_private_key(der);
    ASSERT_TRUE(key);
    EXPECT_EQ(to_vector((*key)->public_key()), from_hex(kPublic));
  }
}

TEST_F(Ed25519Keys, RefusesMalformedPrivateKeys) {
  const std::string seed = kWrappedSeed.substr(8);
  std::string other_public = std::string("812100") + kPublicOctets;
  other_public.back() = '0';
  const std::string public_key = std::string("812100") + kPublicOctets;
  for (const ByteVector& der : {
           one_asymmetric_key(0, ""),
           one_asymmetric_key(0, "0420" + seed),                // not wrapped twice
           one_asymmetric_key(0, "0421041f" + seed.substr(2)),  // 31 octets
           one_asymmetric_key(0, "04230421" + seed + "00"),     // 33 octets
           one_asymmetric_key(0, "04230420" + seed + "00"),     // something behind the seed
           one_asymmetric_key(0, "0481220420" + seed),          // a length that is not DER's
           one_asymmetric_key(2, kWrappedSeed),                 // unknown version
           one_asymmetric_key(0, kWrappedSeed + public_key),    // version 0 has no public key
           one_asymmetric_key(1, kWrappedSeed + other_public),  // another key's public half
           one_asymmetric_key(1, kWrappedSeed + "812101" + kPublicOctets),  // unused bits
           one_asymmetric_key(1, kWrappedSeed + public_key + "00"),
           one_asymmetric_key(0, kWrappedSeed + "0500"),
           one_asymmetric_key(0, kWrappedSeed + "a0"),
       }) {
    const auto key = loader_->load_private_key(der);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, ErrorCode::KeyMalformed);
  }
  EXPECT_EQ(other_->asked, 0);
}

TEST_F(Ed25519Keys, EveryTruncationIsRefused) {
  const ByteVector private_der = from_hex(kPrivate);
  const ByteVector public_der = from_hex(kPublic);
  for (std::size_t size = 0; size < private_der.size(); ++size) {
    EXPECT_FALSE(loader_->load_private_key(ByteView(private_der).first(size))) << size;
  }
  for (std::size_t size = 0; size < public_der.size(); ++size) {
    EXPECT_FALSE(loader_->load_public_key(ByteView(public_der).first(size))) << size;
  }
}

TEST_F(Ed25519Keys, PassesOtherKeysOn) {
  ByteVector x25519 = from_hex(kPrivate);
  x25519[11] = 0x6e;  // 1.3.101.110
  EXPECT_EQ(loader_->load_private_key(x25519).error().code, ErrorCode::UnsupportedAlgorithm);
  x25519 = from_hex(kPublic);
  x25519[8] = 0x6e;
  EXPECT_EQ(loader_->load_public_key(x25519).error().code, ErrorCode::UnsupportedAlgorithm);
  EXPECT_EQ(loader_->load_public_key({}).error().code, ErrorCode::UnsupportedAlgorithm);
  EXPECT_EQ(loader_->load_private_key({}).error().code, ErrorCode::UnsupportedAlgorithm);
  EXPECT_EQ(other_->asked, 4);
}

// As with libcrypto's: the key loads, and the signature is what is refused.
TEST_F(Ed25519Keys, KeysOfSmallOrderLoadAndVerifyNothing) {
  ByteVector spki = from_hex(kPublic);
  std::fill(spki.begin() + 12, spki.end(), std::uint8_t{0});
  spki[12] = 1;
  const auto key = loader_->load_public_key(spki);
  ASSERT_TRUE(key);
  ByteVector signature(64, 0);
  signature[0] = 1;
  const auto verdict = (*key)->verify(ed25519, {}, signature);
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, ErrorCode::BadSignature);
}

}  // namespace
}  // namespace nautilus
