// The application traffic of a finished handshake: both directions' secrets, KeyUpdate
// (RFC 9846 §4.7.3, §7.2) and exporters (§7.5). The same for client and server.
#pragma once

#include <string_view>

#include <nautilus/result.hpp>

#include "crypto/hkdf.hpp"
#include "handshake/output.hpp"
#include "handshake/settings.hpp"
#include "wire/small_messages.hpp"

namespace nautilus::inline v0::handshake {

/// KeyUpdates received without application data in between. Without this limit a peer could keep us
/// deriving keys for ever.
inline constexpr unsigned kMaxKeyUpdatesInARow = 32;
/// KeyUpdates we send without application data in between; fewer than any peer is known to bear.
inline constexpr unsigned kMaxOwnKeyUpdatesInARow = 16;
/// Tickets received without application data in between; as many as can be asked for (RFC 9149)
/// and one more.
inline constexpr unsigned kMaxTicketsInARow = 256;

struct ApplicationTraffic {
  const CipherSuite* suite;
  state::LabelScheme labels;
  crypto::HashSecret send_secret;
  crypto::HashSecret receive_secret;
  crypto::HashSecret exporter_secret;
  unsigned key_updates_in_a_row = 0;
  unsigned tickets_in_a_row = 0;
  unsigned own_key_updates_in_a_row = 0;
  bool update_requested = false;  ///< our request is not answered yet
  bool reply_due = false;         ///< the peer's request is not answered yet

  /// Application data has arrived: the peer does more than keep us busy.
  void note_data() noexcept { key_updates_in_a_row = tickets_in_a_row = 0; }
  /// Application data goes out.
  void note_own_data() noexcept { own_key_updates_in_a_row = 0; }
  /// Whether another KeyUpdate of ours, unless it is a reply, would look like a flood.
  [[nodiscard]] bool updated_often() const noexcept {
    return own_key_updates_in_a_row >= kMaxOwnKeyUpdatesInARow;
  }
  /// Handles the peer's KeyUpdate: its direction changes at once, a requested reply becomes due.
  [[nodiscard]] Result<void> receive(const wire::KeyUpdate& message, Context& cx);
  /// Sends a KeyUpdate and changes our direction.
  [[nodiscard]] Result<void> update(wire::KeyUpdateRequest request, Context& cx);
};

}  // namespace nautilus::inline v0::handshake
