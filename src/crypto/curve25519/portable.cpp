#include "crypto/curve25519/fe51.hpp"
#include "crypto/curve25519/kernels_over_field.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

constexpr Kernels kPortableKernels = kernels_over_field<Fe51>("portable");

}  // namespace nautilus::inline v0::crypto::curve25519
