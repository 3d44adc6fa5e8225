// Encoding, compression (FIPS 203 §4.2.1) and the binomial distribution (algorithm 8) over a vector
// type W of 16-bit words. Reading and writing goes through buffers with room to spare, since whole
// vectors are read and written.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/pq/simd/mlkem_poly_simd.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

template <class W>
struct MlKemCodec {
  using Word = std::int16_t;
  using Poly = MlKemPoly<W>;
  static constexpr std::size_t kSpare = 64;

  template <std::size_t D>
  struct alignas(64) Buffer {
    std::uint8_t octets[32 * D + kSpare];
  };

  /// Octets of one vector's worth of fields.
  template <std::size_t D>
  static constexpr std::size_t kStep = W::kLanes * D / 8;

  /// ByteEncode_12. Takes coefficients in [0, q).
  static void encode_12(const Word* f, std::uint8_t* out) noexcept {
    Buffer<12> buffer;
    for (std::size_t i = 0; i < 256 / W::kLanes; ++i) {
      W::load(f + W::kLanes * i).template pack<12>(buffer.octets + kStep<12> * i);
    }
    __builtin_memcpy(out, buffer.octets, 384);
  }

  /// ByteDecode_12. ANDs into `below`: words that stay negative while all coefficients are below q.
  static void decode_12(const std::uint8_t* octets, Word* out, W& below) noexcept {
    Buffer<12> buffer;
    __builtin_memcpy(buffer.octets, octets, 384);
    W all = below;
    for (std::size_t i = 0; i < 256 / W::kLanes; ++i) {
      const W f = W::template unpack<12>(buffer.octets + kStep<12> * i);
      all = all & (f - W::splat(3329));
      f.store(out + W::kLanes * i);
    }
    below = all;
  }

  /// All ones if every word of `below` is negative, else zero.
  static std::uint32_t all_negative(W below) noexcept {
    Word words[W::kLanes];
    below.store(words);
    std::int32_t all = -1;
    for (std::size_t i = 0; i < W::kLanes; ++i) all &= words[i];
    return static_cast<std::uint32_t>(all >> 31);
  }

  /// Compress_D of values bounded by q.
  template <std::size_t D>
  [[gnu::always_inline]] static inline W compress(W x) noexcept {
    // An estimate of x·2^D/q that is off by one at most, put right by the remainder's size.
    constexpr int kRatio = static_cast<int>(((1LL << (15 + D)) + 1664) / 3329);
    const W estimate = W::multiply_round(x, W::splat(kRatio));
    const W remainder = x.template shift_left<D>() - W::multiply_low(estimate, W::splat(3329));
    const W above = (W::splat(1664) - remainder).template shift_right_signed<15>();
    const W under = (remainder + W::splat(1664)).template shift_right_signed<15>();
    return (estimate - above + under) & W::splat((1 << D) - 1);
  }

  /// ByteEncode_D(Compress_D(f)) for D of 4, 5, 10 and 11. Takes any coefficients.
  template <std::size_t D>
  static void compress_and_encode(const Word* f, std::uint8_t* out) noexcept {
    Buffer<D> buffer;
    for (std::size_t i = 0; i < 256 / W::kLanes; ++i) {
      compress<D>(Poly::reduce(W::load(f + W::kLanes * i)))
          .template pack<D>(buffer.octets + kStep<D> * i);
    }
    __builtin_memcpy(out, buffer.octets, 32 * D);
  }

  /// Decompress_D(ByteDecode_D(octets)), in [0, q).
  template <std::size_t D>
  static void decode_and_decompress(const std::uint8_t* octets, Word* out) noexcept {
    Buffer<D> buffer;
    __builtin_memcpy(buffer.octets, octets, 32 * D);
    for (std::size_t i = 0; i < 256 / W::kLanes; ++i) {
      const W y = W::template unpack<D>(buffer.octets + kStep<D> * i);
      W::multiply_round(y.template shift_left<15 - D>(), W::splat(3329)).store(out + W::kLanes * i);
    }
  }

  /// Adds Decompress_1 of the message's bits.
  static void add_message(const std::uint8_t* m, Word* f) noexcept {
    for (std::size_t i = 0; i < 256; i += W::kLanes) {
      (W::load(f + i) + W::from_bits(m + i / 8, 1665)).store(f + i);
    }
  }

  /// ByteEncode_1(Compress_1(v - w)). Takes coefficients bounded by q.
  static void message_of_difference(const Word* v, const Word* w, std::uint8_t* m) noexcept {
    W bits[256 / W::kLanes];
    for (std::size_t i = 0; i < 256 / W::kLanes; ++i) {
      const std::size_t at = W::kLanes * i;
      bits[i] = compress<1>(Poly::reduce(W::load(v + at) - W::load(w + at)));
    }
    W::store_low_bits(bits, m);
  }

  /// f := f + g.
  static void add(Word* f, const Word* g) noexcept {
    for (std::size_t i = 0; i < 256; i += W::kLanes) {
      (W::load(f + i) + W::load(g + i)).store(f + i);
    }
  }

  /// SamplePolyCBD_η of 64·η octets, with kSpare readable ones after them.
  template <std::size_t Eta>
  static void binomial(const std::uint8_t* octets, Word* out) noexcept {
    for (std::size_t i = 0; i < 256 / W::kLanes; ++i) {
      const W v = W::template unpack<2 * Eta>(octets + kStep<2 * Eta> * i);
      constexpr int kLowBits = Eta == 2 ? 0x5 : 0x9;
      const W low = W::splat(kLowBits);
      W sums = (v & low) + (v.template shift_right<1>() & low);
      if constexpr (Eta == 3) sums = sums + (v.template shift_right<2>() & low);
      const W x = sums & W::splat((1 << Eta) - 1);
      (x - sums.template shift_right<Eta>()).store(out + W::kLanes * i);
    }
  }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
