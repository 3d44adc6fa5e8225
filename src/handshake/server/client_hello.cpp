// The ClientHello (RFC 9846 §4.2.2): is it sound, and what do we have in common?
#include <algorithm>

#include "handshake/server/states.hpp"
#include "wire/extensions/key_share.hpp"
#include "wire/extensions/lists.hpp"
#include "wire/server_hello.hpp"

namespace nautilus::inline v0::handshake::server {
namespace {

using wire::ExtensionType;

/// What must hold of every hello before anything is chosen (RFC 9846 §4.2.2, §9.2).
Result<void> check_hello(const wire::ClientHello& hello) {
  if (!hello.supported_versions ||
      !hello.supported_versions->contains(wire::ProtocolVersion::tls13)) {
    return fail(ErrorCode::NoCommonVersion, "the client speaks TLS 1.2 or older");
  }
  if (hello.legacy_version != wire::ProtocolVersion::tls12) {
    return fail(ErrorCode::NoCommonVersion, "legacy_version");
  }
  if (hello.legacy_compression_methods.size() != 1 || hello.legacy_compression_methods[0] != 0) {
    return fail(ErrorCode::IllegalParameter, "legacy_compression_methods");
  }
  if (hello.supported_groups.has_value() != hello.key_shares.has_value()) {
    return fail(ErrorCode::MissingExtension, hello.key_shares ? "supported_groups" : "key_share");
  }
  if (!hello.pre_shared_key) {
    if (!hello.signature_algorithms) {
      return fail(ErrorCode::MissingExtension, "signature_algorithms");
    }
    if (!hello.supported_groups) return fail(ErrorCode::MissingExtension, "supported_groups");
  } else if (!hello.psk_key_exchange_modes) {
    return fail(ErrorCode::MissingExtension, "psk_key_exchange_modes");
  }
  if (!hello.key_shares) return {};
  for (const wire::KeyShareEntry& share : *hello.key_shares) {
    if (!hello.supported_groups->contains(share.group)) {
      return fail(ErrorCode::IllegalParameter, "a key share for a group that is not listed");
    }
  }
  return {};
}

Result<const CipherSuite*> choose_suite(const ServerSettings& settings,
                                        const wire::ClientHello& hello) {
  for (const CipherSuite* suite : settings.cipher_suites) {
    if (hello.cipher_suites.contains(suite->id)) return suite;
  }
  return fail(ErrorCode::NoCommonCipherSuite);
}

bool shared(const wire::ClientHello& hello, NamedGroup group) {
  return std::ranges::find(*hello.key_shares, group, &wire::KeyShareEntry::group) !=
         hello.key_shares->end();
}

struct GroupChoice {
  const KeyExchangeGroup* group;
  bool retry;  ///< the client has to send a share for it first
};

/// Our best common group. A round trip is spent only for a post-quantum group, or when no share
/// fits.
Result<GroupChoice> choose_group(const ServerSettings& settings, const wire::ClientHello& hello) {
  if (!hello.supported_groups) return fail(ErrorCode::MissingExtension, "supported_groups");
  const KeyExchangeGroup* best = nullptr;
  const KeyExchangeGroup* best_shared = nullptr;
  for (const KeyExchangeGroup* group : settings.groups) {
    if (!hello.supported_groups->contains(group->id())) continue;
    if (best == nullptr) best = group;
    if (best_shared == nullptr && shared(hello, group->id())) best_shared = group;
  }
  if (best == nullptr) return fail(ErrorCode::NoCommonGroup);
  if (best_shared == nullptr) return GroupChoice{best, true};
  const bool worth_a_retry = settings.retry_for_post_quantum && is_post_quantum(best->id()) &&
                             !is_post_quantum(best_shared->id());
  if (worth_a_retry) return GroupChoice{best, true};
  return GroupChoice{best_shared, false};
}

Result<std::string> choose_application_protocol(const ServerSettings& settings,
                                                const wire::ClientHello& hello) {
  if (!hello.application_protocols || settings.application_protocols.empty()) return std::string();
  for (const std::string& ours : settings.application_protocols) {
    for (const ByteView theirs : *hello.application_protocols) {
      if (as_text(theirs) == ours) return ours;
    }
  }
  return fail(ErrorCode::NoCommonApplicationProtocol);
}

bool accepts_psk_dhe(const wire::ClientHello& hello) noexcept {
  if (!hello.psk_key_exchange_modes) return false;
  return std::ranges::find(*hello.psk_key_exchange_modes,
                           static_cast<std::uint8_t>(wire::PskKeyExchangeMode::psk_dhe_ke)) !=
         hello.psk_key_exchange_modes->end();
}

Result<void> send_hello_retry_request(const ServerSettings& settings, const CipherSuite& suite,
                                      NamedGroup group, ByteView session_id,
                                      state::Transcript& transcript, Context& cx) {
  wire::ExtensionList extensions;
  wire::encode_selected_version(extensions.add(ExtensionType::supported_versions),
                                wire::ProtocolVersion::tls13);
  wire::encode_selected_group(extensions.add(ExtensionType::key_share), group);
  settings.edit(wire::ExtensionHost::HelloRetryRequest, extensions);
  ByteVector message;
  wire::encode_server_hello(message, wire::kHelloRetryRequestRandom, session_id, suite.id,
                            extensions);
  transcript.add(message);
  if (auto r = cx.out.send(Epoch::Initial, message); !r) return r;
  if (settings.transport.middlebox_compatibility && !session_id.empty()) {
    cx.out.send_change_cipher_spec();
  }
  return {};
}

/// The part that first and second hello share, once suite and group are settled.
Result<State> negotiate(Negotiation negotiation, const wire::ClientHello& hello, Context& cx) {
  const ServerSettings& settings = *negotiation.settings;
  auto protocol = choose_application_protocol(settings, hello);
  if (!protocol) return propagate(protocol);
  negotiation.application_protocol = std::move(*protocol);
  if (hello.server_name) negotiation.server_name = as_text(*hello.server_name);
  negotiation.staples = {hello.status_request, hello.signed_certificate_timestamp};
  negotiation.wants_tickets = accepts_psk_dhe(hello);
  negotiation.record_size_limit = hello.record_size_limit;
  negotiation.ticket_request = hello.ticket_request;
  auto aligned = cx.require_aligned();
  if (!aligned) return propagate(aligned);
  negotiation.aligned = *aligned;
  cx.facts.cipher_suite = negotiation.suite->id;
  cx.facts.group = negotiation.group->id();
  cx.facts.server_name = negotiation.server_name;
  cx.facts.application_protocol = negotiation.application_protocol;
  cx.facts.hello_retry_request = negotiation.retried;
  // Refused until the PSK and the replay register say otherwise.
  if (hello.early_data) cx.facts.early_data = EarlyDataState::Rejected;
  return consider_sessions(std::move(negotiation), 0, cx);
}

}  // namespace

Result<State> ExpectClientHello::on(Incoming<wire::ClientHello> hello, Context& cx) && {
  if (auto r = check_hello(*hello.message); !r) return propagate(r);
  auto suite = choose_suite(*settings, *hello.message);
  if (!suite) return propagate(suite);
  auto group = choose_group(*settings, *hello.message);
  if (!group) return propagate(group);
  auto aligned = cx.require_aligned();
  if (!aligned) return propagate(aligned);
  if (group->retry) {
    state::Transcript transcript;
    transcript.add(hello.encoded);
    transcript.start(*(*suite)->hash);
    transcript.replace_with_message_hash();
    if (hello->early_data) {
      // HelloRetryRequest refuses it (RFC 9846 §4.3.10).
      cx.facts.early_data = EarlyDataState::Rejected;
      cx.out.skip_early_data(skipped_early_data(*settings));
    }
    if (auto r = send_hello_retry_request(*settings, **suite, group->group->id(),
                                          hello->legacy_session_id, transcript, cx);
        !r) {
      return propagate(r);
    }
    return std::make_unique<ExpectSecondClientHello>(
        ExpectSecondClientHello{settings, std::move(transcript), *suite, group->group,
                                hello->random, to_vector(hello->legacy_session_id)});
  }
  return negotiate(Negotiation{settings,
                               to_vector(hello.encoded),
                               hello->random,
                               {},
                               *suite,
                               group->group,
                               {},
                               {},
                               false,
                               {},
                               {},
                               {},
                               false,
                               *aligned},
                   *hello.message, cx);
}

Result<State> ExpectSecondClientHello::on(Incoming<wire::ClientHello> hello, Context& cx) && {
  if (auto r = check_hello(*hello.message); !r) return propagate(r);
  auto aligned = cx.require_aligned();
  if (!aligned) return propagate(aligned);
  // The client may change only what RFC 9846 §4.2.2 lists.
  if (hello->random != client_random || !std::ranges::equal(hello->legacy_session_id, session_id) ||
      hello->early_data || !hello->cipher_suites.contains(suite->id)) {
    return fail(ErrorCode::ClientHelloChanged);
  }
  if (!hello->key_shares || hello->key_shares->size() != 1 ||
      hello->key_shares->front().group != group->id()) {
    return fail(ErrorCode::ClientHelloChanged, "key_share does not follow HelloRetryRequest");
  }
  return negotiate(Negotiation{settings,
                               to_vector(hello.encoded),
                               hello->random,
                               std::move(transcript),
                               suite,
                               group,
                               {},
                               {},
                               true,
                               {},
                               {},
                               {},
                               false,
                               *aligned},
                   *hello.message, cx);
}

}  // namespace nautilus::inline v0::handshake::server
