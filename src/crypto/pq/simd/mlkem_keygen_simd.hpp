// The body of K-PKE.KeyGen (FIPS 203 algorithm 13) and H(ek), arranged so that no lane of the
// parallel sponges idles: noise, matrix and, as soon as rows of the public key are there, its hash
// share permutations. What happens when depends on ρ alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/pq/mlkem_kernels.hpp"
#include "crypto/pq/simd/mlkem_lanes_simd.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

template <class Isa, class P>
class MlKemKeyGen {
  using W = typename Isa::Words;
  using Word = std::int16_t;
  using Poly = MlKemPoly<W>;
  using Codec = MlKemCodec<W>;
  using Lanes = MlKemLanes<Isa>;
  using Wide = typename Isa::Wide;
  static constexpr std::size_t k = P::k;
  static constexpr std::size_t kLanes = Isa::kLanes;
  static constexpr std::size_t kNoisePolys = 2 * k;  // s, then e
  static constexpr std::size_t kJobs = kNoisePolys + k * k;
  static constexpr std::size_t kNoiseSteps = P::eta1 == 3 ? 2 : 1;
  static constexpr std::size_t kMatrixSteps = 3;
  using Message = PaddedMessage<P::kEncapsulationKeySize>;

 public:
  /// `key.ek` ends with ρ already.
  MlKemKeyGen(typename Lanes::Workspace& lanes, Word (&noise)[2 * k + 1][256],
              typename Poly::Operand (&operands)[k], MlKemKeyParts key) noexcept
      : lanes_(lanes), noise_(noise), operands_(operands), key_(key) {}

  void run(const std::uint8_t* sigma) noexcept {
    while (next_job_ < kJobs || busy_ != 0) {
      fill_lanes(sigma);
      const bool hashing = insert_hash();
      step(hashing);
      finish_lanes();
    }
    finish_hash();
  }

 private:
  struct Lane {
    std::size_t job = 0;
    std::size_t done = 0;  // permutations
  };

  [[nodiscard]] static constexpr bool is_noise(std::size_t job) noexcept {
    return job < kNoisePolys;
  }
  [[nodiscard]] bool hash_has_data() const noexcept {
    return kHashRate * (hashed_ + 1) <= 384 * rows_ + (rows_ == k ? 32 : 0);
  }

  // Gives each free lane a job, but for one while the hash can go on.
  void fill_lanes(const std::uint8_t* sigma) noexcept {
    alignas(64) std::uint64_t seeds[4][kLanes] = {};
    alignas(64) std::uint64_t suffixes[kLanes] = {};
    alignas(64) std::uint64_t hash_ends[kLanes] = {};
    alignas(64) std::uint64_t matrix_ends[kLanes] = {};
    const std::uint8_t* const rho = key_.ek + P::kVectorSize;
    const std::size_t first_job = next_job_;
    unsigned fresh = 0;
    hash_lane_ = kLanes;
    bool reserve = hash_has_data();
    for (std::size_t i = 0; i < kLanes; ++i) {
      if ((busy_ >> i & 1) != 0) continue;
      if (reserve) {
        hash_lane_ = i;
        reserve = false;
        continue;
      }
      if (next_job_ == kJobs) break;
      const std::size_t job = next_job_++;
      lane_[i] = {.job = job};
      fresh |= 1U << i;
      const std::uint8_t* const seed = is_noise(job) ? sigma : rho;
      for (std::size_t w = 0; w < 4; ++w) seeds[w][i] = load_word(seed + 8 * w);
      if (is_noise(job)) {
        suffixes[i] = job | std::uint64_t{kShakeSuffix} << 8;
        hash_ends[i] = kLastBit;
      } else {
        suffixes[i] = Lanes::template matrix_suffix<k>(job - kNoisePolys);
        matrix_ends[i] = kLastBit;
      }
    }
    busy_ |= fresh;
    if (next_job_ == first_job) return;
    auto& sponges = lanes_.sponges;
    for (std::size_t w = 0; w < 4; ++w) sponges.set_row(w, fresh, Wide::load(seeds[w]));
    sponges.set_row(4, fresh, Wide::load(suffixes));
    for (std::size_t w = 5; w < 25; ++w) sponges.set_row(w, fresh, Wide::splat(0));
    sponges.set_row(kHashRate / 8 - 1, fresh, Wide::load(hash_ends));
    sponges.set_row(kMatrixRate / 8 - 1, fresh, Wide::load(matrix_ends));
    wipe_seeds(seeds);
  }

  // σ is secret.
  static void wipe_seeds(std::uint64_t (&seeds)[4][kLanes]) noexcept {
    for (auto& row : seeds) Wide::splat(0).store(row);
    asm volatile("" : : "r"(&seeds) : "memory");
  }

  // Puts the hash's state and its next block into the lane kept for it.
  bool insert_hash() noexcept {
    if (hash_lane_ == kLanes) return false;
    const std::uint8_t* const block = next_block();
    auto& sponges = lanes_.sponges;
    for (std::size_t w = 0; w < 25; ++w) {
      const std::uint64_t word = w < kHashRate / 8 ? load_word(block + 8 * w) : 0;
      sponges.set_row(w, 1U << hash_lane_, Wide::splat(hash_[w] ^ word));
    }
    return true;
  }

  // The last block is padded and lies elsewhere.
  const std::uint8_t* next_block() noexcept {
    constexpr std::size_t kLast = (Message::kBlocks - 1) * kHashRate;
    if (hashed_ + 1 < Message::kBlocks) return key_.ek + kHashRate * hashed_;
    constexpr std::size_t kRest = P::kEncapsulationKeySize - kLast;
    __builtin_memset(last_block_, 0, sizeof last_block_);
    __builtin_memcpy(last_block_, key_.ek + kLast, kRest);
    last_block_[kRest] = kSha3Suffix;
    last_block_[kHashRate - 1] |= 0x80;
    return last_block_;
  }

  void step(bool hashing) noexcept {
    const unsigned used = busy_ | (hashing ? 1U << hash_lane_ : 0U);
    const std::size_t active = 32 - static_cast<std::size_t>(__builtin_clz(used));
    auto& sponges = lanes_.sponges;
    Isa::permute(sponges.state, active);
    if (hashing) {
      for (std::size_t w = 0; w < 25; ++w) hash_[w] = sponges.state[kLanes * w + hash_lane_];
      ++hashed_;
    }
    std::uint8_t* to[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) {
      to[i] = lanes_.octets[i];
      if ((busy_ >> i & 1) == 0) continue;
      to[i] += lane_[i].done * (is_noise(lane_[i].job) ? kHashRate : kMatrixRate);
      ++lane_[i].done;
    }
    if (busy_ != 0) Isa::extract(sponges.state, 3, to);
  }

  void finish_lanes() noexcept {
    for (std::size_t i = 0; i < kLanes; ++i) {
      if ((busy_ >> i & 1) == 0) continue;
      const std::size_t job = lane_[i].job;
      if (lane_[i].done < (is_noise(job) ? kNoiseSteps : kMatrixSteps)) continue;
      busy_ &= ~(1U << i);
      if (is_noise(job)) {
        finish_noise(i, job);
      } else {
        finish_matrix(i, job - kNoisePolys);
      }
    }
  }

  void finish_noise(std::size_t lane, std::size_t index) noexcept {
    Word* const poly = noise_[index];
    Codec::template binomial<P::eta1>(lanes_.octets[lane], poly);
    Poly::ntt(poly);
    if (index >= k) return;
    Poly::make_canonical(poly, key_.s_hat + 256 * index);
    Poly::template make_operand<true>(poly, operands_[index]);
  }

  void finish_matrix(std::size_t lane, std::size_t index) noexcept {
    Word* const poly = key_.a_hat + 256 * index;
    const std::size_t filled =
        Isa::accept(lanes_.octets[lane], kMatrixSteps * kMatrixRate, poly, 0);
    if (filled < 256) Lanes::finish_poly(lanes_.sponges, lane, poly, filled);
    if (++polys_ % k != 0) return;
    // Jobs of one kind finish in order: this was the row's last. Line 18 of the algorithm.
    Word* const sum = noise_[2 * k];
    Poly::template inner_product_plus<k>(key_.a_hat + 256 * k * rows_, operands_, noise_[k + rows_],
                                         sum);
    Codec::encode_12(sum, key_.ek + 384 * rows_);
    declassify_memory(key_.ek + 384 * rows_, 384);  // the public key
    ++rows_;
  }

  // What is left of the hash has the sponges for itself.
  void finish_hash() noexcept {
    auto& sponges = lanes_.sponges;
    for (std::size_t w = 0; w < 25; ++w) *sponges.row(w) = hash_[w];
    if (hashed_ + 1 < Message::kBlocks) {
      Isa::absorb(sponges.state, key_.ek + kHashRate * hashed_, Message::kBlocks - 1 - hashed_);
      hashed_ = Message::kBlocks - 1;
    }
    if (hashed_ < Message::kBlocks) Isa::absorb(sponges.state, next_block(), 1);
    sponges.squeeze(0, 4, key_.hash);
  }

  typename Lanes::Workspace& lanes_;
  Word (&noise_)[2 * k + 1][256];
  typename Poly::Operand (&operands_)[k];
  MlKemKeyParts key_;

  Lane lane_[kLanes];
  unsigned busy_ = 0;  // one bit per lane
  std::size_t hash_lane_ = kLanes;
  std::size_t next_job_ = 0;
  std::size_t polys_ = 0;
  std::size_t rows_ = 0;
  std::size_t hashed_ = 0;
  std::uint64_t hash_[25] = {};
  std::uint8_t last_block_[kHashRate];
};

}  // namespace nautilus::inline v0::crypto::pq::simd
