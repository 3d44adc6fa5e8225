#pragma once

#include <cstdint>
#include <string_view>

#include <nautilus/export.hpp>

namespace nautilus::inline v0 {

/// AlertDescription of RFC 9846 §6. Values not listed may arrive and are kept as they are.
enum class AlertDescription : std::uint8_t {
  close_notify = 0,
  unexpected_message = 10,
  bad_record_mac = 20,
  record_overflow = 22,
  handshake_failure = 40,
  bad_certificate = 42,
  unsupported_certificate = 43,
  certificate_revoked = 44,
  certificate_expired = 45,
  certificate_unknown = 46,
  illegal_parameter = 47,
  unknown_ca = 48,
  access_denied = 49,
  decode_error = 50,
  decrypt_error = 51,
  protocol_version = 70,
  insufficient_security = 71,
  internal_error = 80,
  inappropriate_fallback = 86,
  user_canceled = 90,
  missing_extension = 109,
  unsupported_extension = 110,
  unrecognized_name = 112,
  bad_certificate_status_response = 113,
  unknown_psk_identity = 115,
  certificate_required = 116,
  general_error = 117,
  no_application_protocol = 120,
  ech_required = 121,
};

/// The RFC's name of the alert, "unknown_alert" for a value without one. Static storage.
NAUTILUS_API std::string_view to_string(AlertDescription alert) noexcept;

}  // namespace nautilus::inline v0
