// Everything of ML-KEM that goes through Keccak, with several sponges side by side (FIPS 203 §4.1,
// §4.2.2). Hashes of long public strings share permutations with the expansion of the matrix.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/pq/simd/mlkem_codec_simd.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

[[gnu::always_inline]] inline std::uint64_t load_word(const std::uint8_t* from) noexcept {
  std::uint64_t word;
  __builtin_memcpy(&word, from, sizeof word);
  return word;
}

/// Octets of a hash's block: the rate of SHA3-256 and SHAKE256, and of SHAKE128.
inline constexpr std::size_t kHashRate = 136;
inline constexpr std::size_t kMatrixRate = 168;
inline constexpr std::uint64_t kLastBit = std::uint64_t{0x80} << 56;

/// A message of fixed length with its padding (FIPS 202 §5.1, §B.2).
template <std::size_t Size>
struct PaddedMessage {
  static constexpr std::size_t kBlocks = Size / kHashRate + 1;
  std::uint8_t octets[kBlocks * kHashRate];

  /// To be called once the message's octets are set.
  [[gnu::always_inline]] inline void pad(std::uint8_t suffix) noexcept {
    __builtin_memset(octets + Size, 0, sizeof octets - Size);
    octets[Size] = suffix;
    octets[sizeof octets - 1] |= 0x80;
  }
};
inline constexpr std::uint8_t kSha3Suffix = 0x06;
inline constexpr std::uint8_t kShakeSuffix = 0x1f;

template <class Isa>
struct Sponges {
  static constexpr std::size_t kLanes = Isa::kLanes;
  using Wide = typename Isa::Wide;

  /// Word w of state i is at kLanes·w + i.
  alignas(64) std::uint64_t state[25 * kLanes];

  [[gnu::always_inline]] std::uint64_t* row(std::size_t w) noexcept { return state + kLanes * w; }
  void set_row(std::size_t w, unsigned lanes, Wide fresh) noexcept {
    Wide::load(row(w)).replace(lanes, fresh).store(row(w));
  }

  void clear() noexcept {
    for (std::size_t w = 0; w < 25; ++w) Wide::splat(0).store(row(w));
  }

  /// Starts the lanes whose bits are set on seed ‖ suffix, where a suffix is a word that has the
  /// first padding bit in it.
  void start(unsigned lanes, const std::uint8_t* seed, const std::uint64_t (&suffixes)[kLanes],
             std::size_t rate) noexcept {
    for (std::size_t w = 0; w < 4; ++w) set_row(w, lanes, Wide::splat(load_word(seed + 8 * w)));
    set_row(4, lanes, Wide::load(suffixes));
    for (std::size_t w = 5; w < 25; ++w) {
      set_row(w, lanes, Wide::splat(w == rate / 8 - 1 ? kLastBit : 0));
    }
  }

  void absorb(unsigned lane, const std::uint8_t* block) noexcept {
    for (std::size_t w = 0; w < kHashRate / 8; ++w) {
      Wide::load(row(w)).xor_lane(lane, load_word(block + 8 * w)).store(row(w));
    }
  }

  void squeeze(unsigned lane, std::size_t words, std::uint8_t* to) const noexcept {
    for (std::size_t w = 0; w < words; ++w) {
      __builtin_memcpy(to + 8 * w, &state[kLanes * w + lane], 8);
    }
  }
};

/// A string being hashed while something else happens.
struct HashInput {
  const std::uint8_t* blocks;
  std::uint8_t* digest;  // 32 octets
};

template <class Isa>
struct MlKemLanes {
  using Word = std::int16_t;
  using Codec = MlKemCodec<typename Isa::Words>;
  static constexpr std::size_t kLanes = Isa::kLanes;

  /// Octets squeezed from one lane: three blocks of SHAKE128, in whole eights of words.
  static constexpr std::size_t kLaneOctets = 640;
  struct Workspace {
    Sponges<Isa> sponges;
    alignas(64) std::uint8_t octets[kLanes][kLaneOctets];
  };

  static constexpr unsigned kAllLanes = (1U << kLanes) - 1;

  /// Writes `rows8` times eight words of each lane to its octets, from `at` on.
  static void extract(Workspace& work, std::size_t rows8, std::size_t at) noexcept {
    std::uint8_t* to[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) to[i] = work.octets[i] + at;
    Isa::extract(work.sponges.state, rows8, to);
  }

  /// SHA3-512 of 64 octets (`Size` 64) or 33.
  template <std::size_t Size>
  static void sha3_512(Workspace& work, const std::uint8_t* head, const std::uint8_t* tail,
                       std::uint8_t* digest) noexcept {
    static_assert(Size == 64 || Size == 33);
    auto& sponges = work.sponges;
    sponges.clear();
    for (std::size_t w = 0; w < 4; ++w) *sponges.row(w) = load_word(head + 8 * w);
    if constexpr (Size == 64) {
      for (std::size_t w = 0; w < 4; ++w) *sponges.row(4 + w) = load_word(tail + 8 * w);
      *sponges.row(8) = kSha3Suffix | kLastBit;
    } else {
      *sponges.row(4) = *tail | std::uint64_t{kSha3Suffix} << 8;
      *sponges.row(8) = kLastBit;
    }
    Isa::permute(sponges.state, 1);
    sponges.squeeze(0, 8, digest);
  }

  /// A hash of `blocks` whole blocks.
  static void hash(Workspace& work, HashInput input, std::size_t blocks) noexcept {
    work.sponges.clear();
    Isa::absorb(work.sponges.state, input.blocks, blocks);
    work.sponges.squeeze(0, 4, input.digest);
  }

  /// PRF and SamplePolyCBD for `count` polynomials with nonces from 0: the first `first` of them
  /// with Eta1, the rest with Eta2.
  template <std::size_t Eta1, std::size_t Eta2>
  static void noise(Workspace& work, const std::uint8_t* seed, std::size_t first, std::size_t count,
                    Word* out) noexcept {
    for (std::size_t done = 0; done < count; done += kLanes) {
      const std::size_t lanes = count - done < kLanes ? count - done : kLanes;
      std::uint64_t suffixes[kLanes];
      for (std::size_t i = 0; i < kLanes; ++i) {
        suffixes[i] = (done + i) | std::uint64_t{kShakeSuffix} << 8;
      }
      work.sponges.start(kAllLanes, seed, suffixes, kHashRate);
      Isa::permute(work.sponges.state, lanes);
      if (Eta1 == 3 && done < first) {
        extract(work, 3, 0);
        Isa::permute(work.sponges.state, lanes);
        extract(work, 1, kHashRate);
      } else {
        extract(work, 2, 0);
      }
      for (std::size_t i = 0; i < lanes; ++i) {
        Word* const poly = out + 256 * (done + i);
        if (done + i < first) {
          Codec::template binomial<Eta1>(work.octets[i], poly);
        } else {
          Codec::template binomial<Eta2>(work.octets[i], poly);
        }
      }
    }
  }

  /// Â from ρ (algorithm 7 on XOF(ρ, j, i)), while up to two strings of `blocks` blocks are hashed.
  template <std::size_t K, std::size_t Hashes>
  static void matrix_and_hashes(Workspace& work, const std::uint8_t* rho, Word* a_hat,
                                const HashInput* inputs, std::size_t blocks) noexcept {
    work.sponges.clear();
    std::size_t next = 0;
    for (std::size_t block = 0; block < blocks; block += 3) {
      // As many polynomials as the cheap lanes can take, where that is enough to be done in time.
      constexpr std::size_t kCheap = Isa::kCheapLanes - Hashes;
      const std::size_t left = K * K - next;
      const std::size_t most = left <= kCheap * ((blocks - block) / 3) ? kCheap : kLanes - Hashes;
      const std::size_t count = left < most ? left : most;
      expand_group<K, Hashes>(work, rho, a_hat, next, count, inputs, block);
      next += count;
    }
    for (unsigned i = 0; i < Hashes; ++i) work.sponges.squeeze(i, 4, inputs[i].digest);
    while (next < K * K) {
      const std::size_t count = K * K - next < kLanes ? K * K - next : kLanes;
      expand_group<K, 0>(work, rho, a_hat, next, count, nullptr, 0);
      next += count;
    }
  }

  /// Three permutations: polynomials `first` and following, `count` of them, in the lanes after
  /// those of the hashes.
  template <std::size_t K, unsigned Hashes>
  static void expand_group(Workspace& work, const std::uint8_t* rho, Word* a_hat, std::size_t first,
                           std::size_t count, const HashInput* inputs, std::size_t block) noexcept {
    if (count != 0) {
      std::uint64_t suffixes[kLanes] = {};
      for (std::size_t i = 0; i < count; ++i) {
        suffixes[Hashes + i] = matrix_suffix<K>(first + i);
      }
      work.sponges.start(kAllLanes << Hashes, rho, suffixes, kMatrixRate);
    }
    for (std::size_t step = 0; step < 3; ++step) {
      for (unsigned i = 0; i < Hashes; ++i) {
        work.sponges.absorb(i, inputs[i].blocks + kHashRate * (block + step));
      }
      Isa::permute(work.sponges.state, Hashes + count);
      if (count != 0) {
        extract(work, 3, kMatrixRate * step);
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      Word* const poly = a_hat + 256 * (first + i);
      const std::size_t lane = Hashes + i;
      const std::size_t filled = Isa::accept(work.octets[lane], 3 * kMatrixRate, poly, 0);
      if (filled < 256) finish_poly(work.sponges, lane, poly, filled);
    }
  }

  template <std::size_t K>
  static std::uint64_t matrix_suffix(std::size_t index) noexcept {
    // Â[i, j] is sampled from ρ ‖ j ‖ i (FIPS 203 algorithm 13, line 5).
    return index % K | index / K << 8 | std::uint64_t{kShakeSuffix} << 16;
  }

  // About one polynomial in a hundred needs more than three blocks.
  [[gnu::noinline]] static void finish_poly(const Sponges<Isa>& from, std::size_t lane, Word* poly,
                                            std::size_t filled) noexcept {
    Sponges<Isa> more;
    more.clear();
    for (std::size_t w = 0; w < 25; ++w) *more.row(w) = from.state[kLanes * w + lane];
    std::uint8_t block[kMatrixRate + 64] = {};
    while (filled < 256) {
      Isa::permute(more.state, 1);
      more.squeeze(0, kMatrixRate / 8, block);
      filled = Isa::accept(block, kMatrixRate, poly, filled);
    }
  }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
