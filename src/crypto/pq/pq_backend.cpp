#include "crypto/pq/pq_backend.hpp"

#include "crypto/kernel_table.hpp"
#include "crypto/pq/mldsa_kernels.hpp"
#include "crypto/pq/mlkem_kernels.hpp"
#include "crypto/pq/simd/keccak_kernels.hpp"

namespace nautilus::inline v0::crypto::pq {
namespace {

constexpr PqBackendParts kPortable = {"portable", kMlKemPortable, &kKeccakPortable,
                                      &kMlDsaPortable};
#ifdef NAUTILUS_PQ_X86
constexpr PqBackendParts kAvx2Parts = {"avx2", kMlKemAvx2, &kKeccakAvx2, &kMlDsaAvx2};
constexpr PqBackendParts kAvx512Parts = {"avx512", kMlKemAvx512, &kKeccakAvx512, &kMlDsaAvx512};
constexpr const PqBackendParts* kAvx2 = &kAvx2Parts;
constexpr const PqBackendParts* kAvx512 = &kAvx512Parts;
#else
constexpr const PqBackendParts* kAvx2 = nullptr;
constexpr const PqBackendParts* kAvx512 = nullptr;
#endif

/// What simd/'s files are compiled for.
constexpr CpuFeatures kAvx2Needs{CpuFeature::Avx2, CpuFeature::Bmi1, CpuFeature::Bmi2,
                                 CpuFeature::Popcnt};
constexpr CpuFeatures kAvx512Needs = kAvx2Needs.with(CpuFeature::Avx512F)
                                         .with(CpuFeature::Avx512Bw)
                                         .with(CpuFeature::Avx512Dq)
                                         .with(CpuFeature::Avx512Vl)
                                         .with(CpuFeature::Avx512Vbmi)
                                         .with(CpuFeature::Avx512Vbmi2)
                                         .with(CpuFeature::Avx512Vnni);

constexpr KernelTable<PqBackendParts, 3> kTable{
    .entries = {{{"portable", &kPortable, {}},
                 {"avx2", kAvx2, kAvx2Needs},
                 {"avx512", kAvx512, kAvx512Needs}}},
    .unknown = "unknown post-quantum backend",
    .not_built = "this build lacks the post-quantum backend",
    .not_on_this_cpu = "this CPU cannot run the post-quantum backend",
};

}  // namespace

PqBackend PqBackend::best() noexcept {
  static const PqBackendParts& parts = kTable.best(CpuFeatures::here());
  return PqBackend(parts);
}

PqBackend PqBackend::portable() noexcept { return PqBackend(kTable.portable()); }

Result<PqBackend> PqBackend::find(std::string_view name, CpuFeatures cpu) noexcept {
  const auto parts = kTable.find(name, cpu);
  if (!parts) return propagate(parts);
  return PqBackend(**parts);
}

std::vector<PqBackend> PqBackend::all() { return kTable.all<PqBackend>(CpuFeatures::here()); }

}  // namespace nautilus::inline v0::crypto::pq
