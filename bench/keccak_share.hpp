// How much of an operation's time goes into Keccak: the kernels again, over an instruction set that
// reads the time stamp counter around each permutation.
#pragma once

#include <x86intrin.h>

#include <cstddef>
#include <cstdint>

#include "crypto/pq/simd/mlkem_ops_simd.hpp"

namespace nautilus::bench {

struct KeccakTime {
  std::uint64_t cycles;
  std::uint64_t permutations;
};

template <class Isa>
struct Timed : Isa {
  static inline KeccakTime time{};

  template <class F>
  [[gnu::always_inline]] static inline void measure(std::size_t count, F run) noexcept {
    unsigned processor = 0;
    const std::uint64_t start = __rdtscp(&processor);
    run();
    time.cycles += __rdtscp(&processor) - start;
    time.permutations += count;
  }
  [[gnu::always_inline]] static inline void permute(std::uint64_t* state,
                                                    std::size_t active) noexcept {
    measure(1, [&]() noexcept __attribute__((always_inline)) { Isa::permute(state, active); });
  }
  static void absorb(std::uint64_t* state, const std::uint8_t* message,
                     std::size_t blocks) noexcept {
    measure(blocks,
            [&]() noexcept __attribute__((always_inline)) { Isa::absorb(state, message, blocks); });
  }
};

/// Kernels that time their Keccak, and what they have counted.
struct TimedKernels {
  const char* backend;
  const crypto::pq::MlKemKernels* mlkem;
  KeccakTime* time;
};

template <class Isa>
constexpr crypto::pq::MlKemKernelSet kTimedKernels = {
    crypto::pq::simd::MlKemOps<Timed<Isa>, crypto::pq::MlKem512>::kKernels,
    crypto::pq::simd::MlKemOps<Timed<Isa>, crypto::pq::MlKem768>::kKernels,
    crypto::pq::simd::MlKemOps<Timed<Isa>, crypto::pq::MlKem1024>::kKernels};

extern const TimedKernels kTimedAvx2;
extern const TimedKernels kTimedAvx512;

}  // namespace nautilus::bench
