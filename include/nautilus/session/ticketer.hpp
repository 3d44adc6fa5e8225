#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/crypto/provider.hpp>
#include <nautilus/export.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

namespace nautilus::inline v0 {

/// Seals a server's session state into tickets and opens them again (RFC 9846 §4.7.1). Shared among
/// connections and threads.
class NAUTILUS_API Ticketer {
 public:
  virtual ~Ticketer() = default;
  /// A ticket for `state`. An error means only that no ticket is sent.
  [[nodiscard]] virtual Eventually<ByteVector> seal(ByteView state, TimePoint now) = 0;
  /// The state inside, or nothing for a ticket that is unknown, altered or too old: then the
  /// handshake is a full one. Never tells these apart.
  [[nodiscard]] virtual Eventually<std::optional<SecretBytes>> open(ByteView ticket,
                                                                    TimePoint now) = 0;
};

/// The most tickets a key may seal before a new one takes over: as many as AES-GCM allows under one
/// key with random nonces (NIST SP 800-38D §8.3). Each ticket has a derived key of its own, so this
/// is far on the safe side.
inline constexpr std::uint64_t kMaxTicketsPerKey = std::uint64_t{1} << 32;

struct TicketerOptions {
  /// A key seals for this long or this many tickets (at most `kMaxTicketsPerKey`), then a new one
  /// takes over; it opens for one more period.
  std::chrono::seconds rotation = std::chrono::hours(12);
  std::uint64_t max_tickets_per_key = kMaxTicketsPerKey;
};

/// A stateless ticketer with random keys that rotate by themselves: current and previous. Each
/// ticket is sealed under a key of its own, derived from the rotating key and a random 192-bit
/// nonce. Locks inside. Fails with `ConfigInvalid` if the provider has no ticket AEAD or SHA-256 or
/// the options make no sense, `RandomFailure` if it has no randomness.
[[nodiscard]] NAUTILUS_API Result<std::shared_ptr<Ticketer>> make_ticketer(
    std::shared_ptr<const CryptoProvider> provider, TicketerOptions options = {});

}  // namespace nautilus::inline v0
