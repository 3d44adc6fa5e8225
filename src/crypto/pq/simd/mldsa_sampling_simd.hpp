// ExpandA, ExpandS and ExpandMask (FIPS 204 §7.3) over parallel sponges. `Isa` is one of
// isa_*.hpp, `S` the sampling steps that depend on the instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/pq/simd/wipe.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

template <class Isa, class S>
struct MlDsaSampling {
  static constexpr std::size_t kLanes = Isa::kLanes;
  static constexpr std::size_t kMatrixRate = 168;  // SHAKE128
  static constexpr std::size_t kRate = 136;        // SHAKE256
  static constexpr std::size_t kSpare = 64;        // read and written beyond a block
  static constexpr std::size_t kBlocks = 5;

  struct alignas(64) State {
    std::uint64_t words[25 * kLanes];
  };
  struct alignas(64) Buffers {
    std::uint8_t octets[kLanes][kBlocks * kMatrixRate + kSpare];
  };

  static void expand_a(const std::uint8_t* rho, std::size_t k, std::size_t l,
                       std::int32_t* a_hat) noexcept {
    State state;
    Buffers buffers;
    // s ‖ r of the next polynomial.
    std::uint64_t column = 0;
    std::uint64_t row = 0;
    for (std::size_t job = 0; job < k * l; job += kLanes) {
      const std::size_t active = k * l - job < kLanes ? k * l - job : kLanes;
      start<4, kMatrixRate>(state, rho, [&](std::size_t /*lane*/) {
        const std::uint64_t indices = column | row << 8;
        ++column;
        if (column == l) {
          column = 0;
          ++row;
        }
        return indices;
      });
      squeeze<kMatrixRate>(state, active, kBlocks, buffers);
      std::size_t filled[kLanes];
      std::size_t least = 256;
      for (std::size_t lane = 0; lane < active; ++lane) {
        filled[lane] = S::sample_public(buffers.octets[lane], kBlocks * kMatrixRate,
                                        a_hat + 256 * (job + lane), 0);
        if (filled[lane] < least) least = filled[lane];
      }
      while (least < 256) {
        squeeze<kMatrixRate>(state, active, 1, buffers);
        least = 256;
        for (std::size_t lane = 0; lane < active; ++lane) {
          filled[lane] = S::sample_public(buffers.octets[lane], kMatrixRate,
                                          a_hat + 256 * (job + lane), filled[lane]);
          if (filled[lane] < least) least = filled[lane];
        }
      }
    }
  }

  static void expand_s(const std::uint8_t* rho_prime, std::size_t eta, std::size_t count,
                       std::int32_t* s) noexcept {
    constexpr std::size_t kCandidates = 2 * kRate;
    struct Room {
      std::int32_t c[256 + kCandidates + 16];
    };
    Wiped<State> state;
    Wiped<Buffers> buffers;
    Wiped<Room> room;
    for (std::size_t job = 0; job < count; job += kLanes) {
      const std::size_t active = count - job < kLanes ? count - job : kLanes;
      start<8, kRate>(state.value, rho_prime, [&](std::size_t lane) { return job + lane; });
      // As many blocks as suffice for all but one polynomial in thousands; more come below.
      std::size_t blocks = 2;
      squeeze<kRate>(state.value, active, blocks, buffers.value);
      std::size_t filled[kLanes] = {};
      bool missing = false;
      do {
        missing = false;
        for (std::size_t lane = 0; lane < active; ++lane) {
          std::int32_t* const out = s + 256 * (job + lane);
          if (filled[lane] >= 256) continue;
          __builtin_memcpy(room.value.c, out, sizeof(std::int32_t) * filled[lane]);
          for (std::size_t b = 0; b < blocks && filled[lane] < 256; ++b) {
            filled[lane] = bounded_block(buffers.value.octets[lane] + kRate * b, eta, room.value.c,
                                         filled[lane]);
          }
          if (filled[lane] > 256) filled[lane] = 256;
          __builtin_memcpy(out, room.value.c, sizeof(std::int32_t) * filled[lane]);
          missing = missing || filled[lane] < 256;
        }
        if (missing) {
          blocks = 1;
          squeeze<kRate>(state.value, active, blocks, buffers.value);
        }
      } while (missing);
    }
    clear_stack<S>();
  }

  static void expand_mask(const std::uint8_t* rho_prime, std::size_t kappa, std::size_t bits,
                          std::size_t count, std::int32_t* y) noexcept {
    Wiped<State> state;
    Wiped<Buffers> buffers;
    for (std::size_t job = 0; job < count; job += kLanes) {
      const std::size_t active = count - job < kLanes ? count - job : kLanes;
      start<8, kRate>(state.value, rho_prime, [&](std::size_t lane) { return kappa + job + lane; });
      squeeze<kRate>(state.value, active, kBlocks, buffers.value);
      for (std::size_t lane = 0; lane < active; ++lane) {
        std::int32_t* const out = y + 256 * (job + lane);
        if (bits == 18) {
          S::template bit_unpack<18>(buffers.value.octets[lane], 1 << 17, out);
        } else {
          S::template bit_unpack<20>(buffers.value.octets[lane], 1 << 19, out);
        }
      }
    }
    clear_stack<S>();
  }

 private:
  // States over a seed of `Words` words, the same for all, and a nonce of two octets.
  template <std::size_t Words, std::size_t Rate, class Nonce>
  [[gnu::always_inline]] static inline void start(State& state, const std::uint8_t* seed,
                                                  Nonce nonce) noexcept {
    __builtin_memset(state.words, 0, sizeof state.words);
    for (std::size_t w = 0; w < Words; ++w) {
      std::uint64_t word;
      __builtin_memcpy(&word, seed + 8 * w, sizeof word);
      for (std::size_t lane = 0; lane < kLanes; ++lane) state.words[kLanes * w + lane] = word;
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      state.words[kLanes * Words + lane] = nonce(lane) | std::uint64_t{0x1f} << 16;
      state.words[kLanes * (Rate / 8 - 1) + lane] ^= std::uint64_t{0x80} << 56;
    }
  }

  template <std::size_t Rate>
  static void squeeze(State& state, std::size_t active, std::size_t blocks,
                      Buffers& buffers) noexcept {
    for (std::size_t b = 0; b < blocks; ++b) {
      Isa::permute(state.words, active);
      std::uint8_t* to[kLanes];
      for (std::size_t lane = 0; lane < kLanes; ++lane) to[lane] = buffers.octets[lane] + Rate * b;
      Isa::extract(state.words, 3, to);
    }
  }

  // Appends what is accepted of a block to the `filled` coefficients at `out`. Apart from its
  // caller, which may branch on the count: that is public (see below).
  [[gnu::noinline]] static std::size_t bounded_block(const std::uint8_t* octets, std::size_t eta,
                                                     std::int32_t* out,
                                                     std::size_t filled) noexcept {
    // One mask per octet of candidates, eight of them.
    constexpr std::size_t kGroups = 2 * kRate / 16;
    std::uint16_t accepted[kGroups];
    S::accept_half_bytes(octets, kGroups, eta, accepted);
    // Which candidates are thrown away says nothing about the values of those that are kept.
    declassify_memory(accepted, sizeof accepted);
    return S::take_half_bytes(octets, kGroups, eta, accepted, out, filled);
  }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
