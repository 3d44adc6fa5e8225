// What the kernels need of AVX-512 besides vectors of words.
#pragma once

#include "crypto/pq/simd/keccak_rounds.hpp"
#include "crypto/pq/simd/vec_avx512.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

struct Avx512 {
  using Words = Words512;
  using Wide = Lanes8;
  /// Sponge states side by side, and how many of them cost little more than one.
  static constexpr std::size_t kLanes = 8;
  static constexpr std::size_t kCheapLanes = 4;

  /// Keccak-f[1600] on at least the first `active` of the states.
  [[gnu::always_inline]] static inline void permute(std::uint64_t* state,
                                                    std::size_t active) noexcept {
    if (active > 4) {
      keccak_permute<Lanes8, kLanes>(state);
    } else if (active > 2) {
      keccak_permute<Lanes4Vl, kLanes>(state);
    } else {
      keccak_permute<Lanes2Vl, kLanes>(state);
    }
  }

  /// Absorbs blocks of 17 words into the first state.
  static void absorb(std::uint64_t* state, const std::uint8_t* message,
                     std::size_t blocks) noexcept {
    keccak_absorb<Lanes2Vl, kLanes, 17>(state, message, blocks);
  }

  /// Writes the first `8 · rows8` words of each state to its place in `to`.
  static void extract(const std::uint64_t* state, std::size_t rows8,
                      std::uint8_t* const (&to)[kLanes]) noexcept {
    for (std::size_t r = 0; r < rows8; ++r) {
      __m512i a[8];
      __m512i b[8];
#pragma GCC unroll 8
      for (std::size_t i = 0; i < 8; ++i) a[i] = _mm512_loadu_si512(state + 64 * r + 8 * i);
#pragma GCC unroll 4
      for (std::size_t i = 0; i < 8; i += 2) {
        b[i] = _mm512_unpacklo_epi64(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 1]);
      }
#pragma GCC unroll 2
      for (std::size_t i = 0; i < 8; i += 4) {
#pragma GCC unroll 2
        for (std::size_t j = 0; j < 2; ++j) {
          a[i + j] = _mm512_shuffle_i64x2(b[i + j], b[i + j + 2], 0x88);
          a[i + j + 2] = _mm512_shuffle_i64x2(b[i + j], b[i + j + 2], 0xdd);
        }
      }
      // a[i] holds lanes (j, j + 4) of rows i..i + 3 with j = i % 4 in the order 0, 1, 2, 3.
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        _mm512_storeu_si512(to[j] + 64 * r, _mm512_shuffle_i64x2(a[j], a[j + 4], 0x88));
        _mm512_storeu_si512(to[j + 4] + 64 * r, _mm512_shuffle_i64x2(a[j], a[j + 4], 0xdd));
      }
    }
  }

  /// SampleNTT's rejection step (FIPS 203 algorithm 7) on `size` octets, a multiple of 24: appends
  /// to the `filled` coefficients at `out` until there are 256. Gives their number. 64 octets
  /// after the last must be readable.
  [[gnu::noinline]] static std::size_t accept(const std::uint8_t* octets, std::size_t size,
                                              std::int16_t* out, std::size_t filled) noexcept {
    const __m512i fields = _mm512_load_si512(&kUnpackOctets<12>);
    const __m512i shifts = _mm512_load_si512(&kUnpackShifts<12>);
    const __m512i twelve = _mm512_set1_epi16(0xfff);
    const __m512i prime = _mm512_set1_epi16(3329);
    for (std::size_t i = 0; i < size && filled < 256; i += 48) {
      const __m512i octet = _mm512_permutexvar_epi8(fields, _mm512_loadu_si512(octets + i));
      const __m512i value = _mm512_and_si512(_mm512_multishift_epi64_epi8(shifts, octet), twelve);
      const __mmask32 present = size - i >= 48 ? 0xffffffffU : 0x0000ffffU;
      const __mmask32 below = _mm512_mask_cmplt_epi16_mask(present, value, prime);
      const std::size_t room = 256 - filled;
      const __m512i accepted = _mm512_maskz_compress_epi16(below, value);
      if (room >= 32) {
        _mm512_storeu_si512(out + filled, accepted);
      } else {
        _mm512_mask_storeu_epi16(out + filled, (1U << room) - 1, accepted);
      }
      filled += static_cast<std::size_t>(__builtin_popcount(below));
    }
    return filled < 256 ? filled : 256;
  }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
