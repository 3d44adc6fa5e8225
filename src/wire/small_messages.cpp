#include "wire/small_messages.hpp"

#include "wire/extensions/lists.hpp"

namespace nautilus::inline v0::wire {

Result<Finished> decode_finished(ByteView body) {
  if (body.empty()) return fail(ErrorCode::DecodeError, "Finished");
  return Finished{body};
}

void encode_finished(ByteVector& out, ByteView verify_data) {
  encode_handshake(out, HandshakeType::finished,
                   [&](Writer& writer) { writer.bytes(verify_data); });
}

Result<EndOfEarlyData> decode_end_of_early_data(ByteView body) {
  if (!body.empty()) return fail(ErrorCode::DecodeError, "EndOfEarlyData");
  return EndOfEarlyData{};
}

void encode_end_of_early_data(ByteVector& out) {
  encode_handshake(out, HandshakeType::end_of_early_data, [](Writer&) {});
}

Result<KeyUpdate> decode_key_update(ByteView body) {
  Reader reader(body);
  const std::uint8_t request = reader.u8();
  if (auto r = reader.finish("KeyUpdate"); !r) return propagate(r);
  if (request > 1) return fail(ErrorCode::IllegalParameter, "request_update");
  return KeyUpdate{static_cast<KeyUpdateRequest>(request)};
}

void encode_key_update(ByteVector& out, KeyUpdateRequest request) {
  encode_handshake(out, HandshakeType::key_update, [&](Writer& writer) { writer.code(request); });
}

Result<NewSessionTicket> decode_new_session_ticket(ByteView body) {
  Reader reader(body);
  NewSessionTicket message;
  message.ticket_lifetime = reader.u32();
  message.ticket_age_add = reader.u32();
  message.ticket_nonce = reader.vector8(0, 255);
  message.ticket = reader.vector16(1, 0xFFFF);
  if (reader.failed()) return fail(ErrorCode::DecodeError, "NewSessionTicket");
  auto block = ExtensionBlock::decode(reader, ExtensionHost::NewSessionTicket);
  if (!block) return propagate(block);
  if (auto r = reader.finish("NewSessionTicket"); !r) return propagate(r);
  message.extensions = std::move(*block);
  if (const auto data = message.extensions.find(ExtensionType::early_data)) {
    auto size = decode_max_early_data_size(*data);
    if (!size) return propagate(size);
    message.max_early_data_size = *size;
  }
  return message;
}

void encode_new_session_ticket(ByteVector& out, std::uint32_t lifetime, std::uint32_t age_add,
                               ByteView nonce, ByteView ticket, const ExtensionList& extensions) {
  const std::size_t room = 4 + 4 + 1 + nonce.size() + 2 + ticket.size() + extensions.encoded_size();
  encode_handshake(out, HandshakeType::new_session_ticket, room, [&](Writer& writer) {
    writer.u32(lifetime);
    writer.u32(age_add);
    writer.vector8(nonce);
    writer.vector16(ticket);
    extensions.encode(writer);
  });
}

Result<Alert> decode_alert(ByteView fragment) {
  if (fragment.size() != 2) return fail(ErrorCode::MalformedAlert);
  // The level decides nothing, but it has only two values (RFC 9846 §6).
  if (fragment[0] != static_cast<std::uint8_t>(AlertLevel::warning) &&
      fragment[0] != static_cast<std::uint8_t>(AlertLevel::fatal)) {
    return fail(ErrorCode::IllegalParameter, "alert level");
  }
  return Alert{fragment[0], static_cast<AlertDescription>(fragment[1])};
}

}  // namespace nautilus::inline v0::wire
