// AEGIS from the draft's text, octet by octet and without any instruction of the CPU's: slow, and
// independent of what it checks.
#pragma once

#include <array>
#include <cstring>
#include <vector>

#include <nautilus/crypto/aead.hpp>
#include <nautilus/secret.hpp>

#include "crypto/aead_check.hpp"

namespace nautilus::test::aegis {

using Block = std::array<std::uint8_t, 16>;

inline std::uint8_t times_two(std::uint8_t x) {
  return static_cast<std::uint8_t>((x << 1) ^ ((x >> 7) * 0x1b));
}

/// AES's S-box by its definition: the inverse in GF(2^8), then the affine map (FIPS 197 §5.1.1).
inline const std::array<std::uint8_t, 256>& s_box() {
  static const std::array<std::uint8_t, 256> box = [] {
    std::array<std::uint8_t, 256> out{};
    const auto times = [](std::uint8_t a, std::uint8_t b) {
      std::uint8_t product = 0;
      for (; b != 0; b = static_cast<std::uint8_t>(b >> 1), a = times_two(a)) {
        if ((b & 1) != 0) product = static_cast<std::uint8_t>(product ^ a);
      }
      return product;
    };
    for (unsigned x = 0; x < 256; ++x) {
      std::uint8_t inverse = 1;  // x^254
      for (int i = 0; i < 254; ++i) inverse = times(inverse, static_cast<std::uint8_t>(x));
      unsigned value = 0x63;
      for (int shift = 0; shift < 5; ++shift) {
        value ^= ((static_cast<unsigned>(inverse) << shift) |
                  (static_cast<unsigned>(inverse) >> (8 - shift))) &
                 0xff;
      }
      out[x] = static_cast<std::uint8_t>(value);
    }
    return out;
  }();
  return box;
}

inline Block operator^(Block a, const Block& b) {
  for (std::size_t i = 0; i < 16; ++i) a[i] = static_cast<std::uint8_t>(a[i] ^ b[i]);
  return a;
}
inline Block operator&(Block a, const Block& b) {
  for (std::size_t i = 0; i < 16; ++i) a[i] = static_cast<std::uint8_t>(a[i] & b[i]);
  return a;
}

/// SubBytes, ShiftRows, MixColumns, AddRoundKey.
inline Block aes_round(const Block& in, const Block& key) {
  Block out{};
  for (std::size_t column = 0; column < 4; ++column) {
    std::array<std::uint8_t, 4> b{};
    for (std::size_t row = 0; row < 4; ++row) {
      b[row] = s_box()[in[4 * ((column + row) % 4) + row]];
    }
    for (std::size_t row = 0; row < 4; ++row) {
      const std::uint8_t next = b[(row + 1) % 4];
      out[4 * column + row] = static_cast<std::uint8_t>(times_two(b[row]) ^ times_two(next) ^ next ^
                                                        b[(row + 2) % 4] ^ b[(row + 3) % 4]);
    }
  }
  return out ^ key;
}

inline constexpr Block kC0{0x00, 0x01, 0x01, 0x02, 0x03, 0x05, 0x08, 0x0d,
                           0x15, 0x22, 0x37, 0x59, 0x90, 0xe9, 0x79, 0x62};
inline constexpr Block kC1{0xdb, 0x3d, 0x18, 0x55, 0x6d, 0xc2, 0x2f, 0xf1,
                           0x20, 0x11, 0x31, 0x42, 0x73, 0xb5, 0x28, 0xdd};

inline Block block_at(ByteView from, std::size_t at) {
  Block out{};
  for (std::size_t i = 0; i < 16 && at + i < from.size(); ++i) out[i] = from[at + i];
  return out;
}

/// Both algorithms: 8 blocks of state and two of input for 128L, 6 and one for 256.
class Reference {
 public:
  Reference(bool large, ByteView key, ByteView nonce) : large_(large), s_(large ? 6 : 8) {
    const Block k0 = block_at(key, 0);
    const Block n0 = block_at(nonce, 0);
    if (large_) {
      const Block k1 = block_at(key, 16);
      const Block n1 = block_at(nonce, 16);
      s_ = {k0 ^ n0, k1 ^ n1, kC1, kC0, k0 ^ kC0, k1 ^ kC1};
      for (int i = 0; i < 4; ++i) {
        for (const Block& m : {k0, k1, k0 ^ n0, k1 ^ n1}) update(m, m);
      }
    } else {
      s_ = {k0 ^ n0, kC1, kC0, kC1, k0 ^ n0, k0 ^ kC0, k0 ^ kC1, k0 ^ kC0};
      for (int i = 0; i < 10; ++i) update(n0, k0);
    }
  }

  ByteVector seal(ByteView aad, ByteView text) {
    for (std::size_t at = 0; at < aad.size(); at += rate()) {
      update(block_at(aad, at), block_at(aad, at + 16));
    }
    ByteVector out;
    for (std::size_t at = 0; at < text.size(); at += rate()) {
      const Block t0 = block_at(text, at);
      const Block t1 = block_at(text, at + 16);
      append(out, t0 ^ (large_ ? s_[1] ^ s_[4] ^ s_[5] ^ (s_[2] & s_[3])
                               : s_[6] ^ s_[1] ^ (s_[2] & s_[3])));
      if (!large_) append(out, t1 ^ s_[2] ^ s_[5] ^ (s_[6] & s_[7]));
      update(t0, t1);
    }
    out.resize(text.size());
    Block lengths{};
    for (std::size_t i = 0; i < 8; ++i) {
      lengths[i] = static_cast<std::uint8_t>((aad.size() * 8) >> (8 * i));
      lengths[8 + i] = static_cast<std::uint8_t>((text.size() * 8) >> (8 * i));
    }
    const Block t = s_[large_ ? 3 : 2] ^ lengths;
    for (int i = 0; i < 7; ++i) update(t, t);
    Block tag{};
    for (std::size_t i = 0; i < (large_ ? 6U : 7U); ++i) tag = tag ^ s_[i];
    append(out, tag);
    return out;
  }

 private:
  [[nodiscard]] std::size_t rate() const { return large_ ? 16 : 32; }
  static void append(ByteVector& out, const Block& block) {
    out.insert(out.end(), block.begin(), block.end());
  }
  void update(const Block& m0, const Block& m1) {
    std::vector<Block> next(s_.size());
    for (std::size_t i = 0; i < s_.size(); ++i) {
      Block key = s_[i];
      if (i == 0) key = key ^ m0;
      if (i == 4 && !large_) key = key ^ m1;
      next[i] = aes_round(s_[(i + s_.size() - 1) % s_.size()], key);
    }
    s_ = next;
  }

  bool large_;
  std::vector<Block> s_;
};

/// The reference behind the interface, for what compares two algorithms.
class ReferenceAlgorithm final : public AeadAlgorithm {
 public:
  explicit ReferenceAlgorithm(bool large) : large_(large) {}
  [[nodiscard]] std::string_view name() const noexcept override {
    return large_ ? "AEGIS-256" : "AEGIS-128L";
  }
  [[nodiscard]] std::string_view backend() const noexcept override { return "reference"; }
  [[nodiscard]] std::size_t key_size() const noexcept override { return large_ ? 32 : 16; }
  [[nodiscard]] std::size_t nonce_size() const noexcept override { return key_size(); }
  [[nodiscard]] std::uint64_t confidentiality_limit() const noexcept override { return 1; }
  [[nodiscard]] Result<std::unique_ptr<AeadKey>> make_key(ByteView key) const override {
    return std::make_unique<Key>(large_, key);
  }

 private:
  class Key final : public AeadKey {
   public:
    Key(bool large, ByteView key) : large_(large), key_(to_vector(key)) {}
    [[nodiscard]] Result<void> seal(ByteView nonce, ByteView aad, std::span<const ByteView> parts,
                                    ByteSpan out) const noexcept override {
      ByteVector text;
      for (const ByteView part : parts) text.insert(text.end(), part.begin(), part.end());
      const ByteVector sealed = Reference(large_, key_, nonce).seal(aad, text);
      std::memcpy(out.data(), sealed.data(), sealed.size());
      return {};
    }
    [[nodiscard]] Result<std::size_t> open(ByteView, ByteView, ByteSpan) const noexcept override {
      return fail(ErrorCode::Unreachable);
    }

   private:
    bool large_;
    ByteVector key_;
  };
  bool large_;
};

}  // namespace nautilus::test::aegis
