#include "crypto/cpu_features.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace nautilus::inline v0::crypto {

#if defined(__x86_64__)

CpuFeatures CpuFeatures::here() noexcept {
  __builtin_cpu_init();
  // __builtin_cpu_supports also asks whether the operating system keeps the registers. It does not
  // know ADX in every supported compiler; that one needs no registers of its own.
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  __get_cpuid_count(7, 0, &a, &b, &c, &d);  // leaves zeros where there is no such leaf
  return CpuFeatures{}
      .with(CpuFeature::Adx, (b & bit_ADX) != 0)
      .with(CpuFeature::Aes, __builtin_cpu_supports("aes") != 0)
      .with(CpuFeature::Avx, __builtin_cpu_supports("avx") != 0)
      .with(CpuFeature::Avx2, __builtin_cpu_supports("avx2") != 0)
      .with(CpuFeature::Avx512Bw, __builtin_cpu_supports("avx512bw") != 0)
      .with(CpuFeature::Avx512Dq, __builtin_cpu_supports("avx512dq") != 0)
      .with(CpuFeature::Avx512F, __builtin_cpu_supports("avx512f") != 0)
      .with(CpuFeature::Avx512Ifma, __builtin_cpu_supports("avx512ifma") != 0)
      .with(CpuFeature::Avx512Vbmi, __builtin_cpu_supports("avx512vbmi") != 0)
      .with(CpuFeature::Avx512Vbmi2, __builtin_cpu_supports("avx512vbmi2") != 0)
      .with(CpuFeature::Avx512Vl, __builtin_cpu_supports("avx512vl") != 0)
      .with(CpuFeature::Avx512Vnni, __builtin_cpu_supports("avx512vnni") != 0)
      .with(CpuFeature::Bmi1, __builtin_cpu_supports("bmi") != 0)
      .with(CpuFeature::Bmi2, __builtin_cpu_supports("bmi2") != 0)
      .with(CpuFeature::Popcnt, __builtin_cpu_supports("popcnt") != 0);
}

#else

CpuFeatures CpuFeatures::here() noexcept { return {}; }

#endif

}  // namespace nautilus::inline v0::crypto
