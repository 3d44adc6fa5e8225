// What operations leave on the stack: each runs on a stack of its own, which is searched
// afterwards.
#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <functional>

#include "crypto/pq/keccak.hpp"
#include "crypto/pq/mlkem_ntt.hpp"
#include "crypto/pq/mlkem_sampling.hpp"
#include "unit/crypto_pq/backends.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

class ProbedStack {
 public:
  ProbedStack()
      : memory_(static_cast<std::uint8_t*>(
            ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {}
  ~ProbedStack() { ::munmap(memory_, kSize); }
  ProbedStack(const ProbedStack&) = delete;
  ProbedStack& operator=(const ProbedStack&) = delete;

  void run(const std::function<void()>& operation) {
    ASSERT_NE(static_cast<void*>(memory_), MAP_FAILED);
    pthread_attr_t attributes;
    ASSERT_EQ(::pthread_attr_init(&attributes), 0);
    ASSERT_EQ(::pthread_attr_setstack(&attributes, memory_, kSize), 0);
    pthread_t thread;
    const auto start = [](void* argument) -> void* {
      (*static_cast<const std::function<void()>*>(argument))();
      return nullptr;
    };
    ASSERT_EQ(::pthread_create(&thread, &attributes, start,
                               const_cast<std::function<void()>*>(&operation)),
              0);
    ASSERT_EQ(::pthread_join(thread, nullptr), 0);
    ::pthread_attr_destroy(&attributes);
  }

  /// Whether sixteen octets of `secret`, taken every eight, are there.
  [[nodiscard]] bool holds(ByteView secret) const {
    for (std::size_t at = 0; at + 16 <= secret.size(); at += 8) {
      const auto piece = secret.subspan(at, 16);
      if (std::ranges::count(piece, 0) > 10) continue;  // nearly zero: everywhere by chance
      if (std::search(memory_, memory_ + kSize, piece.begin(), piece.end()) != memory_ + kSize) {
        return true;
      }
    }
    return false;
  }

 private:
  static constexpr std::size_t kSize = 1 << 18;
  std::uint8_t* memory_;
};

template <class T>
ByteVector octets_of(const T& value) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(&value);
  return ByteVector(first, first + sizeof value);
}

struct Secret16 {
  const char* name;
  ByteVector octets;
};

// What key generation from d ‖ z handles: σ, and s and e in both domains.
template <class P>
std::vector<Secret16> secrets_of_seed(std::span<const std::uint8_t, 64> seed) {
  std::vector<Secret16> secrets = {{"d", ByteVector(seed.begin(), seed.begin() + 32)},
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
std::vector<Secret16> secrets_of_message(ByteView m, ByteView ek) {
  std::array<std::uint8_t, 32> hash;
  sha3_256(ek, hash);
  ByteVector input(m.begin(), m.end());
  input.insert(input.end(), hash.begin(), hash.end());
  std::array<std::uint8_t, 64> derived;
  sha3_512(input, derived);
  std::vector<Secret16> secrets = {{"m", ByteVector(m.begin(), m.end())},
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
    if (kSanitized) GTEST_SKIP() << "a sanitizer moves objects off the stack: NOT run";
    test::BackendTest<Case>::SetUp();
    for (std::size_t i = 0; i < seed_.size(); ++i) {
      seed_[i] = static_cast<std::uint8_t>(113 * i + 59);
    }
    for (std::size_t i = 0; i < m_.size(); ++i) m_[i] = static_cast<std::uint8_t>(91 * i + 17);
  }

  void expect_clean(const std::vector<Secret16>& secrets) {
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
