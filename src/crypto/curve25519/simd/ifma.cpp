// AVX-512 IFMA: this file alone is compiled for it.
#include "crypto/curve25519/kernels_over_field.hpp"
#include "crypto/curve25519/simd/fe64_adx.hpp"
#include "crypto/curve25519/simd/ladder_lanes.hpp"
#include "crypto/curve25519/simd/multiply_lanes.hpp"
#include "crypto/curve25519/simd/vec_ifma.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

namespace {
using Ladder = LadderOverLanes<Vec4, Fe64>;
using Multiply = MultiplyOverLanes<Vec4, Vec8, Fe64>;
}  // namespace

constexpr Kernels kIfmaKernels = {.name = "ifma",
                                  .x25519 = Ladder::run,
                                  .x25519_base = Multiply::x25519_base,
                                  .edwards_base = Multiply::edwards_base,
                                  .decode_negated = KernelsOverField<Fe64>::decode_negated,
                                  .multiply_two = Multiply::multiply_two};

}  // namespace nautilus::inline v0::crypto::curve25519
