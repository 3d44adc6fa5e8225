// What operations leave on the stack: each runs on a stack of its own, which is searched
// afterwards.
#include "crypto/pq/keccak.hpp"
#include "crypto/pq/mldsa_encode.hpp"
#include "crypto/pq/mldsa_kernels.hpp"
#include "unit/crypto_pq/probed_stack.hpp"
#include "unit/crypto_pq_mldsa/mldsa_cases.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;
using crypto::pq::mldsa::Poly;
using test::octets_of;
using test::StackSecret;

// Eight coefficients: four small ones may stand anywhere by chance.
constexpr std::size_t kPiece = 32;

// A polynomial as it stands, and transformed.
void add_poly(std::vector<StackSecret>& secrets, const char* name, const Poly& poly) {
  secrets.push_back({name, octets_of(poly)});
  Poly transformed;
  kMlDsaPortable.ntt(poly.c.data(), 1, transformed.c.data());
  secrets.push_back({name, octets_of(transformed)});
}

// What key generation from ξ handles besides ξ: ρ' and K, and s1, s2 and t0.
template <class P>
std::vector<StackSecret> secrets_of_key(std::span<const std::uint8_t, 32> seed,
                                        std::span<const std::uint8_t, P::kPrivateKeySize> sk) {
  ByteVector input(seed.begin(), seed.end());
  input.push_back(P::k);
  input.push_back(P::l);
  std::array<std::uint8_t, 128> seeds;
  shake256(input, seeds);
  std::vector<StackSecret> secrets = {{"xi", ByteVector(seed.begin(), seed.end())},
                                      {"rho'", ByteVector(seeds.begin() + 32, seeds.begin() + 96)},
                                      {"K", ByteVector(seeds.begin() + 96, seeds.end())}};
  const std::uint8_t* at = sk.data() + 128;
  for (std::size_t i = 0; i < P::k + P::l; ++i, at += mldsa::packed_size(P::kEtaBits)) {
    Poly s;
    kMlDsaPortable.bit_unpack(at, P::kEtaBits, std::int32_t{P::eta}, s.c.data());
    add_poly(secrets, "s", s);
    mldsa::SmallPoly small;
    EXPECT_EQ(mldsa::small_bit_unpack<P::kEtaBits>(at, P::eta, small), 0U);
    secrets.push_back({"small s", octets_of(small)});
  }
  for (std::size_t i = 0; i < P::k; ++i, at += mldsa::packed_size(mldsa::kD)) {
    Poly t0;
    kMlDsaPortable.bit_unpack(at, mldsa::kD, 1 << (mldsa::kD - 1), t0.c.data());
    add_poly(secrets, "t0", t0);
  }
  return secrets;
}

// What deterministic signing handles: K, ρ'' and the masks of the first turns.
template <class P>
std::vector<StackSecret> secrets_of_signature(std::span<const std::uint8_t, P::kPrivateKeySize> sk,
                                              const MlDsaMu& mu) {
  ByteVector input(sk.begin() + 32, sk.begin() + 64);
  std::vector<StackSecret> secrets = {{"K", input}};
  input.resize(64);
  input.insert(input.end(), mu.begin(), mu.end());
  ByteVector rho_prime(64);
  shake256(input, rho_prime);
  secrets.push_back({"rho''", rho_prime});
  std::array<Poly, 2 * P::l> masks;
  kMlDsaPortable.expand_mask(rho_prime.data(), 0, P::kZBits, masks.size(), masks.front().c.data());
  for (const Poly& mask : masks) add_poly(secrets, "mask", mask);
  return secrets;
}

template <class Case>
class MlDsaStack : public test::mldsa::BackendTest<Case> {
 protected:
  using Set = typename Case::Set;

  void SetUp() override {
    if (test::kUnprobed != nullptr) GTEST_SKIP() << test::kUnprobed;
    test::mldsa::BackendTest<Case>::SetUp();
    for (std::size_t i = 0; i < seed_.size(); ++i) {
      seed_[i] = static_cast<std::uint8_t>(113 * i + 59);
    }
  }

  void expect_clean(const std::vector<StackSecret>& secrets) {
    for (const auto& secret : secrets) {
      EXPECT_FALSE(stack_.holds(secret.octets, kPiece)) << secret.name << " is on the stack";
    }
  }

  void make_key() { MlDsa<Set>::key_gen(seed_, pk_, sk_, this->backend()); }

  test::ProbedStack stack_;
  std::array<std::uint8_t, 32> seed_;
  std::array<std::uint8_t, Set::kPublicKeySize> pk_;
  std::array<std::uint8_t, Set::kPrivateKeySize> sk_;
  MlDsaSignature<Set> signature_;
  std::array<std::uint8_t, 3> message_ = {'a', 'b', 'c'};
};
TYPED_TEST_SUITE(MlDsaStack, test::mldsa::AllCases, test::mldsa::CaseNames);

TYPED_TEST(MlDsaStack, TheProbeSeesWhatIsLeft) {
  this->stack_.run([this] { test::leave_on_stack(this->seed_); });
  EXPECT_TRUE(this->stack_.holds(this->seed_, kPiece));
}

TYPED_TEST(MlDsaStack, KeyGeneration) {
  using P = typename TypeParam::Set;
  this->stack_.run([this] { this->make_key(); });
  this->expect_clean(secrets_of_key<P>(this->seed_, this->sk_));
}

TYPED_TEST(MlDsaStack, Signing) {
  using P = typename TypeParam::Set;
  this->make_key();
  this->stack_.run([this] {
    constexpr std::array<std::uint8_t, kMlDsaRandomSize> kZeros{};
    EXPECT_TRUE(
        MlDsa<P>::sign(this->sk_, this->message_, {}, kZeros, this->signature_, this->backend()));
  });
  this->expect_clean(secrets_of_key<P>(this->seed_, this->sk_));
  const auto pk = MlDsaPublicKey<P>::parse(this->pk_);
  ASSERT_TRUE(pk);
  this->expect_clean(
      secrets_of_signature<P>(this->sk_, *pk->message_representative(this->message_)));
}

TYPED_TEST(MlDsaStack, SigningWithAKeptKey) {
  using P = typename TypeParam::Set;
  this->make_key();
  const auto key = std::make_unique<MlDsaPrivateKey<P>>(this->seed_, this->backend());
  this->stack_.run([&] { EXPECT_TRUE(key->sign_deterministic(this->message_, this->signature_)); });
  this->expect_clean(secrets_of_key<P>(this->seed_, this->sk_));
  this->expect_clean(
      secrets_of_signature<P>(this->sk_, *key->message_representative(this->message_)));
}

TYPED_TEST(MlDsaStack, ImportOfAnExpandedKey) {
  using P = typename TypeParam::Set;
  this->make_key();
  this->stack_.run(
      [this] { EXPECT_TRUE(MlDsaPrivateKey<P>::from_expanded(this->sk_, this->backend())); });
  this->expect_clean(secrets_of_key<P>(this->seed_, this->sk_));
}

}  // namespace
}  // namespace nautilus
