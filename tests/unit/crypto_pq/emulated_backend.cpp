#include "unit/crypto_pq/emulated_backend.hpp"

#include "crypto/pq/simd/isa_emulated.hpp"
#include "crypto/pq/simd/keccak_kernels.hpp"
#include "crypto/pq/simd/mldsa_ops_simd.hpp"
#include "crypto/pq/simd/mldsa_vec_emulated.hpp"
#include "crypto/pq/simd/mlkem_ops_simd.hpp"
#include "unit/crypto_pq/routines_of.hpp"

namespace nautilus::test {
namespace {

using namespace crypto::pq;

constexpr MlKemKernelSet kKernels = {simd::MlKemOps<simd::Emulated, MlKem512>::kKernels,
                                     simd::MlKemOps<simd::Emulated, MlKem768>::kKernels,
                                     simd::MlKemOps<simd::Emulated, MlKem1024>::kKernels};
void permute_4(std::uint64_t* states) noexcept {
  simd::keccak_permute<simd::EmulatedLanes<4>, 4>(states);
}
void permute_8(std::uint64_t* states) noexcept {
  simd::keccak_permute<simd::EmulatedLanes<8>, 8>(states);
}
constexpr KeccakKernels kKeccak = {permute_4, permute_8};

constexpr MlDsaKernels kMlDsa =
    simd::MlDsaOps<simd::Emulated, simd::EmulatedInts, simd::SamplingEmulated>::kKernels;

constexpr PqBackendParts kParts = {
    .name = "emulated", .mlkem = kKernels, .keccak = &kKeccak, .mldsa = &kMlDsa};

}  // namespace

const Routines kEmulatedRoutines = RoutinesOf<simd::Emulated>::make("emulated");

PqBackend emulated_backend() noexcept { return PqBackend(kParts); }

}  // namespace nautilus::test
