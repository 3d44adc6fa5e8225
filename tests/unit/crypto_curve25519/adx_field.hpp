// The words of simd/fe64_adx.hpp as plain functions: this header's source alone is compiled for it.
#pragma once

#include "crypto/curve25519/words.hpp"

namespace nautilus::test {

struct AdxField {
  using Words = crypto::curve25519::Words;
  static Words mul(const Words& a, const Words& b);
  static Words sqr(const Words& a);
  static Words mul_small(const Words& a, std::uint64_t small);
  /// The second operand below 2^255 + 2^26.
  static Words add(const Words& a, const Words& b);
  static Words sub(const Words& a, const Words& b);
};

}  // namespace nautilus::test
