// The server's flight (RFC 9846 §4.2.3, §4.4, §4.5): ServerHello to Finished.
#include <algorithm>
#include <array>

#include "handshake/server/states.hpp"
#include "wire/encrypted_extensions.hpp"
#include "wire/extensions/key_share.hpp"
#include "wire/extensions/lists.hpp"
#include "wire/extensions/pre_shared_key.hpp"
#include "wire/server_hello.hpp"

namespace nautilus::inline v0::handshake::server {
namespace {

using wire::ExtensionType;

/// The protocol's own limit: 2^14 octets and the type (RFC 8449 §4).
constexpr std::uint16_t kProtocolRecordSizeLimit = (1U << 14) + 1;

void log_secret(const ServerSettings& settings, std::string_view label,
                const wire::HelloRandom& client_random, const crypto::HashSecret& secret) noexcept {
  if (settings.key_log) settings.key_log->log(label, client_random, secret.expose());
}

Result<void> send_server_hello(Negotiation& negotiation, ByteView share, ByteView session_id,
                               const std::optional<ChosenPsk>& psk, Context& cx) {
  const ServerSettings& settings = *negotiation.settings;
  wire::ExtensionList extensions;
  wire::encode_server_key_share(extensions.add(ExtensionType::key_share),
                                {negotiation.group->id(), share});
  if (psk) {
    wire::encode_selected_identity(extensions.add(ExtensionType::pre_shared_key), psk->index);
  }
  wire::encode_selected_version(extensions.add(ExtensionType::supported_versions),
                                wire::ProtocolVersion::tls13);
  settings.edit(wire::ExtensionHost::ServerHello, extensions);
  wire::HelloRandom random{};
  if (auto r = settings.provider->random->fill(random); !r) return r;
  ByteVector message;
  wire::encode_server_hello(message, random, session_id, negotiation.suite->id, extensions);
  negotiation.transcript.add(message);
  if (auto r = cx.out.send(Epoch::Initial, message); !r) return r;
  if (settings.transport.middlebox_compatibility && !session_id.empty() && !negotiation.retried) {
    cx.out.send_change_cipher_spec();
  }
  return {};
}

Result<void> send_encrypted_extensions(Keys& keys, std::string_view application_protocol,
                                       bool acknowledge_name, Context& cx) {
  wire::ExtensionList extensions;
  if (keys.early_data) extensions.add(ExtensionType::early_data);
  if (acknowledge_name) extensions.add(ExtensionType::server_name);
  if (!application_protocol.empty()) {
    const std::string name(application_protocol);
    wire::encode_application_protocols(
        extensions.add(ExtensionType::application_layer_protocol_negotiation), std::span(&name, 1));
  }
  if (keys.record_size_limit) {
    wire::encode_record_size_limit(
        extensions.add(ExtensionType::record_size_limit),
        keys.settings->record_size_limit.value_or(kProtocolRecordSizeLimit));
    cx.out.limit_send(*keys.record_size_limit);
  }
  if (keys.tickets_asked) {
    wire::encode_expected_tickets(extensions.add(ExtensionType::ticket_request),
                                  static_cast<std::uint8_t>(std::min(keys.tickets, 255U)));
  }
  keys.settings->edit(wire::ExtensionHost::EncryptedExtensions, extensions);
  ByteVector message;
  wire::encode_encrypted_extensions(message, extensions);
  keys.transcript.add(message);
  return cx.out.send(Epoch::Handshake, message);
}

Result<void> send_certificate_request(Keys& keys, Context& cx) {
  wire::ExtensionList extensions;
  wire::encode_signature_schemes(extensions.add(ExtensionType::signature_algorithms),
                                 keys.settings->signature_schemes);
  if (const auto authorities = keys.settings->verifier->authorities(); !authorities.empty()) {
    wire::encode_certificate_authorities(extensions.add(ExtensionType::certificate_authorities),
                                         authorities);
  }
  const Staples asked = keys.settings->staples;
  if (asked.ocsp_response) extensions.add(ExtensionType::status_request);
  if (asked.certificate_timestamps) extensions.add(ExtensionType::signed_certificate_timestamp);
  keys.settings->edit(wire::ExtensionHost::CertificateRequest, extensions);
  ByteVector message;
  wire::encode_certificate_request(message, {}, extensions);
  keys.transcript.add(message);
  return cx.out.send(Epoch::Handshake, message);
}

Result<void> send_certificate(Keys& keys, const Identity& identity, Context& cx) {
  ByteVector message;
  wire::encode_certificate(message, {}, identity.chain(), leaf_extensions(identity, keys.staples));
  keys.transcript.add(message);
  return cx.out.send(Epoch::Handshake, message);
}

/// Ours, or fewer if the client wants fewer (RFC 9149); none for a client that cannot use them.
unsigned tickets_to_send(const Negotiation& negotiation, const std::optional<ChosenPsk>& psk) {
  const ServerSettings& settings = *negotiation.settings;
  if (!negotiation.wants_tickets || !settings.ticketer) return 0;
  const bool resumed = psk && psk->session;
  const unsigned ours = resumed ? settings.tickets_after_resumed : settings.tickets_after_full;
  if (!negotiation.ticket_request) return ours;
  const unsigned theirs = resumed ? negotiation.ticket_request->resumption_count
                                  : negotiation.ticket_request->new_session_count;
  return std::min(ours, theirs);
}

Keys derive_keys(Negotiation negotiation, const SharedSecret& secret,
                 const std::optional<ChosenPsk>& psk) {
  const HashAlgorithm& hash = *negotiation.suite->hash;
  const state::LabelScheme& labels = negotiation.settings->transport.labels;
  state::EarlySecret early = psk ? state::EarlySecret::from_psk(hash, psk->key(), labels)
                                 : state::EarlySecret::without_psk(hash, labels);
  state::HandshakeSecret handshake = std::move(early).into_handshake_secret(secret.expose());
  const Digest to_server_hello = negotiation.transcript.hash();
  crypto::HashSecret client = handshake.client_handshake_traffic_secret(to_server_hello);
  crypto::HashSecret server = handshake.server_handshake_traffic_secret(to_server_hello);
  log_secret(*negotiation.settings, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", negotiation.client_random,
             client);
  log_secret(*negotiation.settings, "SERVER_HANDSHAKE_TRAFFIC_SECRET", negotiation.client_random,
             server);
  return Keys{negotiation.settings,
              negotiation.suite,
              negotiation.client_random,
              std::move(negotiation.transcript),
              std::move(handshake),
              std::move(client),
              std::move(server),
              negotiation.aligned,
              negotiation.staples,
              negotiation.record_size_limit,
              tickets_to_send(negotiation, psk),
              negotiation.ticket_request.has_value(),
              false};
}

}  // namespace

Result<void> install_handshake_receive(const ServerSettings& settings, bool limit_known,
                                       const CipherSuite& suite, const crypto::HashSecret& secret,
                                       HandshakeAligned aligned, Context& cx) {
  // What the client sends under these keys it sends after our EncryptedExtensions.
  if (limit_known && settings.record_size_limit) cx.out.limit_receive(*settings.record_size_limit);
  return cx.out.install_receive(Epoch::Handshake, suite, secret, aligned);
}

namespace {

/// The keys for what comes next: early data if it was accepted, else the client's flight.
Result<void> install_receive(const Keys& keys, const std::optional<ChosenPsk>& psk,
                             ByteView to_client_hello, Context& cx) {
  if (keys.early_data) {
    const state::EarlySecret early = state::EarlySecret::from_psk(*keys.suite->hash, psk->key(),
                                                                  keys.settings->transport.labels);
    const crypto::HashSecret secret = early.client_early_traffic_secret(to_client_hello);
    log_secret(*keys.settings, "CLIENT_EARLY_TRAFFIC_SECRET", keys.client_random, secret);
    return cx.out.install_receive(Epoch::EarlyData, *keys.suite, secret, *keys.aligned);
  }
  if (cx.facts.early_data == EarlyDataState::Rejected) {
    cx.out.skip_early_data(skipped_early_data(*keys.settings));
  }
  return install_handshake_receive(*keys.settings, keys.record_size_limit.has_value(), *keys.suite,
                                   keys.client_handshake_traffic_secret, *keys.aligned, cx);
}

void note_peer(const ChosenPsk& psk, Context& cx) {
  if (psk.session) {
    cx.facts.resumed = true;
    cx.facts.peer = psk.session->peer;
    cx.facts.authenticated_at = psk.session->authenticated_at;
    return;
  }
  cx.facts.peer.kind = PeerIdentity::Kind::ExternalPsk;
  cx.facts.peer.application = psk.imported->external_identity;
  cx.facts.authenticated_at = cx.now;
}

}  // namespace

Result<State> AwaitingKeyExchange::on(Result<KeyExchangeResult> answer, Context& cx) && {
  if (!answer) return propagate(answer);
  auto hello = wire::decode_client_hello(
      ByteView(negotiation.client_hello).subspan(wire::kHandshakeHeaderSize));
  if (!hello) return propagate(hello);
  const ByteVector session_id = to_vector(hello->legacy_session_id);
  std::vector<SignatureScheme> client_schemes;
  if (hello->signature_algorithms) client_schemes = hello->signature_algorithms->to_vector();
  const std::string protocol = negotiation.application_protocol;
  const bool named = !negotiation.server_name.empty() && !(psk && psk->session);

  negotiation.transcript.add(negotiation.client_hello);
  if (!negotiation.transcript.started()) negotiation.transcript.start(*negotiation.suite->hash);
  const Digest to_client_hello = negotiation.transcript.hash();
  if (auto r = send_server_hello(negotiation, answer->share, session_id, psk, cx); !r) {
    return propagate(r);
  }
  Keys keys = derive_keys(std::move(negotiation), answer->secret, psk);
  keys.early_data = cx.facts.early_data == EarlyDataState::Accepted;
  if (auto r =
          cx.out.install_send(Epoch::Handshake, *keys.suite, keys.server_handshake_traffic_secret);
      !r) {
    return propagate(r);
  }
  if (auto r = install_receive(keys, psk, to_client_hello, cx); !r) return propagate(r);
  if (auto r = send_encrypted_extensions(keys, protocol, named, cx); !r) return propagate(r);
  if (psk) {
    note_peer(*psk, cx);
    return finish_flight(std::move(keys), psk->accepted, false, cx);
  }
  const bool ask = keys.settings->client_auth != ClientAuth::None;
  if (ask) {
    if (auto r = send_certificate_request(keys, cx); !r) return propagate(r);
  }
  if (auto r = send_certificate(keys, *identity, cx); !r) return propagate(r);
  const auto scheme = common_scheme(*identity, client_schemes);
  if (!scheme) return fail(ErrorCode::NoCommonSignatureScheme);
  ByteVector input = signature_input(Signer::Server, keys.transcript.hash());
  return std::make_unique<AwaitingSignature>(AwaitingSignature{
      std::move(keys), *scheme, ask, SignRequest{std::move(*identity), *scheme, std::move(input)}});
}

Result<State> AwaitingSignature::on(Result<ByteVector> answer, Context& cx) && {
  if (!answer) return propagate(answer);
  // A key that lives elsewhere may return anything; this would not fit its field.
  if (answer->size() > 0xFFFF) return fail(ErrorCode::CryptoFailure, "signature too long");
  ByteVector message;
  wire::encode_certificate_verify(message, scheme, *answer);
  keys.transcript.add(message);
  if (auto r = cx.out.send(Epoch::Handshake, message); !r) return propagate(r);
  cx.facts.own_signature = scheme;
  return finish_flight(std::move(keys), NoCertificate{}, certificate_requested, cx);
}

Result<State> finish_flight(Keys keys, ClientProof proof, bool certificate_requested, Context& cx) {
  const ServerSettings& settings = *keys.settings;
  const HashAlgorithm& hash = *keys.suite->hash;
  const state::LabelScheme& labels = settings.transport.labels;
  const crypto::HashSecret mac = state::finished_mac(
      hash, labels, keys.server_handshake_traffic_secret, keys.transcript.hash());
  ByteVector message;
  wire::encode_finished(message, mac.expose());
  keys.transcript.add(message);
  if (auto r = cx.out.send(Epoch::Handshake, message); !r) return propagate(r);

  state::MainSecret main_secret = std::move(keys.handshake_secret).into_main_secret();
  const Digest to_server_finished = keys.transcript.hash();
  ApplicationTraffic traffic{keys.suite, labels,
                             main_secret.server_application_traffic_secret_0(to_server_finished),
                             main_secret.client_application_traffic_secret_0(to_server_finished),
                             main_secret.exporter_secret(to_server_finished)};
  log_secret(settings, "CLIENT_TRAFFIC_SECRET_0", keys.client_random, traffic.receive_secret);
  log_secret(settings, "SERVER_TRAFFIC_SECRET_0", keys.client_random, traffic.send_secret);
  log_secret(settings, "EXPORTER_SECRET", keys.client_random, traffic.exporter_secret);
  if (auto r = cx.out.install_send(Epoch::Application, *keys.suite, traffic.send_secret); !r) {
    return propagate(r);
  }
  Flight2 flight{&settings,
                 keys.suite,
                 std::move(keys.transcript),
                 std::move(main_secret),
                 std::move(keys.client_handshake_traffic_secret),
                 std::move(traffic),
                 keys.tickets,
                 certificate_requested,
                 keys.record_size_limit.has_value()};
  if (keys.early_data) {
    return std::make_unique<ExpectEndOfEarlyData>(
        ExpectEndOfEarlyData{std::move(flight), std::move(proof)});
  }
  if (certificate_requested) {
    return std::make_unique<ExpectCertificate>(ExpectCertificate{std::move(flight)});
  }
  return std::make_unique<ExpectFinished>(ExpectFinished{std::move(flight), std::move(proof)});
}

}  // namespace nautilus::inline v0::handshake::server
