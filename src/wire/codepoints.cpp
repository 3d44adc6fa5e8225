#include "wire/codepoints.hpp"

namespace nautilus::inline v0::wire {

std::string_view to_string(HandshakeType type) noexcept {
  using enum HandshakeType;
  switch (type) {
    case client_hello:
      return "client_hello";
    case server_hello:
      return "server_hello";
    case new_session_ticket:
      return "new_session_ticket";
    case end_of_early_data:
      return "end_of_early_data";
    case encrypted_extensions:
      return "encrypted_extensions";
    case certificate:
      return "certificate";
    case certificate_request:
      return "certificate_request";
    case certificate_verify:
      return "certificate_verify";
    case finished:
      return "finished";
    case key_update:
      return "key_update";
    case compressed_certificate:
      return "compressed_certificate";
    case message_hash:
      return "message_hash";
  }
  return "unknown";
}

std::string_view to_string(ExtensionType type) noexcept {
  using enum ExtensionType;
  switch (type) {
    case server_name:
      return "server_name";
    case max_fragment_length:
      return "max_fragment_length";
    case status_request:
      return "status_request";
    case supported_groups:
      return "supported_groups";
    case signature_algorithms:
      return "signature_algorithms";
    case use_srtp:
      return "use_srtp";
    case heartbeat:
      return "heartbeat";
    case application_layer_protocol_negotiation:
      return "application_layer_protocol_negotiation";
    case signed_certificate_timestamp:
      return "signed_certificate_timestamp";
    case client_certificate_type:
      return "client_certificate_type";
    case server_certificate_type:
      return "server_certificate_type";
    case padding:
      return "padding";
    case compress_certificate:
      return "compress_certificate";
    case record_size_limit:
      return "record_size_limit";
    case session_ticket:
      return "session_ticket";
    case pre_shared_key:
      return "pre_shared_key";
    case early_data:
      return "early_data";
    case supported_versions:
      return "supported_versions";
    case cookie:
      return "cookie";
    case psk_key_exchange_modes:
      return "psk_key_exchange_modes";
    case certificate_authorities:
      return "certificate_authorities";
    case oid_filters:
      return "oid_filters";
    case post_handshake_auth:
      return "post_handshake_auth";
    case signature_algorithms_cert:
      return "signature_algorithms_cert";
    case key_share:
      return "key_share";
    case ticket_request:
      return "ticket_request";
    case renegotiation_info:
      return "renegotiation_info";
  }
  return "unknown";
}

std::string_view to_string(ContentType type) noexcept {
  using enum ContentType;
  switch (type) {
    case invalid:
      return "invalid";
    case change_cipher_spec:
      return "change_cipher_spec";
    case alert:
      return "alert";
    case handshake:
      return "handshake";
    case application_data:
      return "application_data";
  }
  return "unknown";
}

}  // namespace nautilus::inline v0::wire
