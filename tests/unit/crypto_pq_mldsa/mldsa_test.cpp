#include "crypto/pq/mldsa.hpp"

#include <algorithm>
#include <set>

#include "unit/crypto_pq_mldsa/mldsa_cases.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;
using test::mldsa::BrokenRandom;
using test::mldsa::ScriptedRandom;

template <class P>
constexpr const char* kDigest = nullptr;
template <>
constexpr const char* kDigest<MlDsa44> =
    "d51148e1f9f4fa1a723a6cf42e25f2a99eb5c1b378b3d2dbbd561b1203beeae4";
template <>
constexpr const char* kDigest<MlDsa65> =
    "8358a1843220194417cadbc2651295cd8fc65125b5a5c1a239a16dc8b57ca199";
template <>
constexpr const char* kDigest<MlDsa87> =
    "8c3ad714777622b8f21ce31bb35f71394f23bc0fcf3c78ace5d608990f3b061b";

constexpr std::array<std::uint8_t, 3> kMessage = {'a', 'b', 'c'};
constexpr std::array<std::uint8_t, kMlDsaSeedSize> kSeed = {1, 2, 3};

template <class Case>
class MlDsaTest : public test::mldsa::BackendTest<Case> {
 protected:
  using Set = typename Case::Set;
  using Key = MlDsaPrivateKey<Set>;
  using Signature = MlDsaSignature<Set>;

  [[nodiscard]] Key key() const { return Key(kSeed, this->backend()); }
  [[nodiscard]] Result<MlDsaPublicKey<Set>> verifier(const Key& key) const {
    return MlDsaPublicKey<Set>::parse(key.public_key(), this->backend());
  }

  // The signature's parts.
  static constexpr std::size_t kZ = Set::kChallengeSize;
  static constexpr std::size_t kHint = Set::kSignatureSize - Set::omega - Set::k;
  static constexpr std::size_t kCounts = Set::kSignatureSize - Set::k;

  [[nodiscard]] std::string why_not(const Signature& signature) const {
    const auto pk = verifier(key());
    const auto verified = pk->verify(kMessage, signature);
    if (verified) return "verified";
    EXPECT_EQ(verified.error().code, ErrorCode::BadSignature);
    return verified.error().detail;
  }
  [[nodiscard]] Signature sound() const {
    Signature signature;
    EXPECT_TRUE(key().sign_deterministic(kMessage, signature));
    return signature;
  }
};
TYPED_TEST_SUITE(MlDsaTest, test::mldsa::AllCases, test::mldsa::CaseNames);

TYPED_TEST(MlDsaTest, Accumulated) {
  using P = typename TypeParam::Set;
  EXPECT_EQ(test::mldsa::accumulated<P>(100, this->backend()), kDigest<P>);
}

TYPED_TEST(MlDsaTest, ObjectsAgreeWithTheOctetForms) {
  using P = typename TypeParam::Set;
  const auto key = this->key();
  std::array<std::uint8_t, P::kPublicKeySize> pk;
  std::array<std::uint8_t, P::kPrivateKeySize> sk;
  MlDsa<P>::key_gen(kSeed, pk, sk, this->backend());
  EXPECT_TRUE(std::ranges::equal(key.public_key(), pk));
  EXPECT_TRUE(std::ranges::equal(key.expanded(), sk));
  EXPECT_TRUE(std::ranges::equal(key.seed(), kSeed));
  MlDsaSignature<P> signature;
  constexpr std::array<std::uint8_t, kMlDsaRandomSize> kZeros{};
  ASSERT_TRUE(MlDsa<P>::sign(sk, kMessage, {}, kZeros, signature, this->backend()));
  EXPECT_EQ(signature, this->sound());
  EXPECT_TRUE(MlDsa<P>::verify(pk, kMessage, {}, signature, this->backend()));
}

TYPED_TEST(MlDsaTest, HedgedSignaturesDifferAndVerify) {
  using P = typename TypeParam::Set;
  ScriptedRandom random;
  const auto key = MlDsaPrivateKey<P>::generate(random, this->backend());
  ASSERT_TRUE(key);
  const auto pk = this->verifier(*key);
  ASSERT_TRUE(pk);
  std::set<MlDsaSignature<P>> seen;
  ByteVector message;
  for (int i = 0; i < 20; ++i) {
    MlDsaSignature<P> signature;
    ASSERT_TRUE(key->sign(message, random, signature));
    EXPECT_TRUE(pk->verify(message, signature));
    EXPECT_TRUE(seen.insert(signature).second);
    message.resize(static_cast<std::size_t>(7 * i));
    EXPECT_EQ(pk->verify(message, signature).has_value(), i == 0);
  }
}

TYPED_TEST(MlDsaTest, TheRandomGeneratorsFailureIsPassedOn) {
  using P = typename TypeParam::Set;
  BrokenRandom random;
  const auto generated = MlDsaPrivateKey<P>::generate(random, this->backend());
  ASSERT_FALSE(generated);
  EXPECT_EQ(generated.error().code, ErrorCode::RandomFailure);
  MlDsaSignature<P> signature;
  const auto made = this->key().sign(kMessage, random, signature);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::RandomFailure);
}

TYPED_TEST(MlDsaTest, ContextsBindAndHaveALimit) {
  using P = typename TypeParam::Set;
  const auto key = this->key();
  const auto pk = this->verifier(key);
  ASSERT_TRUE(pk);
  const ByteVector context(255, 'x');
  MlDsaSignature<P> signature;
  ASSERT_TRUE(key.sign_deterministic(kMessage, signature, context));
  EXPECT_TRUE(pk->verify(kMessage, signature, context));
  EXPECT_FALSE(pk->verify(kMessage, signature));
  EXPECT_FALSE(pk->verify(kMessage, signature, ByteView(context).first(254)));
  const ByteVector too_long(256, 'x');
  for (const auto& result : {key.sign_deterministic(kMessage, signature, too_long),
                             pk->verify(kMessage, signature, too_long)}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::ApiMisuse);
  }
}

TYPED_TEST(MlDsaTest, ExternalMuGivesTheSame) {
  using P = typename TypeParam::Set;
  const auto key = this->key();
  const auto pk = this->verifier(key);
  ASSERT_TRUE(pk);
  const auto mu = pk->message_representative(kMessage);
  ASSERT_TRUE(mu);
  MlDsaSignature<P> signature;
  constexpr std::array<std::uint8_t, kMlDsaRandomSize> kZeros{};
  key.sign_mu(*mu, kZeros, signature);
  EXPECT_EQ(signature, this->sound());
  EXPECT_TRUE(pk->verify_mu(*mu, signature));
  MlDsaMu other = *mu;
  other[63] ^= 1;
  EXPECT_FALSE(pk->verify_mu(other, signature));
}

TYPED_TEST(MlDsaTest, EveryRegionOfASignatureCounts) {
  auto signature = this->sound();
  EXPECT_EQ(this->why_not(signature), "verified");
  for (std::size_t at = 0; at < signature.size(); at += 97) {
    signature[at] ^= 1;
    EXPECT_NE(this->why_not(signature), "verified") << at;
    signature[at] ^= 1;
  }
}

TYPED_TEST(MlDsaTest, WrongSignaturesAreToldApart) {
  const auto pk = this->verifier(this->key());
  ASSERT_TRUE(pk);
  const auto good = this->sound();
  for (const std::size_t size : {std::size_t{0}, good.size() - 1}) {
    const auto verified = pk->verify(kMessage, ByteView(good).first(size));
    ASSERT_FALSE(verified);
    EXPECT_STREQ(verified.error().detail, "ML-DSA signature of wrong length");
  }

  auto changed = good;
  changed[0] ^= 1;
  EXPECT_EQ(this->why_not(changed), "ML-DSA signature does not match");

  changed = good;
  std::fill_n(changed.begin() + this->kZ, 3, std::uint8_t{0});  // z = γ1
  EXPECT_EQ(this->why_not(changed), "ML-DSA signature with a response out of range");

  const std::size_t ones = good[good.size() - 1];
  ASSERT_GT(good[this->kCounts], 1) << "the first polynomial has too few hints for this test";
  changed = good;
  std::swap(changed[this->kHint], changed[this->kHint + 1]);
  EXPECT_EQ(this->why_not(changed), "ML-DSA hint out of order");
  changed = good;
  changed[this->kHint + 1] = changed[this->kHint];
  EXPECT_EQ(this->why_not(changed), "ML-DSA hint out of order");

  changed = good;
  changed[good.size() - 1] = static_cast<std::uint8_t>(TypeParam::Set::omega + 1);
  EXPECT_EQ(this->why_not(changed), "ML-DSA hint with impossible counts");
  changed = good;
  changed[this->kCounts + 1] = static_cast<std::uint8_t>(changed[this->kCounts] - 1);
  EXPECT_EQ(this->why_not(changed), "ML-DSA hint with impossible counts");

  ASSERT_LT(ones, TypeParam::Set::omega);
  changed = good;
  changed[this->kCounts - 1] = 1;
  EXPECT_EQ(this->why_not(changed), "ML-DSA hint with octets left over");
}

TYPED_TEST(MlDsaTest, KeysOfWrongLengthAreRefused) {
  using P = typename TypeParam::Set;
  const ByteVector long_enough(P::kPrivateKeySize + P::kPublicKeySize + 1);
  const ByteView octets(long_enough);
  for (const std::size_t size : {std::size_t{0}, P::kPublicKeySize - 1, P::kPublicKeySize + 1}) {
    const auto key = MlDsaPublicKey<P>::parse(octets.first(size), this->backend());
    ASSERT_FALSE(key);
    EXPECT_STREQ(key.error().detail, "ML-DSA public key of wrong length");
  }
  for (const std::size_t size : {std::size_t{0}, P::kPrivateKeySize - 1, P::kPrivateKeySize + 1}) {
    const auto key = MlDsaPrivateKey<P>::from_expanded(octets.first(size), this->backend());
    ASSERT_FALSE(key);
    EXPECT_STREQ(key.error().detail, "ML-DSA private key of wrong length");
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{33}}) {
    const auto key = MlDsaPrivateKey<P>::from_seed(octets.first(size), this->backend());
    ASSERT_FALSE(key);
    EXPECT_STREQ(key.error().detail, "ML-DSA seed of wrong length");
  }
}

TYPED_TEST(MlDsaTest, ExpandedKeysMustAgreeWithThemselves) {
  using P = typename TypeParam::Set;
  const auto key = this->key();
  ByteVector sk(key.expanded().begin(), key.expanded().end());
  const auto why_not = [&] {
    const auto loaded = MlDsaPrivateKey<P>::from_expanded(sk, this->backend());
    if (loaded) return std::string("loaded");
    EXPECT_EQ(loaded.error().code, ErrorCode::KeyMalformed);
    return std::string(loaded.error().detail);
  };
  const auto loaded = MlDsaPrivateKey<P>::from_expanded(sk, this->backend());
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->seed().empty());
  EXPECT_TRUE(std::ranges::equal(loaded->public_key(), key.public_key()));
  MlDsaSignature<P> signature;
  ASSERT_TRUE(loaded->sign_deterministic(kMessage, signature));
  EXPECT_EQ(signature, this->sound());

  const auto with = [&](std::size_t at, std::uint8_t mask) {
    sk[at] ^= mask;
    const std::string answer = why_not();
    sk[at] ^= mask;
    return answer;
  };
  constexpr const char* kDisagree = "ML-DSA private key whose parts disagree";
  EXPECT_EQ(with(0, 1), kDisagree);                       // ρ
  EXPECT_EQ(with(64, 1), kDisagree);                      // tr
  EXPECT_EQ(with(P::kPrivateKeySize - 1, 1), kDisagree);  // t0
  EXPECT_EQ(with(32, 1), "loaded") << "nothing tells a wrong K";
  const std::size_t vectors = 128;
  const std::uint8_t first = sk[vectors];
  sk[vectors] = 0xff;  // below -η in either packing
  EXPECT_EQ(why_not(), "ML-DSA private key with a coefficient out of range");
  sk[vectors] = first;
  const std::size_t last_of_s2 = P::kPrivateKeySize - P::k * 416 - 1;
  sk[last_of_s2] = 0xff;
  EXPECT_EQ(why_not(), "ML-DSA private key with a coefficient out of range");
}

TYPED_TEST(MlDsaTest, TheOctetFormsTellBadInputApart) {
  using P = typename TypeParam::Set;
  const auto key = this->key();
  ByteVector sk(key.expanded().begin(), key.expanded().end());
  constexpr std::array<std::uint8_t, kMlDsaRandomSize> kZeros{};
  MlDsaSignature<P> signature;
  const auto signing = [&](ByteView with, ByteView context = {}) {
    const auto made = MlDsa<P>::sign(with, kMessage, context, kZeros, signature, this->backend());
    return made ? std::string("signed") : std::string(made.error().detail);
  };
  const ByteVector too_long(256);
  EXPECT_EQ(signing(sk), "signed");
  EXPECT_EQ(signing(ByteView(sk).first(sk.size() - 1)), "ML-DSA private key of wrong length");
  EXPECT_EQ(signing(sk, too_long), "ML-DSA context longer than 255 octets");
  // Every field of the packing that has room for it, in s1 and in s2, one at a time.
  constexpr std::size_t kFields = 256 * (P::k + P::l);
  for (std::size_t i = 0; i < kFields; i += 251) {
    const std::size_t bit = P::kEtaBits * i;
    ByteVector wrong = sk;
    for (std::size_t b = bit; b < bit + P::kEtaBits; ++b) {
      wrong[128 + b / 8] = static_cast<std::uint8_t>(wrong[128 + b / 8] | 1U << (b % 8));
    }
    ASSERT_EQ(signing(wrong), "ML-DSA private key with a coefficient out of range") << i;
  }

  const auto verifying = [&](ByteView pk, ByteView of, ByteView context = {}) {
    const auto verified = MlDsa<P>::verify(pk, kMessage, context, of, this->backend());
    return verified ? std::string("verified") : std::string(verified.error().detail);
  };
  const ByteView pk = key.public_key();
  EXPECT_EQ(signing(sk), "signed");
  EXPECT_EQ(verifying(pk, signature), "verified");
  EXPECT_EQ(verifying(pk.first(pk.size() - 1), signature), "ML-DSA public key of wrong length");
  EXPECT_EQ(verifying(pk, ByteView(signature).first(9)), "ML-DSA signature of wrong length");
  EXPECT_EQ(verifying(pk, signature, too_long), "ML-DSA context longer than 255 octets");
  ByteVector other(pk.begin(), pk.end());
  other[0] ^= 1;
  EXPECT_EQ(verifying(other, signature), "ML-DSA signature does not match");
}

TYPED_TEST(MlDsaTest, RepresentativesOfEveryLengthAreRight) {
  // Around the length from which on μ is hashed piece by piece.
  const auto key = this->key();
  const ByteVector long_one(600, 'm');
  for (std::size_t size = 430; size < 460; ++size) {
    const ByteView message = ByteView(long_one).first(size);
    const auto mu = key.message_representative(message);
    ASSERT_TRUE(mu);
    Shake256 hash;
    hash.absorb(key.expanded().template subspan<64, 64>());
    hash.absorb(std::array<std::uint8_t, 2>{});
    hash.absorb(message);
    MlDsaMu expected;
    hash.squeeze(expected);
    ASSERT_EQ(*mu, expected) << size;
  }
}

TYPED_TEST(MlDsaTest, MovedKeysSign) {
  auto first = this->key();
  const auto second = std::move(first);
  typename TestFixture::Signature signature;
  ASSERT_TRUE(second.sign_deterministic(kMessage, signature));
  EXPECT_EQ(signature, this->sound());
}

}  // namespace
}  // namespace nautilus
