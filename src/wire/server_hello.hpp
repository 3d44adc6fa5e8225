// ServerHello and HelloRetryRequest (RFC 9846 §4.2.3, §4.2.4), which share a syntax.
#pragma once

#include <optional>
#include <variant>

#include "wire/client_hello.hpp"

namespace nautilus::inline v0::wire {

struct ServerHello {
  ProtocolVersion legacy_version{};
  HelloRandom random{};
  ByteView legacy_session_id_echo;
  CipherSuiteId cipher_suite{};
  std::uint8_t legacy_compression_method = 0;
  ExtensionBlock extensions;

  std::optional<ProtocolVersion> selected_version;
  std::optional<KeyShareEntry> key_share;
  std::optional<std::uint16_t> selected_identity;
};

struct HelloRetryRequest {
  ProtocolVersion legacy_version{};
  ByteView legacy_session_id_echo;
  CipherSuiteId cipher_suite{};
  std::uint8_t legacy_compression_method = 0;
  ExtensionBlock extensions;

  std::optional<ProtocolVersion> selected_version;
  std::optional<NamedGroup> selected_group;
  std::optional<ByteView> cookie;
};

/// Decodes the body of a server_hello message; its random tells which of the two it is. A hello
/// without extensions decodes (a TLS 1.2 answer: the handshake refuses it).
[[nodiscard]] Result<std::variant<ServerHello, HelloRetryRequest>> decode_server_hello(
    ByteView body);

/// Appends a ServerHello (or HelloRetryRequest, with its special random), header included.
void encode_server_hello(ByteVector& out, const HelloRandom& random, ByteView session_id_echo,
                         CipherSuiteId suite, const ExtensionList& extensions);

}  // namespace nautilus::inline v0::wire
