// Choosing a backend, and the operations from octets to octets.
#include <algorithm>

#include <gtest/gtest.h>

#include "crypto/pq/keccak.hpp"
#include "unit/crypto_pq/backends.hpp"
#include "unit/crypto_pq/hex.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;

TEST(PqBackend, NamesAreTheirOwn) {
  EXPECT_EQ(PqBackend::portable().name(), "portable");
  EXPECT_EQ(PqBackend::find("portable").value(), PqBackend::portable());
  EXPECT_EQ(PqBackend::find("auto").value(), PqBackend::best());
  for (const PqBackend backend : PqBackend::all()) {
    EXPECT_EQ(PqBackend::find(backend.name()).value(), backend);
    EXPECT_EQ(PqBackend::find(backend.name()).value().name(), backend.name());
  }
}

TEST(PqBackend, TheBestIsTheLastOfAll) {
  const auto all = PqBackend::all();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.front(), PqBackend::portable());
  EXPECT_EQ(all.back(), PqBackend::best());
}

TEST(PqBackend, UnknownNamesAreRefused) {
  for (const char* name : {"", "AVX2", "avx", "avx10", "best", "emulated"}) {
    const auto found = PqBackend::find(name);
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error().code, ErrorCode::ConfigInvalid);
  }
}

TEST(PqBackend, AKnownNameThatCannotRunHereIsAnError) {
  for (const char* name : {"avx2", "avx512"}) {
    const auto found = PqBackend::find(name);
    const auto all = PqBackend::all();
    const bool listed =
        std::ranges::any_of(all, [&](PqBackend backend) { return backend.name() == name; });
    ASSERT_EQ(found.has_value(), listed) << name;
    if (!found) {
      EXPECT_EQ(found.error().code, ErrorCode::BackendUnavailable);
    } else {
      EXPECT_EQ(found->name(), name);
    }
  }
}

template <class Case>
class MlKemOctets : public test::BackendTest<Case> {
 protected:
  using Set = typename Case::Set;

  void make(std::uint8_t start) {
    for (std::size_t i = 0; i < seed_.size(); ++i) {
      seed_[i] = static_cast<std::uint8_t>(start + 7 * i);
    }
    for (std::size_t i = 0; i < m_.size(); ++i) m_[i] = static_cast<std::uint8_t>(start ^ (i * 9));
    MlKem<Set>::key_gen(seed_, ek_, dk_, this->backend());
    ASSERT_TRUE(MlKem<Set>::encapsulate(ek_, m_, ciphertext_, sent_, this->backend()));
  }

  std::array<std::uint8_t, kMlKemSeedSize> seed_;
  std::array<std::uint8_t, kMlKemMessageSize> m_;
  std::array<std::uint8_t, Set::kEncapsulationKeySize> ek_;
  std::array<std::uint8_t, Set::kDecapsulationKeySize> dk_;
  std::array<std::uint8_t, Set::kCiphertextSize> ciphertext_;
  std::array<std::uint8_t, 32> sent_{};
  std::array<std::uint8_t, 32> received_{};
};
TYPED_TEST_SUITE(MlKemOctets, test::AllCases, test::CaseNames);

TYPED_TEST(MlKemOctets, EqualTheObjects) {
  using P = typename TypeParam::Set;
  for (std::uint8_t start = 0; start < 40; ++start) {
    ASSERT_NO_FATAL_FAILURE(this->make(start));
    const DecapsulationKey<P> key(this->seed_, PqBackend::portable());
    std::array<std::uint8_t, P::kDecapsulationKeySize> dk;
    key.write_expanded(dk);
    ASSERT_EQ(test::to_hex(this->ek_), test::to_hex(key.encapsulation_key()));
    ASSERT_EQ(test::to_hex(this->dk_), test::to_hex(dk));
    const auto made = EncapsulationKey<P>::parse(key.encapsulation_key(), PqBackend::portable())
                          ->encapsulate_with(this->m_);
    ASSERT_EQ(test::to_hex(this->ciphertext_), test::to_hex(made.ciphertext));
    ASSERT_EQ(test::to_hex(this->sent_), test::to_hex(made.shared_key.expose()));

    ASSERT_TRUE(
        MlKem<P>::decapsulate(this->dk_, this->ciphertext_, this->received_, this->backend()));
    ASSERT_EQ(this->received_, this->sent_);
    this->ciphertext_[start] = static_cast<std::uint8_t>(this->ciphertext_[start] ^ 0x10);
    ASSERT_TRUE(
        MlKem<P>::decapsulate(this->dk_, this->ciphertext_, this->received_, this->backend()));
    ASSERT_EQ(test::to_hex(this->received_),
              test::to_hex(key.decapsulate(this->ciphertext_)->expose()));
  }
}

TYPED_TEST(MlKemOctets, WrongLengthsAreRefused) {
  using P = typename TypeParam::Set;
  ASSERT_NO_FATAL_FAILURE(this->make(1));
  ByteVector ek = to_vector(this->ek_);
  ByteVector dk = to_vector(this->dk_);
  ByteVector ciphertext = to_vector(this->ciphertext_);
  ek.push_back(0);
  dk.push_back(0);
  ciphertext.push_back(0);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{2}}) {
    const auto made =
        MlKem<P>::encapsulate(ByteView(ek).first(cut == 0 ? ek.size() : ek.size() - cut), this->m_,
                              this->ciphertext_, this->sent_, this->backend());
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::InvalidKeyShare);
    const auto wrong_key = MlKem<P>::decapsulate(
        ByteView(dk).first(dk.size() - cut), this->ciphertext_, this->received_, this->backend());
    ASSERT_FALSE(wrong_key);
    EXPECT_EQ(wrong_key.error().code, ErrorCode::KeyMalformed);
    const auto wrong_ciphertext =
        MlKem<P>::decapsulate(this->dk_, ByteView(ciphertext).first(ciphertext.size() - cut),
                              this->received_, this->backend());
    ASSERT_FALSE(wrong_ciphertext);
    EXPECT_EQ(wrong_ciphertext.error().code, ErrorCode::InvalidKeyShare);
  }
}

TYPED_TEST(MlKemOctets, CoefficientsNotBelowTheModulusAreRefused) {
  using P = typename TypeParam::Set;
  ASSERT_NO_FATAL_FAILURE(this->make(2));
  for (std::size_t at = 0; at < P::kVectorSize; at += 3) {
    auto ek = this->ek_;
    ek[at] = 0x01;  // the even coefficient becomes q
    ek[at + 1] = static_cast<std::uint8_t>((ek[at + 1] & 0xf0) | 0x0d);
    const auto refused =
        MlKem<P>::encapsulate(ek, this->m_, this->ciphertext_, this->sent_, this->backend());
    ASSERT_FALSE(refused) << at;
    ASSERT_EQ(refused.error().code, ErrorCode::InvalidKeyShare);
    ek = this->ek_;
    ek[at + 1] = static_cast<std::uint8_t>((ek[at + 1] & 0x0f) | 0xf0);  // the odd one 4095
    ek[at + 2] = 0xff;
    ASSERT_FALSE(EncapsulationKey<P>::parse(ek, this->backend())) << at;
  }
}

TYPED_TEST(MlKemOctets, WrongDecapsulationKeysAreRefusedAndGiveNothing) {
  using P = typename TypeParam::Set;
  ASSERT_NO_FATAL_FAILURE(this->make(3));
  const auto sound = this->dk_;
  const std::array<std::uint8_t, 32> nothing{};
  constexpr std::size_t kHash = P::kVectorSize + P::kEncapsulationKeySize;
  const auto expect_refused = [&](std::size_t at) {
    this->received_.fill(0x55);
    const auto refused =
        MlKem<P>::decapsulate(this->dk_, this->ciphertext_, this->received_, this->backend());
    ASSERT_FALSE(refused) << at;
    EXPECT_EQ(refused.error().code, ErrorCode::KeyMalformed);
    EXPECT_EQ(this->received_, nothing);
  };
  for (const std::size_t at : {P::kVectorSize, kHash - 1, kHash, kHash + 31}) {
    this->dk_ = sound;
    this->dk_[at] = static_cast<std::uint8_t>(this->dk_[at] ^ 1);
    expect_refused(at);
  }
  this->dk_ = sound;
  this->dk_[7] = 0xff;  // a coefficient of s
  this->dk_[8] = 0xff;
  expect_refused(7);
}

}  // namespace
}  // namespace nautilus
