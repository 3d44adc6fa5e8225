#include "crypto/openssl/aead.hpp"

#include <atomic>
#include <utility>

#include <nautilus/secret.hpp>

#include "crypto/aead_check.hpp"
#include "crypto/aead_limits.hpp"
#include "crypto/openssl/ossl_ptr.hpp"

namespace nautilus::inline v0::crypto::openssl {
namespace {

constexpr std::size_t kMaxKeySize = 32;

/// Who is being asked for; everything about an AEAD that is not code.
struct Description {
  const char* fetch_name;
  std::string_view name;
  std::size_t key_size;
  std::uint64_t limit;
};

enum class Direction : int { Open = 0, Seal = 1 };

/// A libcrypto context cannot be shared, and expanding a key costs more than sealing a small
/// record. So one keyed context waits in a slot: whoever takes it works with it and puts it back;
/// a thread that finds the slot empty keys a context of its own. Uncontended, that is two atomic
/// exchanges a record; nobody ever waits.
class LibcryptoAeadKey final : public AeadKey {
 public:
  LibcryptoAeadKey(std::shared_ptr<const EVP_CIPHER> cipher, ByteView key) noexcept
      : cipher_(std::move(cipher)), key_(key) {}
  ~LibcryptoAeadKey() override { EVP_CIPHER_CTX_free(spare_.load(std::memory_order_acquire)); }
  LibcryptoAeadKey(const LibcryptoAeadKey&) = delete;
  LibcryptoAeadKey& operator=(const LibcryptoAeadKey&) = delete;

  /// Keys the first context, so that a cipher that does not work is noticed at once.
  [[nodiscard]] bool prime() noexcept {
    const ErrorScope errors;
    CipherCtxPtr context = make_context();
    if (!context) return false;
    put_back(std::move(context));
    return true;
  }

  [[nodiscard]] Result<void> seal(ByteView nonce, ByteView aad, std::span<const ByteView> parts,
                                  ByteSpan out) const noexcept override {
    const Result<std::size_t> size = check_seal(nonce, aad, parts, out);
    if (!size) return propagate(size);
    const ErrorScope errors;
    CipherCtxPtr context = take();
    if (!context || !seal_with(context.get(), nonce, aad, parts, out)) {
      wipe(out);
      return fail(ErrorCode::CryptoFailure, "libcrypto: sealing failed");
    }
    put_back(std::move(context));
    return {};
  }

  [[nodiscard]] Result<std::size_t> open(ByteView nonce, ByteView aad,
                                         ByteSpan in_out) const noexcept override {
    const Result<std::size_t> size = check_open(nonce, aad, in_out);
    if (!size) return propagate(size);
    const ErrorScope errors;
    CipherCtxPtr context = take();
    if (!context) {
      wipe(in_out);
      return fail(ErrorCode::CryptoFailure, "libcrypto: opening failed");
    }
    const ByteSpan text = in_out.first(*size);
    const ByteSpan tag = in_out.subspan(*size);
    EVP_CIPHER_CTX* c = context.get();
    int written = 0;
    const bool decrypted = start(c, Direction::Open, nonce, aad) && update(c, text.data(), text) &&
                           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG,
                                               static_cast<int>(tag.size()), tag.data()) == 1;
    if (!decrypted || EVP_CipherFinal_ex(c, text.data() + text.size(), &written) != 1) {
      wipe(in_out);
      return fail(decrypted ? ErrorCode::BadRecordMac : ErrorCode::CryptoFailure);
    }
    put_back(std::move(context));
    return *size;
  }

 private:
  [[nodiscard]] CipherCtxPtr make_context() const noexcept {
    CipherCtxPtr context(EVP_CIPHER_CTX_new());
    if (!context || EVP_CipherInit_ex2(context.get(), cipher_.get(), key_.expose().data(), nullptr,
                                       static_cast<int>(Direction::Seal), nullptr) != 1) {
      return nullptr;
    }
    return context;
  }
  [[nodiscard]] CipherCtxPtr take() const noexcept {
    if (EVP_CIPHER_CTX* spare = spare_.exchange(nullptr, std::memory_order_acq_rel)) {
      return CipherCtxPtr(spare);
    }
    return make_context();
  }
  void put_back(CipherCtxPtr context) const noexcept {
    EVP_CIPHER_CTX* empty = nullptr;
    if (spare_.compare_exchange_strong(empty, context.get(), std::memory_order_acq_rel)) {
      static_cast<void>(context.release());
    }
  }

  [[nodiscard]] static bool start(EVP_CIPHER_CTX* context, Direction direction, ByteView nonce,
                                  ByteView aad) noexcept {
    int written = 0;
    return EVP_CipherInit_ex2(context, nullptr, nullptr, nonce.data(), static_cast<int>(direction),
                              nullptr) == 1 &&
           (aad.empty() || EVP_CipherUpdate(context, nullptr, &written, aad.data(),
                                            static_cast<int>(aad.size())) == 1);
  }
  [[nodiscard]] static bool update(EVP_CIPHER_CTX* context, std::uint8_t* out,
                                   ByteView in) noexcept {
    int written = 0;
    return in.empty() ||
           (EVP_CipherUpdate(context, out, &written, in.data(), static_cast<int>(in.size())) == 1 &&
            std::cmp_equal(written, in.size()));
  }
  [[nodiscard]] static bool seal_with(EVP_CIPHER_CTX* context, ByteView nonce, ByteView aad,
                                      std::span<const ByteView> parts, ByteSpan out) noexcept {
    if (!start(context, Direction::Seal, nonce, aad)) return false;
    std::uint8_t* to = out.data();
    for (const ByteView part : parts) {
      if (!update(context, to, part)) return false;
      to += part.size();
    }
    int written = 0;
    return EVP_CipherFinal_ex(context, to, &written) == 1 && written == 0 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kAeadTagSize),
                               to) == 1;
  }

  std::shared_ptr<const EVP_CIPHER> cipher_;
  BoundedSecret<kMaxKeySize> key_;
  mutable std::atomic<EVP_CIPHER_CTX*> spare_{nullptr};
};

class LibcryptoAead final : public AeadAlgorithm {
 public:
  LibcryptoAead(const Description& description, std::shared_ptr<const EVP_CIPHER> cipher) noexcept
      : description_(description), cipher_(std::move(cipher)) {}

  [[nodiscard]] std::string_view name() const noexcept override { return description_.name; }
  [[nodiscard]] std::string_view backend() const noexcept override { return "libcrypto"; }
  [[nodiscard]] std::size_t key_size() const noexcept override { return description_.key_size; }
  [[nodiscard]] std::uint64_t confidentiality_limit() const noexcept override {
    return description_.limit;
  }
  [[nodiscard]] Result<std::unique_ptr<AeadKey>> make_key(ByteView key) const override {
    if (key.size() != key_size()) return fail(ErrorCode::ApiMisuse, "AEAD key size");
    auto made = std::make_unique<LibcryptoAeadKey>(cipher_, key);
    if (!made->prime()) return fail(ErrorCode::CryptoFailure, "libcrypto: key set-up failed");
    return made;
  }

 private:
  Description description_;
  std::shared_ptr<const EVP_CIPHER> cipher_;
};

Result<std::shared_ptr<const AeadAlgorithm>> make(const Description& description) {
  const ErrorScope errors;
  std::shared_ptr<EVP_CIPHER> cipher(EVP_CIPHER_fetch(nullptr, description.fetch_name, nullptr),
                                     EVP_CIPHER_free);
  if (!cipher) return fail(ErrorCode::UnsupportedAlgorithm, "libcrypto lacks this AEAD");
  return std::make_shared<const LibcryptoAead>(description, std::move(cipher));
}

}  // namespace

Result<std::shared_ptr<const AeadAlgorithm>> aes_128_gcm() {
  return make({"AES-128-GCM", "AES-128-GCM", 16, kAesGcmConfidentialityLimit});
}
Result<std::shared_ptr<const AeadAlgorithm>> aes_256_gcm() {
  return make({"AES-256-GCM", "AES-256-GCM", 32, kAesGcmConfidentialityLimit});
}
Result<std::shared_ptr<const AeadAlgorithm>> chacha20_poly1305() {
  return make({"ChaCha20-Poly1305", "ChaCha20-Poly1305", 32, kChaChaConfidentialityLimit});
}

}  // namespace nautilus::inline v0::crypto::openssl
