// The parts of the vector kernels as plain functions, so that one test can compare them all.
// Nothing here may bring inline code of the standard library into files compiled for a better CPU.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nautilus::test {

/// Polynomials are 256 coefficients each, aligned to 64 octets, one after the other.
struct Routines {
  const char* backend;
  void (*ntt)(std::int16_t* f);
  void (*inverse_ntt)(std::int16_t* f);
  /// Over `terms` (2 to 4) products: times 2^-16; and exactly, plus e, in [0, q).
  void (*inner_product)(std::size_t terms, const std::int16_t* f, const std::int16_t* g,
                        std::int16_t* out);
  void (*inner_product_plus)(std::size_t terms, const std::int16_t* f, const std::int16_t* g,
                             const std::int16_t* e, std::int16_t* out);
  void (*make_canonical)(const std::int16_t* f, std::int16_t* out);
  void (*encode_12)(const std::int16_t* f, std::uint8_t* out);
  std::uint32_t (*decode_12)(const std::uint8_t* octets, std::int16_t* out);
  /// D of 4, 5, 10 or 11.
  void (*compress)(std::size_t d, const std::int16_t* f, std::uint8_t* out);
  void (*decompress)(std::size_t d, const std::uint8_t* octets, std::int16_t* out);
  void (*add_message)(const std::uint8_t* m, std::int16_t* f);
  void (*message_of_difference)(const std::int16_t* v, const std::int16_t* w, std::uint8_t* m);
  /// 64 octets after the last are readable.
  void (*binomial)(std::size_t eta, const std::uint8_t* octets, std::int16_t* out);
  std::size_t (*accept)(const std::uint8_t* octets, std::size_t size, std::int16_t* out,
                        std::size_t filled);
  /// Sponge states side by side: word w of state i is at lanes·w + i.
  std::size_t lanes;
  void (*permute)(std::uint64_t* state, std::size_t active);
  /// Three eights of words of each state, `stride` octets apart.
  void (*extract)(const std::uint64_t* state, std::uint8_t* to, std::size_t stride);
  void (*absorb)(std::uint64_t* state, const std::uint8_t* message, std::size_t blocks);
};

extern const Routines kEmulatedRoutines;
#ifdef NAUTILUS_PQ_X86
extern const Routines kAvx2Routines;
extern const Routines kAvx512Routines;
#endif

}  // namespace nautilus::test
