// What MemorySanitizer must complain of in a kernel for AVX-512, and what it must not: values go
// through instructions that msan_model.hpp replaces on the way.
//
//     msan_leaky branch|index|count|none
#include <immintrin.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "core/ct.hpp"

namespace {

using namespace nautilus;

volatile int sink = 0;
std::array<volatile int, 256> table{};

std::array<std::int32_t, 16> processed(const std::int32_t* secret) {
  __m512i v = _mm512_loadu_si512(secret);
  v = _mm512_ternarylogic_epi64(v, v, _mm512_set1_epi32(77), 0xd2);
  v = _mm512_mulhi_epi16(v, _mm512_set1_epi16(1234));
  v = _mm512_permutexvar_epi8(_mm512_set1_epi8(5), v);
  std::array<std::int32_t, 16> words;
  _mm512_storeu_si512(words.data(), v);
  return words;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  std::array<std::int32_t, 16> secret{};
  ct::classify(secret.data(), sizeof secret);
  auto words = processed(secret.data());
  if (what == "branch") {
    if (words[3] == 0x41) sink = 1;
  } else if (what == "index") {
    sink = table[static_cast<std::uint8_t>(words[3])];
  } else if (what == "count") {
    // As many as a rejection step accepts.
    const __mmask16 accepted =
        _mm512_cmplt_epi32_mask(_mm512_loadu_si512(words.data()), _mm512_set1_epi32(1000));
    table[static_cast<std::size_t>(__builtin_popcount(accepted))] = 1;
  } else if (what == "none") {
    words[3] &= 0x55;
    ct::declassify(words.data(), sizeof words);
    if (words[3] == 77) sink = 2;
  } else {
    std::fprintf(stderr, "usage: msan_leaky branch|index|count|none\n");
    return 2;
  }
  return 0;
}
