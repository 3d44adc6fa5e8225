// Included into every file of the build with MemorySanitizer: what is secret becomes poisoned
// there, and the AVX-512 instructions that the sanitizer does not follow (it would want all their
// operands to be defined) are replaced by plain C++ that it does.
#pragma once

#define NAUTILUS_MSAN_MODEL

#include <sanitizer/msan_interface.h>
#include <string.h>

#include <valgrind/memcheck.h>

// The marks that core/ct.hpp makes for valgrind.
#undef VALGRIND_MAKE_MEM_UNDEFINED
#undef VALGRIND_MAKE_MEM_DEFINED
#undef RUNNING_ON_VALGRIND
#define VALGRIND_MAKE_MEM_UNDEFINED(at, size) (__msan_poison((at), (size)), 0)
#define VALGRIND_MAKE_MEM_DEFINED(at, size) (__msan_unpoison((at), (size)), 0)
#define RUNNING_ON_VALGRIND 1

// The sanitizer does not see what glibc's function writes.
inline void msan_model_bzero(void* at, size_t size) noexcept {
  memset(at, 0, size);
  asm volatile("" : : "r"(at) : "memory");
}
#define explicit_bzero msan_model_bzero

// It takes whatever goes into inline assembly for a use. Barriers to the optimiser are all there
// is, and it does not need them.
#pragma clang diagnostic ignored "-Wkeyword-macro"
#define asm \
  if constexpr (false) asm

// Whether what depends on a secret is still known to: a sanitizer that lost track of it would find
// nothing.
inline bool msan_model_follows(const void* at, size_t size) noexcept {
  return __msan_test_shadow(at, size) >= 0;
}

#ifdef __AVX512F__

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace msan_model {

template <class T, class V>
struct Lanes {
  static constexpr std::size_t kCount = sizeof(V) / sizeof(T);
  T at[kCount];
};
template <class T, class V>
inline Lanes<T, V> lanes(V v) noexcept {
  using Array = Lanes<T, V>;
  return __builtin_bit_cast(Array, v);
}
template <class T, class V, class F>
inline V make(F f) noexcept {
  Lanes<T, V> r;
  for (std::size_t i = 0; i < r.kCount; ++i) r.at[i] = static_cast<T>(f(i));
  return __builtin_bit_cast(V, r);
}

template <int Table, class V>
inline V ternary(V a, V b, V c) noexcept {
  const auto x = lanes<std::uint64_t>(a);
  const auto y = lanes<std::uint64_t>(b);
  const auto z = lanes<std::uint64_t>(c);
  return make<std::uint64_t, V>([&](std::size_t i) {
    std::uint64_t all = 0;
    for (int k = 0; k < 8; ++k) {
      if ((Table >> k & 1) == 0) continue;
      all |= ((k & 4) != 0 ? x.at[i] : ~x.at[i]) & ((k & 2) != 0 ? y.at[i] : ~y.at[i]) &
             ((k & 1) != 0 ? z.at[i] : ~z.at[i]);
    }
    return all;
  });
}

// A product depends on all of its operands in every bit, which the sanitizer follows only in part:
// it keeps a secret at the place where it stood.
template <class To, class From, class V, class F>
inline V multiply(V a, V b, F f) noexcept {
  constexpr std::size_t kEach = sizeof(To) / sizeof(From);
  const auto x = lanes<From>(a);
  const auto y = lanes<From>(b);
  auto r =
      lanes<To>(make<To, V>([&](std::size_t i) { return f(x.at + kEach * i, y.at + kEach * i); }));
  for (std::size_t i = 0; i < r.kCount; ++i) {
    if (__msan_test_shadow(x.at + kEach * i, sizeof(To)) >= 0 ||
        __msan_test_shadow(y.at + kEach * i, sizeof(To)) >= 0) {
      __msan_poison(&r.at[i], sizeof(To));
    }
  }
  return __builtin_bit_cast(V, r);
}

}  // namespace msan_model

#undef _mm512_ternarylogic_epi64
#undef _mm256_ternarylogic_epi64
#undef _mm_ternarylogic_epi64
#define _mm512_ternarylogic_epi64(a, b, c, table) msan_model::ternary<table>(a, b, c)
#define _mm256_ternarylogic_epi64(a, b, c, table) msan_model::ternary<table>(a, b, c)
#define _mm_ternarylogic_epi64(a, b, c, table) msan_model::ternary<table>(a, b, c)

#endif

#ifdef __AVX512IFMA__

namespace msan_model {

// acc + the low (high) 52 bits of the product of the low 52 bits of a and b. What is not read of
// them has no part in it.
template <int Shift, class V>
inline V multiply_add_52(V acc, V a, V b) noexcept {
  constexpr std::uint64_t kLow = (std::uint64_t{1} << 52) - 1;
  const auto low = [](V v) {
    const auto from = lanes<std::uint64_t>(v);
    return make<std::uint64_t, V>([&](std::size_t i) { return from.at[i] & kLow; });
  };
  const auto sum = lanes<std::uint64_t>(acc);
  const auto products = lanes<std::uint64_t>(
      multiply<std::uint64_t, std::uint64_t>(low(a), low(b), [](const auto* x, const auto* y) {
        __extension__ using Wide = unsigned __int128;
        return static_cast<std::uint64_t>((Wide{*x} * *y) >> Shift) & kLow;
      }));
  return make<std::uint64_t, V>([&](std::size_t i) { return sum.at[i] + products.at[i]; });
}

// Lanes may be chosen by a secret: in a register that is no memory access.
inline __m256i permute_lanes(__m256i index, __m256i a) noexcept {
  const auto from = lanes<std::uint64_t>(a);
  const auto where = lanes<std::uint64_t>(index);
  return make<std::uint64_t, __m256i>([&](std::size_t i) {
    std::uint64_t value = 0;
    for (std::uint64_t j = 0; j < 4; ++j) {
      const std::uint64_t other = (where.at[i] & 3) ^ j;
      value |= from.at[j] & (((other | (0 - other)) >> 63) - 1);
    }
    return value;
  });
}

}  // namespace msan_model

#undef _mm256_madd52lo_epu64
#undef _mm512_madd52lo_epu64
#undef _mm256_madd52hi_epu64
#undef _mm512_madd52hi_epu64
#define _mm256_madd52lo_epu64 msan_model::multiply_add_52<0>
#define _mm512_madd52lo_epu64 msan_model::multiply_add_52<0>
#define _mm256_madd52hi_epu64 msan_model::multiply_add_52<52>
#define _mm512_madd52hi_epu64 msan_model::multiply_add_52<52>
#undef _mm256_permutexvar_epi64
#define _mm256_permutexvar_epi64 msan_model::permute_lanes

#endif

#ifdef __AVX512VBMI2__

namespace msan_model {

inline __m512i permute_octets(__m512i index, __m512i a) noexcept {
  const auto from = lanes<std::uint8_t>(a);
  const auto where = lanes<std::uint8_t>(index);
  return make<std::uint8_t, __m512i>([&](std::size_t i) { return from.at[where.at[i] % 64]; });
}

inline __m512i permute_two(__m512i a, __m512i index, __m512i b) noexcept {
  const auto x = lanes<std::uint64_t>(a);
  const auto y = lanes<std::uint64_t>(b);
  const auto where = lanes<std::uint64_t>(index);
  return make<std::uint64_t, __m512i>([&](std::size_t i) {
    return (where.at[i] & 8) == 0 ? x.at[where.at[i] % 8] : y.at[where.at[i] % 8];
  });
}

inline __m512i multishift(__m512i control, __m512i a) noexcept {
  const auto from = lanes<std::uint64_t>(a);
  const auto by = lanes<std::uint8_t>(control);
  return make<std::uint8_t, __m512i>([&](std::size_t i) {
    const std::uint64_t word = from.at[i / 8];
    const unsigned shift = by.at[i] % 64;
    return shift == 0 ? word : word >> shift | word << (64 - shift);
  });
}

template <class T, class V>
inline V compress(std::uint64_t mask, V a) noexcept {
  const auto from = lanes<T>(a);
  Lanes<T, V> r{};
  std::size_t filled = 0;
  for (std::size_t i = 0; i < r.kCount; ++i) {
    if ((mask >> i & 1) != 0) r.at[filled++] = from.at[i];
  }
  return __builtin_bit_cast(V, r);
}

inline __m512i multiply_high(__m512i a, __m512i b) noexcept {
  return multiply<std::int16_t, std::int16_t>(
      a, b, [](const auto* x, const auto* y) { return (*x * *y) >> 16; });
}
inline __m512i multiply_low(__m512i a, __m512i b) noexcept {
  return multiply<std::int16_t, std::int16_t>(a, b,
                                              [](const auto* x, const auto* y) { return *x * *y; });
}
inline __m512i multiply_round(__m512i a, __m512i b) noexcept {
  return multiply<std::int16_t, std::int16_t>(
      a, b, [](const auto* x, const auto* y) { return (*x * *y + (1 << 14)) >> 15; });
}
inline __m512i multiply_low_words(__m512i a, __m512i b) noexcept {
  return multiply<std::uint32_t, std::uint32_t>(
      a, b, [](const auto* x, const auto* y) { return *x * *y; });
}
inline __m512i multiply_even_words(__m512i a, __m512i b) noexcept {
  // The odd words have no part in it.
  const __m512i even = _mm512_set1_epi64(0xffffffff);
  return multiply<std::int64_t, std::int32_t>(
      _mm512_and_si512(a, even), _mm512_and_si512(b, even),
      [](const auto* x, const auto* y) { return std::int64_t{*x} * *y; });
}
template <class V>
inline V multiply_pairs(V a, V b) noexcept {
  return multiply<std::int32_t, std::int16_t>(a, b, [](const auto* x, const auto* y) {
    return static_cast<std::uint32_t>(x[0] * y[0]) + static_cast<std::uint32_t>(x[1] * y[1]);
  });
}
inline __m512i add_pairs(__m512i sum, __m512i a, __m512i b) noexcept {
  return _mm512_add_epi32(sum, multiply_pairs(a, b));
}

// Sixteen octets: sums that stay below 2^15, and words that stay below 2^8.
inline __m128i multiply_octets(__m128i a, __m128i b) noexcept {
  const auto x = lanes<std::uint8_t>(a);
  const auto y = lanes<std::int8_t>(b);
  return make<std::int16_t, __m128i>(
      [&](std::size_t i) { return x.at[2 * i] * y.at[2 * i] + x.at[2 * i + 1] * y.at[2 * i + 1]; });
}
inline __m128i narrow(__m128i a, __m128i b) noexcept {
  const auto x = lanes<std::int16_t>(a);
  const auto y = lanes<std::int16_t>(b);
  return make<std::uint8_t, __m128i>([&](std::size_t i) { return i < 8 ? x.at[i] : y.at[i - 8]; });
}
// A table of constants may be permuted by a secret: in a register that is no memory access.
inline __m128i shuffle(__m128i a, __m128i index) noexcept {
  const auto from = lanes<std::uint8_t>(a);
  const auto where = lanes<std::uint8_t>(index);
  return make<std::uint8_t, __m128i>([&](std::size_t i) {
    int value = 0;
    for (int j = 0; j < 16; ++j) {
      value |= from.at[j] & ((((where.at[i] & 0x8f) ^ j) - 1) >> 31);
    }
    return value;
  });
}

}  // namespace msan_model

#define _mm512_permutexvar_epi8 msan_model::permute_octets
#define _mm512_permutex2var_epi64 msan_model::permute_two
#define _mm512_multishift_epi64_epi8 msan_model::multishift
#define _mm512_maskz_compress_epi16 msan_model::compress<std::uint16_t>
#define _mm512_maskz_compress_epi32 msan_model::compress<std::uint32_t>
#define _mm_maskz_compress_epi8 msan_model::compress<std::uint8_t>
#define _mm512_mulhi_epi16 msan_model::multiply_high
#define _mm512_mulhrs_epi16 msan_model::multiply_round
#define _mm512_mullo_epi16 msan_model::multiply_low
#define _mm512_mullo_epi32 msan_model::multiply_low_words
#define _mm512_mul_epi32 msan_model::multiply_even_words
#define _mm512_madd_epi16 msan_model::multiply_pairs
#define _mm512_dpwssd_epi32 msan_model::add_pairs
#define _mm_madd_epi16 msan_model::multiply_pairs
#define _mm_maddubs_epi16 msan_model::multiply_octets
#define _mm_packus_epi16 msan_model::narrow
#define _mm_shuffle_epi8 msan_model::shuffle

#endif
