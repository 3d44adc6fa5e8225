#include "wire/server_hello.hpp"

#include "wire/extensions/lists.hpp"
#include "wire/handshake_framing.hpp"

namespace nautilus::inline v0::wire {
namespace {

template <class Field, class Decode>
Result<void> read(const ExtensionBlock& block, ExtensionType type, Field& field, Decode decode) {
  const auto data = block.find(type);
  if (!data) return {};
  auto value = decode(*data);
  if (!value) return propagate(value);
  field = std::move(*value);
  return {};
}

Result<std::variant<ServerHello, HelloRetryRequest>> read_retry(const ServerHello& hello) {
  HelloRetryRequest retry{hello.legacy_version,
                          hello.legacy_session_id_echo,
                          hello.cipher_suite,
                          hello.legacy_compression_method,
                          hello.extensions,
                          {},
                          {},
                          {}};
  using enum ExtensionType;
  if (auto r = read(retry.extensions, supported_versions, retry.selected_version,
                    decode_selected_version);
      !r) {
    return propagate(r);
  }
  if (auto r = read(retry.extensions, key_share, retry.selected_group, decode_selected_group); !r) {
    return propagate(r);
  }
  if (auto r = read(retry.extensions, cookie, retry.cookie, decode_cookie); !r) return propagate(r);
  return retry;
}

}  // namespace

Result<std::variant<ServerHello, HelloRetryRequest>> decode_server_hello(ByteView body) {
  Reader reader(body);
  ServerHello hello;
  hello.legacy_version = static_cast<ProtocolVersion>(reader.u16());
  hello.random = reader.array<32>();
  hello.legacy_session_id_echo = reader.vector8(0, 32);
  hello.cipher_suite = static_cast<CipherSuiteId>(reader.u16());
  hello.legacy_compression_method = reader.u8();
  if (reader.failed()) return fail(ErrorCode::DecodeError, "ServerHello");
  const bool retry = hello.random == kHelloRetryRequestRandom;
  if (!reader.empty()) {
    // A TLS 1.2 answer carries extensions of its own time, which the table here does not know: its
    // framing is checked, its content is not looked at.
    Reader probe = reader;
    const auto list = ExtensionBlock::decode(
        probe, retry ? ExtensionHost::HelloRetryRequest : ExtensionHost::ServerHello);
    if (!list && list.error().code == ErrorCode::ForbiddenExtension) {
      auto lenient = ExtensionBlock::decode(reader, ExtensionHost::ClientHello);
      if (!lenient || lenient->find(ExtensionType::supported_versions)) return propagate(list);
      if (auto r = reader.finish("ServerHello"); !r) return propagate(r);
      return hello;
    }
    if (!list) return propagate(list);
    reader = probe;
    hello.extensions = *list;
  }
  if (auto r = reader.finish("ServerHello"); !r) return propagate(r);
  if (retry) return read_retry(hello);
  using enum ExtensionType;
  if (auto r = read(hello.extensions, supported_versions, hello.selected_version,
                    decode_selected_version);
      !r) {
    return propagate(r);
  }
  if (auto r = read(hello.extensions, key_share, hello.key_share, decode_server_key_share); !r) {
    return propagate(r);
  }
  if (auto r =
          read(hello.extensions, pre_shared_key, hello.selected_identity, decode_selected_identity);
      !r) {
    return propagate(r);
  }
  return hello;
}

void encode_server_hello(ByteVector& out, const HelloRandom& random, ByteView session_id_echo,
                         CipherSuiteId suite, const ExtensionList& extensions) {
  const std::size_t room = 2 + 32 + 1 + session_id_echo.size() + 3 + extensions.encoded_size();
  encode_handshake(out, HandshakeType::server_hello, room, [&](Writer& writer) {
    writer.code(ProtocolVersion::tls12);
    writer.bytes(random);
    writer.vector8(session_id_echo);
    writer.code(suite);
    writer.u8(0);
    extensions.encode(writer);
  });
}

}  // namespace nautilus::inline v0::wire
