#include <nautilus/secret.hpp>

#include "crypto/aead_check.hpp"
#include "crypto/aead_limits.hpp"
#include "crypto/ipsecmb/gather.hpp"
#include "crypto/ipsecmb/manager.hpp"

namespace nautilus::inline v0::crypto::ipsecmb {
namespace {

constexpr std::size_t kKeySize = 32;
/// The library's AVX2 code loads 32 octets from the middle of the key on: they must be ours.
constexpr std::size_t kKeyRoom = kKeySize + 16;

/// One message's state, which holds keystream and the Poly1305 key.
class Context {
 public:
  Context() noexcept = default;
  ~Context() { wipe({reinterpret_cast<std::uint8_t*>(&data_), sizeof data_}); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  [[nodiscard]] chacha20_poly1305_context_data* get() noexcept { return &data_; }

 private:
  alignas(64) chacha20_poly1305_context_data data_;
};

class ChaChaKey final : public AeadKey {
 public:
  ChaChaKey(ManagerPtr manager, ByteView key) noexcept : manager_(std::move(manager)), key_(key) {}

  [[nodiscard]] Result<void> seal(ByteView nonce, ByteView aad, std::span<const ByteView> parts,
                                  ByteSpan out) const noexcept override {
    const Result<std::size_t> size = check_seal(nonce, aad, parts, out);
    if (!size) return propagate(size);
    const std::uint8_t* const key = key_.expose().data();
    ByteView collected;
    if (*size < kGatherThreshold) {
      collect(parts, out);
      collected = out.first(*size);
      parts = {&collected, 1};
    }
    Context context;
    manager_->chacha20_poly1305_init(key, context.get(), nonce.data(), aad.data(), aad.size());
    std::uint8_t* to = out.data();
    for (const ByteView part : parts) {
      if (part.empty()) continue;
      manager_->chacha20_poly1305_enc_update(key, context.get(), to, part.data(), part.size());
      to += part.size();
    }
    manager_->chacha20_poly1305_finalize(context.get(), to, kAeadTagSize);
    return {};
  }

  [[nodiscard]] Result<std::size_t> open(ByteView nonce, ByteView aad,
                                         ByteSpan in_out) const noexcept override {
    const Result<std::size_t> size = check_open(nonce, aad, in_out);
    if (!size) return propagate(size);
    const std::uint8_t* const key = key_.expose().data();
    Context context;
    Secret<kAeadTagSize> tag;
    manager_->chacha20_poly1305_init(key, context.get(), nonce.data(), aad.data(), aad.size());
    if (*size != 0) {
      manager_->chacha20_poly1305_dec_update(key, context.get(), in_out.data(), in_out.data(),
                                             *size);
    }
    manager_->chacha20_poly1305_finalize(context.get(), tag.expose_mutable().data(), kAeadTagSize);
    // The library has decrypted already and leaves judging to us.
    if (!ct_equal(tag.expose(), in_out.subspan(*size))) {
      wipe(in_out);
      return fail(ErrorCode::BadRecordMac);
    }
    return *size;
  }

 private:
  ManagerPtr manager_;
  BoundedSecret<kKeyRoom> key_;
};

class ChaCha20Poly1305 final : public AeadAlgorithm {
 public:
  explicit ChaCha20Poly1305(ManagerPtr manager) noexcept : manager_(std::move(manager)) {}
  [[nodiscard]] std::string_view name() const noexcept override { return "ChaCha20-Poly1305"; }
  [[nodiscard]] std::string_view backend() const noexcept override { return "ipsec-mb"; }
  [[nodiscard]] std::size_t key_size() const noexcept override { return kKeySize; }
  [[nodiscard]] std::uint64_t confidentiality_limit() const noexcept override {
    return kChaChaConfidentialityLimit;
  }
  [[nodiscard]] Result<std::unique_ptr<AeadKey>> make_key(ByteView key) const override {
    if (key.size() != kKeySize) return fail(ErrorCode::ApiMisuse, "AEAD key size");
    return std::make_unique<ChaChaKey>(manager_, key);
  }

 private:
  ManagerPtr manager_;
};

}  // namespace

std::shared_ptr<const AeadAlgorithm> make_chacha20_poly1305(ManagerPtr manager) {
  return std::make_shared<const ChaCha20Poly1305>(std::move(manager));
}

}  // namespace nautilus::inline v0::crypto::ipsecmb
