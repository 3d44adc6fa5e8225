#include <array>

#include <nautilus/secret.hpp>

#include "core/wipe_now.hpp"
#include "crypto/aead_check.hpp"
#include "crypto/aead_limits.hpp"
#include "crypto/ipsecmb/gather.hpp"
#include "crypto/ipsecmb/manager.hpp"

namespace nautilus::inline v0::crypto::ipsecmb {
namespace {

/// The entry points of one key size.
struct Functions {
  aes_gcm_pre_t expand;
  aes_gcm_enc_dec_t seal;
  aes_gcm_enc_dec_t open;
  aes_gcm_init_t start;
  aes_gcm_enc_dec_update_t seal_update;
  aes_gcm_enc_dec_finalize_t seal_finish;
};

Functions functions_of(const IMB_MGR& manager, GcmKeySize size) noexcept {
  if (size == GcmKeySize::Aes128) {
    return {manager.gcm128_pre,  manager.gcm128_enc,        manager.gcm128_dec,
            manager.gcm128_init, manager.gcm128_enc_update, manager.gcm128_enc_finalize};
  }
  return {manager.gcm256_pre,  manager.gcm256_enc,        manager.gcm256_dec,
          manager.gcm256_init, manager.gcm256_enc_update, manager.gcm256_enc_finalize};
}

template <class T>
ByteSpan memory_of(T& object) noexcept {
  return {reinterpret_cast<std::uint8_t*>(&object), sizeof object};
}

class GcmKey final : public AeadKey {
 public:
  GcmKey(ManagerPtr manager, const Functions& functions, ByteView key) noexcept
      : manager_(std::move(manager)), functions_(functions) {
    functions_.expand(key.data(), &key_);
  }
  ~GcmKey() override { wipe(memory_of(key_)); }
  GcmKey(const GcmKey&) = delete;
  GcmKey& operator=(const GcmKey&) = delete;

  [[nodiscard]] Result<void> seal(ByteView nonce, ByteView aad, std::span<const ByteView> parts,
                                  ByteSpan out) const noexcept override {
    const Result<std::size_t> size = check_seal(nonce, aad, parts, out);
    if (!size) return propagate(size);
    std::uint8_t* const tag = out.data() + *size;
    alignas(64) gcm_context_data context;
    ByteView source = sole_part(parts);
    if (*size < kGatherThreshold) {
      collect(parts, out);
      source = out.first(*size);
    }
    if (source.size() == *size) {
      functions_.seal(&key_, &context, out.data(), source.data(), *size, nonce.data(), aad.data(),
                      aad.size(), tag, kAeadTagSize);
    } else {
      functions_.start(&key_, &context, nonce.data(), aad.data(), aad.size());
      std::uint8_t* to = out.data();
      for (const ByteView part : parts) {
        if (part.empty()) continue;
        functions_.seal_update(&key_, &context, to, part.data(), part.size());
        to += part.size();
      }
      functions_.seal_finish(&key_, &context, tag, kAeadTagSize);
    }
    wipe_now(context);
    return {};
  }

  [[nodiscard]] Result<std::size_t> open(ByteView nonce, ByteView aad,
                                         ByteSpan in_out) const noexcept override {
    const Result<std::size_t> size = check_open(nonce, aad, in_out);
    if (!size) return propagate(size);
    alignas(64) gcm_context_data context;
    std::array<std::uint8_t, kAeadTagSize> tag;
    functions_.open(&key_, &context, in_out.data(), in_out.data(), *size, nonce.data(), aad.data(),
                    aad.size(), tag.data(), kAeadTagSize);
    wipe_now(context);
    // The library has decrypted already and leaves judging to us.
    const bool authentic = ct_equal(tag, in_out.subspan(*size));
    wipe_now(tag);  // of a forgery it is what the forger looks for
    if (!authentic) {
      wipe(in_out);
      return fail(ErrorCode::BadRecordMac);
    }
    return *size;
  }

 private:
  ManagerPtr manager_;
  Functions functions_;
  // The library stores with aligned instructions, but its header asks for that only in its own
  // build.
  alignas(64) gcm_key_data key_;
};

class Gcm final : public AeadAlgorithm {
 public:
  Gcm(ManagerPtr manager, GcmKeySize size) noexcept
      : functions_(functions_of(*manager, size)), manager_(std::move(manager)), size_(size) {}

  [[nodiscard]] std::string_view name() const noexcept override {
    return size_ == GcmKeySize::Aes128 ? "AES-128-GCM" : "AES-256-GCM";
  }
  [[nodiscard]] std::string_view backend() const noexcept override { return "ipsec-mb"; }
  [[nodiscard]] std::size_t key_size() const noexcept override {
    return static_cast<std::size_t>(size_);
  }
  [[nodiscard]] std::uint64_t confidentiality_limit() const noexcept override {
    return kAesGcmConfidentialityLimit;
  }
  [[nodiscard]] Result<std::unique_ptr<AeadKey>> make_key(ByteView key) const override {
    if (key.size() != key_size()) return fail(ErrorCode::ApiMisuse, "AEAD key size");
    return std::make_unique<GcmKey>(manager_, functions_, key);
  }

 private:
  Functions functions_;
  ManagerPtr manager_;
  GcmKeySize size_;
};

}  // namespace

std::shared_ptr<const AeadAlgorithm> make_gcm(ManagerPtr manager, GcmKeySize size) {
  return std::make_shared<const Gcm>(std::move(manager), size);
}

}  // namespace nautilus::inline v0::crypto::ipsecmb
