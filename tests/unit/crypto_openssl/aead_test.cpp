#include "crypto/openssl/aead.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "unit/crypto/aead_suite.hpp"

namespace nautilus {
namespace {

namespace aead = test::aead;

class LibcryptoAead : public testing::TestWithParam<int> {
 protected:
  aead::AlgorithmPtr algorithm_ = GetParam() == 0   ? crypto::openssl::aes_128_gcm().value()
                                  : GetParam() == 1 ? crypto::openssl::aes_256_gcm().value()
                                                    : crypto::openssl::chacha20_poly1305().value();
};

TEST_P(LibcryptoAead, KnownAnswer) {
  const aead::KnownAnswer* const answers[] = {&aead::kAes128Gcm, &aead::kAes256Gcm,
                                              &aead::kChaCha20Poly1305};
  aead::check_known_answer(*algorithm_, *answers[GetParam()]);
}

TEST_P(LibcryptoAead, GatheredAndInPlaceAgree) { aead::check_agreement(*algorithm_, *algorithm_); }

TEST_P(LibcryptoAead, TamperingIsFoundAndLeavesNoPlaintext) { aead::check_tampering(*algorithm_); }

TEST_P(LibcryptoAead, MisuseIsRefused) { aead::check_misuse(*algorithm_); }

TEST_P(LibcryptoAead, LeavesTheErrorQueueAsItWas) {
  ERR_clear_error();
  const auto key = aead::key_for(*algorithm_, ByteVector(algorithm_->key_size()));
  EXPECT_FALSE(aead::open(*key, ByteVector(12), {}, ByteVector(40)));
  EXPECT_EQ(ERR_peek_error(), 0U);
  ERR_raise(ERR_LIB_USER, 42);  // the application's own entry
  EXPECT_FALSE(aead::open(*key, ByteVector(12), {}, ByteVector(40)));
  EXPECT_EQ(ERR_GET_REASON(ERR_get_error()), 42);
  EXPECT_EQ(ERR_get_error(), 0U);
}

INSTANTIATE_TEST_SUITE_P(All, LibcryptoAead, testing::Values(0, 1, 2), [](const auto& named) {
  return std::string(named.param == 0 ? "AES128GCM" : named.param == 1 ? "AES256GCM" : "ChaCha20");
});

TEST(LibcryptoAeadNames, AndLimits) {
  const auto aes128 = crypto::openssl::aes_128_gcm().value();
  const auto aes256 = crypto::openssl::aes_256_gcm().value();
  const auto chacha = crypto::openssl::chacha20_poly1305().value();
  EXPECT_EQ(aes128->name(), "AES-128-GCM");
  EXPECT_EQ(aes256->name(), "AES-256-GCM");
  EXPECT_EQ(chacha->name(), "ChaCha20-Poly1305");
  EXPECT_EQ(aes128->key_size(), 16U);
  EXPECT_EQ(aes256->key_size(), 32U);
  EXPECT_EQ(chacha->key_size(), 32U);
  EXPECT_LE(aes256->confidentiality_limit(), 23726566U);  // 2^24.5
  EXPECT_GT(chacha->confidentiality_limit(), std::uint64_t{1} << 48);
  EXPECT_EQ(aes128->backend(), "libcrypto");
}

TEST(Wycheproof, LibcryptoAeads) {
  if (!test::wycheproof::available()) GTEST_SKIP() << test::wycheproof::kUnavailable;
  aead::check_wycheproof(
      "aes_gcm", {crypto::openssl::aes_128_gcm().value(), crypto::openssl::aes_256_gcm().value()});
  aead::check_wycheproof("chacha20_poly1305", {crypto::openssl::chacha20_poly1305().value()});
}

}  // namespace
}  // namespace nautilus
