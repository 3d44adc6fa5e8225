// Code points that appear only on the wire (RFC 9846 §B). Public ones are in
// <nautilus/codepoints.hpp>.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <nautilus/codepoints.hpp>

namespace nautilus::inline v0::wire {

enum class ContentType : std::uint8_t {
  invalid = 0,
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23,
};

enum class ProtocolVersion : std::uint16_t {
  tls10 = 0x0301,
  tls12 = 0x0303,
  tls13 = 0x0304,
};

enum class HandshakeType : std::uint8_t {
  client_hello = 1,
  server_hello = 2,
  new_session_ticket = 4,
  end_of_early_data = 5,
  encrypted_extensions = 8,
  certificate = 11,
  certificate_request = 13,
  certificate_verify = 15,
  finished = 20,
  key_update = 24,
  compressed_certificate = 25,
  message_hash = 254,
};

enum class ExtensionType : std::uint16_t {
  server_name = 0,
  max_fragment_length = 1,
  status_request = 5,
  supported_groups = 10,
  signature_algorithms = 13,
  use_srtp = 14,
  heartbeat = 15,
  application_layer_protocol_negotiation = 16,
  signed_certificate_timestamp = 18,
  client_certificate_type = 19,
  server_certificate_type = 20,
  padding = 21,
  compress_certificate = 27,
  record_size_limit = 28,
  session_ticket = 35,
  pre_shared_key = 41,
  early_data = 42,
  supported_versions = 43,
  cookie = 44,
  psk_key_exchange_modes = 45,
  certificate_authorities = 47,
  oid_filters = 48,
  post_handshake_auth = 49,
  signature_algorithms_cert = 50,
  key_share = 51,
  ticket_request = 58,
  renegotiation_info = 0xFF01,
};

enum class PskKeyExchangeMode : std::uint8_t { psk_ke = 0, psk_dhe_ke = 1 };
enum class KeyUpdateRequest : std::uint8_t { update_not_requested = 0, update_requested = 1 };
enum class AlertLevel : std::uint8_t { warning = 1, fatal = 2 };

/// HelloRetryRequest is a ServerHello with this random (RFC 9846 §4.2.3).
inline constexpr std::array<std::uint8_t, 32> kHelloRetryRequestRandom = {
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

/// The RFC's names, "unknown" otherwise. Static storage.
std::string_view to_string(HandshakeType type) noexcept;
std::string_view to_string(ExtensionType type) noexcept;
std::string_view to_string(ContentType type) noexcept;

}  // namespace nautilus::inline v0::wire
