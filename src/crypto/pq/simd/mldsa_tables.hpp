// Constants of ML-DSA's vector kernels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/pq/mldsa_field.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

/// A polynomial is a square of 16 rows and 16 columns to the NTT. The layers with len >= 16 combine
/// whole rows and need one zeta for a pair of rows. The layers within rows work on the transposed
/// square, where lane i belongs to row i: per layer, one vector of zetas for each pair of columns.
struct MlDsaRowZetas {
  alignas(64) std::int32_t value[15][16];
  alignas(64) std::int32_t value_qinv[15][16];
};

// Vector 2^t - 1 + g holds the zetas of layer t (len = 8 >> t) for pair group g.
consteval MlDsaRowZetas make_row_zetas(bool inverse) {
  MlDsaRowZetas zetas{};
  for (std::size_t t = 0; t < 4; ++t) {
    const std::size_t groups = std::size_t{1} << t;
    for (std::size_t g = 0; g < groups; ++g) {
      for (std::size_t i = 0; i < 16; ++i) {
        const std::size_t block = groups * i + g;
        const std::int32_t z = inverse ? -mldsa::kZetas.value[32 * groups - 1 - block]
                                       : mldsa::kZetas.value[16 * groups + block];
        zetas.value[groups - 1 + g][i] = z;
        zetas.value_qinv[groups - 1 + g][i] = mldsa::times_qinv(z);
      }
    }
  }
  return zetas;
}
inline constexpr MlDsaRowZetas kRowZetas = make_row_zetas(false);
inline constexpr MlDsaRowZetas kInverseRowZetas = make_row_zetas(true);

/// Which octets hold the fields of `Bits` bits of a vector of 32-bit words, and how far they are to
/// be shifted: of 16 fields, or of eight whose second half is read from octet 4·Bits/8 on.
struct MlDsaUnpack {
  alignas(64) std::int8_t octets[64];
  alignas(64) std::int32_t shifts[16];
};
consteval MlDsaUnpack make_unpack(std::size_t bits, std::size_t fields) {
  MlDsaUnpack table{};
  for (std::size_t i = 0; i < fields; ++i) {
    const std::size_t from = fields == 8 && i >= 4 ? 4 * bits / 8 : 0;
    const std::size_t first = i * bits - 8 * from;
    for (std::size_t j = 0; j < 4; ++j) {
      table.octets[4 * i + j] = static_cast<std::int8_t>(first / 8 + j);
    }
    table.shifts[i] = static_cast<std::int32_t>(first % 8);
  }
  return table;
}
template <std::size_t Bits, std::size_t Fields>
inline constexpr MlDsaUnpack kUnpackFields = make_unpack(Bits, Fields);

/// How pairs of fields of `Bits` bits, each with what of the next pair fits into its 64 bits,
/// become octets without gaps: shifted so that an octet of the result begins where the word does,
/// then picked; of 16 fields, or of four in each half of a vector.
struct MlDsaPack {
  alignas(64) std::int8_t octets[64];
  alignas(64) std::int64_t shifts[8];
};
consteval MlDsaPack make_pack(std::size_t bits, std::size_t fields) {
  MlDsaPack table{};
  const std::size_t pairs = fields / 2;
  for (std::size_t i = 0; i < 8; ++i) {
    table.shifts[i] = static_cast<std::int64_t>((8 - 2 * bits * (i % pairs) % 8) % 8);
  }
  for (std::size_t i = 0; i < 64; ++i) {
    const std::size_t octet = i % (4 * fields);
    if (octet >= fields * bits / 8) {
      table.octets[i] = -1;
      continue;
    }
    const std::size_t pair = 8 * octet / (2 * bits);
    const std::size_t first = (2 * bits * pair + 7) / 8;  // octet of the result
    // The last octets of a pair whose start was rounded up belong to the pair before.
    table.octets[i] = static_cast<std::int8_t>(
        octet >= first ? 8 * pair + (octet - first)
                       : 8 * (pair - 1) + (octet - (2 * bits * (pair - 1) + 7) / 8));
  }
  return table;
}
template <std::size_t Bits, std::size_t Fields>
inline constexpr MlDsaPack kPackFields = make_pack(Bits, Fields);

/// The coefficients of CoeffFromHalfByte (FIPS 204 algorithm 15), where it accepts.
struct HalfByteTable {
  alignas(16) std::int8_t eta_2[16];
  alignas(16) std::int8_t eta_4[16];
};
consteval HalfByteTable make_half_bytes() {
  HalfByteTable table{};
  for (int b = 0; b < 15; ++b) table.eta_2[b] = static_cast<std::int8_t>(2 - b % 5);
  for (int b = 0; b < 9; ++b) table.eta_4[b] = static_cast<std::int8_t>(4 - b);
  return table;
}
inline constexpr HalfByteTable kHalfBytes = make_half_bytes();

}  // namespace nautilus::inline v0::crypto::pq::simd
