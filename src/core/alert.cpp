#include <nautilus/alert.hpp>

namespace nautilus::inline v0 {

std::string_view to_string(AlertDescription alert) noexcept {
  using enum AlertDescription;
  switch (alert) {
    case close_notify:
      return "close_notify";
    case unexpected_message:
      return "unexpected_message";
    case bad_record_mac:
      return "bad_record_mac";
    case record_overflow:
      return "record_overflow";
    case handshake_failure:
      return "handshake_failure";
    case bad_certificate:
      return "bad_certificate";
    case unsupported_certificate:
      return "unsupported_certificate";
    case certificate_revoked:
      return "certificate_revoked";
    case certificate_expired:
      return "certificate_expired";
    case certificate_unknown:
      return "certificate_unknown";
    case illegal_parameter:
      return "illegal_parameter";
    case unknown_ca:
      return "unknown_ca";
    case access_denied:
      return "access_denied";
    case decode_error:
      return "decode_error";
    case decrypt_error:
      return "decrypt_error";
    case protocol_version:
      return "protocol_version";
    case insufficient_security:
      return "insufficient_security";
    case internal_error:
      return "internal_error";
    case inappropriate_fallback:
      return "inappropriate_fallback";
    case user_canceled:
      return "user_canceled";
    case missing_extension:
      return "missing_extension";
    case unsupported_extension:
      return "unsupported_extension";
    case unrecognized_name:
      return "unrecognized_name";
    case bad_certificate_status_response:
      return "bad_certificate_status_response";
    case unknown_psk_identity:
      return "unknown_psk_identity";
    case certificate_required:
      return "certificate_required";
    case general_error:
      return "general_error";
    case no_application_protocol:
      return "no_application_protocol";
    case ech_required:
      return "ech_required";
  }
  return "unknown_alert";
}

}  // namespace nautilus::inline v0
