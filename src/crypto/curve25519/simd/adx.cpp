// BMI2 and ADX: this file alone is compiled for them.
#include "crypto/curve25519/kernels_over_field.hpp"
#include "crypto/curve25519/simd/fe64_adx.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

constexpr Kernels kAdxKernels = kernels_over_field<Fe64>("adx");

}  // namespace nautilus::inline v0::crypto::curve25519
