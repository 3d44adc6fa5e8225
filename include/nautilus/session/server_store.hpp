#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/crypto/provider.hpp>
#include <nautilus/export.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>
#include <nautilus/session/ticketer.hpp>

namespace nautilus::inline v0 {

/// Where a server keeps sessions itself instead of sealing them into tickets: no key opens past
/// sessions, each is good for one connection, and any can be revoked. Shared among connections and
/// threads; may lose entries at any time.
class NAUTILUS_API ServerSessionStore {
 public:
  virtual ~ServerSessionStore() = default;
  /// Keeps `state`, which holds secrets, until `expires`. `handle` is random and never reused. An
  /// error means only that the client gets no ticket.
  [[nodiscard]] virtual Result<void> put(ByteView handle, SecretBytes state, TimePoint expires) = 0;
  /// Removes and returns what is kept under `handle`; nothing if that is unknown or has expired.
  /// No answer yet where it must be fetched: it then arrives through `Connection::resume`. Two
  /// callers must never both get it.
  [[nodiscard]] virtual Eventually<std::optional<SecretBytes>> take(ByteView handle,
                                                                    TimePoint now) = 0;
};

/// In memory, bounded: beyond `capacity` sessions the oldest go. Locks inside.
[[nodiscard]] NAUTILUS_API std::shared_ptr<ServerSessionStore> make_memory_server_store(
    std::size_t capacity = 20000);

/// A ticketer whose tickets are handles of 32 random octets into `store`. `lifetime`, at most
/// `kMaxTicketLifetime`, is how long a session is kept: no less than the config's
/// `ServerConfigBuilder::ticket_lifetime`. `ConfigInvalid` without store or randomness, or for
/// another lifetime.
[[nodiscard]] NAUTILUS_API Result<std::shared_ptr<Ticketer>> make_store_ticketer(
    std::shared_ptr<const CryptoProvider> provider, std::shared_ptr<ServerSessionStore> store,
    std::chrono::seconds lifetime = std::chrono::hours(24));

}  // namespace nautilus::inline v0
