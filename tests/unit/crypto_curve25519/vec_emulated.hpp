// The vectors of simd/vec_ifma.hpp in plain C++. Debug builds check what the instructions would
// silently cut off: factors wider than 52 bits.
#pragma once

#include <cassert>
#include <cstdint>

#include "crypto/curve25519/words.hpp"

namespace nautilus::test {

template <int Groups>
struct EmulatedVec {
  static constexpr int kGroups = Groups;
  static constexpr int kLanes = 4 * Groups;
  using Wide = crypto::curve25519::Wide;
  std::uint64_t v[kLanes];

  template <class F>
  static EmulatedVec make(F lane) noexcept {
    EmulatedVec r;
    for (int i = 0; i < kLanes; ++i) r.v[i] = lane(i);
    return r;
  }
  static EmulatedVec load(const std::uint64_t (&lanes)[4]) noexcept {
    return make([&](int i) { return lanes[i % 4]; });
  }
  void store(std::uint64_t (&lanes)[4]) const noexcept {
    for (int i = 0; i < 4; ++i) lanes[i] = v[i];
  }
  static EmulatedVec all(std::uint64_t x) noexcept {
    return make([&](int) { return x; });
  }
  static EmulatedVec each(std::uint64_t low, std::uint64_t high) noexcept {
    return make([&](int i) { return i < 4 ? low : high; });
  }
  [[nodiscard]] EmulatedVec<1> low() const noexcept {
    return EmulatedVec<1>::make([&](int i) { return v[i]; });
  }
  [[nodiscard]] EmulatedVec<1> high() const noexcept {
    return EmulatedVec<1>::make([&](int i) { return v[i + 4]; });
  }
  static EmulatedVec zero() noexcept { return all(0); }
  friend EmulatedVec operator+(EmulatedVec a, EmulatedVec b) noexcept {
    return make([&](int i) { return a.v[i] + b.v[i]; });
  }
  friend EmulatedVec operator-(EmulatedVec a, EmulatedVec b) noexcept {
    return make([&](int i) { return a.v[i] - b.v[i]; });
  }
  friend EmulatedVec operator&(EmulatedVec a, EmulatedVec b) noexcept {
    return make([&](int i) { return a.v[i] & b.v[i]; });
  }
  friend EmulatedVec operator|(EmulatedVec a, EmulatedVec b) noexcept {
    return make([&](int i) { return a.v[i] | b.v[i]; });
  }
  friend EmulatedVec operator^(EmulatedVec a, EmulatedVec b) noexcept {
    return make([&](int i) { return a.v[i] ^ b.v[i]; });
  }
  template <int N>
  [[nodiscard]] EmulatedVec shl() const noexcept {
    return make([&](int i) { return v[i] << N; });
  }
  template <int N>
  [[nodiscard]] EmulatedVec shr() const noexcept {
    return make([&](int i) { return v[i] >> N; });
  }
  static constexpr std::uint64_t kMask52 = (std::uint64_t{1} << 52) - 1;
  static Wide product(std::uint64_t a, std::uint64_t b) noexcept {
    assert(a <= kMask52 && b <= kMask52);
    return Wide{a & kMask52} * (b & kMask52);
  }
  static EmulatedVec madd_lo(EmulatedVec acc, EmulatedVec a, EmulatedVec b) noexcept {
    return make([&](int i) {
      return acc.v[i] + (static_cast<std::uint64_t>(product(a.v[i], b.v[i])) & kMask52);
    });
  }
  static EmulatedVec madd_hi(EmulatedVec acc, EmulatedVec a, EmulatedVec b) noexcept {
    return make([&](int i) {
      return acc.v[i] + static_cast<std::uint64_t>(product(a.v[i], b.v[i]) >> 52);
    });
  }
  template <int I>
  [[nodiscard]] EmulatedVec permuted() const noexcept {
    return make([&](int i) { return v[(i & ~3) | ((I >> (2 * (i & 3))) & 3)]; });
  }
  [[nodiscard]] EmulatedVec neighbours() const noexcept {
    return make([&](int i) { return v[i ^ 1]; });
  }
  friend EmulatedVec operator~(EmulatedVec a) noexcept {
    return make([&](int i) { return ~a.v[i]; });
  }
  /// By masks, not by index: the lane numbers may be secret.
  [[nodiscard]] EmulatedVec permuted(EmulatedVec lanes) const noexcept {
    return make([&](int i) {
      std::uint64_t r = 0;
      for (std::uint64_t lane = 0; lane < 4; ++lane) {
        r |= v[lane] & ~crypto::curve25519::mask_nonzero64((lanes.v[i] & 3) ^ lane);
      }
      return r;
    });
  }
  template <int Lanes>
  static EmulatedVec blend(EmulatedVec a, EmulatedVec b) noexcept {
    return make([&](int i) { return ((Lanes >> (i & 3)) & 1) != 0 ? b.v[i] : a.v[i]; });
  }
  template <int Lanes>
  static EmulatedVec add_at(EmulatedVec a, EmulatedVec b) noexcept {
    return blend<Lanes>(a, a + b);
  }
  template <int Lanes>
  static EmulatedVec sub_at(EmulatedVec a, EmulatedVec b) noexcept {
    return blend<Lanes>(a, a - b);
  }
  static EmulatedVec equal(EmulatedVec a, EmulatedVec b) noexcept {
    return make([&](int i) { return ~crypto::curve25519::mask_nonzero64(a.v[i] ^ b.v[i]); });
  }
  static EmulatedVec or_masked(EmulatedVec a, EmulatedVec mask, EmulatedVec b) noexcept {
    return a | (mask & b);
  }
  static EmulatedVec select(EmulatedVec mask, EmulatedVec a, EmulatedVec b) noexcept {
    return a ^ (mask & (a ^ b));
  }
};

}  // namespace nautilus::test
