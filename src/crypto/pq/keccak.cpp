#include "crypto/pq/keccak.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include <nautilus/secret.hpp>

#include "crypto/pq/simd/keccak_kernels.hpp"
#include "crypto/pq/simd/keccak_rounds.hpp"
#include "crypto/pq/simd/scalar_lane.hpp"

namespace nautilus::inline v0::crypto::pq {
namespace {

// Lanes are little-endian octet strings (FIPS 202 §B.1).
constexpr std::uint64_t little_endian(std::uint64_t lane) noexcept {
  if constexpr (std::endian::native == std::endian::big) return __builtin_bswap64(lane);
  return lane;
}

std::uint64_t load_lane(const std::uint8_t* bytes) noexcept {
  std::uint64_t lane = 0;
  std::memcpy(&lane, bytes, 8);
  return little_endian(lane);
}

void store_lane(std::uint8_t* bytes, std::uint64_t lane) noexcept {
  lane = little_endian(lane);
  std::memcpy(bytes, &lane, 8);
}

void xor_octet(KeccakLanes& lanes, std::size_t at, std::uint8_t octet) noexcept {
  lanes[at / 8] ^= std::uint64_t{octet} << (8 * (at % 8));
}

// Adds `data` to the state from octet `at` on, in whole lanes where possible.
void xor_into(KeccakLanes& lanes, std::size_t at, ByteView data) noexcept {
  std::size_t i = 0;
  while (i < data.size() && (at + i) % 8 != 0) {
    xor_octet(lanes, at + i, data[i]);
    ++i;
  }
  for (; data.size() - i >= 8; i += 8) lanes[(at + i) / 8] ^= load_lane(&data[i]);
  for (; i < data.size(); ++i) xor_octet(lanes, at + i, data[i]);
}

void copy_out(const KeccakLanes& lanes, std::size_t at, ByteSpan out) noexcept {
  const auto octet = [&](std::size_t index) {
    return static_cast<std::uint8_t>(lanes[index / 8] >> (8 * (index % 8)));
  };
  std::size_t i = 0;
  while (i < out.size() && (at + i) % 8 != 0) {
    out[i] = octet(at + i);
    ++i;
  }
  for (; out.size() - i >= 8; i += 8) store_lane(&out[i], lanes[(at + i) / 8]);
  for (; i < out.size(); ++i) out[i] = octet(at + i);
}

}  // namespace

void keccak_f1600(KeccakLanes& lanes) noexcept {
  simd::keccak_permute<simd::ScalarLane<Sponge>, 1>(lanes.data());
}

namespace {

void permute_4(std::uint64_t* states) noexcept {
  for (std::size_t i = 0; i < 4; ++i) {
    simd::keccak_permute<simd::ScalarLane<Sponge>, 4>(states + i);
  }
}
void permute_8(std::uint64_t* states) noexcept {
  for (std::size_t i = 0; i < 8; ++i) {
    simd::keccak_permute<simd::ScalarLane<Sponge>, 8>(states + i);
  }
}

}  // namespace

const KeccakKernels kKeccakPortable = {permute_4, permute_8};

void Sponge::absorb(ByteView data) noexcept {
  assert(!squeezing_);
  while (!data.empty()) {
    const std::size_t taken = std::min(data.size(), rate_ - position_);
    xor_into(lanes_, position_, data.first(taken));
    data = data.subspan(taken);
    position_ += taken;
    if (position_ == rate_) {
      keccak_f1600(lanes_);
      position_ = 0;
    }
  }
}

void Sponge::finish_message() noexcept {
  // pad10*1 (FIPS 202 §5.1); both may fall on the block's last octet.
  xor_octet(lanes_, position_, suffix_);
  xor_octet(lanes_, rate_ - 1, 0x80);
  position_ = rate_;
  squeezing_ = true;
}

void Sponge::squeeze(ByteSpan out) noexcept {
  if (!squeezing_) finish_message();
  while (!out.empty()) {
    if (position_ == rate_) {
      keccak_f1600(lanes_);
      position_ = 0;
    }
    const std::size_t given = std::min(out.size(), rate_ - position_);
    copy_out(lanes_, position_, out.first(given));
    out = out.subspan(given);
    position_ += given;
  }
}

void Sponge::reset() noexcept {
  wipe({reinterpret_cast<std::uint8_t*>(lanes_.data()), sizeof lanes_});
  position_ = 0;
  squeezing_ = false;
}

void sha3_256(ByteView data, std::span<std::uint8_t, 32> out) noexcept {
  Sha3_256 hash;
  hash.absorb(data);
  hash.finish(out);
}

void sha3_512(ByteView data, std::span<std::uint8_t, 64> out) noexcept {
  Sha3_512 hash;
  hash.absorb(data);
  hash.finish(out);
}

void shake128(ByteView data, ByteSpan out) noexcept {
  Shake128 xof;
  xof.absorb(data);
  xof.squeeze(out);
}

void shake256(ByteView data, ByteSpan out) noexcept {
  Shake256 xof;
  xof.absorb(data);
  xof.squeeze(out);
}

}  // namespace nautilus::inline v0::crypto::pq
