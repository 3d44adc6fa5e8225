#include <algorithm>
#include <array>
#include <cstring>
#include <list>
#include <mutex>
#include <unordered_map>

#include <nautilus/session/server_store.hpp>
#include <nautilus/session/store.hpp>

#include "session/ticket_sealing.hpp"

namespace nautilus::inline v0 {
namespace {

constexpr std::size_t kHandleSize = 32;
using Handle = std::array<std::uint8_t, kHandleSize>;

/// Handles are random, so their first octets spread well by themselves. Looking one up takes time
/// that depends on it, which helps nobody to guess 256 bits.
struct HandleHash {
  std::size_t operator()(const Handle& handle) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, handle.data(), sizeof(value));
    return value;
  }
};

class MemoryServerStore final : public ServerSessionStore {
 public:
  explicit MemoryServerStore(std::size_t capacity) noexcept : capacity_(capacity) {}

  Result<void> put(ByteView handle, SecretBytes state, TimePoint expires) override {
    if (handle.size() != kHandleSize) return fail(ErrorCode::ApiMisuse, "a session's handle");
    const std::scoped_lock lock(mutex_);
    if (capacity_ == 0) return fail(ErrorCode::StoreFailure, "a store without room");
    if (sessions_.size() == capacity_) forget(sessions_.begin());
    // Listed and indexed, or neither, if memory runs out.
    std::list<Session> fresh;
    fresh.push_back({to_handle(handle), std::move(state), expires});
    if (!index_.emplace(fresh.front().handle, fresh.begin()).second) {
      return fail(ErrorCode::StoreFailure, "a handle that is in use");
    }
    sessions_.splice(sessions_.end(), fresh);
    return {};
  }

  Eventually<std::optional<SecretBytes>> take(ByteView handle, TimePoint now) override {
    using Answer = Result<std::optional<SecretBytes>>;
    if (handle.size() != kHandleSize) return Answer(std::nullopt);
    const std::scoped_lock lock(mutex_);
    const auto found = index_.find(to_handle(handle));
    if (found == index_.end()) return Answer(std::nullopt);
    std::optional<SecretBytes> state;
    if (now < found->second->expires) state = std::move(found->second->state);
    forget(found->second);
    return Answer(std::move(state));
  }

 private:
  struct Session {
    Handle handle;
    SecretBytes state;
    TimePoint expires;
  };

  static Handle to_handle(ByteView octets) noexcept {
    Handle handle;
    std::memcpy(handle.data(), octets.data(), handle.size());
    return handle;
  }
  void forget(std::list<Session>::iterator session) noexcept {
    index_.erase(session->handle);
    sessions_.erase(session);
  }

  const std::size_t capacity_;
  std::mutex mutex_;
  std::list<Session> sessions_;  // oldest first
  std::unordered_map<Handle, std::list<Session>::iterator, HandleHash> index_;
};

class StoreTicketer final : public Ticketer {
 public:
  StoreTicketer(std::shared_ptr<const CryptoProvider> provider,
                std::shared_ptr<ServerSessionStore> store, std::chrono::seconds lifetime) noexcept
      : provider_(std::move(provider)), store_(std::move(store)), lifetime_(lifetime) {}

  Eventually<ByteVector> seal(ByteView state, TimePoint now) override { return keep(state, now); }
  Eventually<std::optional<SecretBytes>> open(ByteView ticket, TimePoint now) override {
    if (ticket.size() != kHandleSize) return Result<std::optional<SecretBytes>>(std::nullopt);
    return store_->take(ticket, now);
  }

 private:
  Result<ByteVector> keep(ByteView state, TimePoint now) {
    ByteVector handle(kHandleSize);
    if (auto r = provider_->random->fill(handle); !r) return propagate(r);
    if (auto r = store_->put(handle, SecretBytes(state), session::later(now, lifetime_)); !r) {
      return propagate(r);
    }
    return handle;
  }

  const std::shared_ptr<const CryptoProvider> provider_;
  const std::shared_ptr<ServerSessionStore> store_;
  const std::chrono::seconds lifetime_;
};

}  // namespace

std::shared_ptr<ServerSessionStore> make_memory_server_store(std::size_t capacity) {
  return std::make_shared<MemoryServerStore>(capacity);
}

Result<std::shared_ptr<Ticketer>> make_store_ticketer(
    std::shared_ptr<const CryptoProvider> provider, std::shared_ptr<ServerSessionStore> store,
    std::chrono::seconds lifetime) {
  if (!provider || !provider->random || !store) {
    return fail(ErrorCode::ConfigInvalid, "a session store needs randomness");
  }
  if (lifetime.count() <= 0 || lifetime > kMaxTicketLifetime) {
    return fail(ErrorCode::ConfigInvalid, "a ticket lives at most seven days");
  }
  return std::make_shared<StoreTicketer>(std::move(provider), std::move(store), lifetime);
}

}  // namespace nautilus::inline v0
