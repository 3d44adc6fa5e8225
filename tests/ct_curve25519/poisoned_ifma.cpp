#include "poisoned_ifma.hpp"

#include "crypto/curve25519/kernels_over_field.hpp"
#include "crypto/curve25519/simd/ladder_lanes.hpp"
#include "crypto/curve25519/simd/multiply_lanes.hpp"
#include "crypto/curve25519/simd/vec_ifma.hpp"

namespace nautilus::test {
namespace {

using namespace crypto::curve25519;
using Ladder = LadderOverLanes<Vec4, Fe51>;
using Multiply = MultiplyOverLanes<Vec4, Vec8, Fe51>;

constexpr Kernels kPoisoned = {.name = "ifma",
                               .x25519 = Ladder::run,
                               .x25519_base = Multiply::x25519_base,
                               .edwards_base = Multiply::edwards_base,
                               .decode_negated = KernelsOverField<Fe51>::decode_negated,
                               .multiply_two = Multiply::multiply_two};

}  // namespace

crypto::curve25519::Backend poisoned_curve25519() noexcept { return Backend(kPoisoned); }

}  // namespace nautilus::test
