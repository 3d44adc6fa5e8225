// Which CPUs a backend is given to.
#include "crypto/pq/pq_backend.hpp"
#include "unit/crypto/cpu_needs.hpp"

namespace nautilus {
namespace {

using crypto::CpuFeatures;
using crypto::pq::PqBackend;

TEST(PqBackendNeeds, AreWhatTheFilesAreCompiledFor) {
  test::expect_needs(NAUTILUS_AVX2_OPTIONS,
                     [](CpuFeatures cpu) { return PqBackend::find("avx2", cpu).has_value(); });
  test::expect_needs(NAUTILUS_AVX512_OPTIONS,
                     [](CpuFeatures cpu) { return PqBackend::find("avx512", cpu).has_value(); });
}

TEST(PqBackendNeeds, APlainCpuGetsThePortableOne) {
  EXPECT_EQ(PqBackend::find("auto", {}).value(), PqBackend::portable());
  const auto refused = PqBackend::find("avx2", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::BackendUnavailable);
}

}  // namespace
}  // namespace nautilus
