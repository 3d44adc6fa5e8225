// Numbers modulo the order of the base point, L = 2^252 + 27742317777372353535851937790883648493
// (RFC 8032 §5.1), and their digits.
#pragma once

#include <span>

#include "crypto/curve25519/words.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

/// A 512-bit number, little-endian, modulo L. Constant time.
[[nodiscard]] Words reduce_scalar(std::span<const std::uint8_t, 64> octets) noexcept;

/// (a * b + c) mod L; any 256-bit a, b, c. Constant time.
[[nodiscard]] Words multiply_add_scalar(const Words& a, const Words& b, const Words& c) noexcept;

/// Whether s < L. For public numbers.
[[nodiscard]] bool scalar_in_range(const Words& s) noexcept;

/// 64 digits from -8 to 8 with sum digit[i] * 16^i = s, for s < 2^255. Constant time.
struct SignedDigits {
  std::int8_t digit[64];
};
[[nodiscard]] SignedDigits signed_digits(const Words& s) noexcept;

/// Sliding-window digits: sum digit[i] * 2^i = s, each digit zero or odd and below 2^(width-1) in
/// size. For public numbers below 2^255; `width` from 2 to 8.
struct SlidingDigits {
  std::int8_t digit[256];
};
[[nodiscard]] SlidingDigits sliding_digits(const Words& s, unsigned width) noexcept;

/// X25519's private scalar as RFC 7748 §5 decodes it.
[[nodiscard]] inline Words clamped(Octets32 scalar) noexcept {
  Words w = load_words(scalar);
  w[0] &= ~std::uint64_t{7};
  w[3] = (w[3] & 0x7fffffffffffffffU) | 0x4000000000000000U;
  return w;
}

}  // namespace nautilus::inline v0::crypto::curve25519
