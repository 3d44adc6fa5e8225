#include "crypto/pq/simd/isa_avx512.hpp"
#include "unit/crypto_pq/routines_of.hpp"

namespace nautilus::test {

const Routines kAvx512Routines = RoutinesOf<crypto::pq::simd::Avx512>::make("avx512");

}  // namespace nautilus::test
