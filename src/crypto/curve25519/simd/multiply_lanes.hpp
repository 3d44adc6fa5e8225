// Scalar multiplication on the Edwards curve in lanes: see edwards_mul.hpp.
#pragma once

#include "crypto/curve25519/kernels.hpp"
#include "crypto/curve25519/simd/edwards_lanes.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

/// `V4` holds one point, `V8` two; `Fe` inverts and encodes.
template <class V4, class V8, class Fe>
struct MultiplyOverLanes {
  using One = FeLanes<V4>;
  using Two = FeLanes<V8>;

  static void x25519_base(OctetsOut32 out, Octets32 scalar) noexcept {
    Wiped<State> state;
    state->s = clamped(scalar);
    base(*state);
    const Fe inverse = invert(Fe::sub(state->z, state->y));
    store_words(out, Fe::mul(Fe::add(state->z, state->y), inverse).to_words());
  }

  static void edwards_base(OctetsOut32 out, const Words& s) noexcept {
    Wiped<State> state;
    state->s = s;
    base(*state);
    encode(out, state->x, state->y, state->z);
  }

  static void multiply_two(OctetsOut32 out, const Words& s, const Words& k,
                           const PublicPoint& point) noexcept {
    const SlidingDigits of_base = sliding_digits(s, 8);
    const SlidingDigits of_point = sliding_digits(k, 5);
    const Fe px = Fe::from_words(point.x);
    const Fe py = Fe::from_words(point.y);
    One multiples[8];  // P, 3P, ..., 15P
    One p = point_lanes<V4>(point.x, point.y, Fe::mul(px, py).to_words());
    const One step = prepare_lanes(twice_lanes(p));
    multiples[0] = prepare_lanes(p);
    for (int i = 1; i < 8; ++i) {
      p = add_lanes(p, step);
      multiples[i] = prepare_lanes(p);
    }
    One sum = neutral_lanes<V4>();
    int doublings = 0;
    for (int i = 255; i >= 0; --i) {
      ++doublings;
      for (const bool base : {false, true}) {
        const int digit = base ? of_base.digit[i] : of_point.digit[i];
        if (digit == 0) continue;
        // A loop of its own keeps the point in registers.
        for (; doublings > 0; --doublings) sum = twice_lanes(sum);
        sum = add_lanes(sum, base ? signed_base(digit) : signed_multiple(multiples, digit));
      }
    }
    for (; doublings > 0; --doublings) sum = twice_lanes(sum);
    const LaneLimbs result = store(carried(sum));
    encode(out, lane_as<Fe>(result, 0), lane_as<Fe>(result, 1), lane_as<Fe>(result, 3));
  }

 private:
  struct State {
    Words s;
    SignedDigits digits;
    One point;
    LaneLimbs limbs;
    Fe x, y, z;
  };

  /// [s] B. Even digits are added up in the first group, odd ones in the second.
  static void base(State& state) noexcept {
    state.digits = signed_digits(state.s);
    Two sum = neutral_lanes<V8>();
    for (std::size_t i = 0; i < 32; ++i) {
      sum = add_lanes(sum, select_two(kBaseMultiples[i], state.digits.digit[2 * i],
                                      state.digits.digit[2 * i + 1]));
    }
    One odd;
    One even;
    for (int i = 0; i < 5; ++i) {
      even.limb[i] = sum.limb[i].low();
      odd.limb[i] = sum.limb[i].high();
    }
    for (int i = 0; i < 4; ++i) odd = twice_lanes(odd);
    state.point = add_lanes(odd, prepare_lanes(even));
    state.limbs = store(carried(state.point));
    state.x = lane_as<Fe>(state.limbs, 0);
    state.y = lane_as<Fe>(state.limbs, 1);
    state.z = lane_as<Fe>(state.limbs, 3);
  }

  struct Digit {
    std::uint64_t negative;   // all ones or zero
    std::uint64_t magnitude;  // 0 to 8
  };
  [[gnu::always_inline]] static inline Digit split(std::int8_t digit) noexcept {
    const auto wide = static_cast<std::uint64_t>(static_cast<std::int64_t>(digit));
    const std::uint64_t negative = ct::value_barrier(std::uint64_t{0} - (wide >> 63));
    return {negative, (wide ^ negative) - negative};
  }

  /// [low] and [high] times the table's point. Reads every entry whatever the digits.
  [[gnu::always_inline]] static inline Two select_two(const TableEntry (&table)[8], std::int8_t low,
                                                      std::int8_t high) noexcept {
    const Digit first = split(low);
    const Digit second = split(high);
    const V8 magnitude = V8::each(first.magnitude, second.magnitude);
    static constexpr TableEntry kNeutral = {{{1, 1, 0, 2}, {}, {}, {}}};
    V8 row[4];
    row[0] = V8::equal(magnitude, V8::zero()) & V8::load(kNeutral.row[0]);
    row[1] = row[2] = row[3] = V8::zero();
    for (std::uint64_t j = 0; j < 8; ++j) {
      const V8 mask = V8::equal(magnitude, V8::all(j + 1));
      for (int word = 0; word < 4; ++word) {
        row[word] = V8::or_masked(row[word], mask, V8::load(table[j].row[word]));
      }
    }
    return negated_if(V8::each(first.negative, second.negative), limbs_of_rows(row));
  }

  [[gnu::always_inline]] static inline One signed_multiple(const One (&multiples)[8],
                                                           int digit) noexcept {
    if (digit > 0) return multiples[digit / 2];
    return negated_if(V4::all(~std::uint64_t{0}), multiples[-digit / 2]);
  }

  [[gnu::always_inline]] static inline One signed_base(int digit) noexcept {
    const TableEntry& entry = kBaseOddMultiples[(digit > 0 ? digit : -digit) / 2];
    V4 row[4];
    for (int word = 0; word < 4; ++word) row[word] = V4::load(entry.row[word]);
    const One point = limbs_of_rows(row);
    return digit > 0 ? point : negated_if(V4::all(~std::uint64_t{0}), point);
  }
};

}  // namespace nautilus::inline v0::crypto::curve25519
