// The ticketer with keys of its own, in memory: current and previous.
#include <algorithm>
#include <mutex>
#include <optional>

#include <nautilus/session/ticketer.hpp>

#include "session/ticket_sealing.hpp"

namespace nautilus::inline v0 {
namespace {

struct RotatingKey {
  session::TicketKeyName name{};
  session::TicketKeySecret secret;
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
    session::TicketKeyName name{};
    session::TicketKeySecret secret;
    {
      const std::scoped_lock lock(mutex_);
      if (auto r = rotate(now); !r) return propagate(r);
      ++current_->sealed;
      name = current_->name;
      std::ranges::copy(current_->secret.expose(), secret.expose_mutable().begin());
    }
    return session::seal_ticket(*provider_, name, secret, state);
  }

  std::optional<SecretBytes> open_now(ByteView ticket, TimePoint now) {
    const auto name = session::ticket_key_name(*provider_, ticket);
    session::TicketKeySecret secret;
    if (!name || !find_key(*name, now, secret)) return std::nullopt;
    return session::open_ticket(*provider_, secret, ticket);
  }

  bool find_key(ByteView name, TimePoint now, session::TicketKeySecret& secret) {
    const std::scoped_lock lock(mutex_);
    // Without randomness the old keys still age: `too_old` is asked below in any case.
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
    return session::passed(key.created, now, 2 * options_.rotation);
  }

  /// Called with the lock held.
  Result<void> rotate(TimePoint now) {
    const bool due = !current_ || current_->sealed >= options_.max_tickets_per_key ||
                     session::passed(current_->created, now, options_.rotation);
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
    if (auto r = session::draw_ticket_key(*provider_->random, key.name, key.secret); !r) {
      return propagate(r);
    }
    return key;
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
  if (auto r = session::check_ticket_provider(provider.get()); !r) return propagate(r);
  if (options.rotation.count() <= 0 || options.max_tickets_per_key == 0 ||
      options.max_tickets_per_key > kMaxTicketsPerKey) {
    return fail(ErrorCode::ConfigInvalid, "ticket key rotation");
  }
  options.rotation = std::min(options.rotation, session::kLongestRotation);
  auto ticketer = std::make_shared<RotatingTicketer>(std::move(provider), options);
  if (auto r = ticketer->start(); !r) return propagate(r);
  return ticketer;
}

}  // namespace nautilus::inline v0
