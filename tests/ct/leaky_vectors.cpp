// What the disassembly check must complain of, one function each.
#include <immintrin.h>

#include <cstdint>

extern "C" {

// A load whose addresses are data.
__m512i leaky_gather(const int* table, __m512i index) {
  return _mm512_i32gather_epi32(index, table, 4);
}

// A branch on a comparison of vectors, by way of a mask register.
int leaky_mask_branch(__m512i a, __m512i b, volatile int* sink) {
  const auto mask = _mm512_cmplt_epi16_mask(a, b);
  if (_cvtmask32_u32(mask) > 77) *sink = 5;
  return *sink;
}

// A branch on a word taken from a vector.
int leaky_word_branch(__m512i a, volatile int* sink) {
  if (_mm_cvtsi128_si32(_mm512_castsi512_si128(a)) == 41) *sink = 1;
  return *sink;
}

// A branch on flags that a vector instruction sets.
int leaky_test_branch(__m256i a, volatile int* sink) {
  if (_mm256_testz_si256(a, a) != 0) *sink = 1;
  return *sink;
}

// A division, whose time depends on its operands.
std::uint32_t leaky_division(std::uint32_t a, std::uint32_t b) { return a / b; }

// And nothing: a loop over a public count.
void innocent_loop(std::uint32_t* words, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) words[i] = words[i] * 3 + 1;
}
}

// Leaks in functions that are called as those exempt are, and are others.
namespace leaky {

int sample_public(__m512i a, volatile int* sink);
int sample_public(__m512i a, volatile int* sink) {
  if (_mm_cvtsi128_si32(_mm512_castsi512_si128(a)) == 43) *sink = 7;
  return *sink;
}

struct Avx512 {
  static int accept(__m512i a, volatile int* sink);
};
int Avx512::accept(__m512i a, volatile int* sink) {
  if (_mm512_movepi32_mask(a) != 0) *sink = 6;
  return *sink;
}

}  // namespace leaky
