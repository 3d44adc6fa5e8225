// Sampling of FIPS 203 §4.2.2. The functions that fill several polynomials at once are where an
// implementation with parallel Keccak states plugs in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <nautilus/bytes.hpp>

#include "crypto/pq/mlkem_poly.hpp"

namespace nautilus::inline v0::crypto::pq::mlkem {

using Seed32 = std::span<const std::uint8_t, 32>;

/// Row `row` of Â, or of its transpose, from the public seed ρ (FIPS 203 algorithm 7 on
/// XOF(ρ, j, i)). Coefficients in [0, q). Takes time that depends on ρ.
void sample_matrix_row(Seed32 rho, std::size_t row, bool transposed,
                       std::span<NttPoly> out) noexcept;

/// SamplePolyCBD_η(PRF_η(seed, nonce + i)) for each element of `out` (FIPS 203 algorithm 8).
/// Coefficients bounded by η, which is 2 or 3.
void sample_noise(std::size_t eta, Seed32 seed, std::uint8_t nonce,
                  std::span<RingPoly> out) noexcept;

}  // namespace nautilus::inline v0::crypto::pq::mlkem
