// The kernels' machine in plain C++, shaped like AVX-512 (eight states, 512 bits). For tests.
#pragma once

#include "crypto/pq/simd/keccak_rounds.hpp"
#include "crypto/pq/simd/vec_emulated.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

struct Emulated {
  using Words = EmulatedWords<32>;
  using Wide = EmulatedLanes<8>;
  static constexpr std::size_t kLanes = 8;
  static constexpr std::size_t kCheapLanes = 4;

  static void permute(std::uint64_t* state, std::size_t active) noexcept {
    if (active > 4) {
      keccak_permute<EmulatedLanes<8>, kLanes>(state);
    } else if (active > 2) {
      keccak_permute<EmulatedLanes<4>, kLanes>(state);
    } else {
      keccak_permute<EmulatedLanes<2>, kLanes>(state);
    }
  }

  /// Absorbs blocks of 17 words into the first state.
  static void absorb(std::uint64_t* state, const std::uint8_t* message,
                     std::size_t blocks) noexcept {
    keccak_absorb<EmulatedLanes<2>, kLanes, 17>(state, message, blocks);
  }

  static void extract(const std::uint64_t* state, std::size_t rows8,
                      std::uint8_t* const (&to)[kLanes]) noexcept {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      for (std::size_t w = 0; w < 8 * rows8; ++w) {
        std::memcpy(to[lane] + 8 * w, &state[kLanes * w + lane], 8);
      }
    }
  }

  static std::size_t accept(const std::uint8_t* octets, std::size_t size, std::int16_t* out,
                            std::size_t filled) noexcept {
    for (std::size_t i = 0; i < size; i += 3) {
      const int fields[2] = {octets[i] | (octets[i + 1] & 0x0f) << 8,
                             octets[i + 1] >> 4 | octets[i + 2] << 4};
      for (const int field : fields) {
        if (field < 3329 && filled < 256) out[filled++] = static_cast<std::int16_t>(field);
      }
    }
    return filled;
  }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
