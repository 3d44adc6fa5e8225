// X25519's ladder with the four coordinates in four lanes: a step is three multiplications deep.
#pragma once

#include "crypto/curve25519/field.hpp"
#include "crypto/curve25519/scalar.hpp"
#include "crypto/curve25519/simd/fe_lanes.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

/// See ladder.hpp. `Fe` does the end of the final division.
///
/// The two points keep their places, X and Z of R0 in lanes 0 and 1, of R1 in lanes 2 and 3; a bit
/// of the scalar says which one is doubled. What depends on it is a mask or a permutation's index.
template <class V, class Fe>
struct LadderOverLanes {
  static void run(OctetsOut32 out, Octets32 scalar, Octets32 u) noexcept {
    Wiped<State> state;
    state->k = clamped(scalar);
    const Words x1 = load_words(u);
    constexpr Words kOne{1, 0, 0, 0};
    state->w = biased<kEven>(load<V>(lane_limbs(kOne, {}, x1, kOne)));
    walk(*state, load<V>(lane_limbs(kOne, x1, kOne, x1)));
    state->out = store(carried(state->w));
    state->x = lane_as<Fe>(state->out, 0);
    state->z = lane_as<Fe>(state->out, 1);
    store_words(out, Fe::mul(state->x, invert(state->z)).to_words());
  }

 private:
  struct State {
    Words k;
    FeLanes<V> w;  // wide, the X biased
    LaneLimbs out;
    Fe x, z;
  };

  static constexpr int kEven = 0b0101;
  static constexpr int kOdd = 0b1010;

  /// What a step does about its bit.
  struct Choice {
    V factors;  // lane numbers
    V doubled;  // all ones in the lanes of the point that is doubled
  };

  static void walk(State& state, const FeLanes<V>& ones_x1) noexcept {
    static constexpr std::uint64_t kFactors[4] = {0, 1, 1, 0};
    static constexpr std::uint64_t kFirst[4] = {~std::uint64_t{0}, ~std::uint64_t{0}, 0, 0};
    FeLanes<V> w = state.w;
    for (unsigned bit = 255; bit-- > 0;) {
      const V mask = V::all(std::uint64_t{0} - ((state.k[bit / 64] >> (bit % 64)) & 1));
      // 0, 1, 1, 0 or 3, 2, 2, 3.
      w = step(w, {V::load(kFactors) ^ (mask & V::all(3)), V::load(kFirst) ^ mask}, ones_x1);
    }
    state.w = w;
  }

  [[gnu::always_inline]] static inline FeLanes<V> masked(V mask, const FeLanes<V>& a) noexcept {
    FeLanes<V> r;
    for (int i = 0; i < 5; ++i) r.limb[i] = a.limb[i] & mask;
    return r;
  }

  /// b where the mask is all ones, else a.
  [[gnu::always_inline]] static inline FeLanes<V> select(V mask, const FeLanes<V>& a,
                                                         const FeLanes<V>& b) noexcept {
    FeLanes<V> r;
    for (int i = 0; i < 5; ++i) r.limb[i] = V::select(mask, a.limb[i], b.limb[i]);
    return r;
  }

  /// Sums in even lanes, differences in odd ones: `b` beside its neighbours `a`.
  [[gnu::always_inline]] static inline FeLanes<V> sums(const FeLanes<V>& a,
                                                       const FeLanes<V>& b) noexcept {
    return carried(sub_at<kOdd>(add_at<kEven>(a, b), b));
  }

  /// Comments show the lanes of the doubled point, then those of the other.
  [[gnu::always_inline]] static inline FeLanes<V> step(const FeLanes<V>& w, Choice choice,
                                                       const FeLanes<V>& ones_x1) noexcept {
    // The names of RFC 7748 §5: A, B; C, D.
    const FeLanes<V> abcd = sums(neighbours(w), w);
    FeLanes<V> factors;
    for (int i = 0; i < 5; ++i) factors.limb[i] = abcd.limb[i].permuted(choice.factors);
    // AA, BB; CB, DA.
    const FeLanes<V> products = mul_biased<kEven>(abcd, factors);
    const V odd_doubled = V::template blend<kOdd>(V::zero(), choice.doubled);
    const V not_even_doubled = V::template blend<kOdd>(~choice.doubled, V::all(~std::uint64_t{0}));
    // BB, E = AA - BB; CB + DA, CB - DA.
    const FeLanes<V> ef = sums(neighbours(products), masked(not_even_doubled, products));
    // AA, 121666; as before.
    static constexpr LaneLimbs k121666 = lane_limbs({}, {121666, 0, 0, 0}, {}, {121666, 0, 0, 0});
    factors = select(choice.doubled, ef, carried(blend<kOdd>(products, load<V>(k121666))));
    // X = AA BB, BB + 121666 E; X = (CB + DA)^2, (CB - DA)^2.
    const FeLanes<V> half = carried(mul_add(ef, factors, masked(odd_doubled, products)));
    // X, Z = E (BB + 121666 E); X, Z = x1 (CB - DA)^2.
    return mul_biased<kEven>(half, select(odd_doubled, ones_x1, ef));
  }

  /// Lanes 0 and 1 changed places, and 2 and 3.
  [[gnu::always_inline]] static inline FeLanes<V> neighbours(const FeLanes<V>& a) noexcept {
    FeLanes<V> r;
    for (int i = 0; i < 5; ++i) r.limb[i] = a.limb[i].neighbours();
    return r;
  }
};

}  // namespace nautilus::inline v0::crypto::curve25519
