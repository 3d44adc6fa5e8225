// Which CPUs a backend is given to.
#include "crypto/curve25519/backend.hpp"

#include "unit/crypto/cpu_needs.hpp"

namespace nautilus {
namespace {

using crypto::CpuFeatures;
using crypto::curve25519::Backend;

// MemorySanitizer's build has the compiler's options but not the backends.
#ifdef NAUTILUS_CURVE25519_X86

TEST(Curve25519Needs, AreWhatTheFilesAreCompiledFor) {
  test::expect_needs(NAUTILUS_ADX_OPTIONS,
                     [](CpuFeatures cpu) { return Backend::find("adx", cpu).has_value(); });
  test::expect_needs(NAUTILUS_IFMA_OPTIONS,
                     [](CpuFeatures cpu) { return Backend::find("ifma", cpu).has_value(); });
}

TEST(Curve25519Needs, APlainCpuGetsThePortableOne) {
  EXPECT_EQ(Backend::find("auto", {}).value(), Backend::portable());
  const auto refused = Backend::find("ifma", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::BackendUnavailable);
}

#else

TEST(Curve25519Needs, ABackendThatIsNotBuiltIsNotFound) {
  const auto refused = Backend::find("adx", test::every_feature());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::BackendUnavailable);
}

#endif

}  // namespace
}  // namespace nautilus
