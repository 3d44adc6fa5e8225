// Polynomials over Z_q with q = 3329, and arithmetic on single coefficients. Coefficients are
// signed and only loosely reduced; each function says what it takes and gives. "Bounded by b"
// means absolute value at most b.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "crypto/pq/mlkem_params.hpp"

namespace nautilus::inline v0::crypto::pq::mlkem {

/// Whether a polynomial is an element of R_q or of T_q, its image under the NTT (FIPS 203 §2.4.4).
enum class Domain : std::uint8_t { Normal, Ntt };

/// 256 coefficients. The two domains are different types, so that mixing them does not compile.
/// Uninitialised by default.
template <Domain D>
struct Poly {
  alignas(64) std::array<std::int16_t, kN> c;
};
using RingPoly = Poly<Domain::Normal>;
using NttPoly = Poly<Domain::Ntt>;

template <class P>
using RingVector = std::array<RingPoly, P::k>;
template <class P>
using NttVector = std::array<NttPoly, P::k>;
/// Row by row: element [i][j] is Â[i, j].
template <class P>
using NttMatrix = std::array<NttVector<P>, P::k>;

/// q^-1 modulo 2^16, as a signed word.
inline constexpr std::int16_t kQInverse = -3327;
static_assert(static_cast<std::int16_t>(kQ * kQInverse) == 1);

[[nodiscard]] constexpr std::int16_t multiply_low(std::int16_t a, std::int16_t b) noexcept {
  return static_cast<std::int16_t>(std::int32_t{a} * b);
}

[[nodiscard]] constexpr std::int16_t multiply_high(std::int16_t a, std::int16_t b) noexcept {
  return static_cast<std::int16_t>((std::int32_t{a} * b) >> 16);
}

/// A constant c prepared for Montgomery multiplication: c·2^16 mod q, centred, and its quotient.
struct MontgomeryConstant {
  std::int16_t value;
  std::int16_t quotient;
};

/// For compile-time use only: it divides.
[[nodiscard]] consteval MontgomeryConstant montgomery_constant(std::int64_t c) {
  std::int64_t value = ((c % kQ + kQ) << 16) % kQ;
  if (value > kQ / 2) value -= kQ;
  const auto centred = static_cast<std::int16_t>(value);
  return {centred, multiply_low(centred, kQInverse)};
}

/// a·c modulo q, bounded by q - 1, for every 16-bit a. Everything stays in 16-bit words, which is
/// what lets the compiler use vector instructions for it.
[[nodiscard]] constexpr std::int16_t montgomery_multiply(std::int16_t a,
                                                         MontgomeryConstant c) noexcept {
  const std::int16_t t = multiply_low(a, c.quotient);
  return static_cast<std::int16_t>(multiply_high(a, c.value) - multiply_high(t, kQ));
}

/// a·2^-16 modulo q, bounded by q - 1, for |a| < q·2^15.
[[nodiscard]] constexpr std::int16_t montgomery_reduce(std::int32_t a) noexcept {
  const std::int16_t t = multiply_low(static_cast<std::int16_t>(a), kQInverse);
  return static_cast<std::int16_t>((a - std::int32_t{t} * kQ) >> 16);
}

/// a modulo q, bounded by (q - 1) / 2, for every 16-bit a (Barrett with round(2^26 / q)).
[[nodiscard]] constexpr std::int16_t barrett_reduce(std::int16_t a) noexcept {
  const auto quotient = static_cast<std::int16_t>((multiply_high(a, 20159) + 512) >> 10);
  return static_cast<std::int16_t>(a - multiply_low(quotient, kQ));
}

/// a modulo q in [0, q), for every 16-bit a.
[[nodiscard]] constexpr std::int16_t canonical(std::int16_t a) noexcept {
  const std::int16_t r = barrett_reduce(a);
  return static_cast<std::int16_t>(r + ((r >> 15) & kQ));
}

/// a := a + b. The sums must fit 16 bits.
template <Domain D>
inline void add(Poly<D>& a, const Poly<D>& b) noexcept {
  for (std::size_t i = 0; i < kN; ++i) a.c[i] = static_cast<std::int16_t>(a.c[i] + b.c[i]);
}

/// a := b - a. The differences must fit 16 bits.
template <Domain D>
inline void subtract_from(Poly<D>& a, const Poly<D>& b) noexcept {
  for (std::size_t i = 0; i < kN; ++i) a.c[i] = static_cast<std::int16_t>(b.c[i] - a.c[i]);
}

/// Brings every coefficient into [0, q).
template <Domain D>
inline void make_canonical(Poly<D>& a) noexcept {
  for (auto& c : a.c) c = canonical(c);
}

}  // namespace nautilus::inline v0::crypto::pq::mlkem
