// The extensions that are plain lists of code points or names.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nautilus/bytes.hpp>
#include <nautilus/result.hpp>

#include "wire/code_list.hpp"
#include "wire/codepoints.hpp"

namespace nautilus::inline v0::wire {

/// server_name (RFC 6066 §3). Exactly one host_name is allowed. ServerHello/EE form is empty.
[[nodiscard]] Result<ByteView> decode_server_name(ByteView data);
void encode_server_name(ByteVector& out, std::string_view host_name);

/// supported_versions (RFC 9846 §4.3.1).
[[nodiscard]] Result<CodeList<ProtocolVersion>> decode_supported_versions(ByteView data);
void encode_supported_versions(ByteVector& out, std::span<const ProtocolVersion> versions);
[[nodiscard]] Result<ProtocolVersion> decode_selected_version(ByteView data);
void encode_selected_version(ByteVector& out, ProtocolVersion version);

/// supported_groups (RFC 9846 §4.3.7).
[[nodiscard]] Result<CodeList<NamedGroup>> decode_supported_groups(ByteView data);
void encode_supported_groups(ByteVector& out, std::span<const NamedGroup> groups);

/// signature_algorithms and signature_algorithms_cert (RFC 9846 §4.3.3).
[[nodiscard]] Result<CodeList<SignatureScheme>> decode_signature_schemes(ByteView data);
void encode_signature_schemes(ByteVector& out, std::span<const SignatureScheme> schemes);

/// application_layer_protocol_negotiation (RFC 7301): names of 1..255 octets, at least one.
[[nodiscard]] Result<std::vector<ByteView>> decode_application_protocols(ByteView data);
void encode_application_protocols(ByteVector& out, std::span<const std::string> names);
/// The server's answer: a list of exactly one.
[[nodiscard]] Result<ByteView> decode_selected_application_protocol(ByteView data);

/// cookie (RFC 9846 §4.3.2).
[[nodiscard]] Result<ByteView> decode_cookie(ByteView data);
void encode_cookie(ByteVector& out, ByteView cookie);

/// psk_key_exchange_modes (RFC 9846 §4.3.9), one octet a mode.
[[nodiscard]] Result<ByteView> decode_psk_key_exchange_modes(ByteView data);
void encode_psk_key_exchange_modes(ByteVector& out, std::span<const PskKeyExchangeMode> modes);

/// certificate_authorities (RFC 9846 §4.3.4): DER distinguished names.
[[nodiscard]] Result<std::vector<ByteView>> decode_certificate_authorities(ByteView data);
void encode_certificate_authorities(ByteVector& out, std::span<const ByteVector> names);

/// status_request: the client's question for an OCSP response without further wishes, and a
/// certificate entry's answer (RFC 6066 §8).
void encode_status_request(ByteVector& out);
void encode_certificate_status(ByteVector& out, ByteView ocsp_response);

/// record_size_limit (RFC 8449): 64 or more, else `IllegalParameter`.
[[nodiscard]] Result<std::uint16_t> decode_record_size_limit(ByteView data);
void encode_record_size_limit(ByteVector& out, std::uint16_t limit);

/// ticket_request (RFC 9149): the client's two counts, and the server's expected one.
struct TicketCounts {
  std::uint8_t new_session_count = 0;
  std::uint8_t resumption_count = 0;
};
[[nodiscard]] Result<TicketCounts> decode_ticket_request(ByteView data);
void encode_ticket_request(ByteVector& out, TicketCounts counts);
[[nodiscard]] Result<std::uint8_t> decode_expected_tickets(ByteView data);
void encode_expected_tickets(ByteVector& out, std::uint8_t count);

/// early_data of NewSessionTicket: max_early_data_size (RFC 9846 §4.3.10).
[[nodiscard]] Result<std::uint32_t> decode_max_early_data_size(ByteView data);
void encode_max_early_data_size(ByteVector& out, std::uint32_t size);

}  // namespace nautilus::inline v0::wire
