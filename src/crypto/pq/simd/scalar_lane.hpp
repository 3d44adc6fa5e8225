#pragma once

#include <cstddef>
#include <cstdint>

namespace nautilus::inline v0::crypto::pq::simd {

/// One 64-bit word, as a vector of one. `User` tells apart files that are compiled for different
/// CPUs: what they instantiate with this must not be shared.
template <class User>
struct ScalarLane {
  static constexpr std::size_t kLanes = 1;
  static constexpr bool kTernaryLogic = false;
  std::uint64_t v;

  [[gnu::always_inline]] static inline ScalarLane load(const std::uint64_t* from) noexcept {
    return {*from};
  }
  [[gnu::always_inline]] inline void store(std::uint64_t* to) const noexcept { *to = v; }
  [[gnu::always_inline]] inline void store_first(std::uint64_t* to) const noexcept { *to = v; }
  [[gnu::always_inline]] static inline ScalarLane splat(std::uint64_t value) noexcept {
    return {value};
  }
  [[gnu::always_inline]] friend inline ScalarLane operator^(ScalarLane a, ScalarLane b) noexcept {
    return {a.v ^ b.v};
  }
  /// a ^ (~b & c).
  [[gnu::always_inline]] static inline ScalarLane chi(ScalarLane a, ScalarLane b,
                                                      ScalarLane c) noexcept {
    return {a.v ^ (~b.v & c.v)};
  }
  template <int N>
  [[gnu::always_inline]] inline ScalarLane rotate() const noexcept {
    return {v << N | v >> (64 - N)};
  }
  [[gnu::always_inline]] inline ScalarLane rotate_1() const noexcept { return rotate<1>(); }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
