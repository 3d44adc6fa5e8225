// 256-bit numbers as four 64-bit words, the least significant first: the common form between octet
// strings, the fields and the tables.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include <nautilus/secret.hpp>

#include "core/ct.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

using Words = std::array<std::uint64_t, 4>;
using Octets32 = std::span<const std::uint8_t, 32>;
using OctetsOut32 = std::span<std::uint8_t, 32>;

__extension__ using Wide = unsigned __int128;

[[nodiscard]] inline std::uint64_t load_word(const std::uint8_t* octets) noexcept {
  std::uint64_t word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&word, octets, sizeof word);
  } else {
    for (unsigned i = 0; i < 8; ++i) word |= std::uint64_t{octets[i]} << (8 * i);
  }
  return word;
}

[[nodiscard]] inline Words load_words(Octets32 octets) noexcept {
  return {load_word(octets.data()), load_word(octets.data() + 8), load_word(octets.data() + 16),
          load_word(octets.data() + 24)};
}

inline void store_words(OctetsOut32 octets, const Words& words) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(octets.data(), words.data(), 32);
  } else {
    for (std::size_t i = 0; i < 32; ++i) {
      octets[i] = static_cast<std::uint8_t>(words[i / 8] >> (8 * (i % 8)));
    }
  }
}

/// All ones if `x` is not zero, else zero.
[[nodiscard]] inline std::uint64_t mask_nonzero64(std::uint64_t x) noexcept {
  x = ct::value_barrier(x);
  // Behind the second barrier nobody knows that this is all or nothing and branches on it.
  return ct::value_barrier(std::uint64_t{0} - ((x | (std::uint64_t{0} - x)) >> 63));
}

/// a - b; `borrow` is added to the subtrahend and becomes 1 when the result wrapped, else 0.
[[nodiscard]] inline std::uint64_t subtract_borrow(std::uint64_t a, std::uint64_t b,
                                                   std::uint64_t& borrow) noexcept {
  const Wide difference = Wide{a} - b - borrow;
  borrow = static_cast<std::uint64_t>(difference >> 64) & 1;
  return static_cast<std::uint64_t>(difference);
}

/// a + b + carry; `carry` becomes 1 when the result wrapped, else 0.
[[nodiscard]] inline std::uint64_t add_carry(std::uint64_t a, std::uint64_t b,
                                             std::uint64_t& carry) noexcept {
  const Wide sum = Wide{a} + b + carry;
  carry = static_cast<std::uint64_t>(sum >> 64);
  return static_cast<std::uint64_t>(sum);
}

/// x mod 2^255-19 for any 256-bit x: the one form with 0 <= x < p.
[[nodiscard]] inline Words canonical(const Words& x) noexcept {
  // x + 19 * (top bit) < 2^255 + 19 after the top bit is folded.
  std::uint64_t carry = 0;
  Words r{};
  r[0] = add_carry(x[0], 19 * (x[3] >> 63), carry);
  r[1] = add_carry(x[1], 0, carry);
  r[2] = add_carry(x[2], 0, carry);
  r[3] = (x[3] & 0x7fffffffffffffffU) + carry;
  // x >= p exactly if x + 19 reaches bit 255; then subtracting p is adding 19 and dropping it.
  Words s{};
  carry = 0;
  s[0] = add_carry(r[0], 19, carry);
  s[1] = add_carry(r[1], 0, carry);
  s[2] = add_carry(r[2], 0, carry);
  s[3] = r[3] + carry;
  const std::uint64_t mask = ct::value_barrier(std::uint64_t{0} - (s[3] >> 63));
  s[3] &= 0x7fffffffffffffffU;
  for (std::size_t i = 0; i < 4; ++i) r[i] ^= mask & (r[i] ^ s[i]);
  return r;
}

/// Wipes the memory of any plain value.
template <class T>
void wipe_value(T& value) noexcept {
  wipe({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
}

/// A plain value that is wiped when it dies.
template <class T>
class Wiped {
 public:
  Wiped() noexcept = default;
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { wipe_value(value_); }
  [[nodiscard]] T& operator*() noexcept { return value_; }
  [[nodiscard]] const T& operator*() const noexcept { return value_; }
  [[nodiscard]] T* operator->() noexcept { return &value_; }
  [[nodiscard]] const T* operator->() const noexcept { return &value_; }

 private:
  T value_;
};

}  // namespace nautilus::inline v0::crypto::curve25519
