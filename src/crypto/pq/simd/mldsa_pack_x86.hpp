// Packing of small vectors that AVX2 and AVX-512 share. Everything is forced inline.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace nautilus::inline v0::crypto::pq::simd {

template <std::size_t Size>
[[gnu::always_inline]] inline void store_octets(__m128i octets, std::uint8_t* to) noexcept {
  static_assert(Size >= 8 && Size <= 16);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), octets);
  const std::uint64_t rest = static_cast<std::uint64_t>(_mm_extract_epi64(octets, 1));
  __builtin_memcpy(to + 8, &rest, Size - 8);
}

/// SimpleBitPack (FIPS 204 algorithm 16) of sixteen octets below 2^Bits, 3, 4 or 6.
template <std::size_t Bits>
[[gnu::always_inline]] inline void pack_octets(__m128i w, std::uint8_t* out) noexcept {
  static_assert(Bits == 3 || Bits == 4 || Bits == 6);
  const __m128i pairs = _mm_maddubs_epi16(w, _mm_set1_epi16(1 | 1 << (8 + Bits)));
  if constexpr (Bits == 3) {
    const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(1 | 64 << 16));
    const __m128i eights = _mm_or_si128(fours, _mm_srli_epi64(fours, 32 - 12));
    const __m128i close = _mm_setr_epi8(0, 1, 2, 8, 9, 10, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const auto six = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_shuffle_epi8(eights, close)));
    __builtin_memcpy(out, &six, 6);
  } else if constexpr (Bits == 4) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packus_epi16(pairs, pairs));
  } else {
    const __m128i close = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(1 | 4096 << 16));
    store_octets<12>(_mm_shuffle_epi8(fours, close), out);
  }
}

}  // namespace nautilus::inline v0::crypto::pq::simd
