// The vectors of vec_avx512.hpp, and their operations, in plain C++: the kernels written over them
// can so be run by a checker that does not know AVX-512, and on any CPU. For tests.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nautilus::inline v0::crypto::pq::simd {

/// `Lanes` 16-bit words, or half as many 32-bit ones where a function says "pairs".
template <std::size_t Lanes>
struct EmulatedWords {
  static constexpr std::size_t kLanes = Lanes;
  static constexpr bool kHasUpperHalf = Lanes == 32;
  std::int16_t w[Lanes];

  static EmulatedWords load(const void* from) noexcept {
    EmulatedWords r;
    std::memcpy(r.w, from, sizeof r.w);
    return r;
  }
  void store(void* to) const noexcept { std::memcpy(to, w, sizeof w); }
  template <class F>
  static EmulatedWords make(F f) noexcept {
    EmulatedWords r;
    for (std::size_t i = 0; i < Lanes; ++i) r.w[i] = static_cast<std::int16_t>(f(i));
    return r;
  }
  static EmulatedWords splat(int value) noexcept {
    return make([&](std::size_t) { return value; });
  }
  static EmulatedWords zero() noexcept { return splat(0); }
  friend EmulatedWords operator+(EmulatedWords a, EmulatedWords b) noexcept {
    return make([&](std::size_t i) { return a.w[i] + b.w[i]; });
  }
  friend EmulatedWords operator-(EmulatedWords a, EmulatedWords b) noexcept {
    return make([&](std::size_t i) { return a.w[i] - b.w[i]; });
  }
  friend EmulatedWords operator&(EmulatedWords a, EmulatedWords b) noexcept {
    return make([&](std::size_t i) { return a.w[i] & b.w[i]; });
  }
  friend EmulatedWords operator|(EmulatedWords a, EmulatedWords b) noexcept {
    return make([&](std::size_t i) { return a.w[i] | b.w[i]; });
  }
  static EmulatedWords multiply_low(EmulatedWords a, EmulatedWords b) noexcept {
    return make([&](std::size_t i) { return a.w[i] * b.w[i]; });
  }
  static EmulatedWords multiply_high(EmulatedWords a, EmulatedWords b) noexcept {
    return make([&](std::size_t i) { return (a.w[i] * b.w[i]) >> 16; });
  }
  static EmulatedWords multiply_round(EmulatedWords a, EmulatedWords b) noexcept {
    return make([&](std::size_t i) { return (a.w[i] * b.w[i] + (1 << 14)) >> 15; });
  }
  template <int N>
  EmulatedWords shift_left() const noexcept {
    return make([&](std::size_t i) { return static_cast<std::uint16_t>(w[i]) << N; });
  }
  template <int N>
  EmulatedWords shift_right() const noexcept {
    return make([&](std::size_t i) { return static_cast<std::uint16_t>(w[i]) >> N; });
  }
  template <int N>
  EmulatedWords shift_right_signed() const noexcept {
    return make([&](std::size_t i) { return w[i] >> N; });
  }

  static EmulatedWords multiply_add_pairs(EmulatedWords a, EmulatedWords b,
                                          EmulatedWords c) noexcept {
    std::int32_t sums[Lanes / 2];
    std::memcpy(sums, a.w, sizeof sums);
    for (std::size_t i = 0; i < Lanes / 2; ++i) {
      sums[i] += b.w[2 * i] * c.w[2 * i] + b.w[2 * i + 1] * c.w[2 * i + 1];
    }
    return load(sums);
  }
  static EmulatedWords low_halves(EmulatedWords even, EmulatedWords odd) noexcept {
    return make([&](std::size_t i) { return i % 2 == 0 ? even.w[i] : odd.w[i - 1]; });
  }
  static EmulatedWords high_halves(EmulatedWords even, EmulatedWords odd) noexcept {
    return make([&](std::size_t i) { return i % 2 == 0 ? even.w[i + 1] : odd.w[i]; });
  }
  EmulatedWords swap_pairs() const noexcept {
    return make([&](std::size_t i) { return w[i ^ 1]; });
  }
  static EmulatedWords blend_odd(EmulatedWords even, EmulatedWords odd) noexcept {
    return make([&](std::size_t i) { return i % 2 == 0 ? even.w[i] : odd.w[i]; });
  }

  // Blocks of `Words` words: the odd blocks of a change places with the even blocks of b.
  template <std::size_t Words>
  static void exchange(EmulatedWords& a, EmulatedWords& b) noexcept {
    const EmulatedWords low =
        make([&](std::size_t i) { return (i & Words) == 0 ? a.w[i] : b.w[i - Words]; });
    b = make([&](std::size_t i) { return (i & Words) == 0 ? a.w[i + Words] : b.w[i]; });
    a = low;
  }
  static void exchange_256(EmulatedWords& a, EmulatedWords& b) noexcept { exchange<16>(a, b); }
  static void exchange_128(EmulatedWords& a, EmulatedWords& b) noexcept { exchange<8>(a, b); }
  static void exchange_64(EmulatedWords& a, EmulatedWords& b) noexcept { exchange<4>(a, b); }
  static void exchange_32(EmulatedWords& a, EmulatedWords& b) noexcept { exchange<2>(a, b); }

  template <std::size_t D>
  static EmulatedWords unpack(const std::uint8_t* from) noexcept {
    return make([&](std::size_t i) {
      std::uint32_t window = 0;
      std::memcpy(&window, from + D * i / 8, 3);
      return window >> (D * i % 8) & ((1U << D) - 1);
    });
  }
  template <std::size_t D>
  void pack(std::uint8_t* to) const noexcept {
    std::memset(to, 0, Lanes * D / 8);
    for (std::size_t i = 0; i < Lanes; ++i) {
      const auto field = static_cast<std::uint32_t>(w[i]) << (D * i % 8);
      for (std::size_t octet = 0; octet < 3; ++octet) {
        const std::size_t at = D * i / 8 + octet;
        if (at < Lanes * D / 8) {
          to[at] = static_cast<std::uint8_t>(to[at] | (field >> (8 * octet) & 0xff));
        }
      }
    }
  }
  static EmulatedWords from_bits(const std::uint8_t* from, int value) noexcept {
    return make([&](std::size_t i) { return -(from[i / 8] >> (i % 8) & 1) & value; });
  }
  static void store_low_bits(const EmulatedWords* words, std::uint8_t* to) noexcept {
    for (std::size_t i = 0; i < 256; i += 8) {
      unsigned octet = 0;
      for (std::size_t bit = 0; bit < 8; ++bit) {
        octet |= static_cast<unsigned>(words[(i + bit) / Lanes].w[(i + bit) % Lanes] & 1) << bit;
      }
      to[i / 8] = static_cast<std::uint8_t>(octet);
    }
  }
};

/// `Count` 64-bit words.
template <std::size_t Count>
struct EmulatedLanes {
  static constexpr std::size_t kLanes = Count;
  static constexpr bool kTernaryLogic = true;
  std::uint64_t w[Count];

  template <class F>
  static EmulatedLanes make(F f) noexcept {
    EmulatedLanes r;
    for (std::size_t i = 0; i < Count; ++i) r.w[i] = f(i);
    return r;
  }
  static EmulatedLanes load(const std::uint64_t* from) noexcept {
    return make([&](std::size_t i) { return from[i]; });
  }
  void store(std::uint64_t* to) const noexcept { std::memcpy(to, w, sizeof w); }
  void store_first(std::uint64_t* to) const noexcept { *to = w[0]; }
  static EmulatedLanes splat(std::uint64_t value) noexcept {
    return make([&](std::size_t) { return value; });
  }
  friend EmulatedLanes operator^(EmulatedLanes a, EmulatedLanes b) noexcept {
    return make([&](std::size_t i) { return a.w[i] ^ b.w[i]; });
  }
  static EmulatedLanes xor3(EmulatedLanes a, EmulatedLanes b, EmulatedLanes c) noexcept {
    return a ^ b ^ c;
  }
  static EmulatedLanes chi(EmulatedLanes a, EmulatedLanes b, EmulatedLanes c) noexcept {
    return make([&](std::size_t i) { return a.w[i] ^ (~b.w[i] & c.w[i]); });
  }
  template <int N>
  EmulatedLanes rotate() const noexcept {
    return make([&](std::size_t i) { return std::rotl(w[i], N); });
  }
  EmulatedLanes replace(unsigned lanes, EmulatedLanes other) const noexcept {
    return make([&](std::size_t i) { return (lanes >> i & 1) != 0 ? other.w[i] : w[i]; });
  }
  EmulatedLanes xor_lane(unsigned lane, std::uint64_t value) const noexcept {
    return make([&](std::size_t i) { return i == lane ? w[i] ^ value : w[i]; });
  }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
