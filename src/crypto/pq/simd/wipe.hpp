// Leaving nothing secret behind on the stack.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/pq/mlkem_kernels.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

/// Uninitialised storage that is wiped when it goes.
template <class T>
struct Wiped {
  T value;
  Wiped() noexcept {}
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { wipe_memory(&value, sizeof value); }
};

/// Overwrites the part of the stack below the caller's frame that the functions it called have
/// used for spilled registers and small buffers.
template <class Isa>
[[gnu::noinline]] void clear_stack() noexcept {
  constexpr std::size_t kDeepest = 4096;
  std::uint8_t used[kDeepest];
  __builtin_memset(used, 0, sizeof used);
  asm volatile("" : : "r"(used) : "memory");
}

}  // namespace nautilus::inline v0::crypto::pq::simd
