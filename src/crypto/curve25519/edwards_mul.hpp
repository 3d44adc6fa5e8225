// Scalar multiplication on the Edwards curve over any field: of the base point in constant time,
// and of two points at once for verification.
#pragma once

#include "crypto/curve25519/edwards.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

template <class Fe>
[[nodiscard]] Fe lane_of(const TableEntry& entry, int lane) noexcept {
  return Fe::from_words(
      {entry.row[0][lane], entry.row[1][lane], entry.row[2][lane], entry.row[3][lane]});
}

template <class Fe>
[[nodiscard]] PreparedAffine<Fe> prepared(const TableEntry& entry) noexcept {
  return {lane_of<Fe>(entry, kLaneMinus), lane_of<Fe>(entry, kLanePlus),
          lane_of<Fe>(entry, kLaneProduct)};
}

/// [digit] times the table's point, for -8 <= digit <= 8. Reads every entry whatever the digit.
template <class Fe>
[[nodiscard]] PreparedAffine<Fe> select(const TableEntry (&table)[8], std::int8_t digit) noexcept {
  const auto wide = static_cast<std::uint64_t>(static_cast<std::int64_t>(digit));
  const std::uint64_t negative = ct::value_barrier(std::uint64_t{0} - (wide >> 63));
  const std::uint64_t magnitude = (wide ^ negative) - negative;
  // The neutral element: y - x = y + x = 1, xy = 0.
  TableEntry chosen{};
  const std::uint64_t none = ~mask_nonzero64(magnitude);
  chosen.row[0][kLaneMinus] = chosen.row[0][kLanePlus] = none & 1;
  for (std::uint64_t j = 0; j < 8; ++j) {
    const std::uint64_t mask = ~mask_nonzero64(magnitude ^ (j + 1));
    for (int word = 0; word < 4; ++word) {
      for (int lane = 0; lane < 3; ++lane) {
        chosen.row[word][lane] |= mask & table[j].row[word][lane];
      }
    }
  }
  PreparedAffine<Fe> result = prepared<Fe>(chosen);
  Fe::swap_if(negative, result.minus, result.plus);
  Fe::move_if(negative, result.product, neg(result.product));
  wipe_value(chosen);
  return result;
}

/// [s] B for s < 2^255. Constant time.
template <class Fe>
[[nodiscard]] Point<Fe> multiply_base(const Words& s) noexcept {
  Wiped<SignedDigits> digits;
  *digits = signed_digits(s);
  Wiped<PreparedAffine<Fe>> addend;
  // The odd digits first: four doublings then give them their factor of 16.
  Wiped<Point<Fe>> sum;
  *sum = Point<Fe>::neutral();
  for (std::size_t i = 1; i < 64; i += 2) {
    *addend = select<Fe>(kBaseMultiples[i / 2], digits->digit[i]);
    *sum = add(*sum, *addend);
  }
  for (int i = 0; i < 4; ++i) *sum = twice(*sum);
  for (std::size_t i = 0; i < 64; i += 2) {
    *addend = select<Fe>(kBaseMultiples[i / 2], digits->digit[i]);
    *sum = add(*sum, *addend);
  }
  return *sum;
}

/// [s] B + [k] P, encoded, for s and k below 2^253 and an affine P. For public numbers only.
template <class Fe>
void multiply_two(OctetsOut32 out, const Words& s, const Words& k, const Fe& px,
                  const Fe& py) noexcept {
  const SlidingDigits of_base = sliding_digits(s, 8);
  const SlidingDigits of_point = sliding_digits(k, 5);
  PreparedPoint<Fe> multiples[8];  // P, 3P, ..., 15P
  Point<Fe> p{px, py, Fe::one(), Fe::mul(px, py)};
  const PreparedPoint<Fe> step = prepare(twice(p));
  multiples[0] = prepare(p);
  for (int i = 1; i < 8; ++i) {
    p = add(p, step);
    multiples[i] = prepare(p);
  }
  int top = 255;
  while (top > 0 && of_base.digit[top] == 0 && of_point.digit[top] == 0) --top;
  Point<Fe> sum = Point<Fe>::neutral();
  for (int i = top; i >= 0; --i) {
    const Doubled<Fe> d(sum.x, sum.y, sum.z);
    const int base_digit = of_base.digit[i];
    const int point_digit = of_point.digit[i];
    sum.x = Fe::mul(d.e, d.f);
    sum.y = Fe::mul(d.g, d.h);
    sum.z = Fe::mul(d.f, d.g);
    if (base_digit == 0 && point_digit == 0) continue;  // T is needed by additions only
    sum.t = Fe::mul(d.e, d.h);
    if (point_digit != 0) {
      const PreparedPoint<Fe>& q = multiples[(point_digit < 0 ? -point_digit : point_digit) / 2];
      sum = point_digit < 0 ? add(sum, negated(q)) : add(sum, q);
    }
    if (base_digit != 0) {
      const int magnitude = base_digit < 0 ? -base_digit : base_digit;
      const auto q = prepared<Fe>(kBaseOddMultiples[magnitude / 2]);
      sum = base_digit < 0 ? add(sum, negated(q)) : add(sum, q);
    }
  }
  encode(out, sum.x, sum.y, sum.z);
}

}  // namespace nautilus::inline v0::crypto::curve25519
