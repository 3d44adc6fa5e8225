// High and low bits, hints, and bounds (FIPS 204 §7.4) over a vector type V of 32-bit words. Bounds
// as in mldsa_kernels.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/pq/mldsa_field.hpp"
#include "crypto/pq/simd/wipe.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

template <class V, class S>
struct MlDsaRounding {
  static constexpr std::size_t W = V::kLanes;  // 8 or 16

  static void decompose(const std::int32_t* w, std::size_t count, std::int32_t m, std::int32_t* w1,
                        std::int32_t* w0) noexcept {
    if (m == 16) {
      decompose_for<16>(w, 256 * count, w1, w0);
    } else {
      decompose_for<44>(w, 256 * count, w1, w0);
    }
  }

  static std::uint32_t add_product(const std::uint16_t* terms, std::size_t tau, std::size_t eta,
                                   const std::int8_t* s, const std::int32_t* b, std::int32_t bound,
                                   std::int32_t* out) noexcept {
    // What exceeds eight bits is summed up in two halves.
    if (tau * eta < 128) return add_sums<1>(terms, tau, s, b, bound, out);
    return add_sums<2>(terms, tau, s, b, bound, out);
  }

  static std::uint32_t exceeds(const std::int32_t* polys, std::size_t count,
                               std::int32_t bound) noexcept {
    V any = V::splat(0);
    for (std::size_t i = 0; i < 256 * count; i += W)
      any = any | exceeding(V::load(polys + i), bound);
    return verdict(any);
  }

  static std::uint32_t make_hints(const std::int32_t* w0, const std::int32_t* w1,
                                  const std::int32_t* ct0, std::size_t count, std::int32_t m,
                                  std::uint64_t* hints, std::uint32_t* ones) noexcept {
    const std::int32_t gamma2 = m == 16 ? kGamma2<16> : kGamma2<44>;
    const V bound = V::splat(gamma2);
    const V one = V::splat(1);
    V any = V::splat(0);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < 256 * count; i += 64) {
      std::uint64_t word = 0;
#pragma GCC unroll 8
      for (std::size_t j = 0; j < 64; j += W) {
        const V t = centered(V::load(ct0 + i + j));
        any = any | exceeding(t, gamma2);
        const V low = V::load(w0 + i + j) + t;
        const V above = bound - low;
        const V below = bound + low;
        // At exactly -γ2 the high bits stay the same only where they are 0.
        const V at_least = below - one;
        const V high_is_zero = V::load(w1 + i + j) - one;
        const V hint = above | below | V::and_not(high_is_zero, at_least);
        word |= hint.signs() << j;
      }
      hints[i / 64] = word;
      sum += static_cast<std::uint32_t>(__builtin_popcountll(word));
    }
    *ones = sum;
    clear_stack<S>();  // the last step of a signature that handles what stays secret
    return verdict(any);
  }

  static void use_hints(const std::int32_t* w, const std::uint64_t* hints, std::size_t count,
                        std::int32_t m, std::uint8_t* out) noexcept {
    for (std::size_t r = 0; r < count; ++r, w += 256, hints += 4) {
      if (m == 16) {
        use_hints_for<16>(w, hints, out);
        out += 32 * 4;
      } else {
        use_hints_for<44>(w, hints, out);
        out += 32 * 6;
      }
    }
  }

  static void encode_w1(const std::int32_t* w1, std::size_t count, std::size_t bits,
                        std::uint8_t* out) noexcept {
    if (bits == 4) {
      encode<4>(w1, 256 * count, out);
    } else {
      encode<6>(w1, 256 * count, out);
    }
  }

  static void power2_round(const std::int32_t* t, const std::int32_t* s, std::size_t count,
                           std::uint8_t* t1, std::uint8_t* t0) noexcept {
    struct Halves {
      alignas(64) std::int32_t minus_t1[256];
      std::int32_t t0[256];
    };
    Wiped<Halves> halves;
    const V half = V::splat(1 << 12);
    for (; count != 0; --count, t += 256, s += 256, t1 += 32 * 10, t0 += 32 * 13) {
      for (std::size_t i = 0; i < 256; i += W) {
        V sum = positive(V::load(t + i)) + V::load(s + i);
        sum = positive(positive(sum - V::splat(mldsa::kModulus)));
        const V high = (sum + half - V::splat(1)).template shift_right_signed<13>();
        (V::splat(0) - high).store(halves.value.minus_t1 + i);
        (sum - high.template shift_left<13>()).store(halves.value.t0 + i);
      }
      S::template bit_pack<10>(halves.value.minus_t1, 0, t1);
      S::template bit_pack<13>(halves.value.t0, 1 << 12, t0);
    }
    clear_stack<S>();  // as good as the last step of a key
  }

 private:
  template <std::int32_t M>
  static constexpr std::int32_t kGamma2 = (mldsa::kModulus - 1) / (2 * M);

  [[gnu::always_inline]] static inline V centered(V a) noexcept {
    const V half = V::splat((mldsa::kModulus - 1) / 2);
    const V q = V::splat(mldsa::kModulus);
    a = a - ((half - a).template shift_right_signed<31>() & q);
    return a + ((a + half).template shift_right_signed<31>() & q);
  }
  // Adds q where negative.
  [[gnu::always_inline]] static inline V positive(V a) noexcept {
    return a + (a.template shift_right_signed<31>() & V::splat(mldsa::kModulus));
  }
  // Negative where |a| >= bound.
  [[gnu::always_inline]] static inline V exceeding(V a, std::int32_t bound) noexcept {
    const V most = V::splat(bound - 1);
    return (most - a) | (most + a);
  }
  [[gnu::always_inline]] static inline std::uint32_t verdict(V any) noexcept {
    const std::uint64_t signs = any.signs();
    return static_cast<std::uint32_t>((std::uint64_t{0} - signs) >> 32);
  }

  template <std::size_t Sums>
  static std::uint32_t add_sums(const std::uint16_t* terms, std::size_t tau, const std::int8_t* s,
                                const std::int32_t* b, std::int32_t bound,
                                std::int32_t* out) noexcept {
    using Octets = typename V::Octets;
    constexpr std::size_t kParts = 4;
    V any = V::splat(0);
    for (std::size_t from = 0; from < 256; from += kParts * Octets::kLanes) {
      Octets sums[Sums][kParts];
      std::size_t t = 0;
#pragma GCC unroll 2
      for (std::size_t h = 0; h < Sums; ++h) {
#pragma GCC unroll 4
        for (std::size_t p = 0; p < kParts; ++p) sums[h][p] = Octets::zero();
        for (const std::size_t end = tau * (h + 1) / Sums; t < end; ++t) {
          const std::int8_t* const at = s + terms[t] + from;
#pragma GCC unroll 4
          for (std::size_t p = 0; p < kParts; ++p) sums[h][p].add(at + Octets::kLanes * p);
        }
      }
#pragma GCC unroll 4
      for (std::size_t p = 0; p < kParts; ++p) {
        const std::size_t i = from + Octets::kLanes * p;
        const auto part = [&]<std::size_t Part>() __attribute__((always_inline)) {
          V product = sums[0][p].template words<Part>();
          if constexpr (Sums == 2) product = product + sums[1][p].template words<Part>();
          const V sum = V::load(b + i + W * Part) + product;
          any = any | exceeding(sum, bound);
          sum.store(out + i + W * Part);
        };
        part.template operator()<0>();
        part.template operator()<1>();
        part.template operator()<2>();
        part.template operator()<3>();
      }
    }
    return verdict(any);
  }

  // r in [0, q) becomes r1 and r0; with r1 = ⌊(r + γ2 - 1) / (2·γ2)⌋, where that is m, r - r0 = q -
  // 1 and r1 becomes 0.
  template <std::int32_t M>
  [[gnu::always_inline]] static inline void split(V w, V& r1, V& r0) noexcept {
    constexpr mldsa::Division kBy = mldsa::division_for(M);
    const V r = positive(w);
    const V dividend =
        (r + V::splat(kGamma2<M> - 1)).template shift_right_signed<kBy.first_shift>();
    const V quotient = V::multiply_low(dividend, V::splat(kBy.reciprocal))
                           .template shift_right_signed<kBy.second_shift>();
    const V wraps = (V::splat(M - 1) - quotient).template shift_right_signed<31>();
    r0 = r - V::multiply_low(quotient, V::splat(2 * kGamma2<M>)) + wraps;
    r1 = V::and_not(wraps, quotient);
  }

  template <std::int32_t M>
  static void decompose_for(const std::int32_t* w, std::size_t size, std::int32_t* w1,
                            std::int32_t* w0) noexcept {
    for (std::size_t i = 0; i < size; i += W) {
      V r1;
      V r0;
      split<M>(V::load(w + i), r1, r0);
      r0.store(w0 + i);
      r1.store(w1 + i);
    }
  }

  template <std::int32_t M>
  static void use_hints_for(const std::int32_t* w, const std::uint64_t* hints,
                            std::uint8_t* out) noexcept {
    alignas(64) std::int32_t w1[256];
    const V one = V::splat(1);
    const V all = V::splat(M);
    for (std::size_t i = 0; i < 256; i += W) {
      V r1;
      V r0;
      split<M>(V::load(w + i), r1, r0);
      const V hint = V::from_bits(hints[i / 64] >> (i % 64));
      // One up where r0 > 0, else one down, and around.
      const V up = (V::splat(0) - r0).template shift_right_signed<31>();
      const V step = V::and_not(up, V::splat(-1)) | (up & one);
      r1 = r1 + (hint & step);
      r1 = r1 + (r1.template shift_right_signed<31>() & all);
      r1 = r1 - ((V::splat(M - 1) - r1).template shift_right_signed<31>() & all);
      r1.store(w1 + i);
    }
    encode<(M == 16 ? 4 : 6)>(w1, 256, out);
  }

  template <std::size_t Bits>
  static void encode(const std::int32_t* w1, std::size_t size, std::uint8_t* out) noexcept {
    for (std::size_t i = 0; i < size; i += 16, out += 2 * Bits) {
      S::template pack_16<Bits>(w1 + i, out);
    }
  }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
