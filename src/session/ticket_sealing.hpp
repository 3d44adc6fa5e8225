// How one ticket is sealed under a rotating key, whoever keeps that key. A ticket is
//
//   version (1) ‖ key name (16) ‖ nonce (24) ‖ ciphertext and tag
//
// sealed under a key and IV of its own: HKDF-Expand(rotating key, label ‖ nonce). The header is
// authenticated with the rest.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/crypto/provider.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

namespace nautilus::inline v0::session {

inline constexpr std::size_t kTicketKeyNameSize = 16;
inline constexpr std::size_t kTicketKeySize = 32;
/// Longer is the same as never; doubled and in milliseconds it is still a number.
inline constexpr std::chrono::seconds kLongestRotation = std::chrono::years(100);

using TicketKeyName = std::array<std::uint8_t, kTicketKeyNameSize>;
using TicketKeySecret = Secret<kTicketKeySize>;

/// `ConfigInvalid` unless the provider has randomness, SHA-256 and an AEAD that fits.
[[nodiscard]] Result<void> check_ticket_provider(const CryptoProvider* provider);

/// Draws a name and a secret.
[[nodiscard]] Result<void> draw_ticket_key(Random& random, TicketKeyName& name,
                                           TicketKeySecret& secret);

[[nodiscard]] Result<ByteVector> seal_ticket(const CryptoProvider& provider,
                                             const TicketKeyName& name,
                                             const TicketKeySecret& secret, ByteView state);

/// Which key a ticket asks for, borrowed from it; nothing if it cannot be a ticket of ours.
[[nodiscard]] std::optional<ByteView> ticket_key_name(const CryptoProvider& provider,
                                                      ByteView ticket) noexcept;

/// `ticket` must have a name.
[[nodiscard]] std::optional<SecretBytes> open_ticket(const CryptoProvider& provider,
                                                     const TicketKeySecret& secret,
                                                     ByteView ticket);

/// `then + span`, or the end of time.
[[nodiscard]] constexpr TimePoint later(TimePoint then, std::chrono::milliseconds span) noexcept {
  return then > TimePoint::max() - span ? TimePoint::max() : then + span;
}
/// Whether `span` has passed since `then`. No difference is taken that could overflow.
[[nodiscard]] constexpr bool passed(TimePoint then, TimePoint now,
                                    std::chrono::milliseconds span) noexcept {
  return then <= TimePoint::max() - span && then + span <= now;
}

}  // namespace nautilus::inline v0::session
