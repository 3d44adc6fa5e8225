// Packing of coefficients and hints (FIPS 204 §7.1, §7.2). Time depends on sizes only, except for
// hints, which are public.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <nautilus/bytes.hpp>
#include <nautilus/result.hpp>

#include "crypto/pq/mldsa_params.hpp"

namespace nautilus::inline v0::crypto::pq::mldsa {

/// Packs `value(i)`, below 2^Bits, for each of the 256 coefficients.
template <std::size_t Bits, class Value>
void pack_fields(Value value, std::uint8_t* out) noexcept {
  static_assert(Bits <= 20);
  for (std::size_t i = 0; i < kN; i += 8) {
    std::uint64_t field = 0;
    std::size_t held = 0;
    for (std::size_t j = 0; j < 8; ++j) {
      field |= static_cast<std::uint64_t>(value(i + j)) << held;
      held += Bits;
      for (; held >= 8; held -= 8) {
        *out++ = static_cast<std::uint8_t>(field);
        field >>= 8;
      }
    }
  }
}

/// SimpleBitPack (algorithm 16) of coefficients in [0, 2^Bits).
template <std::size_t Bits>
void simple_bit_pack(const std::int32_t* w, std::uint8_t* out) noexcept {
  pack_fields<Bits>([w](std::size_t i) { return static_cast<std::uint32_t>(w[i]); }, out);
}

/// BitPack (algorithm 17): b - w in `Bits` bits each.
template <std::size_t Bits>
void bit_pack(const std::int32_t* w, std::int32_t b, std::uint8_t* out) noexcept {
  pack_fields<Bits>([w, b](std::size_t i) { return static_cast<std::uint32_t>(b - w[i]); }, out);
}

/// Gives each of the 256 fields of `Bits` bits to `take(i, field)`.
template <std::size_t Bits, class Take>
void unpack_fields(const std::uint8_t* octets, Take take) noexcept {
  static_assert(Bits <= 20);
  for (std::size_t i = 0; i < kN; i += 8, octets += Bits) {
    std::size_t at = 0;
    std::uint64_t field = 0;
    std::size_t held = 0;
    for (std::size_t j = 0; j < 8; ++j) {
      for (; held < Bits; held += 8) field |= std::uint64_t{octets[at++]} << held;
      take(i + j, static_cast<std::int32_t>(field & ((std::uint64_t{1} << Bits) - 1)));
      field >>= Bits;
      held -= Bits;
    }
  }
}

/// SimpleBitUnpack (algorithm 18).
template <std::size_t Bits>
void simple_bit_unpack(const std::uint8_t* octets, std::int32_t* w) noexcept {
  unpack_fields<Bits>(octets, [w](std::size_t i, std::int32_t field) { w[i] = field; });
}

/// BitUnpack (algorithm 19): b minus the field. Gives coefficients in (b - 2^Bits, b].
template <std::size_t Bits>
void bit_unpack(const std::uint8_t* octets, std::int32_t b, std::int32_t* w) noexcept {
  unpack_fields<Bits>(octets, [w, b](std::size_t i, std::int32_t field) { w[i] = b - field; });
}

/// BitUnpack of fields of 3 or 4 bits: η minus each, η being 2 or 4. Not zero: a field was above
/// 2·η.
template <std::size_t Bits>
std::uint64_t small_bit_unpack(const std::uint8_t* octets, std::uint64_t eta,
                               SmallPoly& s) noexcept {
  static_assert(Bits == 3 || Bits == 4);
  constexpr std::uint64_t kEach = 0x0101010101010101;
  constexpr std::uint64_t kTop = 0x80 * kEach;
  const auto store = [](std::uint64_t eight, std::int8_t* to) {
    for (std::size_t i = 0; i < 8; ++i) to[i] = static_cast<std::int8_t>(eight >> (8 * i) & 0xff);
  };
  std::uint64_t above = 0;
  for (std::size_t i = 0; i < kN; i += 8, octets += Bits) {
    std::uint64_t x = 0;
    for (std::size_t j = 0; j < Bits; ++j) x |= std::uint64_t{octets[j]} << (8 * j);
    // Each field into an octet of its own.
    if constexpr (Bits == 3) {
      x = (x | x << 20) & 0x00000fff00000fff;
      x = (x | x << 10) & 0x003f003f003f003f;
      x = (x | x << 5) & 0x0707070707070707;
    } else {
      x = (x | x << 16) & 0x0000ffff0000ffff;
      x = (x | x << 8) & 0x00ff00ff00ff00ff;
      x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
    }
    above |= (x + (0x7f - 2 * eta) * kEach) & kTop;
    // Octet by octet: the top bits, set for the subtraction, keep a borrow from its neighbour.
    const std::uint64_t plain = ((eta * kEach | kTop) - x) ^ kTop;
    const std::uint64_t negative = ((x | kTop) - eta * kEach) ^ kTop;
    store(negative, s.c.data() + i);
    store(plain, s.c.data() + kN + i);
    store(negative, s.c.data() + 2 * kN + i);
  }
  return above;
}

/// HintBitPack (algorithm 20): `h` holds at most `omega` ones. `out` has ω + k octets.
void hint_bit_pack(std::span<const HintBits> h, std::size_t omega, ByteSpan out) noexcept;

/// HintBitUnpack (algorithm 21). Fails with `BadSignature` when the encoding is not the one that
/// HintBitPack makes.
[[nodiscard]] Result<void> hint_bit_unpack(ByteView octets, std::size_t omega,
                                           std::span<HintBits> h) noexcept;

}  // namespace nautilus::inline v0::crypto::pq::mldsa
