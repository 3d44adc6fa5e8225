// The permutation on several states, as a table of functions per backend.
#pragma once

#include <cstdint>

namespace nautilus::inline v0::crypto::pq {

/// On states side by side: word w of state i is at N·w + i for N states.
struct KeccakKernels {
  void (*permute_4)(std::uint64_t* states) noexcept;
  void (*permute_8)(std::uint64_t* states) noexcept;
};

extern const KeccakKernels kKeccakPortable;
#ifdef NAUTILUS_PQ_X86
extern const KeccakKernels kKeccakAvx2;
extern const KeccakKernels kKeccakAvx512;
#endif

}  // namespace nautilus::inline v0::crypto::pq
