#include "crypto/aegis/backend.hpp"

#include "crypto/aegis/aesni.hpp"

namespace nautilus::inline v0::crypto::aegis {

#ifdef NAUTILUS_AEGIS_X86

Backend load() {
  __builtin_cpu_init();
  // The compiler's test for AVX also asks whether the operating system keeps the registers.
  if (__builtin_cpu_supports("aes") == 0 || __builtin_cpu_supports("avx") == 0) {
    return {.note = "the CPU lacks AES-NI or AVX"};
  }
  return {true, "AES-NI", aesni_128l(), aesni_256()};
}

#else

Backend load() { return {.note = "only on x86-64"}; }

#endif

}  // namespace nautilus::inline v0::crypto::aegis
