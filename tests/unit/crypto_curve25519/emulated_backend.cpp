#include "unit/crypto_curve25519/emulated_backend.hpp"

#include "crypto/curve25519/kernels_over_field.hpp"
#include "crypto/curve25519/simd/ladder_lanes.hpp"
#include "crypto/curve25519/simd/multiply_lanes.hpp"
#include "unit/crypto_curve25519/vec_emulated.hpp"

namespace nautilus::test {
namespace {

using namespace crypto::curve25519;
using Ladder = LadderOverLanes<EmulatedVec<1>, Fe51>;
using Multiply = MultiplyOverLanes<EmulatedVec<1>, EmulatedVec<2>, Fe51>;

constexpr Kernels kEmulated = {.name = "emulated",
                               .x25519 = Ladder::run,
                               .x25519_base = Multiply::x25519_base,
                               .edwards_base = Multiply::edwards_base,
                               .decode_negated = KernelsOverField<Fe51>::decode_negated,
                               .multiply_two = Multiply::multiply_two};

}  // namespace

Backend emulated_curve25519() noexcept { return Backend(kEmulated); }

}  // namespace nautilus::test
