#include "crypto/pq/simd/isa_avx2.hpp"
#include "unit/crypto_pq/routines_of.hpp"

namespace nautilus::test {

const Routines kAvx2Routines = RoutinesOf<crypto::pq::simd::Avx2>::make("avx2");

}  // namespace nautilus::test
