#include <cstdlib>

#include "unit/crypto_pq_mldsa/mldsa_cases.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;

template <class P>
constexpr const char* kDigest = nullptr;
template <>
constexpr const char* kDigest<MlDsa44> =
    "e7fd21f6a59bcba60d65adc44404bb29a7c00e5d8d3ec06a732c00a306a7d143";
template <>
constexpr const char* kDigest<MlDsa65> =
    "5ff5e196f0b830c3b10a9eb5358e7c98a3a20136cb677f3ae3b90175c3ace329";
template <>
constexpr const char* kDigest<MlDsa87> =
    "80a8cf39317f7d0be0e24972c51ac152bd2a3e09bc0c32ce29dd82c4e7385e60";

template <class Case>
class MlDsaLong : public test::mldsa::BackendTest<Case> {
 protected:
  void SetUp() override {
    if (std::getenv("NAUTILUS_LONG") == nullptr) {
      GTEST_SKIP() << "NAUTILUS_LONG is not set: 10,000 iterations were NOT run";
    }
    test::mldsa::BackendTest<Case>::SetUp();
  }
};
TYPED_TEST_SUITE(MlDsaLong, test::mldsa::ShippedCases, test::mldsa::CaseNames);

TYPED_TEST(MlDsaLong, Accumulated) {
  using P = typename TypeParam::Set;
  EXPECT_EQ(test::mldsa::accumulated<P>(10'000, this->backend()), kDigest<P>);
}

}  // namespace
}  // namespace nautilus
