#include "crypto/pq/simd/isa_avx2.hpp"
#include "crypto/pq/simd/mlkem_ops_simd.hpp"

namespace nautilus::inline v0::crypto::pq {

const MlKemKernelSet kMlKemAvx2 = {simd::MlKemOps<simd::Avx2, MlKem512>::kKernels,
                                   simd::MlKemOps<simd::Avx2, MlKem768>::kKernels,
                                   simd::MlKemOps<simd::Avx2, MlKem1024>::kKernels};

}  // namespace nautilus::inline v0::crypto::pq
