// Every handshake message's decoder, and the encoders behind them: what decodes is encoded again
// from its parts, and the result is the same octets, or where a decoder is more liberal than our
// encoder, octets that mean the same. The first octet is the message's type, the rest its body.
#include <algorithm>

#include "support.hpp"
#include "wire/certificate.hpp"
#include "wire/client_hello.hpp"
#include "wire/encrypted_extensions.hpp"
#include "wire/handshake_framing.hpp"
#include "wire/server_hello.hpp"
#include "wire/small_messages.hpp"

namespace nautilus::fuzz {
namespace {

using namespace wire;

bool same(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

ExtensionList list_of(const ExtensionBlock& block) {
  ExtensionList list;
  for (const ExtensionView& extension : block.all()) {
    list.add(extension.type) = to_vector(extension.data);
  }
  return list;
}

/// `encoded` is `body` behind a header of this type.
void require_same_message(const ByteVector& encoded, HandshakeType type, ByteView body) {
  require(encoded.size() == kHandshakeHeaderSize + body.size(), "the same length");
  Reader header(encoded);
  require(header.u8() == static_cast<std::uint8_t>(type), "the type");
  require(header.u24() == body.size(), "the length in the header");
  require(same(HandshakeMessage{type, encoded}.body(), body), "the same octets");
}

/// An extension of `block`, encoded anew by `encode`, is what it was.
template <class Encode>
void require_extension(const ExtensionBlock& block, ExtensionType type, Encode encode) {
  ByteVector out;
  encode(out);
  const auto data = block.find(type);
  require(data.has_value(), "a field without its extension");
  require(same(out, *data), "an extension encoded anew");
}

template <class Code>
std::vector<Code> codes(const CodeList<Code>& list) {
  return {list.begin(), list.end()};
}
std::vector<ByteVector> owned(const std::vector<ByteView>& views) {
  std::vector<ByteVector> out;
  for (const ByteView view : views) out.push_back(to_vector(view));
  return out;
}

/// pre_shared_key, through the zero-filled binders and their patching.
void check_psks(const ByteVector& message, const OfferedPsks& psks, const ExtensionBlock& block) {
  require(psks.identities.size() == psks.binders.size(), "a binder for each identity");
  std::vector<std::size_t> sizes;
  for (const ByteView binder : psks.binders) sizes.push_back(binder.size());
  require(psks.binders_size == binders_list_size(sizes), "the size of the binders");
  ExtensionList list = list_of(block);
  list.remove(ExtensionType::pre_shared_key);
  encode_offered_psks(list.add(ExtensionType::pre_shared_key), psks.identities, sizes);
  ByteVector again(message);
  std::fill(again.end() - static_cast<std::ptrdiff_t>(psks.binders_size), again.end(),
            std::uint8_t{0});
  // The binders' lengths are part of what was overwritten, so they come from the encoder.
  const ByteVector& encoded = list.items.back().data;
  std::copy(encoded.end() - static_cast<std::ptrdiff_t>(psks.binders_size), encoded.end(),
            again.end() - static_cast<std::ptrdiff_t>(psks.binders_size));
  patch_binders(again, psks.binders);
  require(same(again, message), "the binders patched in");
}

/// Every field that has an encoder of its own.
void check_fields(const ClientHello& hello) {
  using enum ExtensionType;
  const ExtensionBlock& block = hello.extensions;
  const auto check = [&](const auto& field, ExtensionType type, auto encode) {
    if (field) require_extension(block, type, [&](ByteVector& out) { encode(out, *field); });
  };
  check(hello.supported_versions, supported_versions,
        [](ByteVector& out, const auto& field) { encode_supported_versions(out, codes(field)); });
  check(hello.server_name, server_name,
        [](ByteVector& out, const auto& field) { encode_server_name(out, as_text(field)); });
  check(hello.supported_groups, supported_groups,
        [](ByteVector& out, const auto& field) { encode_supported_groups(out, codes(field)); });
  check(hello.signature_algorithms, signature_algorithms,
        [](ByteVector& out, const auto& field) { encode_signature_schemes(out, codes(field)); });
  check(hello.signature_algorithms_cert, signature_algorithms_cert,
        [](ByteVector& out, const auto& field) { encode_signature_schemes(out, codes(field)); });
  check(hello.key_shares, key_share,
        [](ByteVector& out, const auto& field) { encode_client_key_shares(out, field); });
  check(hello.application_protocols, application_layer_protocol_negotiation,
        [](ByteVector& out, const auto& field) {
          std::vector<std::string> names;
          for (const ByteView name : field) names.emplace_back(as_text(name));
          encode_application_protocols(out, names);
        });
  check(hello.cookie, cookie,
        [](ByteVector& out, const auto& field) { encode_cookie(out, field); });
  check(hello.psk_key_exchange_modes, psk_key_exchange_modes,
        [](ByteVector& out, const auto& field) {
          std::vector<PskKeyExchangeMode> modes;
          for (const std::uint8_t mode : field) {
            modes.push_back(static_cast<PskKeyExchangeMode>(mode));
          }
          encode_psk_key_exchange_modes(out, modes);
        });
  check(hello.certificate_authorities, certificate_authorities,
        [](ByteVector& out, const auto& field) {
          encode_certificate_authorities(out, owned(field));
        });
  check(hello.record_size_limit, record_size_limit,
        [](ByteVector& out, const auto& field) { encode_record_size_limit(out, field); });
  check(hello.ticket_request, ticket_request,
        [](ByteVector& out, const auto& field) { encode_ticket_request(out, field); });
}

Result<void> check_client_hello(ByteView body) {
  const auto hello = decode_client_hello(body);
  if (!hello) return propagate(hello);
  ClientHelloFields fields;
  fields.random = hello->random;
  fields.legacy_session_id = to_vector(hello->legacy_session_id);
  fields.cipher_suites = codes(hello->cipher_suites);
  fields.extensions = list_of(hello->extensions);
  ByteVector message;
  encode_client_hello(message, fields);
  check_fields(*hello);
  if (hello->pre_shared_key) {
    check_psks(message, *hello->pre_shared_key, hello->extensions);
    require(hello->extensions.all().back().type == ExtensionType::pre_shared_key, "PSKs last");
  }
  // What our encoder never writes: another version, other compression methods, no extensions.
  const bool ours = hello->legacy_version == ProtocolVersion::tls12 &&
                    same(hello->legacy_compression_methods, ByteVector{0});
  const bool bare = hello->extensions.all().empty();
  if (ours && !bare) require_same_message(message, HandshakeType::client_hello, body);
  const auto again =
      decode_client_hello(HandshakeMessage{HandshakeType::client_hello, message}.body());
  require(again.has_value(), "what we encode decodes");
  require(again->random == hello->random, "the random");
  require(same(again->cipher_suites.octets(), hello->cipher_suites.octets()), "the suites");
  require(again->extensions.all().size() == hello->extensions.all().size(), "the extensions");
  return {};
}

Result<void> check_server_hello(ByteView body) {
  const auto either = decode_server_hello(body);
  if (!either) return propagate(either);
  const auto* hello = std::get_if<ServerHello>(&*either);
  const auto* retry = std::get_if<HelloRetryRequest>(&*either);
  const ExtensionBlock& block = hello != nullptr ? hello->extensions : retry->extensions;
  using enum ExtensionType;
  const auto version = hello != nullptr ? hello->selected_version : retry->selected_version;
  if (version) {
    require_extension(block, supported_versions,
                      [&](ByteVector& out) { encode_selected_version(out, *version); });
  }
  if (hello != nullptr && hello->key_share) {
    require_extension(block, key_share,
                      [&](ByteVector& out) { encode_server_key_share(out, *hello->key_share); });
  }
  if (hello != nullptr && hello->selected_identity) {
    require_extension(block, pre_shared_key, [&](ByteVector& out) {
      encode_selected_identity(out, *hello->selected_identity);
    });
  }
  if (retry != nullptr && retry->selected_group) {
    require_extension(block, key_share,
                      [&](ByteVector& out) { encode_selected_group(out, *retry->selected_group); });
  }
  if (retry != nullptr && retry->cookie) {
    require_extension(block, cookie, [&](ByteVector& out) { encode_cookie(out, *retry->cookie); });
  }
  const auto encoded = [&](const auto& from, const HelloRandom& random) {
    ByteVector message;
    encode_server_hello(message, random, from.legacy_session_id_echo, from.cipher_suite,
                        list_of(from.extensions));
    const bool ours = from.legacy_version == ProtocolVersion::tls12 &&
                      from.legacy_compression_method == 0 && !from.extensions.all().empty();
    if (ours) require_same_message(message, HandshakeType::server_hello, body);
  };
  if (hello != nullptr) {
    encoded(*hello, hello->random);
  } else {
    encoded(*retry, kHelloRetryRequestRandom);
  }
  return {};
}

Result<void> check_certificate(ByteView body) {
  const auto message = decode_certificate(body);
  if (!message) return propagate(message);
  require(message->entries.size() <= kMaxCertificates, "not too many certificates");
  std::vector<ByteVector> chain;
  bool ours = true;
  for (const CertificateEntry& entry : message->entries) {
    ours = ours && (chain.empty() || entry.extensions.all().empty());
    chain.push_back(to_vector(entry.cert_data));
    if (entry.ocsp_response) {
      require_extension(entry.extensions, ExtensionType::status_request, [&](ByteVector& out) {
        encode_certificate_status(out, *entry.ocsp_response);
      });
    }
    if (entry.certificate_timestamps) {
      require_extension(entry.extensions, ExtensionType::signed_certificate_timestamp,
                        [&](ByteVector& out) { out = to_vector(*entry.certificate_timestamps); });
    }
  }
  if (!ours) return {};
  ByteVector encoded;
  encode_certificate(
      encoded, message->certificate_request_context, chain,
      chain.empty() ? ExtensionList() : list_of(message->entries.front().extensions));
  require_same_message(encoded, HandshakeType::certificate, body);
  return {};
}

Result<void> check_certificate_request(ByteView body) {
  const auto message = decode_certificate_request(body);
  if (!message) return propagate(message);
  using enum ExtensionType;
  if (message->signature_algorithms) {
    require_extension(message->extensions, signature_algorithms, [&](ByteVector& out) {
      encode_signature_schemes(out, codes(*message->signature_algorithms));
    });
  }
  if (message->certificate_authorities) {
    require_extension(message->extensions, certificate_authorities, [&](ByteVector& out) {
      encode_certificate_authorities(out, owned(*message->certificate_authorities));
    });
  }
  ByteVector encoded;
  encode_certificate_request(encoded, message->certificate_request_context,
                             list_of(message->extensions));
  require_same_message(encoded, HandshakeType::certificate_request, body);
  return {};
}

Result<void> check_encrypted_extensions(ByteView body) {
  const auto message = decode_encrypted_extensions(body);
  if (!message) return propagate(message);
  using enum ExtensionType;
  if (message->application_protocol) {
    require_extension(message->extensions, application_layer_protocol_negotiation,
                      [&](ByteVector& out) {
                        const std::string name(as_text(*message->application_protocol));
                        encode_application_protocols(out, std::span(&name, 1));
                      });
  }
  if (message->record_size_limit) {
    require_extension(message->extensions, record_size_limit, [&](ByteVector& out) {
      encode_record_size_limit(out, *message->record_size_limit);
    });
  }
  ByteVector encoded;
  encode_encrypted_extensions(encoded, list_of(message->extensions));
  require_same_message(encoded, HandshakeType::encrypted_extensions, body);
  return {};
}

Result<void> check_new_session_ticket(ByteView body) {
  const auto message = decode_new_session_ticket(body);
  if (!message) return propagate(message);
  if (message->max_early_data_size) {
    require_extension(message->extensions, ExtensionType::early_data, [&](ByteVector& out) {
      encode_max_early_data_size(out, *message->max_early_data_size);
    });
  }
  ByteVector encoded;
  encode_new_session_ticket(encoded, message->ticket_lifetime, message->ticket_age_add,
                            message->ticket_nonce, message->ticket, list_of(message->extensions));
  require_same_message(encoded, HandshakeType::new_session_ticket, body);
  return {};
}

/// The messages without extensions.
Result<void> check_small(HandshakeType type, ByteView body) {
  ByteVector encoded;
  switch (type) {
    case HandshakeType::certificate_verify: {
      const auto message = decode_certificate_verify(body);
      if (!message) return propagate(message);
      encode_certificate_verify(encoded, message->algorithm, message->signature);
      break;
    }
    case HandshakeType::finished: {
      const auto message = decode_finished(body);
      if (!message) return propagate(message);
      encode_finished(encoded, message->verify_data);
      break;
    }
    case HandshakeType::key_update: {
      const auto message = decode_key_update(body);
      if (!message) return propagate(message);
      encode_key_update(encoded, message->request_update);
      break;
    }
    case HandshakeType::end_of_early_data: {
      const auto message = decode_end_of_early_data(body);
      if (!message) return propagate(message);
      encode_end_of_early_data(encoded);
      break;
    }
    default: {
      // Not a handshake message: an alert, for want of a better place.
      const auto alert = decode_alert(body);
      if (!alert) return propagate(alert);
      require(body.size() == 2 && alert->level == body[0], "an alert is two octets");
      require(static_cast<std::uint8_t>(alert->description) == body[1], "the alert");
      return {};
    }
  }
  require_same_message(encoded, type, body);
  return {};
}

Result<void> check(HandshakeType type, ByteView body) {
  switch (type) {
    case HandshakeType::client_hello:
      return check_client_hello(body);
    case HandshakeType::server_hello:
      return check_server_hello(body);
    case HandshakeType::encrypted_extensions:
      return check_encrypted_extensions(body);
    case HandshakeType::certificate:
      return check_certificate(body);
    case HandshakeType::certificate_request:
      return check_certificate_request(body);
    case HandshakeType::new_session_ticket:
      return check_new_session_ticket(body);
    default:
      return check_small(type, body);
  }
}

}  // namespace
}  // namespace nautilus::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  nautilus::fuzz::Choices choices(nautilus::ByteView(data, size));
  const auto type = static_cast<nautilus::wire::HandshakeType>(choices.u8());
  const auto result = nautilus::fuzz::check(type, choices.all());
  if (!result) nautilus::fuzz::require_peer_error(result.error());
  return 0;
}
