#include "crypto/aegis/backend.hpp"

#include "crypto/aegis/aesni.hpp"

namespace nautilus::inline v0::crypto::aegis {

#ifdef NAUTILUS_AEGIS_X86

Backend load(CpuFeatures cpu) {
  if (!cpu.include({CpuFeature::Aes, CpuFeature::Avx})) {
    return {.note = "the CPU lacks AES-NI or AVX"};
  }
  return {true, "AES-NI", aesni_128l(), aesni_256()};
}

#else

Backend load(CpuFeatures) { return {.note = "only on x86-64"}; }

#endif

}  // namespace nautilus::inline v0::crypto::aegis
