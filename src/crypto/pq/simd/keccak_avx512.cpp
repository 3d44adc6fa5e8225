#include "crypto/pq/simd/keccak_kernels.hpp"
#include "crypto/pq/simd/keccak_rounds.hpp"
#include "crypto/pq/simd/vec_avx512.hpp"

namespace nautilus::inline v0::crypto::pq {
namespace {

void permute_4(std::uint64_t* states) noexcept { simd::keccak_permute<simd::Lanes4Vl, 4>(states); }
void permute_8(std::uint64_t* states) noexcept { simd::keccak_permute<simd::Lanes8, 8>(states); }

}  // namespace

const KeccakKernels kKeccakAvx512 = {permute_4, permute_8};

}  // namespace nautilus::inline v0::crypto::pq
