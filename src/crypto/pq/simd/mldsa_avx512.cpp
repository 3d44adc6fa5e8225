#include "crypto/pq/simd/isa_avx512.hpp"
#include "crypto/pq/simd/mldsa_ops_simd.hpp"
#include "crypto/pq/simd/mldsa_vec_avx512.hpp"

namespace nautilus::inline v0::crypto::pq {

const MlDsaKernels kMlDsaAvx512 =
    simd::MlDsaOps<simd::Avx512, simd::Ints512, simd::SamplingAvx512>::kKernels;

}  // namespace nautilus::inline v0::crypto::pq
