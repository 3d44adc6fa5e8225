// What every field representation gets for free: inversion, square roots, comparisons.
//
// A field `Fe` is a plain struct with zero, one, from_words, to_words, add, sub, mul, sqr,
// mul_small, move_if and swap_if; see fe51.hpp. Some fields ask that a subtrahend, and one operand
// of each addition, be `reduced`: come from mul, sqr, mul_small or from_words.
#pragma once

#include "crypto/curve25519/inverse.hpp"
#include "crypto/curve25519/words.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

/// a^(2^n).
template <class Fe>
[[nodiscard]] Fe sqr_times(Fe a, int n) noexcept {
  for (int i = 0; i < n; ++i) a = Fe::sqr(a);
  return a;
}

/// 1/a; 0 for 0.
template <class Fe>
[[nodiscard]] Fe invert(const Fe& a) noexcept {
  return Fe::from_words(inverse(a.to_words()));
}

/// a^((p-5)/8) = a^(2^252 - 3), the exponent of RFC 8032 §5.1.3.
template <class Fe>
[[nodiscard]] Fe pow_p58(const Fe& a) noexcept {
  const Fe a2 = Fe::sqr(a);
  const Fe a9 = Fe::mul(sqr_times(a2, 2), a);
  const Fe ones5 = Fe::mul(Fe::sqr(Fe::mul(a9, a2)), a9);  // a^(2^5 - 1)
  const Fe ones10 = Fe::mul(sqr_times(ones5, 5), ones5);
  const Fe ones20 = Fe::mul(sqr_times(ones10, 10), ones10);
  const Fe ones40 = Fe::mul(sqr_times(ones20, 20), ones20);
  const Fe ones50 = Fe::mul(sqr_times(ones40, 10), ones10);
  const Fe ones100 = Fe::mul(sqr_times(ones50, 50), ones50);
  const Fe ones200 = Fe::mul(sqr_times(ones100, 100), ones100);
  const Fe ones250 = Fe::mul(sqr_times(ones200, 50), ones50);
  return Fe::mul(sqr_times(ones250, 2), a);
}

template <class Fe>
[[nodiscard]] Fe neg(const Fe& a) noexcept {
  return Fe::sub(Fe::zero(), a);
}

/// All ones if a = 0, else zero.
template <class Fe>
[[nodiscard]] std::uint64_t zero_mask(const Fe& a) noexcept {
  const Words w = a.to_words();
  return ~mask_nonzero64(w[0] | w[1] | w[2] | w[3]);
}

}  // namespace nautilus::inline v0::crypto::curve25519
