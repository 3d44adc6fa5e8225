#include "crypto/pq/mlkem_encode.hpp"

#include <array>

#include <nautilus/secret.hpp>

#include "core/ct.hpp"

namespace nautilus::inline v0::crypto::pq::mlkem {
namespace {

// Eight values of D bits are D octets, least significant bit first: both loops unroll completely.
template <std::size_t D, class Value>
[[gnu::always_inline]] inline void pack(Packed<D> out, Value value) noexcept {
  for (std::size_t group = 0; group < kN / 8; ++group) {
    std::uint64_t window = 0;
    std::size_t bits = 0;
    std::size_t at = D * group;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) {
      window |= std::uint64_t{value(8 * group + i)} << bits;
      bits += D;
#pragma GCC unroll 2
      for (; bits >= 8; bits -= 8) {
        out[at++] = static_cast<std::uint8_t>(window);
        window >>= 8;
      }
    }
  }
}

template <std::size_t D, class Sink>
[[gnu::always_inline]] inline void unpack(PackedView<D> octets, Sink sink) noexcept {
  for (std::size_t group = 0; group < kN / 8; ++group) {
    std::uint64_t window = 0;
    std::size_t bits = 0;
    std::size_t at = D * group;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) {
#pragma GCC unroll 2
      for (; bits < D; bits += 8) window |= std::uint64_t{octets[at++]} << bits;
      sink(8 * group + i, static_cast<std::uint32_t>(window) & ((1U << D) - 1));
      window >>= D;
      bits -= D;
    }
  }
}

}  // namespace

void encode_12(const NttPoly& f, Packed<12> out) noexcept {
  pack<12>(out, [&](std::size_t i) { return static_cast<std::uint32_t>(f.c[i]); });
}

std::uint32_t decode_12(PackedView<12> octets, NttPoly& out) noexcept {
  std::int32_t all_below = -1;
  unpack<12>(octets, [&](std::size_t i, std::uint32_t value) {
    out.c[i] = static_cast<std::int16_t>(value);
    all_below &= static_cast<std::int32_t>(value) - kQ;
  });
  // Each difference is negative where the value is below q: the sign is the verdict.
  return static_cast<std::uint32_t>(all_below >> 31);
}

template <std::size_t D>
void compress_and_encode(const RingPoly& f, Packed<D> out) noexcept {
  alignas(32) std::array<std::uint16_t, kN> values;
  for (std::size_t i = 0; i < kN; ++i) {
    values[i] =
        static_cast<std::uint16_t>(compress<D>(static_cast<std::uint32_t>(canonical(f.c[i]))));
  }
  pack<D>(out, [&](std::size_t i) { return std::uint32_t{values[i]}; });
  wipe({reinterpret_cast<std::uint8_t*>(values.data()), sizeof values});
}

template <std::size_t D>
void decode_and_decompress(PackedView<D> octets, RingPoly& out) noexcept {
  unpack<D>(octets, [&](std::size_t i, std::uint32_t value) {
    // A message bit is secret and has two outcomes: without the barrier compilers make it a branch.
    if constexpr (D == 1) value = ct::value_barrier(value);
    out.c[i] = static_cast<std::int16_t>(decompress<D>(value));
  });
}

template void compress_and_encode<1>(const RingPoly&, Packed<1>) noexcept;
template void compress_and_encode<4>(const RingPoly&, Packed<4>) noexcept;
template void compress_and_encode<5>(const RingPoly&, Packed<5>) noexcept;
template void compress_and_encode<10>(const RingPoly&, Packed<10>) noexcept;
template void compress_and_encode<11>(const RingPoly&, Packed<11>) noexcept;
template void decode_and_decompress<1>(PackedView<1>, RingPoly&) noexcept;
template void decode_and_decompress<4>(PackedView<4>, RingPoly&) noexcept;
template void decode_and_decompress<5>(PackedView<5>, RingPoly&) noexcept;
template void decode_and_decompress<10>(PackedView<10>, RingPoly&) noexcept;
template void decode_and_decompress<11>(PackedView<11>, RingPoly&) noexcept;

}  // namespace nautilus::inline v0::crypto::pq::mlkem
