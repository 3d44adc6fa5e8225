// ClientHello (RFC 9846 §4.2.2).
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include <nautilus/bytes.hpp>
#include <nautilus/result.hpp>

#include "wire/code_list.hpp"
#include "wire/codepoints.hpp"
#include "wire/extension_block.hpp"
#include "wire/extensions/key_share.hpp"
#include "wire/extensions/lists.hpp"
#include "wire/extensions/pre_shared_key.hpp"

namespace nautilus::inline v0::wire {

using HelloRandom = std::array<std::uint8_t, 32>;

/// A decoded ClientHello. Everything borrows from the message's octets. An extension this library
/// knows is either absent or completely valid in syntax; its meaning is the handshake's business.
struct ClientHello {
  ProtocolVersion legacy_version{};
  HelloRandom random{};
  ByteView legacy_session_id;
  CodeList<CipherSuiteId> cipher_suites;
  ByteView legacy_compression_methods;
  ExtensionBlock extensions;

  std::optional<CodeList<ProtocolVersion>> supported_versions;
  std::optional<ByteView> server_name;  ///< the host_name entry, syntactically a DNS name
  std::optional<CodeList<NamedGroup>> supported_groups;
  std::optional<CodeList<SignatureScheme>> signature_algorithms;
  std::optional<CodeList<SignatureScheme>> signature_algorithms_cert;
  std::optional<std::vector<KeyShareEntry>> key_shares;
  std::optional<std::vector<ByteView>> application_protocols;
  std::optional<ByteView> cookie;
  std::optional<ByteView> psk_key_exchange_modes;  ///< one octet a mode
  std::optional<OfferedPsks> pre_shared_key;       ///< always the last extension
  std::optional<std::vector<ByteView>> certificate_authorities;
  std::optional<std::uint16_t> record_size_limit;
  std::optional<TicketCounts> ticket_request;
  bool early_data = false;
  bool status_request = false;
  bool signed_certificate_timestamp = false;
};

/// Decodes the body of a ClientHello. `DecodeError` for anything the syntax does not allow,
/// trailing octets included; `DuplicateExtension`, `ForbiddenExtension`, `PskExtensionNotLast`. A
/// hello without extensions decodes (it is a TLS 1.2 hello: the handshake answers
/// protocol_version).
[[nodiscard]] Result<ClientHello> decode_client_hello(ByteView body);

/// What a ClientHello is built from.
struct ClientHelloFields {
  HelloRandom random{};
  ByteVector legacy_session_id;
  std::vector<CipherSuiteId> cipher_suites;
  ExtensionList extensions;
};

/// Appends the whole message, header included.
void encode_client_hello(ByteVector& out, const ClientHelloFields& fields);

}  // namespace nautilus::inline v0::wire
