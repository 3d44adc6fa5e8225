// 256-bit vectors of 16-bit and 64-bit words. Only for files compiled for AVX2 and BMI. Everything
// is forced inline: none of it may end up as a shared out-of-line copy that a lesser CPU would run.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "crypto/pq/simd/scalar_lane.hpp"
#include "crypto/pq/simd/shuffle_tables.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

/// Sixteen 16-bit words, or eight 32-bit ones where a function says "pairs".
struct Words256 {
  static constexpr std::size_t kLanes = 16;
  static constexpr bool kHasUpperHalf = false;
  __m256i v;

  [[gnu::always_inline]] static inline Words256 load(const void* from) noexcept {
    return {_mm256_loadu_si256(static_cast<const __m256i*>(from))};
  }
  [[gnu::always_inline]] inline void store(void* to) const noexcept {
    _mm256_storeu_si256(static_cast<__m256i*>(to), v);
  }
  [[gnu::always_inline]] static inline Words256 splat(int value) noexcept {
    return {_mm256_set1_epi16(static_cast<short>(value))};
  }
  [[gnu::always_inline]] static inline Words256 zero() noexcept { return {_mm256_setzero_si256()}; }
  [[gnu::always_inline]] friend inline Words256 operator+(Words256 a, Words256 b) noexcept {
    return {_mm256_add_epi16(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Words256 operator-(Words256 a, Words256 b) noexcept {
    return {_mm256_sub_epi16(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Words256 operator&(Words256 a, Words256 b) noexcept {
    return {_mm256_and_si256(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Words256 operator|(Words256 a, Words256 b) noexcept {
    return {_mm256_or_si256(a.v, b.v)};
  }
  [[gnu::always_inline]] static inline Words256 multiply_low(Words256 a, Words256 b) noexcept {
    return {_mm256_mullo_epi16(a.v, b.v)};
  }
  [[gnu::always_inline]] static inline Words256 multiply_high(Words256 a, Words256 b) noexcept {
    return {_mm256_mulhi_epi16(a.v, b.v)};
  }
  /// (a·b + 2^14) >> 15.
  [[gnu::always_inline]] static inline Words256 multiply_round(Words256 a, Words256 b) noexcept {
    return {_mm256_mulhrs_epi16(a.v, b.v)};
  }
  template <int N>
  [[gnu::always_inline]] inline Words256 shift_left() const noexcept {
    return {_mm256_slli_epi16(v, N)};
  }
  template <int N>
  [[gnu::always_inline]] inline Words256 shift_right() const noexcept {
    return {_mm256_srli_epi16(v, N)};
  }
  template <int N>
  [[gnu::always_inline]] inline Words256 shift_right_signed() const noexcept {
    return {_mm256_srai_epi16(v, N)};
  }

  /// Pairs: a + b.x·c.x + b.y·c.y in 32 bits.
  [[gnu::always_inline]] static inline Words256 multiply_add_pairs(Words256 a, Words256 b,
                                                                   Words256 c) noexcept {
    return {_mm256_add_epi32(a.v, _mm256_madd_epi16(b.v, c.v))};
  }
  /// Pairs: the low halves of `even` and `odd`, interleaved.
  [[gnu::always_inline]] static inline Words256 low_halves(Words256 even, Words256 odd) noexcept {
    return {_mm256_blend_epi16(even.v, _mm256_slli_epi32(odd.v, 16), 0xaa)};
  }
  [[gnu::always_inline]] static inline Words256 high_halves(Words256 even, Words256 odd) noexcept {
    return {_mm256_blend_epi16(_mm256_srli_epi32(even.v, 16), odd.v, 0xaa)};
  }
  [[gnu::always_inline]] inline Words256 swap_pairs() const noexcept {
    return {_mm256_or_si256(_mm256_slli_epi32(v, 16), _mm256_srli_epi32(v, 16))};
  }
  [[gnu::always_inline]] static inline Words256 blend_odd(Words256 even, Words256 odd) noexcept {
    return {_mm256_blend_epi16(even.v, odd.v, 0xaa)};
  }

  // The exchanges take (a, b), seen as blocks of some bits, and swap the odd blocks of a with the
  // even blocks of b.
  [[gnu::always_inline]] static inline void exchange_128(Words256& a, Words256& b) noexcept {
    const __m256i low = _mm256_permute2x128_si256(a.v, b.v, 0x20);
    b.v = _mm256_permute2x128_si256(a.v, b.v, 0x31);
    a.v = low;
  }
  [[gnu::always_inline]] static inline void exchange_64(Words256& a, Words256& b) noexcept {
    const __m256i low = _mm256_unpacklo_epi64(a.v, b.v);
    b.v = _mm256_unpackhi_epi64(a.v, b.v);
    a.v = low;
  }
  [[gnu::always_inline]] static inline void exchange_32(Words256& a, Words256& b) noexcept {
    const __m256i low = _mm256_blend_epi32(a.v, _mm256_slli_epi64(b.v, 32), 0xaa);
    b.v = _mm256_blend_epi32(_mm256_srli_epi64(a.v, 32), b.v, 0xaa);
    a.v = low;
  }

  /// 16 fields of D bits from the first 2·D octets at `from`; D + 16 octets are read.
  template <std::size_t D>
  [[gnu::always_inline]] static inline Words256 unpack(const std::uint8_t* from) noexcept {
    const __m256i octets = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))),
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + D)), 1);
    if constexpr (D == 11) {
      // Some fields lie in three octets.
      const __m256i x = _mm256_srlv_epi64(_mm256_shuffle_epi8(octets, load(&kFourOctets<D>).v),
                                          _mm256_setr_epi64x(0, 4, 0, 4));
      constexpr long long kMask = (1 << D) - 1;
      const __m256i a = _mm256_and_si256(x, _mm256_set1_epi64x(kMask));
      const __m256i b =
          _mm256_and_si256(_mm256_slli_epi64(x, 16 - D), _mm256_set1_epi64x(kMask << 16));
      const __m256i c =
          _mm256_and_si256(_mm256_slli_epi64(x, 32 - 2 * D), _mm256_set1_epi64x(kMask << 32));
      const __m256i d =
          _mm256_and_si256(_mm256_slli_epi64(x, 48 - 3 * D), _mm256_set1_epi64x(kMask << 48));
      return {_mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d))};
    } else {
      const __m256i words = _mm256_shuffle_epi8(octets, load(&kFieldOctets<D>).v);
      const __m256i top = _mm256_mullo_epi16(words, load(&kFieldFactors<D>).v);
      return {_mm256_srli_epi16(top, 16 - D)};
    }
  }

  /// Writes 16 fields of D bits to the first 2·D octets at `to`; D + 16 octets are written.
  template <std::size_t D>
  [[gnu::always_inline]] inline void pack(std::uint8_t* to) const noexcept {
    constexpr int kSpare = 32 - 2 * static_cast<int>(D);
    const __m256i pairs = _mm256_madd_epi16(v, _mm256_set1_epi32((1 << (16 + D)) | 1));
    const __m256i aligned = _mm256_sllv_epi32(pairs, _mm256_set1_epi64x(kSpare));
    __m256i fours = _mm256_srli_epi64(aligned, kSpare);
    if constexpr (D % 2 == 1) {
      // Two fours of 4·D bits each become 8·D bits, a whole number of octets.
      constexpr int kBits = 4 * static_cast<int>(D);
      const __m256i low =
          _mm256_srlv_epi64(fours, _mm256_setr_epi64x(0, 64 - kBits, 0, 64 - kBits));
      fours = _mm256_or_si256(low, _mm256_slli_epi64(_mm256_bsrli_epi128(fours, 8), kBits));
    }
    const __m256i closed = _mm256_shuffle_epi8(fours, load(&kCloseOctets<D>).v);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(closed));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + D), _mm256_extracti128_si256(closed, 1));
  }

  /// `value` in the lanes whose bit at `from` is set, else zero. Reads two octets.
  [[gnu::always_inline]] static inline Words256 from_bits(const std::uint8_t* from,
                                                          int value) noexcept {
    std::int16_t bits;
    __builtin_memcpy(&bits, from, sizeof bits);
    const __m256i each = _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096,
                                           8192, 16384, -32768);
    const __m256i set = _mm256_cmpeq_epi16(_mm256_and_si256(_mm256_set1_epi16(bits), each), each);
    return {_mm256_and_si256(set, splat(value).v)};
  }

  /// The lowest bit of each word of `w[0..15]`, in order, as 32 octets.
  [[gnu::always_inline]] static inline void store_low_bits(const Words256* w,
                                                           std::uint8_t* to) noexcept {
    for (std::size_t i = 0; i < 8; ++i) {
      const __m256i octets = _mm256_permute4x64_epi64(
          _mm256_packs_epi16(_mm256_srai_epi16(_mm256_slli_epi16(w[2 * i].v, 15), 15),
                             _mm256_srai_epi16(_mm256_slli_epi16(w[2 * i + 1].v, 15), 15)),
          0xd8);
      const int bits = _mm256_movemask_epi8(octets);
      __builtin_memcpy(to + 4 * i, &bits, sizeof bits);
    }
  }
};

/// Four 64-bit words.
struct Lanes4 {
  static constexpr std::size_t kLanes = 4;
  static constexpr bool kTernaryLogic = false;
  __m256i v;
  [[gnu::always_inline]] static inline Lanes4 load(const std::uint64_t* from) noexcept {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))};
  }
  [[gnu::always_inline]] inline void store(std::uint64_t* to) const noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), v);
  }
  [[gnu::always_inline]] static inline Lanes4 splat(std::uint64_t value) noexcept {
    return {_mm256_set1_epi64x(static_cast<long long>(value))};
  }
  [[gnu::always_inline]] friend inline Lanes4 operator^(Lanes4 a, Lanes4 b) noexcept {
    return {_mm256_xor_si256(a.v, b.v)};
  }
  [[gnu::always_inline]] static inline Lanes4 xor3(Lanes4 a, Lanes4 b, Lanes4 c) noexcept {
    return a ^ b ^ c;
  }
  /// a ^ (~b & c).
  [[gnu::always_inline]] static inline Lanes4 chi(Lanes4 a, Lanes4 b, Lanes4 c) noexcept {
    return {_mm256_xor_si256(a.v, _mm256_andnot_si256(b.v, c.v))};
  }
  template <int N>
  [[gnu::always_inline]] inline Lanes4 rotate() const noexcept {
    if constexpr (N % 8 == 0) {
      return {_mm256_shuffle_epi8(v, load_octets(&kRotateOctets<N / 8>))};
    } else {
      return {_mm256_or_si256(_mm256_slli_epi64(v, N), _mm256_srli_epi64(v, 64 - N))};
    }
  }
  [[gnu::always_inline]] inline Lanes4 rotate_1() const noexcept {
    // An addition has more places to run than a shift.
    return {_mm256_or_si256(_mm256_add_epi64(v, v), _mm256_srli_epi64(v, 63))};
  }
  /// `other` in the lanes whose bit is set in `lanes`, `*this` in the rest.
  [[gnu::always_inline]] inline Lanes4 replace(unsigned lanes, Lanes4 other) const noexcept {
    const __m256i each = _mm256_setr_epi64x(1, 2, 4, 8);
    const __m256i chosen = _mm256_cmpeq_epi64(
        _mm256_and_si256(_mm256_set1_epi64x(static_cast<long long>(lanes)), each), each);
    return {_mm256_blendv_epi8(v, other.v, chosen)};
  }
  /// Adds `value` to lane `lane` alone.
  [[gnu::always_inline]] inline Lanes4 xor_lane(unsigned lane, std::uint64_t value) const noexcept {
    const __m256i mask = _mm256_cmpeq_epi64(_mm256_setr_epi64x(0, 1, 2, 3),
                                            _mm256_set1_epi64x(static_cast<long long>(lane)));
    return {_mm256_xor_si256(v, _mm256_and_si256(mask, splat(value).v))};
  }

 private:
  [[gnu::always_inline]] static inline __m256i load_octets(const OctetTable* table) noexcept {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(table));
  }
};

/// One 64-bit word.
using Lanes1 = ScalarLane<Words256>;

}  // namespace nautilus::inline v0::crypto::pq::simd
