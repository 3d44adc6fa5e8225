// Offered sessions, and the identity for a full handshake (RFC 9846 §4.3.11, §4.5.1.2).
#include <algorithm>

#include "handshake/server/states.hpp"
#include "wire/extensions/pre_shared_key.hpp"

namespace nautilus::inline v0::handshake::server {
namespace {

/// The kept hello decoded anew; it decoded before, so it does again.
Result<wire::ClientHello> decode(const Negotiation& negotiation) {
  return wire::decode_client_hello(
      ByteView(negotiation.client_hello).subspan(wire::kHandshakeHeaderSize));
}

Result<State> full_handshake(Negotiation negotiation, const wire::ClientHello& hello) {
  if (!hello.signature_algorithms) {
    return fail(ErrorCode::MissingExtension, "signature_algorithms");
  }
  SelectIdentityRequest request;
  request.server_name = negotiation.server_name;
  request.signature_schemes.assign(hello.signature_algorithms->begin(),
                                   hello.signature_algorithms->end());
  if (hello.signature_algorithms_cert) {
    request.certificate_schemes.assign(hello.signature_algorithms_cert->begin(),
                                       hello.signature_algorithms_cert->end());
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

/// Judges an opened ticket; nothing means that it does not count.
Result<std::optional<Resumption>> judge_session(const Negotiation& negotiation,
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
  const HashAlgorithm& hash = *negotiation.suite->hash;
  const state::LabelScheme& labels = settings.transport.labels;
  const ByteView encoded(negotiation.client_hello);
  const Digest truncated = negotiation.transcript.hash_with(
      hash, encoded.first(encoded.size() - hello.pre_shared_key->binders_size));
  auto accepted = BinderCheck::check(
      hello.pre_shared_key->binders[index],
      state::EarlySecret::from_psk(hash, session->psk.expose(), labels), labels, truncated);
  if (!accepted) return propagate(accepted);
  return Resumption{std::move(*session), static_cast<std::uint16_t>(index), *accepted};
}

}  // namespace

Result<State> consider_sessions(Negotiation negotiation, std::size_t index, Context&) {
  auto hello = decode(negotiation);
  if (!hello) return propagate(hello);
  const bool possible = hello->pre_shared_key && negotiation.settings->ticketer &&
                        negotiation.wants_tickets && index < kMaxPskExamined &&
                        index < hello->pre_shared_key->identities.size();
  if (!possible) return full_handshake(std::move(negotiation), *hello);
  ByteVector ticket = to_vector(hello->pre_shared_key->identities[index].identity);
  return std::make_unique<AwaitingTicket>(
      AwaitingTicket{std::move(negotiation), index, OpenTicketRequest{std::move(ticket)}});
}

Result<State> AwaitingTicket::on(Result<std::optional<SecretBytes>> answer, Context& cx) && {
  // A store that fails costs the shortcut, not the connection.
  if (answer && *answer) {
    auto hello = decode(negotiation);
    if (!hello) return propagate(hello);
    auto resumption = judge_session(negotiation, *hello, index, (*answer)->expose(), cx.now);
    if (!resumption) return propagate(resumption);
    if (*resumption) {
      return exchange_keys(std::move(negotiation), std::nullopt, std::move(*resumption));
    }
  }
  return consider_sessions(std::move(negotiation), index + 1, cx);
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
                            std::optional<Resumption> resumption) {
  auto hello = decode(negotiation);
  if (!hello) return propagate(hello);
  const auto share = std::ranges::find(*hello->key_shares, negotiation.group->id(),
                                       &wire::KeyShareEntry::group);
  if (share == hello->key_shares->end()) return fail(ErrorCode::MissingKeyShare);
  KeyExchangeRequest request{nullptr, false, negotiation.group, to_vector(share->key_exchange)};
  return std::make_unique<AwaitingKeyExchange>(
      AwaitingKeyExchange{std::move(negotiation), std::move(identity), std::move(resumption),
                          std::move(request)});
}

}  // namespace nautilus::inline v0::handshake::server
