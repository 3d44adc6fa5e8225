// Vectors of 64-bit lanes with AVX-512 IFMA: one group of four lanes in 256 bits, or two groups in
// 512. Included by files compiled for that instruction set only.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace nautilus::inline v0::crypto::curve25519 {
namespace {

/// Four lanes.
struct Vec4 {
  __m256i v;
  static constexpr int kGroups = 1;

  static Vec4 load(const std::uint64_t (&lanes)[4]) noexcept {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(lanes))};
  }
  void store(std::uint64_t (&lanes)[4]) const noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(lanes), v);
  }
  static Vec4 all(std::uint64_t x) noexcept {
    return {_mm256_set1_epi64x(static_cast<long long>(x))};
  }
  static Vec4 zero() noexcept { return {_mm256_setzero_si256()}; }
  friend Vec4 operator+(Vec4 a, Vec4 b) noexcept { return {_mm256_add_epi64(a.v, b.v)}; }
  friend Vec4 operator-(Vec4 a, Vec4 b) noexcept { return {_mm256_sub_epi64(a.v, b.v)}; }
  friend Vec4 operator&(Vec4 a, Vec4 b) noexcept { return {_mm256_and_si256(a.v, b.v)}; }
  friend Vec4 operator|(Vec4 a, Vec4 b) noexcept { return {_mm256_or_si256(a.v, b.v)}; }
  friend Vec4 operator^(Vec4 a, Vec4 b) noexcept { return {_mm256_xor_si256(a.v, b.v)}; }
  template <int N>
  [[nodiscard]] Vec4 shl() const noexcept {
    return {_mm256_slli_epi64(v, N)};
  }
  template <int N>
  [[nodiscard]] Vec4 shr() const noexcept {
    return {_mm256_srli_epi64(v, N)};
  }
  /// acc + the low (high) 52 bits of the product of the low 52 bits of a and b.
  static Vec4 madd_lo(Vec4 acc, Vec4 a, Vec4 b) noexcept {
    return {_mm256_madd52lo_epu64(acc.v, a.v, b.v)};
  }
  static Vec4 madd_hi(Vec4 acc, Vec4 a, Vec4 b) noexcept {
    return {_mm256_madd52hi_epu64(acc.v, a.v, b.v)};
  }
  /// Lane i of the result is lane (I >> 2i) & 3.
  template <int I>
  [[nodiscard]] Vec4 permuted() const noexcept {
    return {_mm256_permute4x64_epi64(v, I)};
  }
  /// The same by a vector of lane numbers, which may be secret.
  [[nodiscard]] Vec4 permuted(Vec4 lanes) const noexcept {
    return {_mm256_permutexvar_epi64(lanes.v, v)};
  }
  /// Lanes 0 and 1 changed places, and 2 and 3.
  [[nodiscard]] Vec4 neighbours() const noexcept { return {_mm256_shuffle_epi32(v, 0x4e)}; }
  friend Vec4 operator~(Vec4 a) noexcept {
    return {_mm256_ternarylogic_epi64(a.v, a.v, a.v, 0x55)};
  }
  /// b in the lanes whose bit is set in Lanes, else a.
  template <int Lanes>
  static Vec4 blend(Vec4 a, Vec4 b) noexcept {
    return {_mm256_mask_mov_epi64(a.v, Lanes, b.v)};
  }
  /// a + b in the lanes of Lanes, else a.
  template <int Lanes>
  static Vec4 add_at(Vec4 a, Vec4 b) noexcept {
    return {_mm256_mask_add_epi64(a.v, Lanes, a.v, b.v)};
  }
  template <int Lanes>
  static Vec4 sub_at(Vec4 a, Vec4 b) noexcept {
    return {_mm256_mask_sub_epi64(a.v, Lanes, a.v, b.v)};
  }
  /// a | (mask & b): b's memory is read whatever the mask.
  static Vec4 or_masked(Vec4 a, Vec4 mask, Vec4 b) noexcept {
    return {_mm256_ternarylogic_epi64(a.v, mask.v, b.v, 0xf8)};
  }
  /// All ones in the lanes where a = b, else zero.
  static Vec4 equal(Vec4 a, Vec4 b) noexcept { return {_mm256_cmpeq_epi64(a.v, b.v)}; }
  /// b where mask is all ones, a where it is zero.
  static Vec4 select(Vec4 mask, Vec4 a, Vec4 b) noexcept {
    return {_mm256_ternarylogic_epi64(mask.v, b.v, a.v, 0xca)};
  }
};

/// Two groups of four lanes; permutations stay within a group, lane sets apply to both.
struct Vec8 {
  __m512i v;
  static constexpr int kGroups = 2;

  /// The same four lanes in both groups.
  static Vec8 load(const std::uint64_t (&lanes)[4]) noexcept {
    return {_mm512_broadcast_i64x4(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(lanes)))};
  }
  static Vec8 all(std::uint64_t x) noexcept {
    return {_mm512_set1_epi64(static_cast<long long>(x))};
  }
  /// One value for each group.
  static Vec8 each(std::uint64_t low, std::uint64_t high) noexcept {
    return {_mm512_inserti64x4(_mm512_set1_epi64(static_cast<long long>(low)),
                               _mm256_set1_epi64x(static_cast<long long>(high)), 1)};
  }
  [[nodiscard]] Vec4 low() const noexcept { return {_mm512_castsi512_si256(v)}; }
  [[nodiscard]] Vec4 high() const noexcept { return {_mm512_extracti64x4_epi64(v, 1)}; }
  static Vec8 zero() noexcept { return {_mm512_setzero_si512()}; }
  friend Vec8 operator+(Vec8 a, Vec8 b) noexcept { return {_mm512_add_epi64(a.v, b.v)}; }
  friend Vec8 operator-(Vec8 a, Vec8 b) noexcept { return {_mm512_sub_epi64(a.v, b.v)}; }
  friend Vec8 operator&(Vec8 a, Vec8 b) noexcept { return {_mm512_and_si512(a.v, b.v)}; }
  friend Vec8 operator|(Vec8 a, Vec8 b) noexcept { return {_mm512_or_si512(a.v, b.v)}; }
  friend Vec8 operator^(Vec8 a, Vec8 b) noexcept { return {_mm512_xor_si512(a.v, b.v)}; }
  template <int N>
  [[nodiscard]] Vec8 shl() const noexcept {
    return {_mm512_slli_epi64(v, N)};
  }
  template <int N>
  [[nodiscard]] Vec8 shr() const noexcept {
    return {_mm512_srli_epi64(v, N)};
  }
  static Vec8 madd_lo(Vec8 acc, Vec8 a, Vec8 b) noexcept {
    return {_mm512_madd52lo_epu64(acc.v, a.v, b.v)};
  }
  static Vec8 madd_hi(Vec8 acc, Vec8 a, Vec8 b) noexcept {
    return {_mm512_madd52hi_epu64(acc.v, a.v, b.v)};
  }
  template <int I>
  [[nodiscard]] Vec8 permuted() const noexcept {
    return {_mm512_permutex_epi64(v, I)};
  }
  template <int Lanes>
  static Vec8 blend(Vec8 a, Vec8 b) noexcept {
    return {_mm512_mask_mov_epi64(a.v, Lanes * 0x11, b.v)};
  }
  template <int Lanes>
  static Vec8 add_at(Vec8 a, Vec8 b) noexcept {
    return {_mm512_mask_add_epi64(a.v, Lanes * 0x11, a.v, b.v)};
  }
  template <int Lanes>
  static Vec8 sub_at(Vec8 a, Vec8 b) noexcept {
    return {_mm512_mask_sub_epi64(a.v, Lanes * 0x11, a.v, b.v)};
  }
  static Vec8 or_masked(Vec8 a, Vec8 mask, Vec8 b) noexcept {
    return {_mm512_ternarylogic_epi64(a.v, mask.v, b.v, 0xf8)};
  }
  static Vec8 equal(Vec8 a, Vec8 b) noexcept {
    return {_mm512_maskz_set1_epi64(_mm512_cmpeq_epi64_mask(a.v, b.v), -1)};
  }
  static Vec8 select(Vec8 mask, Vec8 a, Vec8 b) noexcept {
    return {_mm512_ternarylogic_epi64(mask.v, b.v, a.v, 0xca)};
  }
};

}  // namespace
}  // namespace nautilus::inline v0::crypto::curve25519
