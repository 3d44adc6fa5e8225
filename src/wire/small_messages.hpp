// The short messages: Finished (RFC 9846 §4.5.3), EndOfEarlyData (§4.6), KeyUpdate (§4.7.3),
// NewSessionTicket (§4.7.1), and alerts (§6).
#pragma once

#include <optional>

#include <nautilus/alert.hpp>

#include "wire/extension_block.hpp"
#include "wire/handshake_framing.hpp"

namespace nautilus::inline v0::wire {

struct Finished {
  ByteView verify_data;  ///< any length here; the handshake compares it with its own
};
[[nodiscard]] Result<Finished> decode_finished(ByteView body);
void encode_finished(ByteVector& out, ByteView verify_data);

struct EndOfEarlyData {};
[[nodiscard]] Result<EndOfEarlyData> decode_end_of_early_data(ByteView body);
void encode_end_of_early_data(ByteVector& out);

/// A request value other than the two known is `IllegalParameter`.
struct KeyUpdate {
  KeyUpdateRequest request_update{};
};
[[nodiscard]] Result<KeyUpdate> decode_key_update(ByteView body);
void encode_key_update(ByteVector& out, KeyUpdateRequest request);

struct NewSessionTicket {
  std::uint32_t ticket_lifetime = 0;  ///< seconds
  std::uint32_t ticket_age_add = 0;
  ByteView ticket_nonce;
  ByteView ticket;
  ExtensionBlock extensions;
  std::optional<std::uint32_t> max_early_data_size;
};
[[nodiscard]] Result<NewSessionTicket> decode_new_session_ticket(ByteView body);
void encode_new_session_ticket(ByteVector& out, std::uint32_t lifetime, std::uint32_t age_add,
                               ByteView nonce, ByteView ticket, const ExtensionList& extensions);

struct Alert {
  std::uint8_t level = 0;  ///< ignored by TLS 1.3 but kept for the account of a connection
  AlertDescription description{};
};
/// An alert is exactly two octets (`MalformedAlert` otherwise).
[[nodiscard]] Result<Alert> decode_alert(ByteView fragment);

}  // namespace nautilus::inline v0::wire
