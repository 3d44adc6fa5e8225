// Stateless tickets. A ticket is
//
//   version (1) ‖ key name (16) ‖ nonce (24) ‖ ciphertext and tag
//
// sealed under a key and IV of its own: HKDF-Expand(rotating key, label ‖ nonce). With 192 random
// bits of nonce a key may seal any number of tickets. The header is authenticated with the rest.
#include <algorithm>
#include <array>
#include <mutex>
#include <string_view>

#include <nautilus/session/ticketer.hpp>

#include "crypto/hkdf.hpp"

namespace nautilus::inline v0 {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kNameSize = 16;
constexpr std::size_t kNonceSize = 24;
constexpr std::size_t kHeaderSize = 1 + kNameSize + kNonceSize;
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kIvSize = 12;
/// Longer is the same as never; doubled and in milliseconds it is still a number.
constexpr std::chrono::seconds kLongestRotation = std::chrono::years(100);
constexpr std::string_view kLabel = "nautilus session ticket v1";

struct RotatingKey {
  std::array<std::uint8_t, kNameSize> name{};
  Secret<kKeySize> secret;
  TimePoint created;
  std::uint64_t sealed = 0;
};

class RotatingTicketer final : public Ticketer {
 public:
  RotatingTicketer(std::shared_ptr<const CryptoProvider> provider, TicketerOptions options)
      : provider_(std::move(provider)), options_(options) {}

  Eventually<ByteVector> seal(ByteView state, TimePoint now) override {
    return seal_now(state, now);
  }

  Eventually<std::optional<SecretBytes>> open(ByteView ticket, TimePoint now) override {
    return Result<std::optional<SecretBytes>>(open_now(ticket, now));
  }

  /// Draws the first key, so that a generator that fails shows at once.
  Result<void> start() {
    auto key = make_key(TimePoint::min());
    if (!key) return propagate(key);
    return {};
  }

 private:
  Result<ByteVector> seal_now(ByteView state, TimePoint now) {
    ByteVector ticket(kHeaderSize + state.size() + provider_->ticket_aead->tag_size());
    ticket[0] = kVersion;
    const ByteSpan nonce = ByteSpan(ticket).subspan(1 + kNameSize, kNonceSize);
    if (auto r = provider_->random->fill(nonce); !r) return propagate(r);
    Secret<kKeySize> secret;
    {
      const std::scoped_lock lock(mutex_);
      if (auto r = rotate(now); !r) return propagate(r);
      ++current_->sealed;
      std::ranges::copy(current_->name, ticket.begin() + 1);
      std::ranges::copy(current_->secret.expose(), secret.expose_mutable().begin());
    }
    BoundedSecret<kIvSize> iv(kIvSize);
    auto key = ticket_key(secret, nonce, iv);
    if (!key) return propagate(key);
    const ByteView header = ByteView(ticket).first(kHeaderSize);
    if (auto r = (*key)->seal(iv.expose(), header, std::span(&state, 1),
                              ByteSpan(ticket).subspan(kHeaderSize));
        !r) {
      return propagate(r);
    }
    return ticket;
  }

  std::optional<SecretBytes> open_now(ByteView ticket, TimePoint now) {
    if (ticket.size() < kHeaderSize + provider_->ticket_aead->tag_size() || ticket[0] != kVersion) {
      return std::nullopt;
    }
    Secret<kKeySize> secret;
    if (!find_key(ticket.subspan(1, kNameSize), now, secret)) return std::nullopt;
    BoundedSecret<kIvSize> iv(kIvSize);
    auto key = ticket_key(secret, ticket.subspan(1 + kNameSize, kNonceSize), iv);
    if (!key) return std::nullopt;
    SecretBytes opened(ticket.subspan(kHeaderSize));
    const auto size = (*key)->open(iv.expose(), ticket.first(kHeaderSize), opened.expose_mutable());
    if (!size) return std::nullopt;
    return SecretBytes(opened.expose().first(*size));
  }

  bool find_key(ByteView name, TimePoint now, Secret<kKeySize>& secret) {
    const std::scoped_lock lock(mutex_);
    // Without randomness the old keys still age: `expired` is asked below in any case.
    (void)rotate(now);
    for (const std::optional<RotatingKey>* key : {&current_, &previous_}) {
      if (*key && std::ranges::equal((*key)->name, name) && !too_old(**key, now)) {
        std::ranges::copy((*key)->secret.expose(), secret.expose_mutable().begin());
        return true;
      }
    }
    return false;
  }

  /// A key opens for two periods: its own and the one after.
  bool too_old(const RotatingKey& key, TimePoint now) const noexcept {
    return passed(key.created, now, 2 * options_.rotation);
  }
  /// Whether `span` has passed since `then`. No difference is taken that could overflow.
  static bool passed(TimePoint then, TimePoint now, std::chrono::seconds span) noexcept {
    return then <= TimePoint::max() - span && then + span <= now;
  }

  /// Called with the lock held.
  Result<void> rotate(TimePoint now) {
    const bool due = !current_ || current_->sealed >= options_.max_tickets_per_key ||
                     passed(current_->created, now, options_.rotation);
    if (!due) return {};
    auto fresh = make_key(now);
    if (!fresh) return propagate(fresh);
    previous_ = std::move(current_);
    current_ = std::move(*fresh);
    return {};
  }

  Result<RotatingKey> make_key(TimePoint now) {
    RotatingKey key;
    key.created = now;
    if (auto r = provider_->random->fill(key.name); !r) return propagate(r);
    if (auto r = provider_->random->fill(key.secret.expose_mutable()); !r) return propagate(r);
    return key;
  }

  Result<std::unique_ptr<AeadKey>> ticket_key(const Secret<kKeySize>& secret, ByteView nonce,
                                              BoundedSecret<kIvSize>& iv) const {
    ByteVector info = to_vector(as_bytes(kLabel));
    info.insert(info.end(), nonce.begin(), nonce.end());
    Secret<kKeySize + kIvSize> material;
    if (auto r = crypto::hkdf_expand(crypto::HmacKey(*provider_->sha256, secret.expose()), info,
                                     material.expose_mutable());
        !r) {
      return propagate(r);
    }
    std::ranges::copy(material.expose().subspan(kKeySize), iv.expose_mutable().begin());
    return provider_->ticket_aead->make_key(material.expose().first(kKeySize));
  }

  const std::shared_ptr<const CryptoProvider> provider_;
  const TicketerOptions options_;
  std::mutex mutex_;
  std::optional<RotatingKey> current_;
  std::optional<RotatingKey> previous_;
};

}  // namespace

Result<std::shared_ptr<Ticketer>> make_ticketer(std::shared_ptr<const CryptoProvider> provider,
                                                TicketerOptions options) {
  if (!provider || !provider->random || !provider->ticket_aead || provider->sha256 == nullptr ||
      provider->ticket_aead->key_size() != kKeySize ||
      provider->ticket_aead->nonce_size() != kIvSize) {
    return fail(ErrorCode::ConfigInvalid, "the provider cannot seal tickets");
  }
  if (options.rotation.count() <= 0 || options.max_tickets_per_key == 0) {
    return fail(ErrorCode::ConfigInvalid, "ticket key rotation");
  }
  options.rotation = std::min(options.rotation, kLongestRotation);
  auto ticketer = std::make_shared<RotatingTicketer>(std::move(provider), options);
  if (auto r = ticketer->start(); !r) return propagate(r);
  return ticketer;
}

}  // namespace nautilus::inline v0
