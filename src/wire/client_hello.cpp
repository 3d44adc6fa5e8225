#include "wire/client_hello.hpp"

#include "wire/extensions/lists.hpp"
#include "wire/handshake_framing.hpp"

namespace nautilus::inline v0::wire {
namespace {

/// Decodes one extension into its field if it is there.
template <class Field, class Decode>
Result<void> read(const ExtensionBlock& block, ExtensionType type, Field& field, Decode decode) {
  const auto data = block.find(type);
  if (!data) return {};
  auto value = decode(*data);
  if (!value) return propagate(value);
  field = std::move(*value);
  return {};
}

/// An extension whose presence is the message.
Result<bool> read_empty(const ExtensionBlock& block, ExtensionType type) {
  const auto data = block.find(type);
  if (!data) return false;
  if (!data->empty()) return fail(ErrorCode::DecodeError, to_string(type).data());
  return true;
}

/// status_request of RFC 6066 §8; only ocsp(1) has a syntax we know.
Result<bool> read_status_request(const ExtensionBlock& block) {
  const auto data = block.find(ExtensionType::status_request);
  if (!data) return false;
  Reader reader(*data);
  const std::uint8_t type = reader.u8();
  if (reader.failed()) return fail(ErrorCode::DecodeError, "status_request");
  if (type != 1) return false;
  (void)reader.vector16(0, 0xFFFF);
  (void)reader.vector16(0, 0xFFFF);
  if (auto r = reader.finish("status_request"); !r) return propagate(r);
  return true;
}

Result<void> read_extensions(ClientHello& hello) {
  using enum ExtensionType;
  const ExtensionBlock& block = hello.extensions;
  if (auto r = read(block, supported_versions, hello.supported_versions, decode_supported_versions);
      !r)
    return r;
  if (auto r = read(block, server_name, hello.server_name, decode_server_name); !r) return r;
  if (auto r = read(block, supported_groups, hello.supported_groups, decode_supported_groups); !r)
    return r;
  if (auto r =
          read(block, signature_algorithms, hello.signature_algorithms, decode_signature_schemes);
      !r)
    return r;
  if (auto r = read(block, signature_algorithms_cert, hello.signature_algorithms_cert,
                    decode_signature_schemes);
      !r)
    return r;
  if (auto r = read(block, key_share, hello.key_shares, decode_client_key_shares); !r) return r;
  if (auto r = read(block, application_layer_protocol_negotiation, hello.application_protocols,
                    decode_application_protocols);
      !r)
    return r;
  if (auto r = read(block, cookie, hello.cookie, decode_cookie); !r) return r;
  if (auto r = read(block, psk_key_exchange_modes, hello.psk_key_exchange_modes,
                    decode_psk_key_exchange_modes);
      !r)
    return r;
  if (auto r = read(block, certificate_authorities, hello.certificate_authorities,
                    decode_certificate_authorities);
      !r)
    return r;
  if (auto r = read(block, record_size_limit, hello.record_size_limit, decode_record_size_limit);
      !r)
    return r;
  if (auto r = read(block, ticket_request, hello.ticket_request, decode_ticket_request); !r)
    return r;
  if (auto r = read(block, pre_shared_key, hello.pre_shared_key, decode_offered_psks); !r) return r;
  auto early = read_empty(block, early_data);
  if (!early) return propagate(early);
  hello.early_data = *early;
  auto timestamps = read_empty(block, signed_certificate_timestamp);
  if (!timestamps) return propagate(timestamps);
  hello.signed_certificate_timestamp = *timestamps;
  auto status = read_status_request(block);
  if (!status) return propagate(status);
  hello.status_request = *status;
  return {};
}

}  // namespace

Result<ClientHello> decode_client_hello(ByteView body) {
  Reader reader(body);
  ClientHello hello;
  hello.legacy_version = static_cast<ProtocolVersion>(reader.u16());
  hello.random = reader.array<32>();
  hello.legacy_session_id = reader.vector8(0, 32);
  const ByteView suites = reader.vector16(2, 0xFFFE);
  if (suites.size() % 2 != 0) reader.fail_now();
  hello.cipher_suites = CodeList<CipherSuiteId>(suites);
  hello.legacy_compression_methods = reader.vector8(1, 255);
  if (reader.failed()) return fail(ErrorCode::DecodeError, "ClientHello");
  if (reader.empty()) return hello;
  auto block = ExtensionBlock::decode(reader, ExtensionHost::ClientHello);
  if (!block) return propagate(block);
  if (auto r = reader.finish("ClientHello"); !r) return propagate(r);
  hello.extensions = std::move(*block);
  // Only a TLS 1.3 hello has to follow TLS 1.3's rules for what is inside.
  if (hello.extensions.find(ExtensionType::pre_shared_key) &&
      hello.extensions.all().back().type != ExtensionType::pre_shared_key) {
    return fail(ErrorCode::PskExtensionNotLast);
  }
  if (auto r = read_extensions(hello); !r) return propagate(r);
  return hello;
}

void encode_client_hello(ByteVector& out, const ClientHelloFields& fields) {
  const std::size_t room = 2 + 32 + 1 + fields.legacy_session_id.size() + 2 +
                           2 * fields.cipher_suites.size() + 2 + fields.extensions.encoded_size();
  encode_handshake(out, HandshakeType::client_hello, room, [&](Writer& writer) {
    writer.code(ProtocolVersion::tls12);
    writer.bytes(fields.random);
    writer.vector8(fields.legacy_session_id);
    {
      const auto length = writer.prefix16();
      for (const CipherSuiteId suite : fields.cipher_suites) writer.code(suite);
    }
    writer.u8(1);  // legacy_compression_methods: null only
    writer.u8(0);
    fields.extensions.encode(writer);
  });
}

}  // namespace nautilus::inline v0::wire
