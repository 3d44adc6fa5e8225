// What the kernels need of AVX2 besides vectors of words.
#pragma once

#include "crypto/pq/simd/keccak_rounds.hpp"
#include "crypto/pq/simd/vec_avx2.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

struct Avx2 {
  using Words = Words256;
  using Wide = Lanes4;
  /// Sponge states side by side, and how many of them cost little more than one.
  static constexpr std::size_t kLanes = 4;
  static constexpr std::size_t kCheapLanes = 4;

  /// Keccak-f[1600] on at least the first `active` of the states.
  [[gnu::always_inline]] static inline void permute(std::uint64_t* state,
                                                    std::size_t active) noexcept {
    if (active > 1) {
      keccak_permute<Lanes4, kLanes>(state);
    } else {
      keccak_permute<Lanes1, kLanes>(state);
    }
  }

  /// Absorbs blocks of 17 words into the first state.
  static void absorb(std::uint64_t* state, const std::uint8_t* message,
                     std::size_t blocks) noexcept {
    keccak_absorb<Lanes1, kLanes, 17>(state, message, blocks);
  }

  /// Writes the first `8 · rows8` words of each state to its place in `to`.
  static void extract(const std::uint64_t* state, std::size_t rows8,
                      std::uint8_t* const (&to)[kLanes]) noexcept {
    for (std::size_t r = 0; r < 2 * rows8; ++r) {
      const std::uint64_t* const rows = state + 16 * r;
      const __m256i a0 = Lanes4::load(rows).v;
      const __m256i a1 = Lanes4::load(rows + 4).v;
      const __m256i a2 = Lanes4::load(rows + 8).v;
      const __m256i a3 = Lanes4::load(rows + 12).v;
      const __m256i b0 = _mm256_unpacklo_epi64(a0, a1);
      const __m256i b1 = _mm256_unpackhi_epi64(a0, a1);
      const __m256i b2 = _mm256_unpacklo_epi64(a2, a3);
      const __m256i b3 = _mm256_unpackhi_epi64(a2, a3);
      const auto store = [&](std::size_t lane, __m256i v) __attribute__((always_inline)) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to[lane] + 32 * r), v);
      };
      store(0, _mm256_permute2x128_si256(b0, b2, 0x20));
      store(1, _mm256_permute2x128_si256(b1, b3, 0x20));
      store(2, _mm256_permute2x128_si256(b0, b2, 0x31));
      store(3, _mm256_permute2x128_si256(b1, b3, 0x31));
    }
  }

  /// SampleNTT's rejection step (FIPS 203 algorithm 7) on `size` octets, a multiple of 24: appends
  /// to the `filled` coefficients at `out` until there are 256. Gives their number. 64 octets
  /// after the last must be readable. What is accepted is public, so a table may be used.
  [[gnu::noinline]] static std::size_t accept(const std::uint8_t* octets, std::size_t size,
                                              std::int16_t* out, std::size_t filled) noexcept {
    const __m256i prime = _mm256_set1_epi16(3329);
    std::size_t i = 0;
    for (; i < size && filled <= 256 - 16; i += 24) {
      const __m256i value = Words256::unpack<12>(octets + i).v;
      const unsigned accepted = below(value, prime);
      filled += append(_mm256_castsi256_si128(value), accepted & 0xff, out + filled);
      filled += append(_mm256_extracti128_si256(value, 1), accepted >> 8, out + filled);
    }
    for (; i < size && filled < 256; i += 24) {
      const __m256i value = Words256::unpack<12>(octets + i).v;
      const unsigned accepted = below(value, prime);
      std::int16_t last[24];
      std::size_t found = append(_mm256_castsi256_si128(value), accepted & 0xff, last);
      found += append(_mm256_extracti128_si256(value, 1), accepted >> 8, last + found);
      for (std::size_t j = 0; j < found && filled < 256; ++j) out[filled++] = last[j];
    }
    return filled;
  }

 private:
  [[gnu::always_inline]] static inline unsigned below(__m256i value, __m256i prime) noexcept {
    const __m256i mask = _mm256_cmpgt_epi16(prime, value);
    const __m128i octets =
        _mm_packs_epi16(_mm256_castsi256_si128(mask), _mm256_extracti128_si256(mask, 1));
    return static_cast<unsigned>(_mm_movemask_epi8(octets));
  }

  // Writes eight words, the accepted ones first.
  [[gnu::always_inline]] static inline std::size_t append(__m128i value, unsigned accepted,
                                                          std::int16_t* out) noexcept {
    const __m128i order =
        _mm_load_si128(reinterpret_cast<const __m128i*>(kCompressWords.at[accepted]));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm_shuffle_epi8(value, order));
    return static_cast<std::size_t>(__builtin_popcount(accepted));
  }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
