#include "crypto/curve25519/backend.hpp"

#include "crypto/curve25519/kernels.hpp"
#include "crypto/kernel_table.hpp"

namespace nautilus::inline v0::crypto::curve25519 {
namespace {

#ifdef NAUTILUS_CURVE25519_X86
constexpr const Kernels* kAdx = &kAdxKernels;
constexpr const Kernels* kIfma = &kIfmaKernels;
#else
constexpr const Kernels* kAdx = nullptr;
constexpr const Kernels* kIfma = nullptr;
#endif

/// What simd/'s files are compiled for.
constexpr CpuFeatures kAdxNeeds{CpuFeature::Bmi1, CpuFeature::Bmi2, CpuFeature::Adx};
constexpr CpuFeatures kIfmaNeeds = kAdxNeeds.with(CpuFeature::Avx2)
                                       .with(CpuFeature::Avx512F)
                                       .with(CpuFeature::Avx512Vl)
                                       .with(CpuFeature::Avx512Ifma);

constexpr KernelTable<Kernels, 3> kTable{
    .entries = {{{"portable", &kPortableKernels, {}},
                 {"adx", kAdx, kAdxNeeds},
                 {"ifma", kIfma, kIfmaNeeds}}},
    .unknown = "unknown Curve25519 backend",
    .not_built = "this build lacks the Curve25519 backend",
    .not_on_this_cpu = "this CPU cannot run the Curve25519 backend",
};

}  // namespace

Backend Backend::best() noexcept {
  static const Kernels& kernels = kTable.best(CpuFeatures::here());
  return Backend(kernels);
}

Backend Backend::portable() noexcept { return Backend(kTable.portable()); }

Result<Backend> Backend::find(std::string_view name, CpuFeatures cpu) noexcept {
  const auto kernels = kTable.find(name, cpu);
  if (!kernels) return propagate(kernels);
  return Backend(**kernels);
}

std::vector<Backend> Backend::all() { return kTable.all<Backend>(CpuFeatures::here()); }

std::string_view Backend::name() const noexcept { return kernels_->name; }

}  // namespace nautilus::inline v0::crypto::curve25519
