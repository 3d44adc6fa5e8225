// Packing (FIPS 204 §7.1) and hashing of one message. `Isa` is one of isa_*.hpp, `S` what depends
// on the instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/pq/simd/wipe.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

template <class Isa, class S>
struct MlDsaCodec {
  static constexpr std::size_t kRate = 136;

  static void bit_unpack(const std::uint8_t* octets, std::size_t bits, std::int32_t b,
                         std::int32_t* w) noexcept {
    // Whole vectors are read.
    struct Padded {
      std::uint8_t octets[32 * 20 + 64];
    };
    Wiped<Padded> padded;
    std::uint8_t* const from = padded.value.octets;
    __builtin_memcpy(from, octets, 32 * bits);
    switch (bits) {
      case 3:
        return S::template bit_unpack<3>(from, b, w);
      case 4:
        return S::template bit_unpack<4>(from, b, w);
      case 10:
        return S::template bit_unpack<10>(from, b, w);
      case 13:
        return S::template bit_unpack<13>(from, b, w);
      case 18:
        return S::template bit_unpack<18>(from, b, w);
      default:
        return S::template bit_unpack<20>(from, b, w);
    }
  }

  static void bit_pack(const std::int32_t* w, std::size_t bits, std::int32_t b,
                       std::uint8_t* out) noexcept {
    switch (bits) {
      case 3:
        return S::template bit_pack<3>(w, b, out);
      case 4:
        return S::template bit_pack<4>(w, b, out);
      case 18:
        return S::template bit_pack<18>(w, b, out);
      default:
        return S::template bit_pack<20>(w, b, out);
    }
  }

  static void shake256(const std::uint8_t* message, std::size_t size, std::uint8_t* out,
                       std::size_t out_size) noexcept {
    struct Space {
      alignas(64) std::uint64_t state[25 * Isa::kLanes];
      std::uint8_t last[kRate];
    };
    Wiped<Space> space;
    __builtin_memset(&space.value, 0, sizeof space.value);
    Isa::absorb(space.value.state, message, size / kRate);
    const std::size_t rest = size % kRate;
    std::uint8_t* const last = space.value.last;
    __builtin_memcpy(last, message + (size - rest), rest);
    last[rest] = 0x1f;
    last[kRate - 1] |= 0x80;
    Isa::absorb(space.value.state, last, 1);
    for (std::size_t w = 0; w < kRate / 8; ++w) {
      __builtin_memcpy(last + 8 * w, &space.value.state[Isa::kLanes * w], 8);
    }
    __builtin_memcpy(out, last, out_size);
    clear_stack<S>();
  }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
