// ML-DSA's vectors and sampling steps for AVX-512. Only for files compiled for it.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "crypto/pq/simd/mldsa_pack_x86.hpp"
#include "crypto/pq/simd/mldsa_tables.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

/// Sixteen 32-bit words.
struct Ints512 {
  static constexpr std::size_t kLanes = 16;
  __m512i v;

  [[gnu::always_inline]] static inline Ints512 load(const std::int32_t* from) noexcept {
    return {_mm512_loadu_si512(from)};
  }
  [[gnu::always_inline]] inline void store(std::int32_t* to) const noexcept {
    _mm512_storeu_si512(to, v);
  }
  [[gnu::always_inline]] static inline Ints512 splat(std::int32_t value) noexcept {
    return {_mm512_set1_epi32(value)};
  }
  [[gnu::always_inline]] friend inline Ints512 operator+(Ints512 a, Ints512 b) noexcept {
    return {_mm512_add_epi32(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Ints512 operator-(Ints512 a, Ints512 b) noexcept {
    return {_mm512_sub_epi32(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Ints512 operator&(Ints512 a, Ints512 b) noexcept {
    return {_mm512_and_si512(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Ints512 operator|(Ints512 a, Ints512 b) noexcept {
    return {_mm512_or_si512(a.v, b.v)};
  }
  /// b where a is zero.
  [[gnu::always_inline]] static inline Ints512 and_not(Ints512 a, Ints512 b) noexcept {
    return {_mm512_andnot_si512(a.v, b.v)};
  }
  template <int N>
  [[gnu::always_inline]] inline Ints512 shift_right_signed() const noexcept {
    return {_mm512_srai_epi32(v, N)};
  }
  template <int N>
  [[gnu::always_inline]] inline Ints512 shift_left() const noexcept {
    return {_mm512_slli_epi32(v, N)};
  }
  [[gnu::always_inline]] static inline Ints512 multiply_low(Ints512 a, Ints512 b) noexcept {
    return {_mm512_mullo_epi32(a.v, b.v)};
  }
  /// Sixteen bits, lane by lane: the sign, and all ones where a bit is set.
  [[gnu::always_inline]] inline std::uint64_t signs() const noexcept {
    return _mm512_movepi32_mask(v);
  }
  [[gnu::always_inline]] static inline Ints512 from_bits(std::uint64_t bits) noexcept {
    return {_mm512_maskz_set1_epi32(static_cast<__mmask16>(bits), -1)};
  }

  /// The odd words where the even ones were; from memory it takes no more than the load.
  [[gnu::always_inline]] static inline __m512i odd(__m512i a) noexcept {
    return _mm512_castps_si512(_mm512_movehdup_ps(_mm512_castsi512_ps(a)));
  }
  [[gnu::always_inline]] static inline Ints512 high_words(__m512i even, __m512i odds) noexcept {
    return {_mm512_castps_si512(
        _mm512_mask_movehdup_ps(_mm512_castsi512_ps(odds), 0x5555, _mm512_castsi512_ps(even)))};
  }

  /// A factor z with z·q⁻¹ mod 2^32, for even and odd words.
  struct Factor {
    __m512i even, odds, even_qinv, odds_qinv;
    [[gnu::always_inline]] static inline Factor splat(std::int32_t z) noexcept {
      const __m512i value = _mm512_set1_epi32(z);
      const __m512i qinv = _mm512_set1_epi32(mldsa::times_qinv(z));
      return {value, value, qinv, qinv};
    }
    [[gnu::always_inline]] static inline Factor load(const std::int32_t* z,
                                                     const std::int32_t* z_qinv) noexcept {
      const __m512i value = _mm512_loadu_si512(z);
      const __m512i qinv = _mm512_loadu_si512(z_qinv);
      return {value, odd(value), qinv, odd(qinv)};
    }
  };

  /// a·z·2^-32.
  [[gnu::always_inline]] static inline Ints512 multiply_montgomery(Ints512 a,
                                                                   const Factor& z) noexcept {
    const __m512i q = _mm512_set1_epi32(mldsa::kModulus);
    const __m512i a1 = _mm512_srli_epi64(a.v, 32);
    const __m512i p0 = _mm512_mul_epi32(a.v, z.even);
    const __m512i p1 = _mm512_mul_epi32(a1, z.odds);
    const __m512i t0 = _mm512_mul_epi32(_mm512_mul_epi32(a.v, z.even_qinv), q);
    const __m512i t1 = _mm512_mul_epi32(_mm512_mul_epi32(a1, z.odds_qinv), q);
    return high_words(_mm512_sub_epi64(p0, t0), _mm512_sub_epi64(p1, t1));
  }

  /// Sums of products in 64 bits.
  struct Sum {
    __m512i even;
    __m512i odds;

    [[gnu::always_inline]] static inline Sum zero() noexcept {
      return {_mm512_setzero_si512(), _mm512_setzero_si512()};
    }
    [[gnu::always_inline]] inline void add(const std::int32_t* a, const std::int32_t* b) noexcept {
      const __m512i x = _mm512_loadu_si512(a);
      const __m512i y = _mm512_loadu_si512(b);
      even = _mm512_add_epi64(even, _mm512_mul_epi32(x, y));
      odds = _mm512_add_epi64(odds, _mm512_mul_epi32(odd(x), odd(y)));
    }
    [[gnu::always_inline]] inline void subtract(const std::int32_t* a,
                                                const std::int32_t* b) noexcept {
      const __m512i x = _mm512_loadu_si512(a);
      const __m512i y = _mm512_loadu_si512(b);
      even = _mm512_sub_epi64(even, _mm512_mul_epi32(x, y));
      odds = _mm512_sub_epi64(odds, _mm512_mul_epi32(odd(x), odd(y)));
    }
    [[gnu::always_inline]] static inline __m512i reduced(__m512i a) noexcept {
      const __m512i m = _mm512_mul_epi32(a, _mm512_set1_epi32(mldsa::kModulusInverse));
      return _mm512_sub_epi64(a, _mm512_mul_epi32(m, _mm512_set1_epi32(mldsa::kModulus)));
    }
    [[gnu::always_inline]] inline Ints512 reduce() const noexcept {
      return high_words(reduced(even), reduced(odds));
    }
  };

  /// 64 octets with sign.
  struct Octets {
    static constexpr std::size_t kLanes = 64;
    __m512i v;
    [[gnu::always_inline]] static inline Octets zero() noexcept { return {_mm512_setzero_si512()}; }
    [[gnu::always_inline]] inline void add(const std::int8_t* from) noexcept {
      v = _mm512_add_epi8(v, _mm512_loadu_si512(from));
    }
    /// Part `Part` of four, as 32-bit words.
    template <std::size_t Part>
    [[gnu::always_inline]] inline Ints512 words() const noexcept {
      return {_mm512_cvtepi8_epi32(_mm512_extracti32x4_epi32(v, Part))};
    }
  };

  /// Exchanges rows and columns of 16 vectors.
  [[gnu::always_inline]] static inline void transpose(Ints512* r) noexcept {
    __m512i a[16];
    __m512i b[16];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 16; i += 2) {
      a[i] = _mm512_unpacklo_epi32(r[i].v, r[i + 1].v);
      a[i + 1] = _mm512_unpackhi_epi32(r[i].v, r[i + 1].v);
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 16; i += 4) {
      b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
      b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
      b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
      b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    // b[4g + j] holds columns j, j + 4, j + 8, j + 12 of rows 4g to 4g + 3.
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      const __m512i low01 = _mm512_shuffle_i64x2(b[j], b[j + 4], 0x88);
      const __m512i high01 = _mm512_shuffle_i64x2(b[j], b[j + 4], 0xdd);
      const __m512i low23 = _mm512_shuffle_i64x2(b[j + 8], b[j + 12], 0x88);
      const __m512i high23 = _mm512_shuffle_i64x2(b[j + 8], b[j + 12], 0xdd);
      r[j].v = _mm512_shuffle_i64x2(low01, low23, 0x88);
      r[j + 8].v = _mm512_shuffle_i64x2(low01, low23, 0xdd);
      r[j + 4].v = _mm512_shuffle_i64x2(high01, high23, 0x88);
      r[j + 12].v = _mm512_shuffle_i64x2(high01, high23, 0xdd);
    }
  }
};

struct SamplingAvx512 {
  /// RejNTTPoly's rejection step (FIPS 204 algorithm 30) on `size` octets, a multiple of 24:
  /// appends to the `filled` coefficients at `out` until there are 256. Gives their number.
  [[gnu::noinline]] static std::size_t sample_public(const std::uint8_t* octets, std::size_t size,
                                                     std::int32_t* out,
                                                     std::size_t filled) noexcept {
    const __m512i places = _mm512_load_si512(&kUnpackFields<24, 16>.octets);
    const __m512i bits = _mm512_set1_epi32(0x7fffff);
    const __m512i prime = _mm512_set1_epi32(mldsa::kModulus);
    for (std::size_t i = 0; i < size && filled < 256; i += 48) {
      const __m512i raw = _mm512_permutexvar_epi8(places, _mm512_loadu_si512(octets + i));
      const __m512i value = _mm512_and_si512(raw, bits);
      const __mmask16 present = size - i >= 48 ? 0xffff : 0x00ff;
      const __mmask16 below = _mm512_mask_cmplt_epi32_mask(present, value, prime);
      const std::size_t room = 256 - filled;
      const __m512i accepted = _mm512_maskz_compress_epi32(below, value);
      if (room >= 16) {
        _mm512_storeu_si512(out + filled, accepted);
      } else {
        _mm512_mask_storeu_epi32(out + filled, static_cast<__mmask16>((1U << room) - 1), accepted);
      }
      filled += static_cast<std::size_t>(__builtin_popcount(below));
    }
    return filled < 256 ? filled : 256;
  }

  [[gnu::always_inline]] static inline __m128i half_bytes(const std::uint8_t* octets) noexcept {
    const __m128i x = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(octets));
    const __m128i low = _mm_set1_epi8(0x0f);
    return _mm_unpacklo_epi8(_mm_and_si128(x, low), _mm_and_si128(_mm_srli_epi16(x, 4), low));
  }

  static void accept_half_bytes(const std::uint8_t* octets, std::size_t groups, std::size_t eta,
                                std::uint16_t* accepted) noexcept {
    const __m128i limit = _mm_set1_epi8(eta == 2 ? 15 : 9);
    for (std::size_t g = 0; g < groups; ++g) {
      accepted[g] = _mm_cmplt_epi8_mask(half_bytes(octets + 8 * g), limit);
    }
  }

  static std::size_t take_half_bytes(const std::uint8_t* octets, std::size_t groups,
                                     std::size_t eta, const std::uint16_t* accepted,
                                     std::int32_t* out, std::size_t filled) noexcept {
    const __m128i table = _mm_load_si128(
        reinterpret_cast<const __m128i*>(eta == 2 ? kHalfBytes.eta_2 : kHalfBytes.eta_4));
    for (std::size_t g = 0; g < groups; ++g) {
      const __m128i value = _mm_shuffle_epi8(table, half_bytes(octets + 8 * g));
      const __m128i kept = _mm_maskz_compress_epi8(accepted[g], value);
      _mm512_storeu_si512(out + filled, _mm512_cvtepi8_epi32(kept));
      filled += static_cast<std::size_t>(__builtin_popcount(accepted[g]));
    }
    return filled;
  }

  /// BitUnpack (FIPS 204 algorithm 19).
  template <std::size_t Bits>
  static void bit_unpack(const std::uint8_t* octets, std::int32_t b, std::int32_t* w) noexcept {
    const __m512i places = _mm512_load_si512(&kUnpackFields<Bits, 16>.octets);
    const __m512i shifts = _mm512_load_si512(&kUnpackFields<Bits, 16>.shifts);
    const __m512i bits = _mm512_set1_epi32((1 << Bits) - 1);
    const __m512i top = _mm512_set1_epi32(b);
    for (std::size_t i = 0; i < 16; ++i) {
      const __m512i raw =
          _mm512_permutexvar_epi8(places, _mm512_loadu_si512(octets + 2 * Bits * i));
      const __m512i field = _mm512_and_si512(_mm512_srlv_epi32(raw, shifts), bits);
      _mm512_storeu_si512(w + 16 * i, _mm512_sub_epi32(top, field));
    }
  }

  /// BitPack (FIPS 204 algorithm 17): b minus each of 256 coefficients. Each size apart, which the
  /// check of the machine code follows more easily.
  template <std::size_t Bits>
  [[gnu::noinline]] static void bit_pack(const std::int32_t* w, std::int32_t b,
                                         std::uint8_t* out) noexcept {
    if constexpr (Bits <= 4) {
      const __m512i top = _mm512_set1_epi32(b);
      for (std::size_t i = 0; i < 256; i += 16, out += 2 * Bits) {
        const __m512i field = _mm512_sub_epi32(top, _mm512_loadu_si512(w + i));
        pack_octets<Bits>(_mm512_cvtepi32_epi8(field), out);
      }
    } else {
      pack_wide<Bits>(w, b, out);
    }
  }

  template <std::size_t Bits>
  static void pack_wide(const std::int32_t* w, std::int32_t b, std::uint8_t* out) noexcept {
    const __m512i places = _mm512_load_si512(&kPackFields<Bits, 16>.octets);
    const __m512i shifts = _mm512_load_si512(&kPackFields<Bits, 16>.shifts);
    const __m512i top = _mm512_set1_epi32(b);
    constexpr __mmask64 kWritten = (std::uint64_t{1} << (2 * Bits)) - 1;
    for (std::size_t i = 0; i < 256; i += 16, out += 2 * Bits) {
      const __m512i field = _mm512_sub_epi32(top, _mm512_loadu_si512(w + i));
      const __m512i pair = _mm512_or_si512(_mm512_maskz_mov_epi32(0x5555, field),
                                           _mm512_slli_epi64(_mm512_srli_epi64(field, 32), Bits));
      // Each pair with what of the next one still fits in.
      const __m512i next = _mm512_slli_epi64(_mm512_alignr_epi64(pair, pair, 1), 2 * Bits);
      const __m512i octet = _mm512_srlv_epi64(_mm512_or_si512(pair, next), shifts);
      _mm512_mask_storeu_epi8(out, kWritten, _mm512_permutexvar_epi8(places, octet));
    }
  }

  /// Sixteen small words as octets.
  [[gnu::always_inline]] static inline __m128i narrow(const std::int32_t* w) noexcept {
    return _mm512_cvtepi32_epi8(_mm512_loadu_si512(w));
  }
  template <std::size_t Bits>
  [[gnu::always_inline]] static inline void pack_16(const std::int32_t* w,
                                                    std::uint8_t* out) noexcept {
    pack_octets<Bits>(narrow(w), out);
  }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
