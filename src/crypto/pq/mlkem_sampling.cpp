#include "crypto/pq/mlkem_sampling.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "crypto/pq/keccak.hpp"
#include "crypto/pq/sensitive.hpp"

namespace nautilus::inline v0::crypto::pq::mlkem {
namespace {

// Three blocks hold 336 candidates, of which 273 are expected to be below q: about one polynomial
// in a hundred needs a fourth block.
constexpr std::size_t kFirstOctets = 3 * Shake128::kRate;

// Algorithm 7, the rejection step. Writes every candidate and advances past the accepted ones:
// their pattern is random, so branches on it would be mispredicted. `out` needs room for
// two candidates per three octets. Gives the number accepted.
std::size_t accept_below_q(ByteView octets, std::int16_t* out) noexcept {
  std::size_t filled = 0;
  for (std::size_t i = 0; i + 3 <= octets.size(); i += 3) {
    const unsigned d1 = octets[i] | (octets[i + 1] & 0x0fU) << 8;
    const unsigned d2 = octets[i + 1] >> 4 | unsigned{octets[i + 2]} << 4;
    out[filled] = static_cast<std::int16_t>(d1);
    filled += static_cast<std::size_t>(d1 < kQ);
    out[filled] = static_cast<std::int16_t>(d2);
    filled += static_cast<std::size_t>(d2 < kQ);
  }
  return filled;
}

// SampleNTT on ρ ‖ j ‖ i (FIPS 203 algorithm 7).
void sample_ntt(Seed32 rho, std::uint8_t j, std::uint8_t i, NttPoly& out) noexcept {
  const std::array<std::uint8_t, 2> indices = {j, i};
  Shake128 xof;
  xof.absorb(rho);
  xof.absorb(indices);

  std::array<std::uint8_t, kFirstOctets> octets;
  std::array<std::int16_t, kFirstOctets * 2 / 3> candidates;
  static_assert(Shake128::kRate % 3 == 0);
  xof.squeeze(octets);
  std::size_t filled = accept_below_q(octets, candidates.data());
  std::copy_n(candidates.begin(), std::min(filled, kN), out.c.begin());
  while (filled < kN) {
    const auto block = std::span(octets).first<Shake128::kRate>();
    xof.squeeze(block);
    const std::size_t more = accept_below_q(block, candidates.data());
    const std::size_t taken = std::min(more, kN - filled);
    std::copy_n(candidates.begin(), taken, out.c.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += taken;
  }
}

// Algorithm 8 for η = 2: each half octet holds x in its low and y in its high two bits.
void centered_binomial_2(std::span<const std::uint8_t, 128> octets, RingPoly& out) noexcept {
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const unsigned bits = octets[i];
    const unsigned sums = (bits & 0x55U) + (bits >> 1 & 0x55U);
    out.c[2 * i] =
        static_cast<std::int16_t>(static_cast<int>(sums & 3U) - static_cast<int>(sums >> 2 & 3U));
    out.c[2 * i + 1] =
        static_cast<std::int16_t>(static_cast<int>(sums >> 4 & 3U) - static_cast<int>(sums >> 6));
  }
}

// Algorithm 8 for η = 3: three octets hold four pairs of three bits.
void centered_binomial_3(std::span<const std::uint8_t, 192> octets, RingPoly& out) noexcept {
  for (std::size_t i = 0; i < kN / 4; ++i) {
    const std::uint32_t bits = octets[3 * i] | std::uint32_t{octets[3 * i + 1]} << 8 |
                               std::uint32_t{octets[3 * i + 2]} << 16;
    constexpr std::uint32_t kEveryThird = 0x249249;
    const std::uint32_t sums =
        (bits & kEveryThird) + (bits >> 1 & kEveryThird) + (bits >> 2 & kEveryThird);
    for (std::size_t j = 0; j < 4; ++j) {
      out.c[4 * i + j] = static_cast<std::int16_t>(static_cast<int>(sums >> (6 * j) & 7U) -
                                                   static_cast<int>(sums >> (6 * j + 3) & 7U));
    }
  }
}

}  // namespace

void sample_matrix_row(Seed32 rho, std::size_t row, bool transposed,
                       std::span<NttPoly> out) noexcept {
  for (std::size_t column = 0; column < out.size(); ++column) {
    const auto r = static_cast<std::uint8_t>(row);
    const auto c = static_cast<std::uint8_t>(column);
    // Â[i, j] is sampled from ρ ‖ j ‖ i (FIPS 203 algorithm 13, line 5).
    if (transposed) {
      sample_ntt(rho, r, c, out[column]);
    } else {
      sample_ntt(rho, c, r, out[column]);
    }
  }
}

void sample_noise(std::size_t eta, Seed32 seed, std::uint8_t nonce,
                  std::span<RingPoly> out) noexcept {
  assert(eta == 2 || eta == 3);
  Sensitive<std::array<std::uint8_t, 192>> octets;
  Shake256 prf;
  for (RingPoly& poly : out) {
    const std::array<std::uint8_t, 1> suffix = {nonce++};
    prf.reset();
    prf.absorb(seed);
    prf.absorb(suffix);
    prf.squeeze(std::span(*octets).first(64 * eta));
    if (eta == 2) {
      centered_binomial_2(std::span(*octets).first<128>(), poly);
    } else {
      centered_binomial_3(*octets, poly);
    }
  }
}

}  // namespace nautilus::inline v0::crypto::pq::mlkem
