#include "crypto/openssl/aead.hpp"

#include <gtest/gtest.h>

#include "crypto/ipsecmb/backend.hpp"
#include "unit/crypto/aead_suite.hpp"

namespace nautilus {
namespace {

namespace aead = test::aead;

struct Pair {
  aead::AlgorithmPtr ours;
  aead::AlgorithmPtr reference;
  const aead::KnownAnswer* answer;
};

class IpsecMbAead : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    crypto::ipsecmb::Backend backend = crypto::ipsecmb::load();
    if (!backend.available) GTEST_SKIP() << "ipsec-mb is off: " << backend.note;
    switch (GetParam()) {
      case 0:
        pair_ = {backend.aes_128_gcm, crypto::openssl::aes_128_gcm().value(), &aead::kAes128Gcm};
        break;
      case 1:
        pair_ = {backend.aes_256_gcm, crypto::openssl::aes_256_gcm().value(), &aead::kAes256Gcm};
        break;
      default:
        pair_ = {backend.chacha20_poly1305, crypto::openssl::chacha20_poly1305().value(),
                 &aead::kChaCha20Poly1305};
    }
  }
  Pair pair_;
};

TEST_P(IpsecMbAead, KnownAnswer) { aead::check_known_answer(*pair_.ours, *pair_.answer); }

TEST_P(IpsecMbAead, AgreesWithLibcryptoGatheredAndInPlace) {
  aead::check_agreement(*pair_.ours, *pair_.reference);
}

TEST_P(IpsecMbAead, TamperingIsFoundAndLeavesNoPlaintext) { aead::check_tampering(*pair_.ours); }

TEST_P(IpsecMbAead, MisuseIsRefused) { aead::check_misuse(*pair_.ours); }

TEST_P(IpsecMbAead, DescribesItselfAsLibcryptoDoes) {
  EXPECT_EQ(pair_.ours->name(), pair_.reference->name());
  EXPECT_EQ(pair_.ours->key_size(), pair_.reference->key_size());
  EXPECT_EQ(pair_.ours->confidentiality_limit(), pair_.reference->confidentiality_limit());
  EXPECT_EQ(pair_.ours->backend(), "ipsec-mb");
}

TEST_P(IpsecMbAead, AKeyOutlivesItsAlgorithm) {
  const auto key = aead::key_for(*pair_.ours, ByteVector(pair_.ours->key_size(), 5));
  const ByteVector text(100, 1);
  const ByteVector before = aead::seal(*key, ByteVector(12), {}, text);
  pair_.ours.reset();
  EXPECT_EQ(aead::seal(*key, ByteVector(12), {}, text), before);
}

INSTANTIATE_TEST_SUITE_P(All, IpsecMbAead, testing::Values(0, 1, 2), [](const auto& named) {
  return std::string(named.param == 0 ? "AES128GCM" : named.param == 1 ? "AES256GCM" : "ChaCha20");
});

TEST(IpsecMbBackend, SaysWhatItIsOrWhyItIsOff) {
  const crypto::ipsecmb::Backend backend = crypto::ipsecmb::load();
  EXPECT_STRNE(backend.note, "");
  EXPECT_EQ(backend.available, backend.aes_128_gcm != nullptr);
  EXPECT_EQ(backend.available, backend.aes_256_gcm != nullptr);
  EXPECT_EQ(backend.available, backend.chacha20_poly1305 != nullptr);
  EXPECT_TRUE(!backend.available || !backend.version.empty());
}

TEST(Wycheproof, IpsecMbAeads) {
  if (!test::wycheproof::available()) GTEST_SKIP() << test::wycheproof::kUnavailable;
  const crypto::ipsecmb::Backend backend = crypto::ipsecmb::load();
  if (!backend.available) GTEST_SKIP() << "ipsec-mb is off: " << backend.note;
  aead::check_wycheproof("aes_gcm", {backend.aes_128_gcm, backend.aes_256_gcm});
  aead::check_wycheproof("chacha20_poly1305", {backend.chacha20_poly1305});
}

}  // namespace
}  // namespace nautilus
