// The config builders: collect, then judge everything at once.
#include <nautilus/config.hpp>

#include <algorithm>

#include "handshake/settings.hpp"
#include "wire/writer.hpp"

namespace nautilus::inline v0 {
namespace {

using handshake::CommonSettings;

/// The default offer. The provider may serve more; what is not named here is off until asked for.
constexpr std::array kDefaultGroups{NamedGroup::X25519MLKEM768,     NamedGroup::SecP256r1MLKEM768,
                                    NamedGroup::SecP384r1MLKEM1024, NamedGroup::x25519,
                                    NamedGroup::secp256r1,          NamedGroup::secp384r1};

/// What the caller asked for beside the settings proper.
struct Choices {
  std::optional<std::vector<NamedGroup>> groups;
  std::optional<std::vector<NamedGroup>> key_shares;
  std::optional<std::vector<CipherSuiteId>> cipher_suites;
  std::optional<TrustStore> trust;
  std::vector<ExternalPsk> external_psks;
};

Result<void> choose_groups(CommonSettings& settings, const Choices& choices) {
  const CryptoProvider& provider = *settings.provider;
  if (!choices.groups) {
    for (const NamedGroup id : kDefaultGroups) {
      if (const KeyExchangeGroup* group = provider.find(id)) settings.groups.push_back(group);
    }
  } else {
    for (const NamedGroup id : *choices.groups) {
      const KeyExchangeGroup* group = provider.find(id);
      if (group == nullptr) return fail(ErrorCode::ConfigInvalid, "the provider lacks a group");
      if (std::ranges::find(settings.groups, group) == settings.groups.end()) {
        settings.groups.push_back(group);
      }
    }
  }
  if (settings.groups.empty()) return fail(ErrorCode::ConfigInvalid, "no key exchange group");
  return {};
}

Result<void> choose_key_shares(handshake::ClientSettings& settings, const Choices& choices) {
  if (!choices.key_shares) return {};
  settings.key_shares.emplace();
  for (const NamedGroup id : *choices.key_shares) {
    const auto group = std::ranges::find(settings.groups, id, &KeyExchangeGroup::id);
    if (group == settings.groups.end()) {
      return fail(ErrorCode::ConfigInvalid, "a key share for a group that is not offered");
    }
    if (std::ranges::find(*settings.key_shares, *group) != settings.key_shares->end()) {
      return fail(ErrorCode::ConfigInvalid, "two key shares for one group");
    }
    settings.key_shares->push_back(*group);
  }
  return {};
}

Result<void> choose_suites(CommonSettings& settings, const Choices& choices) {
  const CryptoProvider& provider = *settings.provider;
  if (!choices.cipher_suites) {
    for (const CipherSuite& suite : provider.cipher_suites) {
      settings.cipher_suites.push_back(&suite);
    }
  } else {
    for (const CipherSuiteId id : *choices.cipher_suites) {
      const CipherSuite* suite = provider.find(id);
      if (suite == nullptr) return fail(ErrorCode::ConfigInvalid, "the provider lacks a suite");
      if (std::ranges::find(settings.cipher_suites, suite) == settings.cipher_suites.end()) {
        settings.cipher_suites.push_back(suite);
      }
    }
  }
  if (settings.cipher_suites.empty()) return fail(ErrorCode::ConfigInvalid, "no cipher suite");
  return {};
}

const HashAlgorithm* find_hash(const CryptoProvider& provider, PskHash hash) {
  const std::size_t size = hash == PskHash::Sha256 ? 32 : 48;
  for (const CipherSuite& suite : provider.cipher_suites) {
    if (suite.hash->digest_size == size) return suite.hash;
  }
  return nullptr;
}

/// Every external PSK for every hash of the suites.
Result<void> import_psks(CommonSettings& settings, const Choices& choices) {
  for (const ExternalPsk& psk : choices.external_psks) {
    const HashAlgorithm* source = find_hash(*settings.provider, psk.hash);
    if (source == nullptr) return fail(ErrorCode::ConfigInvalid, "the provider lacks a PSK's hash");
    std::vector<const HashAlgorithm*> targets;
    for (const CipherSuite* suite : settings.cipher_suites) {
      if (std::ranges::find(targets, suite->hash) != targets.end()) continue;
      targets.push_back(suite->hash);
      auto imported = state::import_psk(psk, *source, *suite->hash);
      if (!imported) return propagate(imported);
      settings.external_psks.push_back(
          std::make_shared<const state::ImportedPsk>(std::move(*imported)));
    }
  }
  return {};
}

Result<void> check_protocols(const CommonSettings& settings) {
  for (const std::string& name : settings.application_protocols) {
    if (name.empty() || name.size() > 255) {
      return fail(ErrorCode::ConfigInvalid, "an application protocol has 1 to 255 octets");
    }
  }
  return {};
}

/// The digest sessions are bound to: whatever decides whom we accept, and how.
void seal_context(CommonSettings& settings, std::string_view role, std::uint8_t client_auth) {
  ByteVector all;
  wire::Writer writer(all);
  writer.vector8(as_bytes(role));
  writer.u8(client_auth);
  writer.vector16(settings.verifier ? settings.verifier->fingerprint() : ByteVector());
  for (const SignatureScheme scheme : settings.signature_schemes) writer.code(scheme);
  writer.u16(0);
  for (const KeyExchangeGroup* group : settings.groups) writer.code(group->id());
  writer.u16(0);
  for (const CipherSuite* suite : settings.cipher_suites) writer.code(suite->id);
  writer.u16(0);
  for (const auto& psk : settings.external_psks) writer.vector16(psk->identity);
  settings.context = to_vector(hash(*settings.provider->sha256, all));
}

Result<void> finish_common(CommonSettings& settings, const Choices& choices) {
  const CryptoProvider& provider = *settings.provider;
  if (!provider.random || !provider.keys || provider.sha256 == nullptr) {
    return fail(ErrorCode::ConfigInvalid, "the provider is incomplete");
  }
  if (auto r = choose_groups(settings, choices); !r) return r;
  if (auto r = choose_suites(settings, choices); !r) return r;
  if (auto r = import_psks(settings, choices); !r) return r;
  if (auto r = check_protocols(settings); !r) return r;
  if (settings.max_records_per_key && *settings.max_records_per_key < 4) {
    return fail(ErrorCode::ConfigInvalid, "max_records_per_key must be at least 4");
  }
  if (settings.verifier) {
    const auto schemes = settings.verifier->schemes();
    settings.signature_schemes.assign(schemes.begin(), schemes.end());
  } else {
    settings.signature_schemes = provider.signature_schemes;
  }
  return {};
}

}  // namespace

struct ClientConfigBuilder::State {
  handshake::ClientSettings settings;
  Choices choices;
};

struct ServerConfigBuilder::State {
  handshake::ServerSettings settings;
  Choices choices;
  std::optional<ClientAuth> client_auth;
  bool ticketer_given = false;
};

ClientConfigBuilder ClientConfig::builder(std::shared_ptr<const CryptoProvider> provider) {
  return ClientConfigBuilder(std::move(provider));
}
ServerConfigBuilder ServerConfig::builder(std::shared_ptr<const CryptoProvider> provider) {
  return ServerConfigBuilder(std::move(provider));
}

ClientConfigBuilder::ClientConfigBuilder(std::shared_ptr<const CryptoProvider> provider)
    : state_(std::make_unique<State>()) {
  state_->settings.provider = std::move(provider);
}
ClientConfigBuilder::ClientConfigBuilder(ClientConfigBuilder&&) noexcept = default;
ClientConfigBuilder& ClientConfigBuilder::operator=(ClientConfigBuilder&&) noexcept = default;
ClientConfigBuilder::~ClientConfigBuilder() = default;

ClientConfigBuilder& ClientConfigBuilder::trust(TrustStore trust) {
  state_->choices.trust = std::move(trust);
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::identity(Identity identity) {
  state_->settings.identities.push_back(std::move(identity));
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::application_protocols(std::vector<std::string> names) {
  state_->settings.application_protocols = std::move(names);
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::groups(std::vector<NamedGroup> groups) {
  state_->choices.groups = std::move(groups);
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::key_shares(std::vector<NamedGroup> groups) {
  state_->choices.key_shares = std::move(groups);
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::request_ocsp_response(bool on) {
  state_->settings.request_ocsp_response = on;
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::request_certificate_timestamps(bool on) {
  state_->settings.request_certificate_timestamps = on;
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::cipher_suites(std::vector<CipherSuiteId> suites) {
  state_->choices.cipher_suites = std::move(suites);
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::session_store(std::shared_ptr<ClientSessionStore> store) {
  state_->settings.store = std::move(store);
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::early_data(bool on) {
  state_->settings.early_data = on;
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::external_psk(ExternalPsk psk) {
  state_->choices.external_psks.push_back(std::move(psk));
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::key_log(std::shared_ptr<KeyLog> key_log) {
  state_->settings.key_log = std::move(key_log);
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::max_records_per_key(std::uint64_t records) {
  state_->settings.max_records_per_key = records;
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::suspend_on(std::vector<RequestKind> kinds) {
  state_->settings.suspend_on = std::move(kinds);
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::Dangerous::verifier(
    std::shared_ptr<const CertificateVerifier> verifier) {
  builder_->state_->settings.verifier = std::move(verifier);
  return *builder_;
}

Result<std::shared_ptr<const ClientConfig>> ClientConfigBuilder::build() {
  auto settings = std::make_shared<handshake::ClientSettings>(state_->settings);
  if (!settings->provider) return fail(ErrorCode::ConfigInvalid, "no crypto provider");
  const bool psk_only = !state_->choices.trust && !state_->choices.external_psks.empty();
  if (!settings->verifier && !psk_only) {
    if (!state_->choices.trust) {
      auto system = TrustStore::system();
      if (!system) return propagate(system);
      state_->choices.trust = std::move(*system);
    }
    settings->verifier = make_x509_verifier(*state_->choices.trust, settings->provider->keys);
  }
  if (auto r = finish_common(*settings, state_->choices); !r) return propagate(r);
  if (auto r = choose_key_shares(*settings, state_->choices); !r) return propagate(r);
  seal_context(*settings, "client", 0);
  return std::shared_ptr<const ClientConfig>(new ClientConfig(std::move(settings)));
}

ServerConfigBuilder::ServerConfigBuilder(std::shared_ptr<const CryptoProvider> provider)
    : state_(std::make_unique<State>()) {
  state_->settings.provider = std::move(provider);
}
ServerConfigBuilder::ServerConfigBuilder(ServerConfigBuilder&&) noexcept = default;
ServerConfigBuilder& ServerConfigBuilder::operator=(ServerConfigBuilder&&) noexcept = default;
ServerConfigBuilder::~ServerConfigBuilder() = default;

ServerConfigBuilder& ServerConfigBuilder::identity(Identity identity) {
  state_->settings.identities.push_back(std::move(identity));
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::trust(TrustStore trust) {
  state_->choices.trust = std::move(trust);
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::client_auth(ClientAuth mode) {
  state_->client_auth = mode;
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::application_protocols(std::vector<std::string> names) {
  state_->settings.application_protocols = std::move(names);
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::groups(std::vector<NamedGroup> groups) {
  state_->choices.groups = std::move(groups);
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::cipher_suites(std::vector<CipherSuiteId> suites) {
  state_->choices.cipher_suites = std::move(suites);
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::ticketer(std::shared_ptr<Ticketer> ticketer) {
  state_->settings.ticketer = std::move(ticketer);
  state_->ticketer_given = true;
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::ticket_count(unsigned after_full,
                                                       unsigned after_resumed) {
  state_->settings.tickets_after_full = after_full;
  state_->settings.tickets_after_resumed = after_resumed;
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::ticket_lifetime(std::chrono::seconds lifetime) {
  state_->settings.ticket_lifetime = lifetime;
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::early_data(EarlyDataOptions options) {
  state_->settings.early_data = std::move(options);
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::external_psk(ExternalPsk psk) {
  state_->choices.external_psks.push_back(std::move(psk));
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::key_log(std::shared_ptr<KeyLog> key_log) {
  state_->settings.key_log = std::move(key_log);
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::max_records_per_key(std::uint64_t records) {
  state_->settings.max_records_per_key = records;
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::suspend_on(std::vector<RequestKind> kinds) {
  state_->settings.suspend_on = std::move(kinds);
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::Dangerous::verifier(
    std::shared_ptr<const CertificateVerifier> verifier) {
  builder_->state_->settings.verifier = std::move(verifier);
  return *builder_;
}

Result<std::shared_ptr<const ServerConfig>> ServerConfigBuilder::build() {
  auto settings = std::make_shared<handshake::ServerSettings>(state_->settings);
  if (!settings->provider) return fail(ErrorCode::ConfigInvalid, "no crypto provider");
  if (settings->identities.empty() && state_->choices.external_psks.empty()) {
    return fail(ErrorCode::ConfigInvalid, "a server needs an identity");
  }
  if (settings->early_data && !settings->early_data->replay) {
    return fail(ErrorCode::ConfigInvalid, "early data needs a replay register");
  }
  if (settings->ticket_lifetime.count() < 0 || settings->ticket_lifetime > kMaxTicketLifetime) {
    return fail(ErrorCode::ConfigInvalid, "a ticket lives at most seven days");
  }
  if (!settings->verifier && state_->choices.trust) {
    settings->verifier = make_x509_verifier(*state_->choices.trust, settings->provider->keys);
  }
  settings->client_auth = state_->client_auth.value_or(
      settings->verifier ? ClientAuth::Required : ClientAuth::None);
  if (settings->client_auth != ClientAuth::None && !settings->verifier) {
    return fail(ErrorCode::ConfigInvalid, "client authentication needs a trust store");
  }
  if (auto r = finish_common(*settings, state_->choices); !r) return propagate(r);
  if (!state_->ticketer_given) {
    auto ticketer = make_ticketer(settings->provider);
    if (!ticketer) return propagate(ticketer);
    settings->ticketer = std::move(*ticketer);
  }
  seal_context(*settings, "server", static_cast<std::uint8_t>(settings->client_auth));
  return std::shared_ptr<const ServerConfig>(new ServerConfig(std::move(settings)));
}

}  // namespace nautilus::inline v0
