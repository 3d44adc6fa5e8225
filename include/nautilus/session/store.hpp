#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/codepoints.hpp>
#include <nautilus/export.hpp>
#include <nautilus/peer_identity.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

namespace nautilus::inline v0 {

/// The longest lifetime a ticket may claim (RFC 9846 §4.7.1): seven days.
inline constexpr std::chrono::seconds kMaxTicketLifetime{604800};

/// What a client needs to resume one session once. Holds a secret.
struct NAUTILUS_API ClientSession {
  CipherSuiteId cipher_suite{};
  SecretBytes psk;
  ByteVector ticket;
  std::chrono::seconds lifetime{0};
  std::uint32_t age_add = 0;
  TimePoint received_at;
  std::uint32_t max_early_data_size = 0;
  std::string application_protocol;
  PeerIdentity peer;           ///< the server, as verified in the original handshake
  TimePoint authenticated_at;  ///< when that was
  /// Digest of the configuration the server was accepted under; a session is used only by a
  /// configuration with the same digest.
  ByteVector context;

  /// Past its lifetime, or past the expiry of the server's certificate, or from the future.
  [[nodiscard]] bool expired(TimePoint now) const noexcept;
  [[nodiscard]] ClientSession clone() const;

  /// Stable, versioned encoding for session files; contains the secret in the clear. Decoding fails
  /// with `DecodeError` on anything else.
  [[nodiscard]] SecretBytes encode() const;
  [[nodiscard]] static Result<ClientSession> decode(ByteView encoded);
};

/// Where a client keeps sessions between connections. Keys are opaque and made by the library from
/// the target and the configuration, never from the name alone. Shared among connections and
/// threads; may lose entries at any time.
class NAUTILUS_API ClientSessionStore {
 public:
  virtual ~ClientSessionStore() = default;
  virtual void put(std::string_view key, ClientSession session) = 0;
  /// Removes and returns the newest usable session: a ticket is used once (RFC 9846 §C.4).
  [[nodiscard]] virtual std::optional<ClientSession> take(std::string_view key, TimePoint now) = 0;
  /// The group a server preferred last time, so that its share is sent at once.
  virtual void set_group(std::string_view key, NamedGroup group) = 0;
  [[nodiscard]] virtual std::optional<NamedGroup> group(std::string_view key) = 0;
};

/// In memory, bounded: at most `max_servers` keys (least recently used goes first) with
/// `max_sessions` each. Locks inside.
[[nodiscard]] NAUTILUS_API std::shared_ptr<ClientSessionStore> make_memory_session_store(
    std::size_t max_servers = 256, std::size_t max_sessions = 4);

}  // namespace nautilus::inline v0
