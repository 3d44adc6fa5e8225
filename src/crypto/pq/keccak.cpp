#include "crypto/pq/keccak.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <nautilus/secret.hpp>

namespace nautilus::inline v0::crypto::pq {
namespace {

constexpr std::size_t kRounds = 24;

// FIPS 202 §3.2.2: the offsets of rho, walking (x, y) -> (y, 2x + 3y).
consteval std::array<int, 25> make_rho_offsets() {
  std::array<int, 25> offsets{};
  std::size_t x = 1;
  std::size_t y = 0;
  for (int t = 0; t < 24; ++t) {
    offsets[x + 5 * y] = ((t + 1) * (t + 2) / 2) % 64;
    const std::size_t next_y = (2 * x + 3 * y) % 5;
    x = y;
    y = next_y;
  }
  return offsets;
}

// FIPS 202 §3.2.5: bit 2^j - 1 of RC[i] is rc(j + 7i), the output of an LFSR of degree 8.
consteval std::array<std::uint64_t, kRounds> make_round_constants() {
  std::array<std::uint64_t, kRounds> constants{};
  std::uint32_t lfsr = 1;
  for (auto& constant : constants) {
    for (unsigned j = 0; j <= 6; ++j) {
      if ((lfsr & 1) != 0) constant |= std::uint64_t{1} << ((1U << j) - 1);
      lfsr <<= 1;
      if ((lfsr & 0x100) != 0) lfsr ^= 0x171;
    }
  }
  return constants;
}

constexpr auto kRhoOffsets = make_rho_offsets();
constexpr auto kRoundConstants = make_round_constants();

// Where lane x of output row `Row` comes from under pi (FIPS 202 §3.2.3).
template <std::size_t Row>
constexpr std::size_t source_lane(std::size_t x) {
  return (3 * Row + x) % 5 + 5 * x;
}

template <std::size_t Row, std::size_t X>
[[gnu::always_inline]] inline std::uint64_t moved_lane(
    const KeccakLanes& a, const std::array<std::uint64_t, 5>& parity) noexcept {
  constexpr std::size_t kSource = source_lane<Row>(X);
  return std::rotl(a[kSource] ^ parity[kSource % 5], kRhoOffsets[kSource]);
}

template <std::size_t Row>
[[gnu::always_inline]] inline void row(const KeccakLanes& a,
                                       const std::array<std::uint64_t, 5>& parity,
                                       KeccakLanes& out) noexcept {
  const std::uint64_t b0 = moved_lane<Row, 0>(a, parity);
  const std::uint64_t b1 = moved_lane<Row, 1>(a, parity);
  const std::uint64_t b2 = moved_lane<Row, 2>(a, parity);
  const std::uint64_t b3 = moved_lane<Row, 3>(a, parity);
  const std::uint64_t b4 = moved_lane<Row, 4>(a, parity);
  out[5 * Row + 0] = b0 ^ (~b1 & b2);
  out[5 * Row + 1] = b1 ^ (~b2 & b3);
  out[5 * Row + 2] = b2 ^ (~b3 & b4);
  out[5 * Row + 3] = b3 ^ (~b4 & b0);
  out[5 * Row + 4] = b4 ^ (~b0 & b1);
}

// One round: theta as column parities, then rho, pi and chi row by row, and iota.
[[gnu::always_inline]] inline void round(const KeccakLanes& a, KeccakLanes& out,
                                         std::uint64_t constant) noexcept {
  const std::uint64_t c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
  const std::uint64_t c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
  const std::uint64_t c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
  const std::uint64_t c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
  const std::uint64_t c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
  const std::array<std::uint64_t, 5> parity = {c4 ^ std::rotl(c1, 1), c0 ^ std::rotl(c2, 1),
                                               c1 ^ std::rotl(c3, 1), c2 ^ std::rotl(c4, 1),
                                               c3 ^ std::rotl(c0, 1)};
  row<0>(a, parity, out);
  row<1>(a, parity, out);
  row<2>(a, parity, out);
  row<3>(a, parity, out);
  row<4>(a, parity, out);
  out[0] ^= constant;
}

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
  KeccakLanes a = lanes;
  KeccakLanes b;
  for (std::size_t i = 0; i < kRounds; i += 2) {
    round(a, b, kRoundConstants[i]);
    round(b, a, kRoundConstants[i + 1]);
  }
  lanes = a;
}

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
