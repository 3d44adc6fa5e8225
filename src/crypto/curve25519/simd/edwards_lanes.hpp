// The Edwards curve with a point's four coordinates in four lanes, X, Y, T, Z: additions and
// doublings are two multiplications deep. The formulas are those of edwards.hpp. Points are wide,
// their Y biased; prepared points are carried.
#pragma once

#include "crypto/curve25519/edwards.hpp"
#include "crypto/curve25519/simd/fe_lanes.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

/// The affine point with these coordinates, t = xy.
template <class V>
[[gnu::always_inline]] inline FeLanes<V> point_lanes(const Words& x, const Words& y,
                                                     const Words& t) noexcept {
  return biased<0b0010>(load<V>(lane_limbs(x, y, t, {1, 0, 0, 0})));
}

template <class V>
[[gnu::always_inline]] inline FeLanes<V> neutral_lanes() noexcept {
  return point_lanes<V>({}, {1, 0, 0, 0}, {});
}

/// Y - X, Y + X, T, Z: what is multiplied with a prepared point.
template <class V>
[[gnu::always_inline]] inline FeLanes<V> spread(const FeLanes<V>& p) noexcept {
  const FeLanes<V> y = permuted<lanes(1, 1, 2, 3)>(p);
  const FeLanes<V> x = permuted<lanes(0, 0, 0, 0)>(p);
  return carried(sub_at<0b0001>(add_at<0b0010>(y, x), x));
}

/// Y - X, Y + X, 2dT, 2Z.
template <class V>
[[gnu::always_inline]] inline FeLanes<V> prepare_lanes(const FeLanes<V>& p) noexcept {
  constexpr LaneLimbs kFactors = lane_limbs({1, 0, 0, 0}, {1, 0, 0, 0}, kEdwards2D, {2, 0, 0, 0});
  return carried(mul(spread(p), load<V>(kFactors)));
}

/// E F, G H, E H, F G out of E, F, G, H.
template <class V>
[[gnu::always_inline]] inline FeLanes<V> join_lanes(const FeLanes<V>& efgh) noexcept {
  return mul_biased<0b0010>(permuted<lanes(0, 2, 0, 1)>(efgh), permuted<lanes(1, 3, 3, 2)>(efgh));
}

/// p + q for a prepared q.
template <class V>
[[gnu::always_inline]] inline FeLanes<V> add_lanes(const FeLanes<V>& p,
                                                   const FeLanes<V>& q) noexcept {
  const FeLanes<V> products = mul_biased<0b1010>(spread(p), q);  // A, B, C, D
  // B - A, D - C, D + C, B + A.
  return join_lanes(add_sub<0b0011>(permuted<lanes(1, 3, 3, 1)>(products),
                                    permuted<lanes(0, 2, 2, 0)>(products)));
}

template <class V>
[[gnu::always_inline]] inline FeLanes<V> twice_lanes(const FeLanes<V>& p) noexcept {
  // X, Y, X + Y, Z.
  const FeLanes<V> sums =
      carried(add_at<0b0100>(permuted<lanes(0, 1, 0, 3)>(p), permuted<lanes(1, 1, 1, 1)>(p)));
  const FeLanes<V> squares = mul_biased<0b0001>(sums, sums);  // A, B, (X + Y)^2, ZZ
  const FeLanes<V> a = permuted<lanes(0, 0, 0, 0)>(squares);
  const FeLanes<V> b = permuted<lanes(1, 1, 1, 1)>(squares);
  const FeLanes<V> c = permuted<lanes(2, 3, 2, 3)>(squares);
  // A + B - (X + Y)^2, A - B + 2ZZ, A - B, A + B.
  FeLanes<V> efgh = sub_at<0b0110>(add_at<0b1001>(a, b), b);
  efgh = add_at<0b0010>(add_at<0b0010>(sub_at<0b0001>(efgh, c), c), c);
  return join_lanes(carried(efgh));
}

/// -q for a prepared q where the mask is all ones, q where it is zero.
template <class V>
[[gnu::always_inline]] inline FeLanes<V> negated_if(V mask, const FeLanes<V>& q) noexcept {
  // Y - X and Y + X change places, 2dT changes its sign: 4p - 2dT.
  FeLanes<V> opposite = permuted<lanes(1, 0, 2, 3)>(q);
  opposite.limb[0] = V::template blend<0b0100>(opposite.limb[0], V::all(kBias0) - q.limb[0]);
  for (int i = 1; i < 5; ++i) {
    opposite.limb[i] = V::template blend<0b0100>(opposite.limb[i], V::all(kBias) - q.limb[i]);
  }
  opposite = carried(opposite);
  FeLanes<V> r;
  for (int i = 0; i < 5; ++i) r.limb[i] = V::select(mask, q.limb[i], opposite.limb[i]);
  return r;
}

}  // namespace nautilus::inline v0::crypto::curve25519
