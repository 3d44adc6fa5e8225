#include "crypto/pq/simd/isa_avx2.hpp"
#include "crypto/pq/simd/mldsa_ops_simd.hpp"
#include "crypto/pq/simd/mldsa_vec_avx2.hpp"

namespace nautilus::inline v0::crypto::pq {

const MlDsaKernels kMlDsaAvx2 =
    simd::MlDsaOps<simd::Avx2, simd::Ints256, simd::SamplingAvx2>::kKernels;

}  // namespace nautilus::inline v0::crypto::pq
