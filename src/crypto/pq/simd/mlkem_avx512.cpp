#include "crypto/pq/simd/isa_avx512.hpp"
#include "crypto/pq/simd/mlkem_ops_simd.hpp"

namespace nautilus::inline v0::crypto::pq {

const MlKemKernelSet kMlKemAvx512 = {simd::MlKemOps<simd::Avx512, MlKem512>::kKernels,
                                     simd::MlKemOps<simd::Avx512, MlKem768>::kKernels,
                                     simd::MlKemOps<simd::Avx512, MlKem1024>::kKernels};

}  // namespace nautilus::inline v0::crypto::pq
