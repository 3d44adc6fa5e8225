// Arithmetic modulo q = 8380417 with Montgomery's reduction for R = 2^32, and the NTT's constants.
// Uses nothing but built-in types, so that every backend may share it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nautilus::inline v0::crypto::pq::mldsa {

inline constexpr std::int32_t kModulus = 8380417;
inline constexpr std::int32_t kModulusInverse = 58728449;  // q⁻¹ mod 2^32
static_assert(static_cast<std::uint32_t>(kModulus) * static_cast<std::uint32_t>(kModulusInverse) ==
              1);

/// a·2^-32 mod q, in (-q, q) for |a| < 2^31·q.
[[gnu::always_inline]] constexpr std::int32_t montgomery_reduce(std::int64_t a) noexcept {
  const auto t = static_cast<std::int32_t>(static_cast<std::uint32_t>(a) *
                                           static_cast<std::uint32_t>(kModulusInverse));
  return static_cast<std::int32_t>((a - std::int64_t{t} * kModulus) >> 32);
}

/// From (-q, q) to [0, q).
[[gnu::always_inline]] constexpr std::int32_t to_positive(std::int32_t a) noexcept {
  return a + ((a >> 31) & kModulus);
}

/// From (-q, q) to the representative of least magnitude.
[[gnu::always_inline]] constexpr std::int32_t to_centered(std::int32_t a) noexcept {
  constexpr std::int32_t kHalf = (kModulus - 1) / 2;
  a -= ((kHalf - a) >> 31) & kModulus;
  return a + (((a + kHalf) >> 31) & kModulus);
}

struct Zetas {
  std::int32_t value[256];       // ζ^BitRev8(i)·2^32, least magnitude
  std::int32_t value_qinv[256];  // the same times q⁻¹ mod 2^32
};

constexpr std::int32_t power_mod_q(std::int64_t base, std::size_t exponent) noexcept {
  std::int64_t result = 1;
  for (; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = result * base % kModulus;
    base = base * base % kModulus;
  }
  return static_cast<std::int32_t>(result);
}

constexpr std::int32_t to_montgomery(std::int64_t a) noexcept {
  return to_centered(static_cast<std::int32_t>((a << 32) % kModulus));
}

constexpr std::int32_t times_qinv(std::int32_t a) noexcept {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) *
                                   static_cast<std::uint32_t>(kModulusInverse));
}

consteval Zetas make_zetas() {
  Zetas zetas{};
  for (std::size_t i = 0; i < 256; ++i) {
    std::size_t reversed = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) reversed |= ((i >> bit) & 1) << (7 - bit);
    zetas.value[i] = to_montgomery(power_mod_q(1753, reversed));
    zetas.value_qinv[i] = times_qinv(zetas.value[i]);
  }
  return zetas;
}
inline constexpr Zetas kZetas = make_zetas();

/// 2^64 / 256 mod q: multiplied in at the end of NTT⁻¹, it leaves a factor of 2^32.
inline constexpr std::int32_t kInverseScale = to_centered(power_mod_q(2, 64 - 8));

/// How Decompose divides a + γ2 - 1 by 2·γ2: by 2^shift exactly, then by multiplication with a
/// rounded reciprocal, whose error stays below the distance to the next quotient for a < q.
struct Division {
  int first_shift;
  std::int32_t reciprocal;
  int second_shift;
};
constexpr Division division_for(std::int32_t m) noexcept {
  return m == 16 ? Division{9, 65601, 26} : Division{11, 45101, 22};
}

}  // namespace nautilus::inline v0::crypto::pq::mldsa
