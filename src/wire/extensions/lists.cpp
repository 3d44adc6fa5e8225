#include "wire/extensions/lists.hpp"

#include <nautilus/server_name.hpp>

#include "wire/reader.hpp"
#include "wire/writer.hpp"

namespace nautilus::inline v0::wire {
namespace {

constexpr std::uint8_t kHostName = 0;
constexpr std::uint8_t kOcsp = 1;

/// A list of code points with a 16-bit length: at least one, a whole number of them.
template <class Code>
Result<CodeList<Code>> decode_codes16(ByteView data, const char* what) {
  Reader reader(data);
  const ByteView list = reader.vector16(2, 0xFFFE);
  if (list.size() % 2 != 0) reader.fail_now();
  if (auto r = reader.finish(what); !r) return propagate(r);
  return CodeList<Code>(list);
}

template <class Code>
void encode_codes16(ByteVector& out, std::span<const Code> codes) {
  Writer writer(out);
  const auto length = writer.prefix16();
  for (const Code code : codes) writer.code(code);
}

}  // namespace

Result<ByteView> decode_server_name(ByteView data) {
  Reader reader(data);
  Reader list(reader.vector16(1, 0xFFFF));
  if (auto r = reader.finish("server_name"); !r) return propagate(r);
  const std::uint8_t type = list.u8();
  const ByteView name = list.vector16(1, 0xFFFF);
  if (type != kHostName || !is_dns_host_name(as_text(name))) list.fail_now();
  if (auto r = list.finish("server_name"); !r) return propagate(r);
  return name;
}

void encode_server_name(ByteVector& out, std::string_view host_name) {
  Writer writer(out);
  const auto length = writer.prefix16();
  writer.u8(kHostName);
  writer.vector16(as_bytes(host_name));
}

Result<CodeList<ProtocolVersion>> decode_supported_versions(ByteView data) {
  Reader reader(data);
  const ByteView list = reader.vector8(2, 254);
  if (list.size() % 2 != 0) reader.fail_now();
  if (auto r = reader.finish("supported_versions"); !r) return propagate(r);
  return CodeList<ProtocolVersion>(list);
}

void encode_supported_versions(ByteVector& out, std::span<const ProtocolVersion> versions) {
  Writer writer(out);
  const auto length = writer.prefix8();
  for (const ProtocolVersion version : versions) writer.code(version);
}

Result<ProtocolVersion> decode_selected_version(ByteView data) {
  Reader reader(data);
  const auto version = static_cast<ProtocolVersion>(reader.u16());
  if (auto r = reader.finish("supported_versions"); !r) return propagate(r);
  return version;
}

void encode_selected_version(ByteVector& out, ProtocolVersion version) {
  Writer(out).code(version);
}

Result<CodeList<NamedGroup>> decode_supported_groups(ByteView data) {
  return decode_codes16<NamedGroup>(data, "supported_groups");
}

void encode_supported_groups(ByteVector& out, std::span<const NamedGroup> groups) {
  encode_codes16(out, groups);
}

Result<CodeList<SignatureScheme>> decode_signature_schemes(ByteView data) {
  return decode_codes16<SignatureScheme>(data, "signature_algorithms");
}

void encode_signature_schemes(ByteVector& out, std::span<const SignatureScheme> schemes) {
  encode_codes16(out, schemes);
}

Result<std::vector<ByteView>> decode_application_protocols(ByteView data) {
  Reader reader(data);
  Reader list(reader.vector16(2, 0xFFFF));
  if (auto r = reader.finish("application_layer_protocol_negotiation"); !r) return propagate(r);
  std::vector<ByteView> names;
  while (!list.empty()) {
    const ByteView name = list.vector8(1, 255);
    if (list.failed()) {
      return fail(ErrorCode::DecodeError, "application_layer_protocol_negotiation");
    }
    names.push_back(name);
  }
  return names;
}

void encode_application_protocols(ByteVector& out, std::span<const std::string> names) {
  Writer writer(out);
  const auto length = writer.prefix16();
  for (const std::string& name : names) writer.vector8(as_bytes(name));
}

Result<ByteView> decode_selected_application_protocol(ByteView data) {
  auto names = decode_application_protocols(data);
  if (!names) return propagate(names);
  if (names->size() != 1) return fail(ErrorCode::DecodeError, "more than one selected protocol");
  return names->front();
}

Result<ByteView> decode_cookie(ByteView data) {
  Reader reader(data);
  const ByteView cookie = reader.vector16(1, 0xFFFF);
  if (auto r = reader.finish("cookie"); !r) return propagate(r);
  return cookie;
}

void encode_cookie(ByteVector& out, ByteView cookie) { Writer(out).vector16(cookie); }

Result<ByteView> decode_psk_key_exchange_modes(ByteView data) {
  Reader reader(data);
  const ByteView modes = reader.vector8(1, 255);
  if (auto r = reader.finish("psk_key_exchange_modes"); !r) return propagate(r);
  return modes;
}

void encode_psk_key_exchange_modes(ByteVector& out, std::span<const PskKeyExchangeMode> modes) {
  Writer writer(out);
  const auto length = writer.prefix8();
  for (const PskKeyExchangeMode mode : modes) writer.code(mode);
}

Result<std::vector<ByteView>> decode_certificate_authorities(ByteView data) {
  Reader reader(data);
  Reader list(reader.vector16(3, 0xFFFF));
  if (auto r = reader.finish("certificate_authorities"); !r) return propagate(r);
  std::vector<ByteView> names;
  while (!list.empty()) {
    const ByteView name = list.vector16(1, 0xFFFF);
    if (list.failed()) return fail(ErrorCode::DecodeError, "certificate_authorities");
    names.push_back(name);
  }
  return names;
}

void encode_certificate_authorities(ByteVector& out, std::span<const ByteVector> names) {
  Writer writer(out);
  const auto length = writer.prefix16();
  for (const ByteVector& name : names) writer.vector16(name);
}

void encode_status_request(ByteVector& out) {
  Writer writer(out);
  writer.u8(kOcsp);
  writer.u16(0);  // responder_id_list
  writer.u16(0);  // request_extensions
}

void encode_certificate_status(ByteVector& out, ByteView ocsp_response) {
  Writer writer(out);
  writer.u8(kOcsp);
  writer.vector24(ocsp_response);
}

Result<std::uint16_t> decode_record_size_limit(ByteView data) {
  Reader reader(data);
  const std::uint16_t limit = reader.u16();
  if (auto r = reader.finish("record_size_limit"); !r) return propagate(r);
  if (limit < 64) return fail(ErrorCode::IllegalParameter, "record_size_limit below 64");
  return limit;
}

Result<std::uint32_t> decode_max_early_data_size(ByteView data) {
  Reader reader(data);
  const std::uint32_t size = reader.u32();
  if (auto r = reader.finish("early_data"); !r) return propagate(r);
  return size;
}

void encode_max_early_data_size(ByteVector& out, std::uint32_t size) { Writer(out).u32(size); }

void encode_record_size_limit(ByteVector& out, std::uint16_t limit) { Writer(out).u16(limit); }

Result<TicketCounts> decode_ticket_request(ByteView data) {
  Reader reader(data);
  TicketCounts counts;
  counts.new_session_count = reader.u8();
  counts.resumption_count = reader.u8();
  if (auto r = reader.finish("ticket_request"); !r) return propagate(r);
  return counts;
}

void encode_ticket_request(ByteVector& out, TicketCounts counts) {
  Writer writer(out);
  writer.u8(counts.new_session_count);
  writer.u8(counts.resumption_count);
}

Result<std::uint8_t> decode_expected_tickets(ByteView data) {
  Reader reader(data);
  const std::uint8_t count = reader.u8();
  if (auto r = reader.finish("ticket_request"); !r) return propagate(r);
  return count;
}

void encode_expected_tickets(ByteVector& out, std::uint8_t count) { Writer(out).u8(count); }

}  // namespace nautilus::inline v0::wire
