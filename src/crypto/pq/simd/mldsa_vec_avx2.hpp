// ML-DSA's vectors and sampling steps for AVX2. Only for files compiled for it.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "crypto/pq/simd/mldsa_pack_x86.hpp"
#include "crypto/pq/simd/mldsa_tables.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

/// Eight 32-bit words.
struct Ints256 {
  static constexpr std::size_t kLanes = 8;
  __m256i v;

  [[gnu::always_inline]] static inline Ints256 load(const std::int32_t* from) noexcept {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))};
  }
  [[gnu::always_inline]] inline void store(std::int32_t* to) const noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), v);
  }
  [[gnu::always_inline]] static inline Ints256 splat(std::int32_t value) noexcept {
    return {_mm256_set1_epi32(value)};
  }
  [[gnu::always_inline]] friend inline Ints256 operator+(Ints256 a, Ints256 b) noexcept {
    return {_mm256_add_epi32(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Ints256 operator-(Ints256 a, Ints256 b) noexcept {
    return {_mm256_sub_epi32(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Ints256 operator&(Ints256 a, Ints256 b) noexcept {
    return {_mm256_and_si256(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Ints256 operator|(Ints256 a, Ints256 b) noexcept {
    return {_mm256_or_si256(a.v, b.v)};
  }
  /// b where a is zero.
  [[gnu::always_inline]] static inline Ints256 and_not(Ints256 a, Ints256 b) noexcept {
    return {_mm256_andnot_si256(a.v, b.v)};
  }
  template <int N>
  [[gnu::always_inline]] inline Ints256 shift_right_signed() const noexcept {
    return {_mm256_srai_epi32(v, N)};
  }
  template <int N>
  [[gnu::always_inline]] inline Ints256 shift_left() const noexcept {
    return {_mm256_slli_epi32(v, N)};
  }
  [[gnu::always_inline]] static inline Ints256 multiply_low(Ints256 a, Ints256 b) noexcept {
    return {_mm256_mullo_epi32(a.v, b.v)};
  }
  /// Eight bits, lane by lane: the sign, and all ones where a bit is set.
  [[gnu::always_inline]] inline std::uint64_t signs() const noexcept {
    return static_cast<std::uint64_t>(_mm256_movemask_ps(_mm256_castsi256_ps(v)) & 0xff);
  }
  [[gnu::always_inline]] static inline Ints256 from_bits(std::uint64_t bits) noexcept {
    const __m256i each = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i all = _mm256_set1_epi32(static_cast<int>(bits & 0xff));
    return {_mm256_cmpeq_epi32(_mm256_and_si256(all, each), each)};
  }

  /// The odd words where the even ones were; from memory it takes no more than the load.
  [[gnu::always_inline]] static inline __m256i odd(__m256i a) noexcept {
    return _mm256_castps_si256(_mm256_movehdup_ps(_mm256_castsi256_ps(a)));
  }
  [[gnu::always_inline]] static inline Ints256 high_words(__m256i even, __m256i odds) noexcept {
    return {_mm256_blend_epi32(odd(even), odds, 0xaa)};
  }

  /// A factor z with z·q⁻¹ mod 2^32, for even and odd words.
  struct Factor {
    __m256i even, odds, even_qinv, odds_qinv;
    [[gnu::always_inline]] static inline Factor splat(std::int32_t z) noexcept {
      const __m256i value = _mm256_set1_epi32(z);
      const __m256i qinv = _mm256_set1_epi32(mldsa::times_qinv(z));
      return {value, value, qinv, qinv};
    }
    [[gnu::always_inline]] static inline Factor load(const std::int32_t* z,
                                                     const std::int32_t* z_qinv) noexcept {
      const __m256i value = Ints256::load(z).v;
      const __m256i qinv = Ints256::load(z_qinv).v;
      return {value, odd(value), qinv, odd(qinv)};
    }
  };

  /// a·z·2^-32.
  [[gnu::always_inline]] static inline Ints256 multiply_montgomery(Ints256 a,
                                                                   const Factor& z) noexcept {
    const __m256i q = _mm256_set1_epi32(mldsa::kModulus);
    const __m256i a1 = _mm256_srli_epi64(a.v, 32);
    const __m256i p0 = _mm256_mul_epi32(a.v, z.even);
    const __m256i p1 = _mm256_mul_epi32(a1, z.odds);
    const __m256i t0 = _mm256_mul_epi32(_mm256_mul_epi32(a.v, z.even_qinv), q);
    const __m256i t1 = _mm256_mul_epi32(_mm256_mul_epi32(a1, z.odds_qinv), q);
    return high_words(_mm256_sub_epi64(p0, t0), _mm256_sub_epi64(p1, t1));
  }

  /// Sums of products in 64 bits.
  struct Sum {
    __m256i even;
    __m256i odds;

    [[gnu::always_inline]] static inline Sum zero() noexcept {
      return {_mm256_setzero_si256(), _mm256_setzero_si256()};
    }
    [[gnu::always_inline]] inline void add(const std::int32_t* a, const std::int32_t* b) noexcept {
      const __m256i x = Ints256::load(a).v;
      const __m256i y = Ints256::load(b).v;
      even = _mm256_add_epi64(even, _mm256_mul_epi32(x, y));
      odds = _mm256_add_epi64(odds, _mm256_mul_epi32(odd(x), odd(y)));
    }
    [[gnu::always_inline]] inline void subtract(const std::int32_t* a,
                                                const std::int32_t* b) noexcept {
      const __m256i x = Ints256::load(a).v;
      const __m256i y = Ints256::load(b).v;
      even = _mm256_sub_epi64(even, _mm256_mul_epi32(x, y));
      odds = _mm256_sub_epi64(odds, _mm256_mul_epi32(odd(x), odd(y)));
    }
    [[gnu::always_inline]] static inline __m256i reduced(__m256i a) noexcept {
      const __m256i m = _mm256_mul_epi32(a, _mm256_set1_epi32(mldsa::kModulusInverse));
      return _mm256_sub_epi64(a, _mm256_mul_epi32(m, _mm256_set1_epi32(mldsa::kModulus)));
    }
    [[gnu::always_inline]] inline Ints256 reduce() const noexcept {
      return high_words(reduced(even), reduced(odds));
    }
  };

  /// 32 octets with sign.
  struct Octets {
    static constexpr std::size_t kLanes = 32;
    __m256i v;
    [[gnu::always_inline]] static inline Octets zero() noexcept { return {_mm256_setzero_si256()}; }
    [[gnu::always_inline]] inline void add(const std::int8_t* from) noexcept {
      v = _mm256_add_epi8(v, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
    }
    /// Part `Part` of four, as 32-bit words.
    template <std::size_t Part>
    [[gnu::always_inline]] inline Ints256 words() const noexcept {
      const __m128i half = _mm256_extracti128_si256(v, Part / 2);
      return {_mm256_cvtepi8_epi32(Part % 2 == 0 ? half : _mm_srli_si128(half, 8))};
    }
  };

  /// Exchanges rows and columns of eight vectors.
  [[gnu::always_inline]] static inline void transpose(Ints256* r) noexcept {
    __m256i a[8];
    __m256i b[8];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 8; i += 2) {
      a[i] = _mm256_unpacklo_epi32(r[i].v, r[i + 1].v);
      a[i + 1] = _mm256_unpackhi_epi32(r[i].v, r[i + 1].v);
    }
#pragma GCC unroll 2
    for (std::size_t i = 0; i < 8; i += 4) {
      b[i] = _mm256_unpacklo_epi64(a[i], a[i + 2]);
      b[i + 1] = _mm256_unpackhi_epi64(a[i], a[i + 2]);
      b[i + 2] = _mm256_unpacklo_epi64(a[i + 1], a[i + 3]);
      b[i + 3] = _mm256_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    // b[4g + j] holds columns j and j + 4 of rows 4g to 4g + 3.
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      r[j].v = _mm256_permute2x128_si256(b[j], b[j + 4], 0x20);
      r[j + 4].v = _mm256_permute2x128_si256(b[j], b[j + 4], 0x31);
    }
  }
};

struct SamplingAvx2 {
  /// Eight fields of `Bits` bits, each with what follows it in the same 32 bits.
  template <std::size_t Bits>
  [[gnu::always_inline]] static inline __m256i fields(const std::uint8_t* octets) noexcept {
    const __m256i raw = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(octets))),
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(octets + 4 * Bits / 8)), 1);
    const __m256i places =
        _mm256_load_si256(reinterpret_cast<const __m256i*>(&kUnpackFields<Bits, 8>.octets));
    const __m256i shifts =
        _mm256_load_si256(reinterpret_cast<const __m256i*>(&kUnpackFields<Bits, 8>.shifts));
    return _mm256_srlv_epi32(_mm256_shuffle_epi8(raw, places), shifts);
  }

  /// RejNTTPoly's rejection step (FIPS 204 algorithm 30) on `size` octets, a multiple of 24:
  /// appends to the `filled` coefficients at `out` until there are 256. Gives their number.
  [[gnu::noinline]] static std::size_t sample_public(const std::uint8_t* octets, std::size_t size,
                                                     std::int32_t* out,
                                                     std::size_t filled) noexcept {
    const __m256i bits = _mm256_set1_epi32(0x7fffff);
    const __m256i prime = _mm256_set1_epi32(mldsa::kModulus);
    for (std::size_t i = 0; i < size && filled < 256; i += 24) {
      const __m256i value = _mm256_and_si256(fields<24>(octets + i), bits);
      const int below = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(prime, value)));
      if (below == 0xff && filled <= 256 - 8) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + filled), value);
        filled += 8;
        continue;
      }
      std::int32_t candidates[8];
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(candidates), value);
      for (int j = 0; j < 8 && filled < 256; ++j) {
        if ((below >> j & 1) != 0) out[filled++] = candidates[j];
      }
    }
    return filled;
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
      accepted[g] = static_cast<std::uint16_t>(
          _mm_movemask_epi8(_mm_cmplt_epi8(half_bytes(octets + 8 * g), limit)));
    }
  }

  // Writes eight coefficients, the accepted ones first.
  [[gnu::always_inline]] static inline std::size_t append(__m128i octets, unsigned accepted,
                                                          std::int32_t* out) noexcept {
    const __m128i order =
        _mm_load_si128(reinterpret_cast<const __m128i*>(kCompressWords.at[accepted]));
    const __m128i kept = _mm_shuffle_epi8(_mm_cvtepi8_epi16(octets), order);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_cvtepi16_epi32(kept));
    return static_cast<std::size_t>(__builtin_popcount(accepted));
  }

  static std::size_t take_half_bytes(const std::uint8_t* octets, std::size_t groups,
                                     std::size_t eta, const std::uint16_t* accepted,
                                     std::int32_t* out, std::size_t filled) noexcept {
    const __m128i table = _mm_load_si128(
        reinterpret_cast<const __m128i*>(eta == 2 ? kHalfBytes.eta_2 : kHalfBytes.eta_4));
    for (std::size_t g = 0; g < groups; ++g) {
      const __m128i value = _mm_shuffle_epi8(table, half_bytes(octets + 8 * g));
      filled += append(value, accepted[g] & 0xffU, out + filled);
      filled += append(_mm_srli_si128(value, 8), accepted[g] >> 8, out + filled);
    }
    return filled;
  }

  /// BitUnpack (FIPS 204 algorithm 19).
  template <std::size_t Bits>
  static void bit_unpack(const std::uint8_t* octets, std::int32_t b, std::int32_t* w) noexcept {
    const __m256i bits = _mm256_set1_epi32((1 << Bits) - 1);
    const __m256i top = _mm256_set1_epi32(b);
    for (std::size_t i = 0; i < 32; ++i) {
      const __m256i field = _mm256_and_si256(fields<Bits>(octets + Bits * i), bits);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(w + 8 * i), _mm256_sub_epi32(top, field));
    }
  }

  /// BitPack (FIPS 204 algorithm 17): b minus each of 256 coefficients. Each size apart, which the
  /// check of the machine code follows more easily.
  template <std::size_t Bits>
  [[gnu::noinline]] static void bit_pack(const std::int32_t* w, std::int32_t b,
                                         std::uint8_t* out) noexcept {
    const __m256i top = _mm256_set1_epi32(b);
    if constexpr (Bits <= 4) {
      for (std::size_t i = 0; i < 256; i += 16, out += 2 * Bits) {
        const __m256i words = _mm256_packs_epi32(_mm256_sub_epi32(top, Ints256::load(w + i).v),
                                                 _mm256_sub_epi32(top, Ints256::load(w + i + 8).v));
        const __m256i ordered = _mm256_permute4x64_epi64(words, 0xd8);
        pack_octets<Bits>(
            _mm_packus_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1)),
            out);
      }
    } else {
      for (std::size_t i = 0; i < 256; i += 8, out += Bits) {
        pack_eight<Bits>(_mm256_sub_epi32(top, Ints256::load(w + i).v), out);
      }
    }
  }

  template <std::size_t Bits>
  [[gnu::always_inline]] static inline void pack_eight(__m256i field, std::uint8_t* out) noexcept {
    const __m256i low = _mm256_set1_epi64x(0xffffffff);
    const __m256i pair = _mm256_or_si256(_mm256_and_si256(field, low),
                                         _mm256_slli_epi64(_mm256_srli_epi64(field, 32), Bits));
    const __m256i behind = _mm256_srli_si256(pair, 8);
    if constexpr (Bits <= 16) {
      // Four fields are a word.
      const __m256i fours = _mm256_or_si256(pair, _mm256_slli_epi64(behind, 2 * Bits));
      const auto first = static_cast<std::uint64_t>(_mm256_extract_epi64(fours, 0));
      const auto second = static_cast<std::uint64_t>(_mm256_extract_epi64(fours, 2));
      const std::uint64_t start = first | second << (4 * Bits);
      const std::uint64_t end = second >> (64 - 4 * Bits);
      __builtin_memcpy(out, &start, 8);
      __builtin_memcpy(out + 8, &end, Bits - 8);
    } else {
      const __m256i places =
          _mm256_load_si256(reinterpret_cast<const __m256i*>(&kPackFields<Bits, 4>.octets));
      const __m256i shifts =
          _mm256_load_si256(reinterpret_cast<const __m256i*>(&kPackFields<Bits, 4>.shifts));
      // Each pair with what of the next one still fits in.
      const __m256i next = _mm256_slli_epi64(behind, 2 * Bits);
      const __m256i octet = _mm256_srlv_epi64(_mm256_or_si256(pair, next), shifts);
      const __m256i packed = _mm256_shuffle_epi8(octet, places);
      store_octets<Bits / 2>(_mm256_castsi256_si128(packed), out);
      store_octets<Bits / 2>(_mm256_extracti128_si256(packed, 1), out + Bits / 2);
    }
  }

  /// Sixteen small words as octets.
  [[gnu::always_inline]] static inline __m128i narrow(const std::int32_t* w) noexcept {
    const auto at = [w](std::size_t i) __attribute__((always_inline)) {
      return _mm_loadu_si128(reinterpret_cast<const __m128i*>(w + i));
    };
    return _mm_packus_epi16(_mm_packs_epi32(at(0), at(4)), _mm_packs_epi32(at(8), at(12)));
  }
  template <std::size_t Bits>
  [[gnu::always_inline]] static inline void pack_16(const std::int32_t* w,
                                                    std::uint8_t* out) noexcept {
    pack_octets<Bits>(narrow(w), out);
  }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
