// AEGIS-128L and AEGIS-256 (draft-irtf-cfrg-aegis-aead-18).
#include <gtest/gtest.h>

#include "crypto/aegis/backend.hpp"
#include "unit/crypto/aead_suite.hpp"
#include "unit/crypto_aegis/reference.hpp"

namespace nautilus {
namespace {

namespace aead = test::aead;

/// The draft's first test vector of each.
constexpr aead::KnownAnswer kAegis128L{
    "10010000000000000000000000000000", "10000200000000000000000000000000", "",
    "00000000000000000000000000000000",
    "c1c0e58bd913006feba00f4b3cc3594eabe0ece80c24868a226a35d16bdae37a"};
constexpr aead::KnownAnswer kAegis256{
    "1001000000000000000000000000000000000000000000000000000000000000",
    "1000020000000000000000000000000000000000000000000000000000000000", "",
    "00000000000000000000000000000000",
    "754fc3d8c973246dcc6d741412a4b2363fe91994768b332ed7f570a19ec5896e"};

/// The parameter: whether it is AEGIS-256.
class AegisAead : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    const crypto::aegis::Backend backend = crypto::aegis::load();
    if (!backend.available) GTEST_SKIP() << "AEGIS is off: " << backend.note;
    ours_ = GetParam() ? backend.aegis_256 : backend.aegis_128l;
  }
  aead::AlgorithmPtr ours_;
};

TEST_P(AegisAead, KnownAnswer) {
  aead::check_known_answer(*ours_, GetParam() ? kAegis256 : kAegis128L);
}

TEST_P(AegisAead, TheReferenceKnowsTheAnswerToo) {
  const aead::KnownAnswer& known = GetParam() ? kAegis256 : kAegis128L;
  const ByteVector key = test::wycheproof::from_hex(known.key);
  const ByteVector nonce = test::wycheproof::from_hex(known.nonce);
  EXPECT_EQ(test::aegis::Reference(GetParam(), key, nonce).seal({}, ByteVector(16)),
            test::wycheproof::from_hex(known.sealed));
}

TEST_P(AegisAead, AgreesWithTheReferenceGatheredAndInPlace) {
  aead::check_agreement(*ours_, test::aegis::ReferenceAlgorithm(GetParam()));
}

TEST_P(AegisAead, TamperingIsFoundAndLeavesNoPlaintext) { aead::check_tampering(*ours_); }

TEST_P(AegisAead, MisuseIsRefused) { aead::check_misuse(*ours_); }

TEST_P(AegisAead, DescribesItself) {
  EXPECT_EQ(ours_->name(), GetParam() ? "AEGIS-256" : "AEGIS-128L");
  EXPECT_EQ(ours_->backend(), "nautilus");
  EXPECT_EQ(ours_->key_size(), GetParam() ? 32U : 16U);
  EXPECT_EQ(ours_->nonce_size(), ours_->key_size());
  EXPECT_EQ(ours_->confidentiality_limit(), std::uint64_t{1} << 48);
}

INSTANTIATE_TEST_SUITE_P(All, AegisAead, testing::Bool(), [](const auto& tested) {
  return tested.param ? std::string("Aegis256") : std::string("Aegis128L");
});

TEST(AegisBackend, NeedsTheRoundInstruction) {
  using crypto::CpuFeature;
  for (const crypto::CpuFeatures cpu :
       {crypto::CpuFeatures{}, {CpuFeature::Aes}, {CpuFeature::Avx}}) {
    const crypto::aegis::Backend backend = crypto::aegis::load(cpu);
    EXPECT_FALSE(backend.available);
    EXPECT_STRNE(backend.note, "");
    EXPECT_EQ(backend.aegis_128l, nullptr);
    EXPECT_EQ(backend.aegis_256, nullptr);
  }
  const crypto::CpuFeatures enough{CpuFeature::Aes, CpuFeature::Avx};
  EXPECT_TRUE(!crypto::aegis::load().available || crypto::aegis::load(enough).available);
}

}  // namespace
}  // namespace nautilus
