#include <gtest/gtest.h>

#include "crypto/aegis/backend.hpp"
#include "unit/crypto/aead_suite.hpp"

namespace nautilus {
namespace {

class AegisWycheproof : public testing::Test {
 protected:
  void SetUp() override {
    if (!backend_.available) GTEST_SKIP() << "AEGIS is off: " << backend_.note;
  }
  crypto::aegis::Backend backend_ = crypto::aegis::load();
};

TEST_F(AegisWycheproof, Aegis128L) {
  test::aead::check_wycheproof("aegis128L", {backend_.aegis_128l});
}

TEST_F(AegisWycheproof, Aegis256) {
  test::aead::check_wycheproof("aegis256", {backend_.aegis_256});
}

}  // namespace
}  // namespace nautilus
