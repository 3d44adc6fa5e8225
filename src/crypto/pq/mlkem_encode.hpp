// Packing of coefficients and their lossy compression (FIPS 203 §4.2.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "crypto/pq/mlkem_poly.hpp"

namespace nautilus::inline v0::crypto::pq::mlkem {

template <std::size_t D>
using Packed = std::span<std::uint8_t, kPackedSize<D>>;
template <std::size_t D>
using PackedView = std::span<const std::uint8_t, kPackedSize<D>>;

/// ByteEncode_12 (FIPS 203 algorithm 5). Takes coefficients in [0, q).
void encode_12(const NttPoly& f, Packed<12> out) noexcept;

/// ByteDecode_12 (FIPS 203 algorithm 6). All ones if every coefficient was below q, as §7.2 asks;
/// otherwise zero, and `out` holds values up to 4095.
[[nodiscard]] std::uint32_t decode_12(PackedView<12> octets, NttPoly& out) noexcept;

/// ByteEncode_D(Compress_D(f)) for D of 1, 4, 5, 10 or 11 (FIPS 203 (4.7)). Takes any coefficients.
template <std::size_t D>
void compress_and_encode(const RingPoly& f, Packed<D> out) noexcept;

/// Decompress_D(ByteDecode_D(octets)) for the same D (FIPS 203 (4.8)). Gives them in [0, q).
template <std::size_t D>
void decode_and_decompress(PackedView<D> octets, RingPoly& out) noexcept;

/// Compress_D of one value in [0, q).
template <std::size_t D>
[[nodiscard]] constexpr std::uint32_t compress(std::uint32_t x) noexcept {
  // round(x·2^D / q) without a division, whose time could depend on x: (2^D·x + q/2) is multiplied
  // by ceil(2^S / q) and shifted by S. Exact for all x in [0, q), which a test checks.
  const std::uint32_t numerator = (x << D) + kQ / 2;
  std::uint32_t rounded = 0;
  if constexpr (D <= 5) {
    rounded = numerator * 20159U >> 26;
  } else {
    rounded = static_cast<std::uint32_t>(std::uint64_t{numerator} * 20642679U >> 36);
  }
  return rounded & ((1U << D) - 1);
}

/// Decompress_D of one D-bit value.
template <std::size_t D>
[[nodiscard]] constexpr std::uint32_t decompress(std::uint32_t y) noexcept {
  return (y * std::uint32_t{kQ} + (1U << (D - 1))) >> D;
}

}  // namespace nautilus::inline v0::crypto::pq::mlkem
