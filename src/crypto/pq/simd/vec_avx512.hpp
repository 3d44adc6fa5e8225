// 512-bit vectors of 16-bit and 64-bit words. Only for files compiled for AVX-512 (F, BW, DQ, VL,
// VBMI, VBMI2, VNNI). Everything is forced inline: none of it may end up as a shared out-of-line
// copy that a lesser CPU would run.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "crypto/pq/simd/shuffle_tables.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

/// Thirty-two 16-bit words, or sixteen 32-bit ones where a function says "pairs".
struct Words512 {
  static constexpr std::size_t kLanes = 32;
  static constexpr bool kHasUpperHalf = true;
  __m512i v;

  [[gnu::always_inline]] static inline Words512 load(const void* from) noexcept {
    return {_mm512_loadu_si512(from)};
  }
  [[gnu::always_inline]] inline void store(void* to) const noexcept { _mm512_storeu_si512(to, v); }
  [[gnu::always_inline]] static inline Words512 splat(int value) noexcept {
    return {_mm512_set1_epi16(static_cast<short>(value))};
  }
  [[gnu::always_inline]] static inline Words512 zero() noexcept { return {_mm512_setzero_si512()}; }
  [[gnu::always_inline]] friend inline Words512 operator+(Words512 a, Words512 b) noexcept {
    return {_mm512_add_epi16(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Words512 operator-(Words512 a, Words512 b) noexcept {
    return {_mm512_sub_epi16(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Words512 operator&(Words512 a, Words512 b) noexcept {
    return {_mm512_and_si512(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Words512 operator|(Words512 a, Words512 b) noexcept {
    return {_mm512_or_si512(a.v, b.v)};
  }
  [[gnu::always_inline]] static inline Words512 multiply_low(Words512 a, Words512 b) noexcept {
    return {_mm512_mullo_epi16(a.v, b.v)};
  }
  [[gnu::always_inline]] static inline Words512 multiply_high(Words512 a, Words512 b) noexcept {
    return {_mm512_mulhi_epi16(a.v, b.v)};
  }
  /// (a·b + 2^14) >> 15.
  [[gnu::always_inline]] static inline Words512 multiply_round(Words512 a, Words512 b) noexcept {
    return {_mm512_mulhrs_epi16(a.v, b.v)};
  }
  template <int N>
  [[gnu::always_inline]] inline Words512 shift_left() const noexcept {
    return {_mm512_slli_epi16(v, N)};
  }
  template <int N>
  [[gnu::always_inline]] inline Words512 shift_right() const noexcept {
    return {_mm512_srli_epi16(v, N)};
  }
  template <int N>
  [[gnu::always_inline]] inline Words512 shift_right_signed() const noexcept {
    return {_mm512_srai_epi16(v, N)};
  }

  /// Pairs: a + b.x·c.x + b.y·c.y in 32 bits.
  [[gnu::always_inline]] static inline Words512 multiply_add_pairs(Words512 a, Words512 b,
                                                                   Words512 c) noexcept {
    return {_mm512_dpwssd_epi32(a.v, b.v, c.v)};
  }
  /// Pairs: the low halves of `even` and `odd`, interleaved.
  [[gnu::always_inline]] static inline Words512 low_halves(Words512 even, Words512 odd) noexcept {
    return {_mm512_mask_blend_epi16(0xaaaaaaaaU, even.v, _mm512_slli_epi32(odd.v, 16))};
  }
  [[gnu::always_inline]] static inline Words512 high_halves(Words512 even, Words512 odd) noexcept {
    return {_mm512_mask_blend_epi16(0xaaaaaaaaU, _mm512_srli_epi32(even.v, 16), odd.v)};
  }
  [[gnu::always_inline]] inline Words512 swap_pairs() const noexcept {
    return {_mm512_rol_epi32(v, 16)};
  }
  [[gnu::always_inline]] static inline Words512 blend_odd(Words512 even, Words512 odd) noexcept {
    return {_mm512_mask_blend_epi16(0xaaaaaaaaU, even.v, odd.v)};
  }

  // The exchanges take (a, b), seen as blocks of some bits, and swap the odd blocks of a with the
  // even blocks of b. All but the first act within 256 bits.
  [[gnu::always_inline]] static inline void exchange_256(Words512& a, Words512& b) noexcept {
    const __m512i low = _mm512_shuffle_i64x2(a.v, b.v, 0x44);
    b.v = _mm512_shuffle_i64x2(a.v, b.v, 0xee);
    a.v = low;
  }
  [[gnu::always_inline]] static inline void exchange_128(Words512& a, Words512& b) noexcept {
    const __m512i low =
        _mm512_permutex2var_epi64(a.v, _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13), b.v);
    b.v = _mm512_permutex2var_epi64(a.v, _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15), b.v);
    a.v = low;
  }
  [[gnu::always_inline]] static inline void exchange_64(Words512& a, Words512& b) noexcept {
    const __m512i low = _mm512_unpacklo_epi64(a.v, b.v);
    b.v = _mm512_unpackhi_epi64(a.v, b.v);
    a.v = low;
  }
  [[gnu::always_inline]] static inline void exchange_32(Words512& a, Words512& b) noexcept {
    const __m512i low = _mm512_mask_shuffle_epi32(a.v, 0xaaaa, b.v, _MM_PERM_CCAA);
    b.v = _mm512_mask_shuffle_epi32(b.v, 0x5555, a.v, _MM_PERM_DDBB);
    a.v = low;
  }

  /// 32 fields of D bits from the first 4·D octets at `from`; 64 octets are read.
  template <std::size_t D>
  [[gnu::always_inline]] static inline Words512 unpack(const std::uint8_t* from) noexcept {
    const __m512i octets = _mm512_permutexvar_epi8(load(&kUnpackOctets<D>).v, load(from).v);
    const __m512i fields = _mm512_multishift_epi64_epi8(load(&kUnpackShifts<D>).v, octets);
    return {_mm512_and_si512(fields, splat((1 << D) - 1).v)};
  }

  /// Writes 32 fields of D bits to the first 4·D octets at `to`; 64 octets are written.
  template <std::size_t D>
  [[gnu::always_inline]] inline void pack(std::uint8_t* to) const noexcept {
    constexpr int kSpare = 32 - 2 * static_cast<int>(D);
    const __m512i pairs = _mm512_madd_epi16(v, _mm512_set1_epi32((1 << (16 + D)) | 1));
    const __m512i aligned = _mm512_sllv_epi32(pairs, _mm512_set1_epi64(kSpare));
    __m512i fours = _mm512_srli_epi64(aligned, kSpare);
    if constexpr (D % 2 == 1) {
      // Two fours of 4·D bits each become 8·D bits, a whole number of octets.
      constexpr int kBits = 4 * static_cast<int>(D);
      const __m512i low = _mm512_srlv_epi64(
          fours, _mm512_setr_epi64(0, 64 - kBits, 0, 64 - kBits, 0, 64 - kBits, 0, 64 - kBits));
      fours = _mm512_or_si512(low, _mm512_slli_epi64(_mm512_bsrli_epi128(fours, 8), kBits));
    }
    _mm512_storeu_si512(to, _mm512_permutexvar_epi8(load(&kPackOctets<D>).v, fours));
  }

  /// `value` in the lanes whose bit at `from` is set, else zero. Reads four octets.
  [[gnu::always_inline]] static inline Words512 from_bits(const std::uint8_t* from,
                                                          int value) noexcept {
    std::uint32_t bits;
    __builtin_memcpy(&bits, from, sizeof bits);
    return {_mm512_maskz_set1_epi16(bits, static_cast<short>(value))};
  }

  /// The lowest bit of each word of `w[0..7]`, in order, as 32 octets.
  [[gnu::always_inline]] static inline void store_low_bits(const Words512* w,
                                                           std::uint8_t* to) noexcept {
    for (std::size_t i = 0; i < 8; ++i) {
      const std::uint32_t bits = _mm512_test_epi16_mask(w[i].v, _mm512_set1_epi16(1));
      __builtin_memcpy(to + 4 * i, &bits, sizeof bits);
    }
  }
};

/// `Count` 64-bit words: eight, four or two, each in the narrowest register that holds them.
struct Lanes8 {
  static constexpr std::size_t kLanes = 8;
  static constexpr bool kTernaryLogic = true;
  __m512i v;
  [[gnu::always_inline]] static inline Lanes8 load(const std::uint64_t* from) noexcept {
    return {_mm512_loadu_si512(from)};
  }
  [[gnu::always_inline]] inline void store(std::uint64_t* to) const noexcept {
    _mm512_storeu_si512(to, v);
  }
  [[gnu::always_inline]] static inline Lanes8 splat(std::uint64_t value) noexcept {
    return {_mm512_set1_epi64(static_cast<long long>(value))};
  }
  [[gnu::always_inline]] friend inline Lanes8 operator^(Lanes8 a, Lanes8 b) noexcept {
    return {_mm512_xor_si512(a.v, b.v)};
  }
  [[gnu::always_inline]] static inline Lanes8 xor3(Lanes8 a, Lanes8 b, Lanes8 c) noexcept {
    return {_mm512_ternarylogic_epi64(a.v, b.v, c.v, 0x96)};
  }
  /// a ^ (~b & c).
  [[gnu::always_inline]] static inline Lanes8 chi(Lanes8 a, Lanes8 b, Lanes8 c) noexcept {
    return {_mm512_ternarylogic_epi64(a.v, b.v, c.v, 0xd2)};
  }
  template <int N>
  [[gnu::always_inline]] inline Lanes8 rotate() const noexcept {
    return {_mm512_rol_epi64(v, N)};
  }
  /// `other` in the lanes whose bit is set in `lanes`, `*this` in the rest.
  [[gnu::always_inline]] inline Lanes8 replace(unsigned lanes, Lanes8 other) const noexcept {
    return {_mm512_mask_blend_epi64(static_cast<__mmask8>(lanes), v, other.v)};
  }
  /// Adds `value` to lane `lane` alone.
  [[gnu::always_inline]] inline Lanes8 xor_lane(unsigned lane, std::uint64_t value) const noexcept {
    return {_mm512_mask_xor_epi64(v, static_cast<__mmask8>(1U << lane), v, splat(value).v)};
  }
};

struct Lanes4Vl {
  static constexpr std::size_t kLanes = 4;
  static constexpr bool kTernaryLogic = true;
  __m256i v;
  [[gnu::always_inline]] static inline Lanes4Vl load(const std::uint64_t* from) noexcept {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))};
  }
  [[gnu::always_inline]] inline void store(std::uint64_t* to) const noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), v);
  }
  [[gnu::always_inline]] static inline Lanes4Vl splat(std::uint64_t value) noexcept {
    return {_mm256_set1_epi64x(static_cast<long long>(value))};
  }
  [[gnu::always_inline]] friend inline Lanes4Vl operator^(Lanes4Vl a, Lanes4Vl b) noexcept {
    return {_mm256_xor_si256(a.v, b.v)};
  }
  [[gnu::always_inline]] static inline Lanes4Vl xor3(Lanes4Vl a, Lanes4Vl b, Lanes4Vl c) noexcept {
    return {_mm256_ternarylogic_epi64(a.v, b.v, c.v, 0x96)};
  }
  [[gnu::always_inline]] static inline Lanes4Vl chi(Lanes4Vl a, Lanes4Vl b, Lanes4Vl c) noexcept {
    return {_mm256_ternarylogic_epi64(a.v, b.v, c.v, 0xd2)};
  }
  template <int N>
  [[gnu::always_inline]] inline Lanes4Vl rotate() const noexcept {
    return {_mm256_rol_epi64(v, N)};
  }
};

struct Lanes2Vl {
  static constexpr std::size_t kLanes = 2;
  static constexpr bool kTernaryLogic = true;
  __m128i v;
  [[gnu::always_inline]] static inline Lanes2Vl load(const std::uint64_t* from) noexcept {
    return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))};
  }
  [[gnu::always_inline]] inline void store(std::uint64_t* to) const noexcept {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), v);
  }
  [[gnu::always_inline]] inline void store_first(std::uint64_t* to) const noexcept {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), v);
  }
  [[gnu::always_inline]] static inline Lanes2Vl splat(std::uint64_t value) noexcept {
    return {_mm_set1_epi64x(static_cast<long long>(value))};
  }
  [[gnu::always_inline]] friend inline Lanes2Vl operator^(Lanes2Vl a, Lanes2Vl b) noexcept {
    return {_mm_xor_si128(a.v, b.v)};
  }
  [[gnu::always_inline]] static inline Lanes2Vl xor3(Lanes2Vl a, Lanes2Vl b, Lanes2Vl c) noexcept {
    return {_mm_ternarylogic_epi64(a.v, b.v, c.v, 0x96)};
  }
  [[gnu::always_inline]] static inline Lanes2Vl chi(Lanes2Vl a, Lanes2Vl b, Lanes2Vl c) noexcept {
    return {_mm_ternarylogic_epi64(a.v, b.v, c.v, 0xd2)};
  }
  template <int N>
  [[gnu::always_inline]] inline Lanes2Vl rotate() const noexcept {
    return {_mm_rol_epi64(v, N)};
  }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
