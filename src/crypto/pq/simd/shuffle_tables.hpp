// Index vectors for moving fields of D bits between packed octets and 16-bit words.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nautilus::inline v0::crypto::pq::simd {

struct alignas(64) OctetTable {
  std::uint8_t at[64];
};
struct alignas(32) WordTable {
  std::int16_t at[16];
};

// Four fields of D bits start at bit 4·D·i: at octet D·i/2, half an octet further for odd D·i.

consteval OctetTable make_unpack_octets(std::size_t d) {
  OctetTable table{};
  for (std::size_t i = 0; i < 64; ++i) {
    table.at[i] = static_cast<std::uint8_t>(d * (i / 8) / 2 + i % 8);
  }
  return table;
}

consteval OctetTable make_unpack_shifts(std::size_t d) {
  OctetTable table{};
  for (std::size_t i = 0; i < 64; ++i) {
    const std::size_t start = 4 * (d * (i / 8) % 2);
    table.at[i] = static_cast<std::uint8_t>((start + d * (i % 8 / 2) + 8 * (i % 2)) % 64);
  }
  return table;
}

/// Closes the gaps: from D octets in each 16 (even D: two times D/2 in each 8) to all adjacent.
consteval OctetTable make_pack_octets(std::size_t d) {
  OctetTable table{};
  for (std::size_t i = 0; i < 4 * d; ++i) {
    const std::size_t block = i / d;
    const std::size_t inside = i % d;
    const std::size_t half = d / 2;
    const std::size_t source = d % 2 == 1 ? inside : 8 * (inside / half) + inside % half;
    table.at[i] = static_cast<std::uint8_t>(16 * block + source);
  }
  return table;
}

template <std::size_t D>
inline constexpr OctetTable kUnpackOctets = make_unpack_octets(D);
template <std::size_t D>
inline constexpr OctetTable kUnpackShifts = make_unpack_shifts(D);
template <std::size_t D>
inline constexpr OctetTable kPackOctets = make_pack_octets(D);

// The same within 128 bits, where eight fields are D octets. A field that lies within two octets
// comes by a shuffle to its word and by a multiplication to the top of it.

consteval OctetTable make_field_octets(std::size_t d) {
  OctetTable table{};
  for (std::size_t i = 0; i < 32; ++i) {
    table.at[i] = static_cast<std::uint8_t>(d * (i % 16 / 2) / 8 + i % 2);
  }
  return table;
}

consteval WordTable make_field_factors(std::size_t d) {
  WordTable table{};
  for (std::size_t i = 0; i < 16; ++i) {
    const std::size_t start = d * (i % 8) % 8;
    if (start + d <= 16) {
      table.at[i] = static_cast<std::int16_t>(static_cast<std::uint16_t>(1U << (16 - d - start)));
    }
  }
  return table;
}

/// Two fours in 128 bits, each in its own eight octets.
consteval OctetTable make_four_octets(std::size_t d) {
  OctetTable table{};
  for (std::size_t i = 0; i < 32; ++i) {
    table.at[i] = static_cast<std::uint8_t>(d * (i % 16 / 8) / 2 + i % 8);
  }
  return table;
}

consteval OctetTable make_close_octets(std::size_t d) {
  OctetTable table{};
  for (std::size_t i = 0; i < 32; ++i) {
    const std::size_t inside = i % 16;
    const std::size_t half = d / 2;
    std::size_t source = 0x80;  // zero
    if (inside < d) source = d % 2 == 1 ? inside : 8 * (inside / half) + inside % half;
    table.at[i] = static_cast<std::uint8_t>(source);
  }
  return table;
}

template <std::size_t D>
inline constexpr OctetTable kFieldOctets = make_field_octets(D);
template <std::size_t D>
inline constexpr WordTable kFieldFactors = make_field_factors(D);
template <std::size_t D>
inline constexpr OctetTable kFourOctets = make_four_octets(D);
template <std::size_t D>
inline constexpr OctetTable kCloseOctets = make_close_octets(D);

/// Rotates each 64-bit word left by `octets`.
consteval OctetTable make_rotate_octets(std::size_t octets) {
  OctetTable table{};
  for (std::size_t i = 0; i < 64; ++i) {
    table.at[i] = static_cast<std::uint8_t>(i % 16 / 8 * 8 + (i + 8 - octets) % 8);
  }
  return table;
}
template <std::size_t Octets>
inline constexpr OctetTable kRotateOctets = make_rotate_octets(Octets);

/// For each pattern of eight accepted words: the octet shuffle that moves them to the front.
struct alignas(64) CompressTable {
  std::uint8_t at[256][16];
};

consteval CompressTable make_compress_table() {
  CompressTable table{};
  for (std::size_t pattern = 0; pattern < 256; ++pattern) {
    std::size_t filled = 0;
    for (std::size_t word = 0; word < 8; ++word) {
      if ((pattern >> word & 1) == 0) continue;
      table.at[pattern][2 * filled] = static_cast<std::uint8_t>(2 * word);
      table.at[pattern][2 * filled + 1] = static_cast<std::uint8_t>(2 * word + 1);
      ++filled;
    }
  }
  return table;
}
inline constexpr CompressTable kCompressWords = make_compress_table();

}  // namespace nautilus::inline v0::crypto::pq::simd
