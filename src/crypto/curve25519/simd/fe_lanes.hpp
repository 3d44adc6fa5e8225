// Several field elements at once, one to a lane: five limbs of 51 bits, products by the 52-bit
// multiply-and-add instructions.
//
// Bounds. The multiplier sees 52 bits.
// - `carried`: limbs below 2^51 + 2^15, what may be multiplied. The sum of two may not: whatever is
//   added or subtracted is carried before it is multiplied.
// - `wide`: limbs below 2^59.3, what multiplying gives. At most four of them, and a bias of 2^9 p
//   that keeps limbs positive while one is subtracted, are added up and then carried at once.
#pragma once

#include "crypto/curve25519/fe51.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

template <class V>
struct FeLanes {
  V limb[5];
};

/// Lane i of a permutation takes lane `a`, `b`, `c`, `d` for i = 0, 1, 2, 3.
[[nodiscard]] constexpr int lanes(int a, int b, int c, int d) noexcept {
  return a | b << 2 | c << 4 | d << 6;
}

/// 2^9 p.
inline constexpr std::uint64_t kBias0 = (Fe51::kMask - 18) << 9;
inline constexpr std::uint64_t kBias = Fe51::kMask << 9;

template <class V>
[[gnu::always_inline]] inline V times19(V x) noexcept {
  return x + x.template shl<1>() + x.template shl<4>();
}

/// Carries all limbs at once; limbs below 2^61.7 come out carried.
template <class V>
[[gnu::always_inline]] inline FeLanes<V> carried(const FeLanes<V>& a) noexcept {
  const V mask = V::all(Fe51::kMask);
  FeLanes<V> r;
  r.limb[0] = (a.limb[0] & mask) + times19(a.limb[4].template shr<51>());
  for (int i = 1; i < 5; ++i) {
    r.limb[i] = (a.limb[i] & mask) + a.limb[i - 1].template shr<51>();
  }
  return r;
}

/// low[k] + 2 * high[k] at 2^(51k), folded at 2^255; not carried.
template <class V>
[[gnu::always_inline]] inline FeLanes<V> fold(const V (&low)[10], const V (&high)[10]) noexcept {
  FeLanes<V> r;
  for (int k = 0; k < 5; ++k) {
    const V above = low[k + 5] + (high[k + 5] + high[k + 5]);
    r.limb[k] = (low[k] + (high[k] + high[k])) + times19(above);
  }
  return r;
}

/// a * b + c, not carried, for a wide c.
template <class V>
[[gnu::always_inline]] inline FeLanes<V> mul_add(const FeLanes<V>& a, const FeLanes<V>& b,
                                                 const FeLanes<V>& c) noexcept {
  V low[10];
  V high[10];
  for (int k = 0; k < 10; ++k) {
    low[k] = k < 5 ? c.limb[k] : V::zero();
    high[k] = V::zero();
  }
#pragma GCC unroll 5
  for (int i = 0; i < 5; ++i) {
#pragma GCC unroll 5
    for (int j = 0; j < 5; ++j) {
      low[i + j] = V::madd_lo(low[i + j], a.limb[i], b.limb[j]);
      high[i + j + 1] = V::madd_hi(high[i + j + 1], a.limb[i], b.limb[j]);
    }
  }
  return fold(low, high);
}

template <class V>
[[nodiscard]] [[gnu::always_inline]] inline FeLanes<V> zero_lanes() noexcept {
  FeLanes<V> r;
  for (V& l : r.limb) l = V::zero();
  return r;
}

/// a * b, not carried.
template <class V>
[[gnu::always_inline]] inline FeLanes<V> mul(const FeLanes<V>& a, const FeLanes<V>& b) noexcept {
  return mul_add(a, b, zero_lanes<V>());
}

template <int I, class V>
[[gnu::always_inline]] inline FeLanes<V> permuted(const FeLanes<V>& a) noexcept {
  FeLanes<V> r;
  for (int i = 0; i < 5; ++i) r.limb[i] = a.limb[i].template permuted<I>();
  return r;
}

template <int Lanes, class V>
[[gnu::always_inline]] inline FeLanes<V> blend(const FeLanes<V>& a, const FeLanes<V>& b) noexcept {
  FeLanes<V> r;
  for (int i = 0; i < 5; ++i) r.limb[i] = V::template blend<Lanes>(a.limb[i], b.limb[i]);
  return r;
}

template <int Lanes, class V>
[[gnu::always_inline]] inline FeLanes<V> add_at(const FeLanes<V>& a, const FeLanes<V>& b) noexcept {
  FeLanes<V> r;
  for (int i = 0; i < 5; ++i) r.limb[i] = V::template add_at<Lanes>(a.limb[i], b.limb[i]);
  return r;
}

template <int Lanes, class V>
[[gnu::always_inline]] inline FeLanes<V> sub_at(const FeLanes<V>& a, const FeLanes<V>& b) noexcept {
  FeLanes<V> r;
  for (int i = 0; i < 5; ++i) r.limb[i] = V::template sub_at<Lanes>(a.limb[i], b.limb[i]);
  return r;
}

/// a - b in the lanes of Minus, where a has its bias, a + b in the others; carried.
template <int Minus, class V>
[[gnu::always_inline]] inline FeLanes<V> add_sub(const FeLanes<V>& a,
                                                 const FeLanes<V>& b) noexcept {
  return carried(sub_at<Minus>(add_at < ~Minus & 15 > (a, b), b));
}

/// Four elements as limbs by lane, for constants and for what comes in.
struct LaneLimbs {
  std::uint64_t limb[5][4];
};

[[nodiscard]] constexpr LaneLimbs lane_limbs(const Words& w0, const Words& w1, const Words& w2,
                                             const Words& w3) noexcept {
  LaneLimbs r{};
  const Words* words[4] = {&w0, &w1, &w2, &w3};
  for (int lane = 0; lane < 4; ++lane) {
    const Fe51 fe = Fe51::from_words(*words[lane]);
    for (int i = 0; i < 5; ++i) r.limb[i][lane] = fe.limb[i];
  }
  return r;
}

template <class V>
[[gnu::always_inline]] inline FeLanes<V> load(const LaneLimbs& lanes) noexcept {
  FeLanes<V> r;
  for (int i = 0; i < 5; ++i) r.limb[i] = V::load(lanes.limb[i]);
  return r;
}

template <class V>
[[gnu::always_inline]] inline LaneLimbs store(const FeLanes<V>& a) noexcept {
  LaneLimbs lanes;
  for (int i = 0; i < 5; ++i) a.limb[i].store(lanes.limb[i]);
  return lanes;
}

/// The bias in the lanes of Lanes, zero in the others.
template <int Lanes>
[[nodiscard]] constexpr LaneLimbs bias_lanes() noexcept {
  LaneLimbs r{};
  for (int i = 0; i < 5; ++i) {
    for (int lane = 0; lane < 4; ++lane) {
      if (((Lanes >> lane) & 1) != 0) r.limb[i][lane] = i == 0 ? kBias0 : kBias;
    }
  }
  return r;
}

/// a with the bias added in the lanes of Lanes.
template <int Lanes, class V>
[[gnu::always_inline]] inline FeLanes<V> biased(const FeLanes<V>& a) noexcept {
  static constexpr LaneLimbs kBiases = bias_lanes<Lanes>();
  return add_at<Lanes>(a, load<V>(kBiases));
}

/// a * b with the bias added in the lanes of Lanes: these may be subtracted from. Not carried.
template <int Lanes, class V>
[[gnu::always_inline]] inline FeLanes<V> mul_biased(const FeLanes<V>& a,
                                                    const FeLanes<V>& b) noexcept {
  static constexpr LaneLimbs kBiases = bias_lanes<Lanes>();
  return mul_add(a, b, load<V>(kBiases));
}

/// One lane as a single element of the field `Fe`.
template <class Fe>
[[gnu::always_inline]] inline Fe lane_as(const LaneLimbs& lanes, int lane) noexcept {
  Fe51 fe;
  for (int i = 0; i < 5; ++i) fe.limb[i] = lanes.limb[i][lane];
  return Fe::from_words(fe.to_words());
}

/// Rows of 64-bit words, as tables hold them, as limbs.
template <class V>
[[gnu::always_inline]] inline FeLanes<V> limbs_of_rows(const V (&row)[4]) noexcept {
  const V mask = V::all(Fe51::kMask);
  FeLanes<V> r;
  r.limb[0] = row[0] & mask;
  r.limb[1] = (row[0].template shr<51>() | row[1].template shl<13>()) & mask;
  r.limb[2] = (row[1].template shr<38>() | row[2].template shl<26>()) & mask;
  r.limb[3] = (row[2].template shr<25>() | row[3].template shl<39>()) & mask;
  r.limb[4] = row[3].template shr<12>();
  return r;
}

}  // namespace nautilus::inline v0::crypto::curve25519
