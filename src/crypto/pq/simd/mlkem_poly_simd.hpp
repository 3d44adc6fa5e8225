// Arithmetic of ML-KEM on polynomials of 256 coefficients in the order of FIPS 203, over a vector
// type W of 16-bit words (vec_*.hpp). "Bounded by b" means absolute value at most b.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/pq/simd/mlkem_tables.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

template <class W>
struct MlKemPoly {
  using Word = std::int16_t;
  static constexpr std::size_t kVectors = 256 / W::kLanes;
  static constexpr std::size_t kBlocks = kVectors / 8;

  /// A vector factor in registers.
  struct Multiplier {
    W value;
    W quotient;
  };
  [[gnu::always_inline]] static inline Multiplier multiplier(Factor factor) noexcept {
    return {W::splat(factor.value), W::splat(factor.quotient)};
  }
  template <std::size_t Lanes>
  [[gnu::always_inline]] static inline Multiplier multiplier(
      const FactorVector<Lanes>& factor) noexcept {
    static_assert(Lanes == W::kLanes);
    return {W::load(factor.value), W::load(factor.quotient)};
  }

  /// a·c modulo q, bounded by q - 1, for any a.
  [[gnu::always_inline]] static inline W multiply(W a, Multiplier c) noexcept {
    const W t = W::multiply_low(a, c.quotient);
    return W::multiply_high(a, c.value) - W::multiply_high(t, W::splat(kQ));
  }
  /// a modulo q, for any a: bounded by 2200, which is less than 2q/3.
  [[gnu::always_inline]] static inline W reduce(W a) noexcept {
    const W quotient = W::multiply_round(a, W::splat(10));  // 10/2^15 is nearly 1/q
    return a - W::multiply_low(quotient, W::splat(kQ));
  }
  /// From (-q, q) to [0, q).
  [[gnu::always_inline]] static inline W make_positive(W a) noexcept {
    return a + (a.template shift_right_signed<15>() & W::splat(kQ));
  }

  [[gnu::always_inline]] static inline void forward(W& low, W& high, Multiplier zeta) noexcept {
    const W t = multiply(high, zeta);
    high = low - t;
    low = low + t;
  }
  [[gnu::always_inline]] static inline void backward(W& low, W& high, Multiplier zeta) noexcept {
    const W difference = low - high;
    low = low + high;
    high = multiply(difference, zeta);
  }

  // Eight registers whose numbers are bits 7 to 5 of the index: layers 1 to 3 of algorithm 9.
  [[gnu::always_inline]] static inline void forward_upper(W (&r)[8]) noexcept {
    const auto& zetas = kUpperFactors<false>.of;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) forward(r[i], r[i + 4], multiplier(zetas[1]));
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t at = i / 2 * 4 + i % 2;
      forward(r[at], r[at + 2], multiplier(zetas[2 + i / 2]));
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      forward(r[2 * i], r[2 * i + 1], multiplier(zetas[4 + i]));
    }
  }

  [[gnu::always_inline]] static inline void exchange_lower(W (&r)[8]) noexcept {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) W::exchange_128(r[i], r[i + 4]);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t at = i / 2 * 4 + i % 2;
      W::exchange_64(r[at], r[at + 2]);
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) W::exchange_32(r[2 * i], r[2 * i + 1]);
  }

  // Eight registers whose numbers are bits 6 to 4: layers 4 to 7.
  [[gnu::always_inline]] static inline void forward_lower(W (&r)[8], std::size_t block) noexcept {
    const auto& zetas = kLowerFactors<W::kLanes, false>;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      forward(r[2 * i], r[2 * i + 1], multiplier(zetas.layer4[block][i]));
    }
    exchange_lower(r);
    const Multiplier zeta5 = multiplier(zetas.layer5[block]);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) forward(r[i], r[i + 4], zeta5);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t at = i / 2 * 4 + i % 2;
      forward(r[at], r[at + 2], multiplier(zetas.layer6[block][i / 2]));
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      forward(r[2 * i], r[2 * i + 1], multiplier(zetas.layer7[block][i]));
    }
    exchange_lower(r);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) r[i] = reduce(r[i]);
  }

  // Layers 7 to 4 of algorithm 10. Takes coefficients bounded by q, gives them bounded by 4q.
  [[gnu::always_inline]] static inline void backward_lower(W (&r)[8], std::size_t block) noexcept {
    const auto& zetas = kLowerFactors<W::kLanes, true>;
    exchange_lower(r);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      backward(r[2 * i], r[2 * i + 1], multiplier(zetas.layer7[block][i]));
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t at = i / 2 * 4 + i % 2;
      backward(r[at], r[at + 2], multiplier(zetas.layer6[block][i / 2]));
    }
    const Multiplier zeta5 = multiplier(zetas.layer5[block]);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) backward(r[i], r[i + 4], zeta5);
    r[0] = reduce(r[0]);  // up to 8q
    r[1] = reduce(r[1]);  // up to 4q
    exchange_lower(r);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      backward(r[2 * i], r[2 * i + 1], multiplier(zetas.layer4[block][i]));
    }
  }

  // Layers 3 to 1 and the final scaling. Takes coefficients bounded by 4q, gives them by q - 1.
  [[gnu::always_inline]] static inline void backward_upper(W (&r)[8]) noexcept {
    const auto& zetas = kUpperFactors<true>.of;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      backward(r[2 * i], r[2 * i + 1], multiplier(zetas[4 + i]));
      r[2 * i] = reduce(r[2 * i]);  // up to 8q
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t at = i / 2 * 4 + i % 2;
      backward(r[at], r[at + 2], multiplier(zetas[2 + i / 2]));
    }
    // Division by 128, and the factor 2^16 that products lack.
    constexpr std::int64_t kScale = 65536 / 128;
    const Multiplier low = multiplier(kLowScale);
    const Multiplier high = multiplier(kHighScale);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      const W difference = r[i] - r[i + 4];
      r[i] = multiply(r[i] + r[i + 4], low);
      r[i + 4] = multiply(difference, high);
    }
    static_assert(kScale == 512);
  }

  // From numbers that are bits 7 to 5 to bits 6 to 4, with bit 7 in the upper half; and back.
  [[gnu::always_inline]] static inline void upper_to_lower(W (&r)[8]) noexcept {
    W s[8];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      W::exchange_256(r[i], r[i + 4]);
      s[2 * i] = r[i];
      s[2 * i + 1] = r[i + 4];
    }
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) r[i] = s[i];
  }
  [[gnu::always_inline]] static inline void lower_to_upper(W (&r)[8]) noexcept {
    W s[8];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      s[i] = r[2 * i];
      s[i + 4] = r[2 * i + 1];
      W::exchange_256(s[i], s[i + 4]);
    }
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) r[i] = s[i];
  }

  [[gnu::always_inline]] static inline void load8(W (&r)[8], const Word* f,
                                                  std::size_t step) noexcept {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) r[i] = W::load(f + W::kLanes * step * i);
  }
  [[gnu::always_inline]] static inline void store8(const W (&r)[8], Word* f,
                                                   std::size_t step) noexcept {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) r[i].store(f + W::kLanes * step * i);
  }

  /// NTT in place. Takes coefficients bounded by q, gives them bounded by 2200.
  static void ntt(Word* f) noexcept {
    W r[8];
    if constexpr (W::kHasUpperHalf) {
      load8(r, f, 1);
      forward_upper(r);
      upper_to_lower(r);
      forward_lower(r, 0);
      lower_to_upper(r);
      store8(r, f, 1);
    } else {
      for (std::size_t i = 0; i < kBlocks; ++i) {
        load8(r, f + W::kLanes * i, kBlocks);
        forward_upper(r);
        store8(r, f + W::kLanes * i, kBlocks);
      }
      for (std::size_t i = 0; i < kBlocks; ++i) {
        load8(r, f + 128 * i, 1);
        forward_lower(r, i);
        store8(r, f + 128 * i, 1);
      }
    }
  }

  /// NTT^-1 times 2^16, in place. Takes coefficients bounded by q, gives them bounded by q - 1.
  static void inverse_ntt(Word* f) noexcept {
    W r[8];
    if constexpr (W::kHasUpperHalf) {
      load8(r, f, 1);
      upper_to_lower(r);
      backward_lower(r, 0);
      lower_to_upper(r);
      backward_upper(r);
      store8(r, f, 1);
    } else {
      for (std::size_t i = 0; i < kBlocks; ++i) {
        load8(r, f + 128 * i, 1);
        backward_lower(r, i);
        store8(r, f + 128 * i, 1);
      }
      for (std::size_t i = 0; i < kBlocks; ++i) {
        load8(r, f + W::kLanes * i, kBlocks);
        backward_upper(r);
        store8(r, f + W::kLanes * i, kBlocks);
      }
    }
  }

  /// A factor in T_q, ready for products: the pairs (g0, g1·γ) and (g1, g0) of algorithm 12.
  struct alignas(64) Operand {
    Word straight[256];
    Word crossed[256];
  };

  /// Takes coefficients bounded by 4000. `ToMontgomery` multiplies by 2^16 as well.
  template <bool ToMontgomery>
  static void make_operand(const Word* g, Operand& out) noexcept {
    const Multiplier scale = multiplier(kMontgomeryScale);
    for (std::size_t i = 0; i < 256; i += W::kLanes) {
      W v = W::load(g + i);
      if constexpr (ToMontgomery) v = multiply(v, scale);
      const W times_gamma =
          multiply(v, {W::load(kGammas.value + i), W::load(kGammas.quotient + i)});
      W::blend_odd(v, times_gamma).store(out.straight + i);
      v.swap_pairs().store(out.crossed + i);
    }
  }

  /// The sum of f[step·j]·g[j] over K products, times 2^-16, bounded by q - 1. The coefficients of
  /// f are in [0, q), so that no sum exceeds q·2^15.
  template <std::size_t K>
  [[gnu::always_inline]] static inline W product_sum(const Word* f, std::size_t step,
                                                     const Operand* g, std::size_t at) noexcept {
    W even = W::zero();
    W odd = W::zero();
#pragma GCC unroll 4
    for (std::size_t j = 0; j < K; ++j) {
      const W a = W::load(f + 256 * step * j + at);
      even = W::multiply_add_pairs(even, a, W::load(g[j].straight + at));
      odd = W::multiply_add_pairs(odd, a, W::load(g[j].crossed + at));
    }
    const W t = W::multiply_low(W::low_halves(even, odd), W::splat(-3327));
    return W::high_halves(even, odd) - W::multiply_high(t, W::splat(kQ));
  }

  template <std::size_t K>
  static void inner_product(const Word* f, std::size_t step, const Operand* g, Word* out) noexcept {
    for (std::size_t i = 0; i < 256; i += W::kLanes) {
      product_sum<K>(f, step, g, i).store(out + i);
    }
  }

  /// out := f · g + e, with coefficients in [0, q); f in [0, q), e bounded by 2200.
  template <std::size_t K>
  static void inner_product_plus(const Word* f, const Operand* g, const Word* e,
                                 Word* out) noexcept {
    for (std::size_t i = 0; i < 256; i += W::kLanes) {
      const W sum = product_sum<K>(f, 1, g, i) + W::load(e + i);
      make_positive(reduce(sum)).store(out + i);
    }
  }

  /// Brings coefficients bounded by q - 1 into [0, q).
  static void make_canonical(const Word* f, Word* out) noexcept {
    for (std::size_t i = 0; i < 256; i += W::kLanes) {
      make_positive(W::load(f + i)).store(out + i);
    }
  }

 private:
  static constexpr std::int16_t kQ = 3329;
  static constexpr Factor kLowScale = make_factor(512);
  static constexpr Factor kHighScale = make_factor(512 * zeta(1, true));
  static constexpr Factor kMontgomeryScale = make_factor(65536);
};

}  // namespace nautilus::inline v0::crypto::pq::simd
