#include "crypto/pq/simd/isa_avx2.hpp"
#include "keccak_share.hpp"

namespace nautilus::bench {

using Isa = crypto::pq::simd::Avx2;
const TimedKernels kTimedAvx2 = {"avx2", kTimedKernels<Isa>, &Timed<Isa>::time};

}  // namespace nautilus::bench
