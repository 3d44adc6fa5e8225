#include <cstdlib>

#include "unit/crypto_pq/backends.hpp"
#include "unit/crypto_pq/mlkem_accumulated.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;

template <class P>
constexpr const char* kDigest = nullptr;
template <>
constexpr const char* kDigest<MlKem512> =
    "e0112db334d4240ca6feed5b0beab1318925edd4ff7d840c2ebe6d61971fc14c";
template <>
constexpr const char* kDigest<MlKem768> =
    "8a518cc63da366322a8e7a818c7a0d63483cb3528d34a4cf42f35d5ad73f22fc";
template <>
constexpr const char* kDigest<MlKem1024> =
    "f1a3925c9cf8538bb104c56efb2f5ecb74cc3df25087460b73f6c873e96bcb6a";

template <class Case>
class MlKemLong : public test::BackendTest<Case> {
 protected:
  void SetUp() override {
    if (std::getenv("NAUTILUS_LONG") == nullptr) {
      GTEST_SKIP() << "NAUTILUS_LONG is not set: 10,000 iterations were NOT run";
    }
    test::BackendTest<Case>::SetUp();
  }
};
TYPED_TEST_SUITE(MlKemLong, test::AllCases, test::CaseNames);

TYPED_TEST(MlKemLong, Accumulated) {
  using P = typename TypeParam::Set;
  EXPECT_EQ(test::mlkem_accumulated<P>(10'000, this->backend()), kDigest<P>);
}

}  // namespace
}  // namespace nautilus
