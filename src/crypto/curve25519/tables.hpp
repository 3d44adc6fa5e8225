// Multiples of Ed25519's base point B, the same for every backend. Written by make_tables.py.
#pragma once

#include <cstdint>

namespace nautilus::inline v0::crypto::curve25519 {

/// A point (x, y) in the form that an addition wants: rows of words, the least significant first,
/// and in each row one word of y - x, of y + x, of 2dxy and of the number 2 (twice the Z of an
/// affine point), all below p. A row is one 256-bit vector of four lanes.
struct TableEntry {
  std::uint64_t row[4][4];
};
inline constexpr int kLaneMinus = 0;
inline constexpr int kLanePlus = 1;
inline constexpr int kLaneProduct = 2;

/// [(j + 1) * 256^i] B at [i][j]: 32 KiB.
extern const TableEntry kBaseMultiples[32][8];
/// [2j + 1] B at [j]: for verification only, which indexes it by public digits.
extern const TableEntry kBaseOddMultiples[64];

}  // namespace nautilus::inline v0::crypto::curve25519
