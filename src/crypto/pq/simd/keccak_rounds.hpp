// Keccak-f[1600] (FIPS 202 §3.3) on as many states at once as a vector has 64-bit lanes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nautilus::inline v0::crypto::pq::simd {

struct KeccakConstants {
  std::uint64_t round[24];
};

// FIPS 202 §3.2.5: bit 2^j - 1 of RC[i] is rc(j + 7i), the output of an LFSR of degree 8.
consteval KeccakConstants make_keccak_constants() {
  KeccakConstants constants{};
  std::uint32_t lfsr = 1;
  for (auto& constant : constants.round) {
    for (unsigned j = 0; j <= 6; ++j) {
      if ((lfsr & 1) != 0) constant |= std::uint64_t{1} << ((1U << j) - 1);
      lfsr <<= 1;
      if ((lfsr & 0x100) != 0) lfsr ^= 0x171;
    }
  }
  return constants;
}
inline constexpr KeccakConstants kKeccakConstants = make_keccak_constants();

// FIPS 202 §3.2.2: the offset of rho for lane x + 5y, walking (x, y) -> (y, 2x + 3y).
consteval int rho_offset(std::size_t lane) {
  std::size_t x = 1;
  std::size_t y = 0;
  for (int t = 0; t < 24; ++t) {
    if (x + 5 * y == lane) return ((t + 1) * (t + 2) / 2) % 64;
    const std::size_t next_y = (2 * x + 3 * y) % 5;
    x = y;
    y = next_y;
  }
  return 0;
}

// Where lane x of output row y comes from under pi (FIPS 202 §3.2.3).
consteval std::size_t pi_source(std::size_t x, std::size_t y) { return (3 * y + x) % 5 + 5 * x; }

template <class V, std::size_t Lane>
[[gnu::always_inline]] inline void theta_rho(V (&a)[25], V left, V right) noexcept {
  a[Lane] = V::xor3(a[Lane], left, right);
  if constexpr (rho_offset(Lane) != 0) a[Lane] = a[Lane].template rotate<rho_offset(Lane)>();
}

template <class V, std::size_t X>
[[gnu::always_inline]] inline void theta_rho_column(V (&a)[25], const V (&parity)[5]) noexcept {
  const V left = parity[(X + 4) % 5];
  const V right = parity[(X + 1) % 5].template rotate<1>();
  theta_rho<V, X>(a, left, right);
  theta_rho<V, X + 5>(a, left, right);
  theta_rho<V, X + 10>(a, left, right);
  theta_rho<V, X + 15>(a, left, right);
  theta_rho<V, X + 20>(a, left, right);
}

template <class V, std::size_t Y>
[[gnu::always_inline]] inline void pi_chi_row(const V (&a)[25], V (&out)[25]) noexcept {
  const V b0 = a[pi_source(0, Y)];
  const V b1 = a[pi_source(1, Y)];
  const V b2 = a[pi_source(2, Y)];
  const V b3 = a[pi_source(3, Y)];
  const V b4 = a[pi_source(4, Y)];
  out[5 * Y + 0] = V::chi(b0, b1, b2);
  out[5 * Y + 1] = V::chi(b1, b2, b3);
  out[5 * Y + 2] = V::chi(b2, b3, b4);
  out[5 * Y + 3] = V::chi(b3, b4, b0);
  out[5 * Y + 4] = V::chi(b4, b0, b1);
}

template <class V>
[[gnu::always_inline]] inline void keccak_round(V (&a)[25], V (&out)[25],
                                                std::uint64_t constant) noexcept {
  V parity[5];
#pragma GCC unroll 5
  for (std::size_t x = 0; x < 5; ++x) {
    parity[x] = V::xor3(V::xor3(a[x], a[x + 5], a[x + 10]), a[x + 15], a[x + 20]);
  }
  theta_rho_column<V, 0>(a, parity);
  theta_rho_column<V, 1>(a, parity);
  theta_rho_column<V, 2>(a, parity);
  theta_rho_column<V, 3>(a, parity);
  theta_rho_column<V, 4>(a, parity);
  pi_chi_row<V, 0>(a, out);
  pi_chi_row<V, 1>(a, out);
  pi_chi_row<V, 2>(a, out);
  pi_chi_row<V, 3>(a, out);
  pi_chi_row<V, 4>(a, out);
  out[0] = out[0] ^ V::splat(constant);
}

// For machines with few registers or without three-operand logic: one lane after the other, and the
// column parities of the next round are summed up while its lanes are at hand.
template <class V, std::size_t X, std::size_t Y>
[[gnu::always_inline]] inline V moved_lane(const V (&a)[25], const V (&parity)[5]) noexcept {
  constexpr std::size_t kSource = pi_source(X, Y);
  const V lane = a[kSource] ^ parity[kSource % 5];
  if constexpr (rho_offset(kSource) == 0) {
    return lane;
  } else {
    return lane.template rotate<rho_offset(kSource)>();
  }
}

template <class V, std::size_t Y>
[[gnu::always_inline]] inline void parity_row(const V (&a)[25], const V (&parity)[5], V (&out)[25],
                                              V (&sums)[5], std::uint64_t constant) noexcept {
  const V b0 = moved_lane<V, 0, Y>(a, parity);
  const V b1 = moved_lane<V, 1, Y>(a, parity);
  const V b2 = moved_lane<V, 2, Y>(a, parity);
  const V b3 = moved_lane<V, 3, Y>(a, parity);
  const V b4 = moved_lane<V, 4, Y>(a, parity);
  V row[5] = {V::chi(b0, b1, b2), V::chi(b1, b2, b3), V::chi(b2, b3, b4), V::chi(b3, b4, b0),
              V::chi(b4, b0, b1)};
  if constexpr (Y == 0) row[0] = row[0] ^ V::splat(constant);
#pragma GCC unroll 5
  for (std::size_t x = 0; x < 5; ++x) {
    out[5 * Y + x] = row[x];
    sums[x] = Y == 0 ? row[x] : sums[x] ^ row[x];
  }
}

template <class V>
[[gnu::always_inline]] inline void parity_round(const V (&a)[25], V (&out)[25], V (&sums)[5],
                                                std::uint64_t constant) noexcept {
  const V parity[5] = {sums[4] ^ sums[1].rotate_1(), sums[0] ^ sums[2].rotate_1(),
                       sums[1] ^ sums[3].rotate_1(), sums[2] ^ sums[4].rotate_1(),
                       sums[3] ^ sums[0].rotate_1()};
  parity_row<V, 0>(a, parity, out, sums, constant);
  parity_row<V, 1>(a, parity, out, sums, constant);
  parity_row<V, 2>(a, parity, out, sums, constant);
  parity_row<V, 3>(a, parity, out, sums, constant);
  parity_row<V, 4>(a, parity, out, sums, constant);
}

/// All rounds, in registers as far as there are enough.
template <class V>
[[gnu::always_inline]] inline void keccak_rounds(V (&a)[25]) noexcept {
  V b[25];
  if constexpr (V::kTernaryLogic) {
    for (std::size_t i = 0; i < 24; i += 2) {
      keccak_round<V>(a, b, kKeccakConstants.round[i]);
      keccak_round<V>(b, a, kKeccakConstants.round[i + 1]);
    }
  } else {
    V sums[5];
#pragma GCC unroll 5
    for (std::size_t x = 0; x < 5; ++x) {
      sums[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    }
    for (std::size_t i = 0; i < 24; i += 2) {
      parity_round<V>(a, b, sums, kKeccakConstants.round[i]);
      parity_round<V>(b, a, sums, kKeccakConstants.round[i + 1]);
    }
  }
}

/// Permutes V::kLanes states: word w of state i is `state[Stride · w + i]`.
template <class V, std::size_t Stride>
[[gnu::noinline]] void keccak_permute(std::uint64_t* state) noexcept {
  V a[25];
#pragma GCC unroll 25
  for (std::size_t w = 0; w < 25; ++w) a[w] = V::load(state + Stride * w);
  keccak_rounds<V>(a);
#pragma GCC unroll 25
  for (std::size_t w = 0; w < 25; ++w) a[w].store(state + Stride * w);
}

/// Absorbs `blocks` blocks of `Words` 64-bit words, the same into each state, and permutes after
/// each: for one state, with its words at `state[Stride · w]`.
template <class V, std::size_t Stride, std::size_t Words>
[[gnu::noinline]] void keccak_absorb(std::uint64_t* state, const std::uint8_t* message,
                                     std::size_t blocks) noexcept {
  V a[25];
#pragma GCC unroll 25
  for (std::size_t w = 0; w < 25; ++w) a[w] = V::splat(state[Stride * w]);
  for (; blocks != 0; --blocks) {
#pragma GCC unroll 25
    for (std::size_t w = 0; w < Words; ++w) {
      std::uint64_t word;
      __builtin_memcpy(&word, message + 8 * w, sizeof word);
      a[w] = a[w] ^ V::splat(word);
    }
    keccak_rounds<V>(a);
    message += 8 * Words;
  }
#pragma GCC unroll 25
  for (std::size_t w = 0; w < 25; ++w) a[w].store_first(state + Stride * w);
}

}  // namespace nautilus::inline v0::crypto::pq::simd
