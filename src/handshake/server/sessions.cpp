// Offered sessions, and the identity for a full handshake (RFC 9846 §4.3.11, §4.5.1.2).
#include <algorithm>

#include "handshake/server/states.hpp"
#include "wire/extensions/pre_shared_key.hpp"

namespace nautilus::inline v0::handshake::server {
namespace {

/// Octets of the binder that name a ClientHello in the replay register; every hash has more.
constexpr std::size_t kReplayTokenSize = 32;

/// The kept hello decoded anew; it decoded before, so it does again.
Result<wire::ClientHello> decode(const Negotiation& negotiation) {
  return wire::decode_client_hello(
      ByteView(negotiation.client_hello).subspan(wire::kHandshakeHeaderSize));
}

Result<State> full_handshake(Negotiation negotiation, const wire::ClientHello& hello) {
  if (negotiation.settings->identities.empty()) {
    return fail(ErrorCode::NoCommonPsk, "and there is no certificate to fall back on");
  }
  if (!hello.signature_algorithms) {
    return fail(ErrorCode::MissingExtension, "signature_algorithms");
  }
  SelectIdentityRequest request;
  request.server_name = negotiation.server_name;
  request.signature_schemes = hello.signature_algorithms->to_vector();
  if (hello.signature_algorithms_cert) {
    request.certificate_schemes = hello.signature_algorithms_cert->to_vector();
  }
  if (hello.certificate_authorities) {
    for (const ByteView name : *hello.certificate_authorities) {
      request.certificate_authorities.push_back(to_vector(name));
    }
  }
  if (hello.application_protocols) {
    for (const ByteView name : *hello.application_protocols) {
      request.application_protocols.emplace_back(as_text(name));
    }
  }
  return std::make_unique<AwaitingIdentity>(
      AwaitingIdentity{std::move(negotiation), std::move(request)});
}

Result<SessionAccepted> check_binder(const Negotiation& negotiation, const wire::ClientHello& hello,
                                     std::size_t index, state::PskKind kind, ByteView key) {
  const HashAlgorithm& hash = *negotiation.suite->hash;
  const state::LabelScheme& labels = negotiation.settings->transport.labels;
  const ByteView encoded(negotiation.client_hello);
  const Digest truncated = negotiation.transcript.hash_with(
      hash, encoded.first(encoded.size() - hello.pre_shared_key->binders_size));
  return BinderCheck::check(hello.pre_shared_key->binders[index], kind,
                            state::EarlySecret::from_psk(hash, key, labels), labels, truncated);
}

/// Judges an opened ticket; nothing means that it does not count.
Result<std::optional<ChosenPsk>> judge_session(const Negotiation& negotiation,
                                               const wire::ClientHello& hello, std::size_t index,
                                               ByteView opened, TimePoint now) {
  const ServerSettings& settings = *negotiation.settings;
  auto session = session::ServerSession::decode(opened);
  if (!session) return std::nullopt;
  const session::Acceptance acceptance{settings.context, negotiation.server_name,
                                       settings.client_auth == ClientAuth::Required, now};
  if (session::judge(*session, acceptance) != session::Refusal::None) return std::nullopt;
  const auto suite = std::ranges::find(settings.cipher_suites, session->cipher_suite,
                                       [](const CipherSuite* s) { return s->id; });
  if (suite == settings.cipher_suites.end() || (*suite)->hash != negotiation.suite->hash) {
    return std::nullopt;
  }
  auto accepted =
      check_binder(negotiation, hello, index, state::PskKind::Resumption, session->psk.expose());
  if (!accepted) return propagate(accepted);
  return ChosenPsk{std::move(*session), nullptr, static_cast<std::uint16_t>(index), *accepted};
}

struct ExternalMatch {
  std::shared_ptr<const state::ImportedPsk> psk;
  std::size_t index;
};

/// The best of our external PSKs that the client offers for the suite's hash.
std::optional<ExternalMatch> find_external(const Negotiation& negotiation,
                                           std::span<const wire::PskIdentity> offered) {
  for (const auto& psk : negotiation.settings->external_psks) {
    if (psk->hash != negotiation.suite->hash) continue;
    for (std::size_t i = 0; i < offered.size(); ++i) {
      if (std::ranges::equal(psk->identity, offered[i].identity)) return ExternalMatch{psk, i};
    }
  }
  return std::nullopt;
}

/// Whether everything about early data fits, except that it may be a replay (RFC 9846 §4.3.10, §8).
bool early_data_fits(const Negotiation& negotiation, const wire::ClientHello& hello,
                     const ChosenPsk& psk, std::chrono::milliseconds skew) {
  const auto& options = negotiation.settings->early_data;
  if (!hello.early_data || !options || negotiation.retried || psk.index != 0 || !psk.session) {
    return false;
  }
  const session::ServerSession& session = *psk.session;
  if (session.max_early_data_size == 0 || session.cipher_suite != negotiation.suite->id ||
      session.application_protocol != negotiation.application_protocol ||
      !std::ranges::equal(session.replay_domain, options->replay->domain())) {
    return false;
  }
  return skew <= options->window && -skew <= options->window;
}

/// By how much the client takes its ticket to be older than we do (RFC 9846 §4.3.11.1).
std::chrono::milliseconds ticket_age_skew(const wire::PskIdentity& offered,
                                          const session::ServerSession& session, TimePoint now) {
  const std::chrono::milliseconds claimed(
      session::ticket_age(offered.obfuscated_ticket_age, session.age_add));
  return claimed - (now - session.issued_at);
}

/// With a PSK settled: its early data, if any, and then the keys.
Result<State> accept_psk(Negotiation negotiation, const wire::ClientHello& hello, ChosenPsk psk,
                         Context& cx) {
  if (psk.session) {
    cx.facts.ticket_age_skew =
        ticket_age_skew(hello.pre_shared_key->identities[psk.index], *psk.session, cx.now);
  }
  const auto skew = cx.facts.ticket_age_skew.value_or(std::chrono::milliseconds(0));
  if (!early_data_fits(negotiation, hello, psk, skew)) {
    return exchange_keys(std::move(negotiation), std::nullopt, std::move(psk));
  }
  // The binder was checked: nobody but the client can have made it, and each hello has its own.
  ByteVector token = to_vector(hello.pre_shared_key->binders[0].first(kReplayTokenSize));
  const std::chrono::milliseconds window = negotiation.settings->early_data->window;
  return std::make_unique<AwaitingReplayVerdict>(AwaitingReplayVerdict{
      std::move(negotiation), std::move(psk), CheckReplayRequest{std::move(token), window}});
}

}  // namespace

Result<State> consider_sessions(Negotiation negotiation, std::size_t index, Context& cx) {
  auto hello = decode(negotiation);
  if (!hello) return propagate(hello);
  if (!hello->pre_shared_key || !negotiation.wants_tickets) {
    return full_handshake(std::move(negotiation), *hello);
  }
  const auto& offered = hello->pre_shared_key->identities;
  if (negotiation.settings->ticketer && index < std::min(offered.size(), kMaxPskExamined)) {
    ByteVector ticket = to_vector(offered[index].identity);
    return std::make_unique<AwaitingTicket>(
        AwaitingTicket{std::move(negotiation), index, OpenTicketRequest{std::move(ticket)}});
  }
  auto match = find_external(negotiation, offered);
  if (!match) return full_handshake(std::move(negotiation), *hello);
  auto accepted = check_binder(negotiation, *hello, match->index, state::PskKind::Imported,
                               match->psk->key.expose());
  if (!accepted) return propagate(accepted);
  return accept_psk(std::move(negotiation), *hello,
                    ChosenPsk{std::nullopt, std::move(match->psk),
                              static_cast<std::uint16_t>(match->index), *accepted},
                    cx);
}

Result<State> AwaitingTicket::on(Result<std::optional<SecretBytes>> answer, Context& cx) && {
  // A store that fails costs the shortcut, not the connection.
  if (answer && *answer) {
    auto hello = decode(negotiation);
    if (!hello) return propagate(hello);
    auto psk = judge_session(negotiation, *hello, index, (*answer)->expose(), cx.now);
    if (!psk) return propagate(psk);
    if (*psk) return accept_psk(std::move(negotiation), *hello, std::move(**psk), cx);
  }
  return consider_sessions(std::move(negotiation), index + 1, cx);
}

Result<State> AwaitingReplayVerdict::on(Result<ReplayVerdict> answer, Context& cx) && {
  // Whatever is not certainly fresh costs the early data, not the connection.
  if (answer && *answer == ReplayVerdict::Fresh) cx.facts.early_data = EarlyDataState::Accepted;
  return exchange_keys(std::move(negotiation), std::nullopt, std::move(psk));
}

Result<State> AwaitingIdentity::on(Result<std::optional<Identity>> answer, Context&) && {
  if (!answer) return propagate(answer);
  const auto& offered = std::get<SelectIdentityRequest>(request).signature_schemes;
  if (!*answer || !common_scheme(**answer, offered)) {
    return fail(ErrorCode::NoCommonSignatureScheme);
  }
  return exchange_keys(std::move(negotiation), std::move(**answer), std::nullopt);
}

Result<State> exchange_keys(Negotiation negotiation, std::optional<Identity> identity,
                            std::optional<ChosenPsk> psk) {
  auto hello = decode(negotiation);
  if (!hello) return propagate(hello);
  const auto share =
      std::ranges::find(*hello->key_shares, negotiation.group->id(), &wire::KeyShareEntry::group);
  if (share == hello->key_shares->end()) return fail(ErrorCode::MissingKeyShare);
  KeyExchangeRequest request{nullptr, false, negotiation.group, to_vector(share->key_exchange)};
  return std::make_unique<AwaitingKeyExchange>(AwaitingKeyExchange{
      std::move(negotiation), std::move(identity), std::move(psk), std::move(request)});
}

}  // namespace nautilus::inline v0::handshake::server
