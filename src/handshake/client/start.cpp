// The ClientHello (RFC 9846 §4.2.2): what we offer, and the session we would like to resume.
#include <algorithm>
#include <array>

#include "handshake/client/states.hpp"
#include "wire/extensions/key_share.hpp"
#include "wire/extensions/lists.hpp"
#include "wire/extensions/pre_shared_key.hpp"

namespace nautilus::inline v0::handshake::client {
namespace {

using wire::ExtensionType;

/// Longer tickets leave too little room in pre_shared_key, whose length has 16 bits.
constexpr std::size_t kMaxTicketOffered = std::size_t{1} << 15;

const KeyExchangeGroup* find_group(const ClientSettings& settings, NamedGroup id) noexcept {
  const auto found = std::ranges::find(settings.groups, id, &KeyExchangeGroup::id);
  return found == settings.groups.end() ? nullptr : *found;
}

bool covered(std::span<const KeyExchangeGroup* const> groups, NamedGroup id) noexcept {
  return std::ranges::any_of(groups, [id](const KeyExchangeGroup* group) {
    return group->id() == id || group->component() == id;
  });
}

/// The best group; the best of the other kind, so that neither a post-quantum server nor a
/// classical one has to ask again; and the one this server wanted last time. A hybrid brings its
/// component.
std::vector<const KeyExchangeGroup*> groups_to_share(const Common& common) {
  const ClientSettings& settings = *common.settings;
  if (settings.key_shares) return *settings.key_shares;
  std::vector<const KeyExchangeGroup*> groups{settings.groups.front()};
  const bool post_quantum = is_post_quantum(groups.front()->id());
  const auto other = std::ranges::find_if(settings.groups, [&](const KeyExchangeGroup* group) {
    return is_post_quantum(group->id()) != post_quantum;
  });
  if (other != settings.groups.end() && !covered(groups, (*other)->id())) groups.push_back(*other);
  if (settings.store) {
    const std::optional<NamedGroup> wanted = settings.store->group(common.store_key);
    const KeyExchangeGroup* remembered = wanted ? find_group(settings, *wanted) : nullptr;
    if (remembered != nullptr && !covered(groups, *wanted)) groups.push_back(remembered);
  }
  // One key serves a hybrid and its component (RFC 9954).
  std::erase_if(groups, [&](const KeyExchangeGroup* group) {
    return std::ranges::any_of(
        groups, [&](const KeyExchangeGroup* hybrid) { return hybrid->component() == group->id(); });
  });
  return groups;
}

std::optional<OfferedPsk> take_session(const Common& common, TimePoint now) {
  const ClientSettings& settings = *common.settings;
  if (!settings.store) return std::nullopt;
  std::optional<ClientSession> session = settings.store->take(common.store_key, now);
  if (!session || session->expired(now) || session->context != settings.context) {
    return std::nullopt;
  }
  const auto suite = std::ranges::find(settings.cipher_suites, session->cipher_suite,
                                       [](const CipherSuite* s) { return s->id; });
  if (suite == settings.cipher_suites.end()) return std::nullopt;
  // A store may hand out anything; what no server can have issued is not offered.
  if (session->ticket.empty() || session->ticket.size() > kMaxTicketOffered ||
      session->psk.size() != (*suite)->hash->digest_size) {
    return std::nullopt;
  }
  return OfferedPsk{(*suite)->hash, std::move(*session), *suite, nullptr};
}

/// Early data goes with the first PSK, under its suite and its protocol (RFC 9846 §4.3.10).
bool may_send_early_data(const ClientSettings& settings, const Offer& offer) {
  if (!settings.early_data || offer.psks.empty() || !offer.psks.front().session) return false;
  const ClientSession& session = *offer.psks.front().session;
  const auto& protocols = settings.application_protocols;
  return session.max_early_data_size != 0 &&
         (session.application_protocol.empty() ||
          std::ranges::find(protocols, session.application_protocol) != protocols.end());
}

void add_key_shares(const Common& common, Offer& offer) {
  const ClientSettings& settings = *common.settings;
  std::vector<wire::KeyShareEntry> entries;
  entries.reserve(1 + 2 * offer.shares.size());
  constexpr std::array<std::uint8_t, 1> kNothing{0};
  if (common.grease) entries.push_back({common.grease->group, kNothing});
  for (std::size_t i = 0; i < offer.shares.size(); ++i) {
    const KeyExchangeGroup& group = *offer.share_groups[i];
    entries.push_back({group.id(), offer.shares[i]->share()});
    // One key serves the hybrid and its classical component (RFC 9954).
    if (const auto component = group.component();
        component && !settings.key_shares && find_group(settings, *component) != nullptr) {
      entries.push_back({*component, offer.shares[i]->component_share()});
    }
  }
  // In the order of supported_groups, where GREASE comes first (RFC 9846 §4.3.8).
  std::ranges::sort(entries, {}, [&](const wire::KeyShareEntry& entry) {
    const auto at = std::ranges::find(settings.groups, entry.group, &KeyExchangeGroup::id);
    return at == settings.groups.end() ? 0 : 1 + (at - settings.groups.begin());
  });
  wire::encode_client_key_shares(offer.hello.extensions.add(ExtensionType::key_share), entries);
}

void add_extensions(const Common& common, Offer& offer) {
  const ClientSettings& settings = *common.settings;
  wire::ExtensionList& list = offer.hello.extensions;
  if (common.grease) list.add(common.grease->first_extension);
  if (common.server_name && common.server_name->is_dns()) {
    wire::encode_server_name(list.add(ExtensionType::server_name), common.server_name->text());
  }
  std::vector<NamedGroup> groups;
  groups.reserve(1 + settings.groups.size());
  if (common.grease) groups.push_back(common.grease->group);
  for (const KeyExchangeGroup* group : settings.groups) groups.push_back(group->id());
  wire::encode_supported_groups(list.add(ExtensionType::supported_groups), groups);
  // Without a verifier a PSK is the only way in, and no certificate is asked for.
  if (settings.verifier) {
    std::vector<SignatureScheme> schemes;
    schemes.reserve(settings.signature_schemes.size() + 1);
    schemes = settings.signature_schemes;
    if (common.grease) schemes.push_back(common.grease->scheme);
    wire::encode_signature_schemes(list.add(ExtensionType::signature_algorithms), schemes);
  }
  if (settings.staples.ocsp_response) {
    wire::encode_status_request(list.add(ExtensionType::status_request));
  }
  if (settings.staples.certificate_timestamps) {
    list.add(ExtensionType::signed_certificate_timestamp);
  }
  if (!settings.application_protocols.empty()) {
    wire::encode_application_protocols(
        list.add(ExtensionType::application_layer_protocol_negotiation),
        settings.application_protocols);
  }
  // GREASE first, where there is any.
  const std::array versions{common.grease ? common.grease->version : wire::ProtocolVersion::tls13,
                            wire::ProtocolVersion::tls13};
  wire::encode_supported_versions(list.add(ExtensionType::supported_versions),
                                  std::span(versions).subspan(common.grease ? 0 : 1));
  add_key_shares(common, offer);
  if (settings.record_size_limit) {
    wire::encode_record_size_limit(list.add(ExtensionType::record_size_limit),
                                   *settings.record_size_limit);
  }
  // Without a store we could not use a ticket, so none is asked for (RFC 9846 §4.3.9).
  if (settings.store || !settings.external_psks.empty()) {
    constexpr std::array kModes{wire::PskKeyExchangeMode::psk_dhe_ke};
    wire::encode_psk_key_exchange_modes(list.add(ExtensionType::psk_key_exchange_modes), kModes);
  }
  if (settings.store && settings.ticket_request) {
    wire::encode_ticket_request(
        list.add(ExtensionType::ticket_request),
        {settings.ticket_request->after_full, settings.ticket_request->after_resumed});
  }
  // Some servers choke on an empty last extension, so this one is not.
  if (common.grease) list.add(common.grease->last_extension) = {0};
}

std::vector<std::size_t> binder_sizes(const Offer& offer) {
  std::vector<std::size_t> sizes;
  for (const OfferedPsk& psk : offer.psks) sizes.push_back(psk.hash->digest_size);
  return sizes;
}

/// pre_shared_key goes last, with room for the binders (RFC 9846 §4.3.11).
void add_pre_shared_key(Offer& offer, TimePoint now) {
  offer.hello.extensions.remove(ExtensionType::pre_shared_key);
  if (offer.psks.empty()) return;
  std::vector<wire::PskIdentity> identities;
  for (const OfferedPsk& psk : offer.psks) {
    // An external PSK has no age (RFC 9846 §4.3.11).
    std::uint32_t age = 0;
    if (psk.session) {
      // Modulo 2^32 from the start: a clock may have jumped any distance since it was taken.
      age = static_cast<std::uint32_t>(now.time_since_epoch().count()) -
            static_cast<std::uint32_t>(psk.session->received_at.time_since_epoch().count()) +
            psk.session->age_add;
    }
    identities.push_back({psk.identity(), age});
  }
  wire::encode_offered_psks(offer.hello.extensions.add(ExtensionType::pre_shared_key), identities,
                            binder_sizes(offer));
}

void fill_binders(const Common& common, Offer& offer, ByteVector& encoded) {
  const state::LabelScheme& labels = common.settings->transport.labels;
  const ByteView truncated =
      ByteView(encoded).first(encoded.size() - wire::binders_list_size(binder_sizes(offer)));
  std::vector<crypto::HashSecret> binders;
  std::vector<ByteView> views;
  binders.reserve(offer.psks.size());  // the views point into it
  for (const OfferedPsk& psk : offer.psks) {
    const state::EarlySecret early = state::EarlySecret::from_psk(*psk.hash, psk.key(), labels);
    binders.push_back(state::finished_mac(*psk.hash, labels, early.binder_key(psk.kind()),
                                          offer.transcript.hash_with(*psk.hash, truncated)));
    views.push_back(binders.back().expose());
  }
  wire::patch_binders(encoded, views);
}

/// From here on the application may write early data.
Result<void> begin_early_data(Common& common, const Offer& offer, Context& cx) {
  const OfferedPsk& psk = offer.psks.front();
  const state::LabelScheme& labels = common.settings->transport.labels;
  const state::EarlySecret early = state::EarlySecret::from_psk(*psk.hash, psk.key(), labels);
  const crypto::HashSecret secret =
      early.client_early_traffic_secret(offer.transcript.hash_with(*psk.hash, {}));
  log_secret(common, "CLIENT_EARLY_TRAFFIC_SECRET", secret);
  if (common.settings->transport.middlebox_compatibility) {
    cx.out.send_change_cipher_spec();
    common.compatibility_sent = true;
  }
  cx.facts.early_data = EarlyDataState::Offered;
  cx.facts.early_data_limit = psk.session->max_early_data_size;
  // Known already, for those who decide what to write early.
  cx.facts.cipher_suite = psk.suite->id;
  cx.facts.application_protocol = psk.session->application_protocol;
  cx.facts.peer = psk.session->peer;
  cx.facts.authenticated_at = psk.session->authenticated_at;
  return cx.out.install_send(Epoch::EarlyData, *psk.suite, secret);
}

}  // namespace

std::string session_store_key(const ClientSettings& settings,
                              const std::optional<ServerName>& server_name,
                              std::string_view target) {
  std::string key;
  key.reserve(target.size() + 2 + (server_name ? server_name->text().size() : 0) +
              settings.context.size());
  key += target;
  key.push_back('\0');
  if (server_name) key += server_name->text();
  key.push_back('\0');
  key += as_text(settings.context);
  return key;
}

void log_secret(const Common& common, std::string_view label,
                const crypto::HashSecret& secret) noexcept {
  if (common.settings->key_log) {
    common.settings->key_log->log(label, common.client_random, secret.expose());
  }
}

Result<void> check_solicited(const wire::ExtensionBlock& answer,
                             std::span<const wire::ExtensionType> offered) {
  for (const wire::ExtensionView& extension : answer.all()) {
    if (std::ranges::find(offered, extension.type) == offered.end()) {
      return fail(ErrorCode::UnsolicitedExtension, wire::to_string(extension.type).data());
    }
  }
  return {};
}

Result<void> send_client_hello(const Common& common, Offer& offer, Context& cx) {
  add_pre_shared_key(offer, cx.now);
  common.settings->edit(wire::ExtensionHost::ClientHello, offer.hello.extensions);
  ByteVector encoded;
  wire::encode_client_hello(encoded, offer.hello);
  if (!offer.psks.empty()) fill_binders(common, offer, encoded);
  offer.transcript.add(encoded);
  return cx.out.send(Epoch::Initial, encoded);
}

Result<State> start(const ClientSettings& settings, std::optional<ServerName> server_name,
                    std::string target, Context& cx) {
  Common common{&settings, std::move(server_name), {}, {}, false, {}};
  common.store_key = session_store_key(settings, common.server_name, target);

  Offer offer;
  Random& random = *settings.provider->random;
  if (settings.grease) {
    auto grease = Grease::draw(random);
    if (!grease) return propagate(grease);
    common.grease = *grease;
    offer.hello.cipher_suites.reserve(1 + settings.cipher_suites.size());
    offer.hello.cipher_suites.push_back(grease->cipher_suite);
  }
  if (auto r = random.fill(offer.hello.random); !r) return propagate(r);
  common.client_random = offer.hello.random;
  offer.share_groups = groups_to_share(common);
  offer.shares.reserve(offer.share_groups.size());
  for (const KeyExchangeGroup* group : offer.share_groups) {
    auto share = group->start(random);
    if (!share) return propagate(share);
    offer.shares.push_back(std::move(*share));
  }
  if (settings.transport.middlebox_compatibility) {
    offer.hello.legacy_session_id.resize(32);
    if (auto r = random.fill(offer.hello.legacy_session_id); !r) return propagate(r);
  }
  for (const CipherSuite* suite : settings.cipher_suites) {
    offer.hello.cipher_suites.push_back(suite->id);
  }
  add_extensions(common, offer);
  if (auto session = take_session(common, cx.now)) offer.psks.push_back(std::move(*session));
  for (const auto& psk : settings.external_psks) {
    offer.psks.push_back(OfferedPsk{psk->hash, std::nullopt, nullptr, psk});
  }
  const bool early = may_send_early_data(settings, offer);
  if (early) offer.hello.extensions.add(ExtensionType::early_data);
  if (auto r = send_client_hello(common, offer, cx); !r) return propagate(r);
  if (early) {
    if (auto r = begin_early_data(common, offer, cx); !r) return propagate(r);
  }
  if (common.server_name) cx.facts.server_name = common.server_name->text();

  auto next = std::make_unique<ExpectServerHello>(ExpectServerHello{std::move(common), {}, {}, {}});
  next->offers.push_back(std::move(offer));
  return next;
}

}  // namespace nautilus::inline v0::handshake::client
