#include "crypto/pq/simd/keccak_kernels.hpp"
#include "crypto/pq/simd/keccak_rounds.hpp"
#include "crypto/pq/simd/vec_avx2.hpp"

namespace nautilus::inline v0::crypto::pq {
namespace {

void permute_4(std::uint64_t* states) noexcept { simd::keccak_permute<simd::Lanes4, 4>(states); }

void permute_8(std::uint64_t* states) noexcept {
  simd::keccak_permute<simd::Lanes4, 8>(states);
  simd::keccak_permute<simd::Lanes4, 8>(states + 4);
}

}  // namespace

const KeccakKernels kKeccakAvx2 = {permute_4, permute_8};

}  // namespace nautilus::inline v0::crypto::pq
