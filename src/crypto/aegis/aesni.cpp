// The names are the draft's: Update, Absorb, Enc, Dec, Finalize; S0.. are `s[0]`...
#include "crypto/aegis/aesni.hpp"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <nautilus/secret.hpp>

#include "crypto/aead_check.hpp"
#include "crypto/aead_limits.hpp"

namespace nautilus::inline v0::crypto::aegis {
namespace {

using Block = __m128i;

Block load(const std::uint8_t* from) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const Block*>(from));
}
void store(std::uint8_t* to, Block value) noexcept {
  _mm_storeu_si128(reinterpret_cast<Block*>(to), value);
}
template <class... More>
Block xor_of(Block a, More... more) noexcept {
  ((a = _mm_xor_si128(a, more)), ...);
  return a;
}
Block both(Block a, Block b) noexcept { return _mm_and_si128(a, b); }
Block aes_round(Block in, Block key) noexcept { return _mm_aesenc_si128(in, key); }

// The Fibonacci numbers modulo 256, in two halves.
Block c0() noexcept { return _mm_set_epi64x(0x6279e99059372215, 0x0d08050302010100); }
Block c1() noexcept {
  return _mm_set_epi64x(static_cast<long long>(0xdd28b57342311120),
                        static_cast<long long>(0xf12fc26d55183ddb));
}
Block lengths(std::size_t aad_size, std::size_t text_size) noexcept {
  return _mm_set_epi64x(static_cast<long long>(text_size * 8),
                        static_cast<long long>(aad_size * 8));
}

/// Draft §2.
struct State128L {
  static constexpr std::string_view kName = "AEGIS-128L";
  static constexpr std::size_t kKeySize = 16;
  static constexpr std::size_t kNonceSize = 16;
  static constexpr std::size_t kRate = 32;

  Block s[8];

  State128L(const std::uint8_t* key_octets, const std::uint8_t* nonce_octets) noexcept {
    const Block key = load(key_octets);
    const Block nonce = load(nonce_octets);
    s[0] = s[4] = xor_of(key, nonce);
    s[1] = s[3] = c1();
    s[2] = c0();
    s[5] = s[7] = xor_of(key, c0());
    s[6] = xor_of(key, c1());
    for (int i = 0; i < 10; ++i) update(nonce, key);
  }

  void update(Block m0, Block m1) noexcept {
    const Block last = s[7];
    s[7] = aes_round(s[6], s[7]);
    s[6] = aes_round(s[5], s[6]);
    s[5] = aes_round(s[4], s[5]);
    s[4] = aes_round(s[3], xor_of(s[4], m1));
    s[3] = aes_round(s[2], s[3]);
    s[2] = aes_round(s[1], s[2]);
    s[1] = aes_round(s[0], s[1]);
    s[0] = aes_round(last, xor_of(s[0], m0));
  }
  void absorb(const std::uint8_t* in) noexcept { update(load(in), load(in + 16)); }
  [[nodiscard]] Block z0() const noexcept { return xor_of(s[6], s[1], both(s[2], s[3])); }
  [[nodiscard]] Block z1() const noexcept { return xor_of(s[2], s[5], both(s[6], s[7])); }

  void encrypt(const std::uint8_t* in, std::uint8_t* out) noexcept {
    const Block t0 = load(in);
    const Block t1 = load(in + 16);
    store(out, xor_of(t0, z0()));
    store(out + 16, xor_of(t1, z1()));
    update(t0, t1);
  }
  void decrypt(std::uint8_t* in_out) noexcept {
    const Block t0 = xor_of(load(in_out), z0());
    const Block t1 = xor_of(load(in_out + 16), z1());
    store(in_out, t0);
    store(in_out + 16, t1);
    update(t0, t1);
  }
  void key_stream(std::uint8_t* out) const noexcept {
    store(out, z0());
    store(out + 16, z1());
  }
  [[nodiscard]] Block finalize(std::size_t aad_size, std::size_t text_size) noexcept {
    const Block t = xor_of(s[2], lengths(aad_size, text_size));
    for (int i = 0; i < 7; ++i) update(t, t);
    return xor_of(s[0], s[1], s[2], s[3], s[4], s[5], s[6]);
  }
};

/// Draft §3.
struct State256 {
  static constexpr std::string_view kName = "AEGIS-256";
  static constexpr std::size_t kKeySize = 32;
  static constexpr std::size_t kNonceSize = 32;
  static constexpr std::size_t kRate = 16;

  Block s[6];

  State256(const std::uint8_t* key_octets, const std::uint8_t* nonce_octets) noexcept {
    const Block k0 = load(key_octets);
    const Block k1 = load(key_octets + 16);
    const Block kn0 = xor_of(k0, load(nonce_octets));
    const Block kn1 = xor_of(k1, load(nonce_octets + 16));
    s[0] = kn0;
    s[1] = kn1;
    s[2] = c1();
    s[3] = c0();
    s[4] = xor_of(k0, c0());
    s[5] = xor_of(k1, c1());
    for (int i = 0; i < 4; ++i) {
      update(k0);
      update(k1);
      update(kn0);
      update(kn1);
    }
  }

  void update(Block m) noexcept {
    const Block last = s[5];
    s[5] = aes_round(s[4], s[5]);
    s[4] = aes_round(s[3], s[4]);
    s[3] = aes_round(s[2], s[3]);
    s[2] = aes_round(s[1], s[2]);
    s[1] = aes_round(s[0], s[1]);
    s[0] = aes_round(last, xor_of(s[0], m));
  }
  void absorb(const std::uint8_t* in) noexcept { update(load(in)); }
  [[nodiscard]] Block z() const noexcept { return xor_of(s[1], s[4], s[5], both(s[2], s[3])); }

  void encrypt(const std::uint8_t* in, std::uint8_t* out) noexcept {
    const Block t = load(in);
    store(out, xor_of(t, z()));
    update(t);
  }
  void decrypt(std::uint8_t* in_out) noexcept {
    const Block t = xor_of(load(in_out), z());
    store(in_out, t);
    update(t);
  }
  void key_stream(std::uint8_t* out) const noexcept { store(out, z()); }
  [[nodiscard]] Block finalize(std::size_t aad_size, std::size_t text_size) noexcept {
    const Block t = xor_of(s[3], lengths(aad_size, text_size));
    for (int i = 0; i < 7; ++i) update(t);
    return xor_of(s[0], s[1], s[2], s[3], s[4], s[5]);
  }
};

/// One message under way. Wipes what it leaves in memory.
template <class State>
class Message {
 public:
  Message(ByteView key, ByteView nonce, ByteView aad) noexcept
      : state_(key.data(), nonce.data()), aad_size_(aad.size()) {
    for (; aad.size() >= State::kRate; aad = aad.subspan(State::kRate)) state_.absorb(aad.data());
    if (aad.empty()) return;
    std::ranges::copy(aad, carry_.begin());
    state_.absorb(carry_.data());
    carry_.fill(0);
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() {
    wipe({reinterpret_cast<std::uint8_t*>(&state_), sizeof state_});
    wipe(carry_);
  }

  /// Encrypts what completes a block; `out` is where the message's ciphertext goes on.
  void encrypt(ByteView in, std::uint8_t*& out) noexcept {
    if (in.empty()) return;
    text_size_ += in.size();
    if (carried_ > 0) {
      const std::size_t size = std::min(in.size(), State::kRate - carried_);
      std::memcpy(carry_.data() + carried_, in.data(), size);
      carried_ += size;
      in = in.subspan(size);
      if (carried_ < State::kRate) return;
      state_.encrypt(carry_.data(), out);
      out += State::kRate;
      carried_ = 0;
    }
    for (; in.size() >= State::kRate; in = in.subspan(State::kRate)) {
      state_.encrypt(in.data(), out);
      out += State::kRate;
    }
    if (!in.empty()) std::memcpy(carry_.data(), in.data(), in.size());
    carried_ = in.size();
  }
  /// The last, incomplete block, and the tag after it.
  void seal_end(std::uint8_t* out) noexcept {
    if (carried_ > 0) {
      std::fill(carry_.begin() + static_cast<std::ptrdiff_t>(carried_), carry_.end(),
                std::uint8_t{0});
      state_.encrypt(carry_.data(), carry_.data());
      std::memcpy(out, carry_.data(), carried_);
      out += carried_;
    }
    store(out, state_.finalize(aad_size_, text_size_));
  }

  /// Decrypts all of it in place and returns the tag it should have.
  [[nodiscard]] Block open(ByteSpan text) noexcept {
    text_size_ = text.size();
    for (; text.size() >= State::kRate; text = text.subspan(State::kRate)) {
      state_.decrypt(text.data());
    }
    if (!text.empty()) {
      state_.key_stream(carry_.data());
      for (std::size_t i = 0; i < text.size(); ++i) {
        text[i] = static_cast<std::uint8_t>(text[i] ^ carry_[i]);
      }
      carry_.fill(0);
      std::ranges::copy(text, carry_.begin());
      state_.absorb(carry_.data());
    }
    return state_.finalize(aad_size_, text_size_);
  }

 private:
  State state_;
  std::size_t aad_size_;
  std::size_t text_size_ = 0;
  std::array<std::uint8_t, State::kRate> carry_{};
  std::size_t carried_ = 0;
};

template <class State>
class AegisKey final : public AeadKey {
 public:
  explicit AegisKey(ByteView key) : key_(key) {}

  [[nodiscard]] Result<void> seal(ByteView nonce, ByteView aad, std::span<const ByteView> parts,
                                  ByteSpan out) const noexcept override {
    const Result<std::size_t> size = check_seal(nonce, aad, parts, out, State::kNonceSize);
    if (!size) return propagate(size);
    Message<State> message(key_.expose(), nonce, aad);
    std::uint8_t* to = out.data();
    for (const ByteView part : parts) message.encrypt(part, to);
    message.seal_end(to);
    return {};
  }

  [[nodiscard]] Result<std::size_t> open(ByteView nonce, ByteView aad,
                                         ByteSpan in_out) const noexcept override {
    const Result<std::size_t> size = check_open(nonce, aad, in_out, State::kNonceSize);
    if (!size) return size;
    Message<State> message(key_.expose(), nonce, aad);
    std::array<std::uint8_t, kAeadTagSize> tag;
    store(tag.data(), message.open(in_out.first(*size)));
    if (!ct_equal(tag, in_out.subspan(*size))) {
      wipe(in_out);
      return fail(ErrorCode::BadRecordMac);
    }
    return size;
  }

 private:
  SecretBytes key_;
};

template <class State>
class Aegis final : public AeadAlgorithm {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return State::kName; }
  [[nodiscard]] std::string_view backend() const noexcept override { return "nautilus"; }
  [[nodiscard]] std::size_t key_size() const noexcept override { return State::kKeySize; }
  [[nodiscard]] std::size_t nonce_size() const noexcept override { return State::kNonceSize; }
  [[nodiscard]] std::uint64_t confidentiality_limit() const noexcept override {
    return kAegisConfidentialityLimit;
  }
  [[nodiscard]] Result<std::unique_ptr<AeadKey>> make_key(ByteView key) const override {
    if (key.size() != State::kKeySize) return fail(ErrorCode::ApiMisuse, "AEAD key size");
    return std::make_unique<AegisKey<State>>(key);
  }
};

}  // namespace

std::shared_ptr<const AeadAlgorithm> aesni_128l() { return std::make_shared<Aegis<State128L>>(); }
std::shared_ptr<const AeadAlgorithm> aesni_256() { return std::make_shared<Aegis<State256>>(); }

}  // namespace nautilus::inline v0::crypto::aegis
