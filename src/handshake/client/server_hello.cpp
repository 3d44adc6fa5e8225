// ServerHello (RFC 9846 §4.2.3) and the keys that follow from it.
#include <algorithm>

#include "handshake/client/hello_check.hpp"
#include "handshake/client/states.hpp"

namespace nautilus::inline v0::handshake::client {
namespace {

using wire::ExtensionType;

/// The last eight octets of a TLS 1.3 capable server's random when it was talked down
/// (RFC 9846 §4.2.3).
bool has_downgrade_sentinel(const wire::HelloRandom& random) noexcept {
  constexpr std::array<std::uint8_t, 7> kSentinel{0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44};
  return std::equal(kSentinel.begin(), kSentinel.end(), random.begin() + 24) && random[31] <= 1;
}

std::vector<ExtensionType> types_of(const wire::ExtensionList& list) {
  std::vector<ExtensionType> types;
  types.reserve(list.items.size());
  for (const auto& item : list.items) {
    if (!is_grease(item.type)) types.push_back(item.type);
  }
  return types;
}

/// Finds the key the server answered: a share of ours, or a hybrid share's component.
struct ChosenShare {
  std::unique_ptr<ActiveKeyExchange> active;
  bool component = false;
};
Result<ChosenShare> choose_share(Offer& offer, const ClientSettings& settings, NamedGroup chosen) {
  for (std::size_t i = 0; i < offer.shares.size(); ++i) {
    if (offer.share_groups[i]->id() == chosen)
      return ChosenShare{std::move(offer.shares[i]), false};
  }
  for (std::size_t i = 0; i < offer.shares.size(); ++i) {
    const bool offered =
        std::ranges::find(settings.groups, chosen, &KeyExchangeGroup::id) != settings.groups.end();
    if (offered && offer.share_groups[i]->component() == chosen) {
      return ChosenShare{std::move(offer.shares[i]), true};
    }
  }
  return fail(ErrorCode::UnofferedGroup);
}

Result<void> check_version(const wire::ServerHello& hello) {
  if (hello.selected_version) return {};
  if (has_downgrade_sentinel(hello.random)) return fail(ErrorCode::DowngradeDetected);
  return fail(ErrorCode::NoCommonVersion, "the server speaks TLS 1.2 or older");
}

}  // namespace

Result<State> ExpectServerHello::on(Incoming<wire::ServerHello> hello, Context& cx) && {
  Offer offer = std::move(offers.front());
  if (auto r = check_version(*hello.message); !r) return propagate(r);
  auto suite = check_hello(*hello.message, common, offer);
  if (!suite) return propagate(suite);
  if (retried && *retried != hello->cipher_suite) {
    return fail(ErrorCode::IllegalParameter, "the suite differs from HelloRetryRequest's");
  }
  std::vector<ExtensionType> offered = types_of(offer.hello.extensions);
  if (auto r = check_solicited(hello->extensions, offered); !r) return propagate(r);
  // psk_dhe_ke is the only mode we offer, so a share must be there even when resuming.
  if (!hello->key_share) {
    // Two words for it in RFC 9846: §4.3.11 for an answered PSK, §9.2 for everything else.
    if (hello->selected_identity) return fail(ErrorCode::MissingKeyShare);
    return fail(ErrorCode::MissingExtension, "key_share");
  }
  if (retried_group && *retried_group != hello->key_share->group) {
    return fail(ErrorCode::UnofferedGroup, "another group than HelloRetryRequest's");
  }
  auto aligned = cx.require_aligned();
  if (!aligned) return propagate(aligned);

  std::optional<SessionAccepted> accepted;
  std::optional<OfferedPsk> psk;
  if (hello->selected_identity) {
    auto check = SelectedPskCheck::check(*hello->selected_identity, offer.psks.size());
    if (!check) return propagate(check);
    psk = std::move(offer.psks[*hello->selected_identity]);
    if (psk->hash != (*suite)->hash) {
      return fail(ErrorCode::IllegalParameter, "the suite's hash differs from the PSK's");
    }
    accepted = *check;
  } else if (!common.settings->verifier) {
    return fail(ErrorCode::MissingExtension, "pre_shared_key: a certificate would not do");
  }
  // Early data rides on the first PSK, which is a session; with any other answer it is refused.
  if (cx.facts.early_data == EarlyDataState::Offered &&
      (!accepted || *hello->selected_identity != 0)) {
    cx.facts.early_data = EarlyDataState::Rejected;
  }
  auto share = choose_share(offer, *common.settings, hello->key_share->group);
  if (!share) return propagate(share);

  if (!offer.transcript.started()) offer.transcript.start(*(*suite)->hash);
  offer.transcript.add(hello.encoded);
  cx.facts.cipher_suite = (*suite)->id;
  cx.facts.group = hello->key_share->group;
  cx.facts.resumed = psk && psk->session;

  return std::make_unique<AwaitingKeyExchange>(
      AwaitingKeyExchange{std::move(common), *suite, std::move(offer.transcript), std::move(psk),
                          accepted, std::move(offered), *aligned,
                          KeyExchangeRequest{std::move(share->active), share->component, nullptr,
                                             to_vector(hello->key_share->key_exchange)}});
}

Result<State> AwaitingKeyExchange::on(Result<KeyExchangeResult> answer, Context& cx) && {
  if (!answer) return propagate(answer);
  const HashAlgorithm& hash = *suite->hash;
  const TransportProfile& transport = common.settings->transport;
  state::EarlySecret early = psk ? state::EarlySecret::from_psk(hash, psk->key(), transport.labels)
                                 : state::EarlySecret::without_psk(hash, transport.labels);
  state::HandshakeSecret secret = std::move(early).into_handshake_secret(answer->secret.expose());
  const Digest to_server_hello = transcript.hash();
  crypto::HashSecret client = secret.client_handshake_traffic_secret(to_server_hello);
  crypto::HashSecret server = secret.server_handshake_traffic_secret(to_server_hello);
  log_secret(common, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", client);
  log_secret(common, "SERVER_HANDSHAKE_TRAFFIC_SECRET", server);
  // Sending under the handshake keys from now on, so that an alert about the server's flight is
  // protected (RFC 9846 §A.1); but early data goes on until EncryptedExtensions has decided it.
  const bool early_open = cx.facts.early_data == EarlyDataState::Offered;
  if (transport.middlebox_compatibility && !common.compatibility_sent) {
    cx.out.send_change_cipher_spec();
    common.compatibility_sent = true;
  }
  if (!early_open) {
    if (auto r = cx.out.install_send(Epoch::Handshake, *suite, client); !r) return propagate(r);
  }
  if (auto r = cx.out.install_receive(Epoch::Handshake, *suite, server, aligned); !r) {
    return propagate(r);
  }
  if (common.settings->record_size_limit) {
    cx.out.limit_receive(*common.settings->record_size_limit);
  }
  std::optional<EarlyDataTerms> terms;
  cx.facts.peer = {};
  cx.facts.authenticated_at = {};
  cx.facts.application_protocol.clear();
  if (psk && psk->session) {
    cx.facts.peer = psk->session->peer;
    cx.facts.authenticated_at = psk->session->authenticated_at;
    if (early_open) {
      terms = EarlyDataTerms{psk->session->application_protocol, psk->session->cipher_suite};
    }
  } else if (psk) {
    cx.facts.peer.kind = PeerIdentity::Kind::ExternalPsk;
    cx.facts.peer.application = psk->imported->external_identity;
    cx.facts.authenticated_at = cx.now;
  }
  return std::make_unique<ExpectEncryptedExtensions>(ExpectEncryptedExtensions{
      std::move(common),
      Keys{suite, std::move(transcript), std::move(secret), std::move(client), std::move(server)},
      accepted, std::move(offered), std::move(terms)});
}

}  // namespace nautilus::inline v0::handshake::client
