// `wipe` for the hottest paths.
#pragma once

#include <cstring>
#include <type_traits>

namespace nautilus::inline v0 {

/// Overwrites an object whose size the compiler knows: a few stores in place of a call. The barrier
/// makes the compiler believe that somebody looks at the zeros.
template <class T>
  requires std::is_trivially_copyable_v<T>
inline void wipe_now(T& object) noexcept {
  std::memset(&object, 0, sizeof object);
  __asm__ __volatile__("" : : "r"(&object) : "memory");
}

}  // namespace nautilus::inline v0
