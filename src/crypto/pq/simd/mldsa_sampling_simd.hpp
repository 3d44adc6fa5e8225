// ExpandA, ExpandS and ExpandMask (FIPS 204 §7.3) over parallel sponges. `Isa` is one of
// isa_*.hpp, `S` the sampling steps that depend on the instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/pq/mldsa_kernels.hpp"
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

  static void expand_a(const std::uint8_t* rho, std::size_t k, std::size_t l, std::int32_t* a_hat,
                       const MlDsaHash* beside) noexcept {
    State state;
    Buffers buffers;
    Rider rider(beside);
    std::size_t rides = rider.batches(k * l);
    // s ‖ r of the next polynomial.
    std::uint64_t column = 0;
    std::uint64_t row = 0;
    for (std::size_t job = 0; job < k * l;) {
      const bool ridden = rides != 0;
      rides -= ridden;
      const std::size_t room = kLanes - ridden;
      const std::size_t active = k * l - job < room ? k * l - job : room;
      start<4, kMatrixRate>(
          state, rho,
          [&](std::size_t /*lane*/) {
            const std::uint64_t indices = column | row << 8;
            if (++column == l) {
              column = 0;
              ++row;
            }
            return indices;
          },
          active);
      if (ridden) rider.mount(state);
      const auto more = [&](std::size_t blocks) {
        for (std::size_t b = 0; b < blocks; ++b) {
          if (ridden) rider.absorb(state);
          squeeze_block<kMatrixRate>(state, ridden ? kLanes : active, b, buffers);
          if (ridden) rider.finish(state);
        }
      };
      more(kBlocks);
      std::size_t filled[kLanes];
      std::size_t least = 256;
      for (std::size_t lane = 0; lane < active; ++lane) {
        filled[lane] = S::sample_public(buffers.octets[lane], kBlocks * kMatrixRate,
                                        a_hat + 256 * (job + lane), 0);
        if (filled[lane] < least) least = filled[lane];
      }
      while (least < 256) {
        more(1);
        least = 256;
        for (std::size_t lane = 0; lane < active; ++lane) {
          filled[lane] = S::sample_public(buffers.octets[lane], kMatrixRate,
                                          a_hat + 256 * (job + lane), filled[lane]);
          if (filled[lane] < least) least = filled[lane];
        }
      }
      if (ridden) rider.dismount(state);
      job += active;
    }
    rider.complete(state);
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
  // SHAKE256 of a public message, in the last lane of permutations that have no other use for it.
  class Rider {
   public:
    explicit Rider(const MlDsaHash* hash) noexcept : hash_(hash) {
      if (hash == nullptr) return;
      left_ = hash->size / kRate + 1;
      next_ = hash->message;
      const std::size_t rest = hash->size % kRate;
      __builtin_memset(words_, 0, sizeof words_);
      __builtin_memset(last_, 0, sizeof last_);
      __builtin_memcpy(last_, hash->message + (hash->size - rest), rest);
      last_[rest] = 0x1f;
      last_[kRate - 1] |= 0x80;
    }

    // For how many batches of sponges it takes a lane: those that are idle anyhow, and those of one
    // batch more where the blocks that would remain take longer than that one.
    [[nodiscard]] std::size_t batches(std::size_t jobs) const noexcept {
      const std::size_t wanted = (left_ + kBlocks - 1) / kBlocks;
      const std::size_t idle = (kLanes - jobs % kLanes) % kLanes;
      const std::size_t remaining = left_ - (idle * kBlocks < left_ ? idle * kBlocks : left_);
      const std::size_t lanes = remaining > kBlocks + 3 ? idle + kLanes : idle;
      return lanes < wanted ? lanes : wanted;
    }

    // Into the state and out of it.
    void mount(State& state) const noexcept {
      for (std::size_t w = 0; w < 25; ++w) state.words[kLanes * w + kLanes - 1] = words_[w];
    }
    void dismount(const State& state) noexcept {
      for (std::size_t w = 0; w < 25; ++w) words_[w] = state.words[kLanes * w + kLanes - 1];
    }

    // Before and after each permutation.
    void absorb(State& state) noexcept {
      if (left_ == 0) return;
      const std::uint8_t* const block = left_ == 1 ? last_ : next_;
      if (left_ > 1) next_ += kRate;
      for (std::size_t w = 0; w < kRate / 8; ++w) {
        std::uint64_t word;
        __builtin_memcpy(&word, block + 8 * w, sizeof word);
        state.words[kLanes * w + kLanes - 1] ^= word;
      }
    }
    void finish(const State& state) noexcept {
      if (left_ == 0 || --left_ != 0) return;
      for (std::size_t w = 0; w < kRate / 8; ++w) {
        __builtin_memcpy(last_ + 8 * w, &state.words[kLanes * w + kLanes - 1], 8);
      }
      __builtin_memcpy(hash_->out, last_, hash_->out_size);
    }

    // What is left of the message.
    void complete(State& state) noexcept {
      if (left_ == 0) return;
      mount(state);
      std::uint64_t* const lane = state.words + kLanes - 1;
      Isa::absorb(lane, next_, left_ - 1);
      Isa::absorb(lane, last_, 1);
      left_ = 1;
      finish(state);
    }

   private:
    const MlDsaHash* hash_;
    const std::uint8_t* next_ = nullptr;
    std::size_t left_ = 0;
    std::uint64_t words_[25];
    std::uint8_t last_[kRate];
  };

  // States over a seed of `Words` words, the same for all, and a nonce of two octets.
  template <std::size_t Words, std::size_t Rate, class Nonce>
  [[gnu::always_inline]] static inline void start(State& state, const std::uint8_t* seed,
                                                  Nonce nonce,
                                                  std::size_t active = kLanes) noexcept {
    __builtin_memset(state.words, 0, sizeof state.words);
    for (std::size_t w = 0; w < Words; ++w) {
      std::uint64_t word;
      __builtin_memcpy(&word, seed + 8 * w, sizeof word);
      Isa::Wide::splat(word).store(state.words + kLanes * w);
    }
    for (std::size_t lane = 0; lane < active; ++lane) {
      state.words[kLanes * Words + lane] = nonce(lane) | std::uint64_t{0x1f} << 16;
      state.words[kLanes * (Rate / 8 - 1) + lane] ^= std::uint64_t{0x80} << 56;
    }
  }

  template <std::size_t Rate>
  static void squeeze(State& state, std::size_t active, std::size_t blocks,
                      Buffers& buffers) noexcept {
    for (std::size_t b = 0; b < blocks; ++b) squeeze_block<Rate>(state, active, b, buffers);
  }
  template <std::size_t Rate>
  static void squeeze_block(State& state, std::size_t active, std::size_t block,
                            Buffers& buffers) noexcept {
    Isa::permute(state.words, active);
    std::uint8_t* to[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      to[lane] = buffers.octets[lane] + Rate * block;
    }
    Isa::extract(state.words, 3, to);
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
