// The constants of FIPS 203 §4.3 in the order in which the vector transforms of mlkem_poly_simd.hpp
// meet them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nautilus::inline v0::crypto::pq::simd {

inline constexpr std::int64_t kPrime = 3329;

/// A constant c for Montgomery multiplication: c·2^16 mod q, centred, and its product with q^-1
/// modulo 2^16.
struct Factor {
  std::int16_t value;
  std::int16_t quotient;
};

consteval Factor make_factor(std::int64_t c) {
  std::int64_t value = ((c % kPrime + kPrime) << 16) % kPrime;
  if (value > kPrime / 2) value -= kPrime;
  return {static_cast<std::int16_t>(value),
          static_cast<std::int16_t>(static_cast<std::uint16_t>(value * -3327))};
}

consteval std::int64_t zeta_power(unsigned exponent) {
  std::int64_t result = 1;
  for (unsigned i = 0; i < exponent; ++i) result = result * 17 % kPrime;
  return result;
}

consteval unsigned reverse_seven(unsigned x) {
  unsigned result = 0;
  for (unsigned bit = 0; bit < 7; ++bit) result |= ((x >> bit) & 1U) << (6 - bit);
  return result;
}

/// ζ^BitRev7(k), or its inverse.
consteval std::int64_t zeta(unsigned k, bool inverse) {
  const unsigned exponent = reverse_seven(k);
  return zeta_power(inverse ? 256 - exponent : exponent);
}

/// `Lanes` factors, values and quotients apart.
template <std::size_t Lanes>
struct alignas(64) FactorVector {
  std::int16_t value[Lanes];
  std::int16_t quotient[Lanes];
};

/// The factors of layers 1 to 3, for the coefficients' bits 7, 6 and 5: one for all lanes.
/// Index 1, then 2 and 3, then 4 to 7, as in FIPS 203 algorithm 9.
struct UpperFactors {
  Factor of[8];
};

consteval UpperFactors make_upper_factors(bool inverse) {
  UpperFactors factors{};
  for (unsigned k = 1; k < 8; ++k) factors.of[k] = make_factor(zeta(k, inverse));
  return factors;
}
template <bool Inverse>
inline constexpr UpperFactors kUpperFactors = make_upper_factors(Inverse);

/// The factors of layers 4 to 7. They act within blocks of 128 coefficients, number h of two. In a
/// block, 16 words of a register hold bits 3 to 0 of the coefficients' index and the register's
/// number bits 6 to 4; for layers 5 to 7 these are exchanged. A 512-bit register holds both blocks.
template <std::size_t Lanes>
struct LowerFactors {
  static constexpr std::size_t kBlocks = 32 / Lanes;
  FactorVector<Lanes> layer4[kBlocks][4];  // by bits 6 and 5
  FactorVector<Lanes> layer5[kBlocks];
  FactorVector<Lanes> layer6[kBlocks][2];  // by bit 3
  FactorVector<Lanes> layer7[kBlocks][4];  // by bits 3 and 2
};

template <std::size_t Lanes>
consteval void set_factor(FactorVector<Lanes>& to, std::size_t lane, unsigned k, bool inverse) {
  const Factor factor = make_factor(zeta(k, inverse));
  to.value[lane] = factor.value;
  to.quotient[lane] = factor.quotient;
}

template <std::size_t Lanes>
consteval LowerFactors<Lanes> make_lower_factors(bool inverse) {
  LowerFactors<Lanes> factors{};
  for (unsigned block = 0; block < 32 / Lanes; ++block) {
    for (unsigned lane = 0; lane < Lanes; ++lane) {
      const unsigned h = block + lane / 16;  // bit 7
      const unsigned pair = lane % 16 / 2;   // after the exchange: bits 6, 5 and 4
      for (unsigned i = 0; i < 4; ++i)
        set_factor(factors.layer4[block][i], lane, 8 + 4 * h + i, inverse);
      set_factor(factors.layer5[block], lane, 16 + 8 * h + pair, inverse);
      for (unsigned i = 0; i < 2; ++i) {
        set_factor(factors.layer6[block][i], lane, 32 + 2 * (8 * h + pair) + i, inverse);
      }
      for (unsigned i = 0; i < 4; ++i) {
        set_factor(factors.layer7[block][i], lane, 64 + 4 * (8 * h + pair) + i, inverse);
      }
    }
  }
  return factors;
}
template <std::size_t Lanes, bool Inverse>
inline constexpr LowerFactors<Lanes> kLowerFactors = make_lower_factors<Lanes>(Inverse);

/// γ of FIPS 203 algorithm 11 in the odd words, for 256 coefficients in order.
struct alignas(64) GammaTable {
  std::int16_t value[256];
  std::int16_t quotient[256];
};

consteval GammaTable make_gammas() {
  GammaTable table{};
  for (unsigned i = 0; i < 128; ++i) {
    const Factor gamma = make_factor(zeta_power(2 * reverse_seven(i) + 1));
    table.value[2 * i + 1] = gamma.value;
    table.quotient[2 * i + 1] = gamma.quotient;
  }
  return table;
}
inline constexpr GammaTable kGammas = make_gammas();

}  // namespace nautilus::inline v0::crypto::pq::simd
