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

const KeyExchangeGroup* find_group(const ClientSettings& settings, NamedGroup id) noexcept {
  const auto found = std::ranges::find(settings.groups, id, &KeyExchangeGroup::id);
  return found == settings.groups.end() ? nullptr : *found;
}

/// The best group, and the one this server wanted last time unless the first already covers it.
std::vector<const KeyExchangeGroup*> groups_to_share(const Common& common) {
  const ClientSettings& settings = *common.settings;
  if (settings.key_shares) return *settings.key_shares;
  std::vector<const KeyExchangeGroup*> groups{settings.groups.front()};
  if (!settings.store) return groups;
  const std::optional<NamedGroup> wanted = settings.store->group(common.store_key);
  if (!wanted || *wanted == groups.front()->id() || groups.front()->component() == wanted) {
    return groups;
  }
  if (const KeyExchangeGroup* remembered = find_group(settings, *wanted)) {
    groups.push_back(remembered);
  }
  return groups;
}

std::optional<OfferedSession> take_session(const Common& common, TimePoint now) {
  const ClientSettings& settings = *common.settings;
  if (!settings.store) return std::nullopt;
  std::optional<ClientSession> session = settings.store->take(common.store_key, now);
  if (!session || session->expired(now) || session->context != settings.context) {
    return std::nullopt;
  }
  const auto suite = std::ranges::find(settings.cipher_suites, session->cipher_suite,
                                       [](const CipherSuite* s) { return s->id; });
  if (suite == settings.cipher_suites.end()) return std::nullopt;
  return OfferedSession{std::move(*session), *suite};
}

void add_key_shares(const Common& common, Offer& offer) {
  const ClientSettings& settings = *common.settings;
  std::vector<wire::KeyShareEntry> entries;
  for (std::size_t i = 0; i < offer.shares.size(); ++i) {
    const KeyExchangeGroup& group = *offer.share_groups[i];
    entries.push_back({group.id(), offer.shares[i]->share()});
    // One key serves the hybrid and its classical component (RFC 9954).
    if (const auto component = group.component();
        component && !settings.key_shares && find_group(settings, *component) != nullptr) {
      entries.push_back({*component, offer.shares[i]->component_share()});
    }
  }
  wire::encode_client_key_shares(offer.hello.extensions.add(ExtensionType::key_share), entries);
}

void add_extensions(const Common& common, Offer& offer) {
  const ClientSettings& settings = *common.settings;
  wire::ExtensionList& list = offer.hello.extensions;
  if (common.server_name && common.server_name->is_dns()) {
    wire::encode_server_name(list.add(ExtensionType::server_name), common.server_name->text());
  }
  std::vector<NamedGroup> groups;
  for (const KeyExchangeGroup* group : settings.groups) groups.push_back(group->id());
  wire::encode_supported_groups(list.add(ExtensionType::supported_groups), groups);
  wire::encode_signature_schemes(list.add(ExtensionType::signature_algorithms),
                                 settings.signature_schemes);
  if (settings.request_ocsp_response) {
    wire::encode_status_request(list.add(ExtensionType::status_request));
  }
  if (settings.request_certificate_timestamps) {
    list.add(ExtensionType::signed_certificate_timestamp);
  }
  if (!settings.application_protocols.empty()) {
    wire::encode_application_protocols(
        list.add(ExtensionType::application_layer_protocol_negotiation),
        settings.application_protocols);
  }
  constexpr std::array kVersions{wire::ProtocolVersion::tls13};
  wire::encode_supported_versions(list.add(ExtensionType::supported_versions), kVersions);
  add_key_shares(common, offer);
  // Without a store we could not use a ticket, so none is asked for (RFC 9846 §4.3.9).
  if (settings.store) {
    constexpr std::array kModes{wire::PskKeyExchangeMode::psk_dhe_ke};
    wire::encode_psk_key_exchange_modes(list.add(ExtensionType::psk_key_exchange_modes), kModes);
  }
}

/// pre_shared_key goes last, with room for the binder (RFC 9846 §4.3.11).
void add_pre_shared_key(Offer& offer, TimePoint now) {
  offer.hello.extensions.remove(ExtensionType::pre_shared_key);
  if (!offer.session) return;
  const ClientSession& session = offer.session->session;
  const auto age = static_cast<std::uint32_t>((now - session.received_at).count());
  const wire::PskIdentity identity{session.ticket, age + session.age_add};
  const std::size_t binder = offer.session->suite->hash->digest_size;
  wire::encode_offered_psks(offer.hello.extensions.add(ExtensionType::pre_shared_key),
                            std::span(&identity, 1), std::span(&binder, 1));
}

}  // namespace

std::string session_store_key(const ClientSettings& settings,
                              const std::optional<ServerName>& server_name,
                              std::string_view target) {
  std::string key(target);
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
  if (offer.session) {
    const CipherSuite& suite = *offer.session->suite;
    const state::LabelScheme& labels = common.settings->transport.labels;
    const std::size_t binder_size = suite.hash->digest_size;
    const ByteView truncated =
        ByteView(encoded).first(encoded.size() - wire::binders_list_size(std::span(&binder_size, 1)));
    const state::EarlySecret early =
        state::EarlySecret::from_psk(*suite.hash, offer.session->session.psk.expose(), labels);
    const crypto::HashSecret binder =
        state::finished_mac(*suite.hash, labels, early.binder_key(state::PskKind::Resumption),
                            offer.transcript.hash_with(*suite.hash, truncated));
    const ByteView value = binder.expose();
    wire::patch_binders(encoded, std::span(&value, 1));
  }
  offer.transcript.add(encoded);
  return cx.out.send(Epoch::Initial, encoded);
}

Result<State> start(const ClientSettings& settings, std::optional<ServerName> server_name,
                    std::string target, Context& cx) {
  Common common{&settings, std::move(server_name), {}, {}};
  common.store_key = session_store_key(settings, common.server_name, target);

  Offer offer;
  Random& random = *settings.provider->random;
  if (auto r = random.fill(offer.hello.random); !r) return propagate(r);
  common.client_random = offer.hello.random;
  for (const KeyExchangeGroup* group : groups_to_share(common)) {
    auto share = group->start(random);
    if (!share) return propagate(share);
    offer.shares.push_back(std::move(*share));
    offer.share_groups.push_back(group);
  }
  if (settings.transport.middlebox_compatibility) {
    offer.hello.legacy_session_id.resize(32);
    if (auto r = random.fill(offer.hello.legacy_session_id); !r) return propagate(r);
  }
  for (const CipherSuite* suite : settings.cipher_suites) {
    offer.hello.cipher_suites.push_back(suite->id);
  }
  add_extensions(common, offer);
  offer.session = take_session(common, cx.now);
  if (auto r = send_client_hello(common, offer, cx); !r) return propagate(r);
  if (common.server_name) cx.facts.server_name = common.server_name->text();

  auto next = std::make_unique<ExpectServerHello>(ExpectServerHello{std::move(common), {}, {}, {}});
  next->offers.push_back(std::move(offer));
  return next;
}

}  // namespace nautilus::inline v0::handshake::client
