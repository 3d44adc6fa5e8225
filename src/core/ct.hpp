// Constant-time building blocks. Masks are all-ones or all-zero words; a value barrier keeps the
// optimiser from turning a masked selection back into a branch.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef NAUTILUS_CT_CHECK
#include <valgrind/memcheck.h>
#endif

namespace nautilus::inline v0::ct {

/// Hides where a value came from, so that nothing can be concluded from it.
template <class T>
[[nodiscard]] inline T value_barrier(T value) noexcept {
  asm volatile("" : "+r"(value));
  return value;
}

/// All ones if `x` is not zero, else zero.
[[nodiscard]] inline std::uint32_t mask_nonzero(std::uint32_t x) noexcept {
  x = value_barrier(x);
  return std::uint32_t{0} - ((x | (std::uint32_t{0} - x)) >> 31);
}

/// `a` where `mask` is all ones, `b` where it is zero.
[[nodiscard]] inline std::uint32_t select(std::uint32_t mask, std::uint32_t a,
                                          std::uint32_t b) noexcept {
  mask = value_barrier(mask);
  return (mask & a) | (~mask & b);
}

/// Copies `from` over `to` where `mask` is all ones, leaves it where zero.
inline void conditional_copy(std::uint32_t mask, std::uint8_t* to, const std::uint8_t* from,
                             std::size_t size) noexcept {
  const auto m = static_cast<std::uint8_t>(value_barrier(mask));
  for (std::size_t i = 0; i < size; ++i) {
    to[i] = static_cast<std::uint8_t>(to[i] ^ (m & (to[i] ^ from[i])));
  }
}

/// Tells the checker that these octets are secret: a branch or an index that depends on them is
/// reported. Does nothing in normal builds.
inline void classify([[maybe_unused]] const void* data,
                     [[maybe_unused]] std::size_t size) noexcept {
#ifdef NAUTILUS_CT_CHECK
  (void)VALGRIND_MAKE_MEM_UNDEFINED(data, size);
#endif
}

/// Tells the checker that these octets have become public. Each use says why in a comment.
inline void declassify([[maybe_unused]] const void* data,
                       [[maybe_unused]] std::size_t size) noexcept {
#ifdef NAUTILUS_CT_CHECK
  (void)VALGRIND_MAKE_MEM_DEFINED(data, size);
#endif
}

}  // namespace nautilus::inline v0::ct
