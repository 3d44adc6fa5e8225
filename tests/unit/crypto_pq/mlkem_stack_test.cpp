// What operations leave on the stack: each runs on a stack of its own, which is searched
// afterwards.
#include "crypto/pq/keccak.hpp"
#include "crypto/pq/mlkem_ntt.hpp"
#include "crypto/pq/mlkem_sampling.hpp"
#include "unit/crypto_pq/backends.hpp"
#include "unit/crypto_pq/probed_stack.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;

using test::kUnprobed;
using test::octets_of;
using test::ProbedStack;
using test::StackSecret;

// What key generation from d ‖ z handles: σ, and s and e in both domains.
template <class P>
std::vector<StackSecret> secrets_of_seed(std::span<const std::uint8_t, 64> seed) {
  std::vector<StackSecret> secrets = {{"d", ByteVector(seed.begin(), seed.begin() + 32)},
                                      {"z", ByteVector(seed.begin() + 32, seed.end())}};
  ByteVector input(seed.begin(), seed.begin() + 32);
  input.push_back(static_cast<std::uint8_t>(P::k));
  std::array<std::uint8_t, 64> seeds;
  sha3_512(input, seeds);
  secrets.push_back({"sigma", ByteVector(seeds.begin() + 32, seeds.end())});
  std::array<mlkem::RingPoly, 2 * P::k> noise;
  mlkem::sample_noise(P::eta1, std::span(seeds).template last<32>(), 0, noise);
  for (const auto& poly : noise) {
    secrets.push_back({"noise", octets_of(poly)});
    mlkem::NttPoly transformed;
    mlkem::ntt(poly, transformed);
    secrets.push_back({"transformed noise", octets_of(transformed)});
  }
  return secrets;
}

// What encapsulation of m handles: m, r, and y and e in both domains.
template <class P>
std::vector<StackSecret> secrets_of_message(ByteView m, ByteView ek) {
  std::array<std::uint8_t, 32> hash;
  sha3_256(ek, hash);
  ByteVector input(m.begin(), m.end());
  input.insert(input.end(), hash.begin(), hash.end());
  std::array<std::uint8_t, 64> derived;
  sha3_512(input, derived);
  std::vector<StackSecret> secrets = {{"m", ByteVector(m.begin(), m.end())},
                                      {"K", ByteVector(derived.begin(), derived.begin() + 32)},
                                      {"r", ByteVector(derived.begin() + 32, derived.end())}};
  std::array<mlkem::RingPoly, P::k> noise;
  mlkem::sample_noise(P::eta1, std::span(derived).template last<32>(), 0, noise);
  for (const auto& poly : noise) {
    secrets.push_back({"noise", octets_of(poly)});
    mlkem::NttPoly transformed;
    mlkem::ntt(poly, transformed);
    secrets.push_back({"transformed noise", octets_of(transformed)});
  }
  return secrets;
}

template <class Case>
class MlKemStack : public test::BackendTest<Case> {
 protected:
  using Set = typename Case::Set;

  void SetUp() override {
    if (kUnprobed != nullptr) GTEST_SKIP() << kUnprobed;
    test::BackendTest<Case>::SetUp();
    for (std::size_t i = 0; i < seed_.size(); ++i) {
      seed_[i] = static_cast<std::uint8_t>(113 * i + 59);
    }
    for (std::size_t i = 0; i < m_.size(); ++i) m_[i] = static_cast<std::uint8_t>(91 * i + 17);
  }

  void expect_clean(const std::vector<StackSecret>& secrets) {
    for (const auto& secret : secrets) {
      EXPECT_FALSE(stack_.holds(secret.octets)) << secret.name << " is on the stack";
    }
  }

  void make_key() { MlKem<Set>::key_gen(seed_, ek_, dk_, this->backend()); }

  ProbedStack stack_;
  std::array<std::uint8_t, 64> seed_;
  std::array<std::uint8_t, 32> m_;
  std::array<std::uint8_t, Set::kEncapsulationKeySize> ek_;
  std::array<std::uint8_t, Set::kDecapsulationKeySize> dk_;
  std::array<std::uint8_t, Set::kCiphertextSize> ciphertext_;
  std::array<std::uint8_t, 32> shared_{};
};
TYPED_TEST_SUITE(MlKemStack, test::AllCases, test::CaseNames);

TYPED_TEST(MlKemStack, TheProbeSeesWhatIsLeft) {
  const ByteVector secret = octets_of(this->seed_);
  this->stack_.run([&] {
    std::array<std::uint8_t, 64> left = this->seed_;
    asm volatile("" : : "r"(left.data()) : "memory");
  });
  EXPECT_TRUE(this->stack_.holds(secret));
}

TYPED_TEST(MlKemStack, KeyGeneration) {
  using P = typename TypeParam::Set;
  this->stack_.run([this] { this->make_key(); });
  this->expect_clean(secrets_of_seed<P>(this->seed_));
}

TYPED_TEST(MlKemStack, Encapsulation) {
  using P = typename TypeParam::Set;
  this->make_key();
  this->stack_.run([this] {
    (void)MlKem<P>::encapsulate(this->ek_, this->m_, this->ciphertext_, this->shared_,
                                this->backend());
  });
  this->expect_clean(secrets_of_message<P>(this->m_, this->ek_));
}

TYPED_TEST(MlKemStack, Decapsulation) {
  using P = typename TypeParam::Set;
  this->make_key();
  ASSERT_TRUE(MlKem<P>::encapsulate(this->ek_, this->m_, this->ciphertext_, this->shared_,
                                    this->backend()));
  this->stack_.run([this] {
    (void)MlKem<P>::decapsulate(this->dk_, this->ciphertext_, this->shared_, this->backend());
  });
  this->expect_clean(secrets_of_seed<P>(this->seed_));
  this->expect_clean(secrets_of_message<P>(this->m_, this->ek_));
}

TYPED_TEST(MlKemStack, DecapsulationWithAKeptKey) {
  using P = typename TypeParam::Set;
  this->make_key();
  ASSERT_TRUE(MlKem<P>::encapsulate(this->ek_, this->m_, this->ciphertext_, this->shared_,
                                    this->backend()));
  const DecapsulationKey<P> key(this->seed_, this->backend());
  this->stack_.run([&] { (void)key.decapsulate(this->ciphertext_); });
  this->expect_clean(secrets_of_seed<P>(this->seed_));
  this->expect_clean(secrets_of_message<P>(this->m_, this->ek_));
}

}  // namespace
}  // namespace nautilus
