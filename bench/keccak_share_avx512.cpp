#include "crypto/pq/simd/isa_avx512.hpp"
#include "keccak_share.hpp"

namespace nautilus::bench {

using Isa = crypto::pq::simd::Avx512;
const TimedKernels kTimedAvx512 = {"avx512", kTimedKernels<Isa>, &Timed<Isa>::time};

}  // namespace nautilus::bench
