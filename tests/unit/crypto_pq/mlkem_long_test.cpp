#include <cstdlib>

#include "unit/crypto_pq/mlkem_accumulated.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;

class MlKemLong : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("NAUTILUS_LONG") == nullptr) {
      GTEST_SKIP() << "NAUTILUS_LONG is not set: 10,000 iterations were NOT run";
    }
  }
};

TEST_F(MlKemLong, Accumulated512) {
  EXPECT_EQ(test::mlkem_accumulated<MlKem512>(10'000),
            "e0112db334d4240ca6feed5b0beab1318925edd4ff7d840c2ebe6d61971fc14c");
}

TEST_F(MlKemLong, Accumulated768) {
  EXPECT_EQ(test::mlkem_accumulated<MlKem768>(10'000),
            "8a518cc63da366322a8e7a818c7a0d63483cb3528d34a4cf42f35d5ad73f22fc");
}

TEST_F(MlKemLong, Accumulated1024) {
  EXPECT_EQ(test::mlkem_accumulated<MlKem1024>(10'000),
            "f1a3925c9cf8538bb104c56efb2f5ecb74cc3df25087460b73f6c873e96bcb6a");
}

}  // namespace
}  // namespace nautilus
