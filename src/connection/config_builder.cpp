// The config builders: what they collect; config_checks.cpp judges it.
#include <algorithm>

#include <nautilus/config.hpp>

#include "connection/config_checks.hpp"

namespace nautilus::inline v0 {
using namespace connection;

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
  state_->settings.grease = true;
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
  state_->settings.staples.ocsp_response = on;
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::request_certificate_timestamps(bool on) {
  state_->settings.staples.certificate_timestamps = on;
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
ClientConfigBuilder& ClientConfigBuilder::ticket_request(unsigned after_full,
                                                         unsigned after_resumed) {
  state_->settings.ticket_request =
      handshake::TicketRequest{static_cast<std::uint8_t>(std::min(after_full, 255U)),
                               static_cast<std::uint8_t>(std::min(after_resumed, 255U))};
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
ClientConfigBuilder& ClientConfigBuilder::policy(Policy policy) {
  state_->choices.policy = policy;
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::record_size_limit(std::uint16_t limit) {
  state_->settings.record_size_limit = limit;
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::max_record_content(std::size_t size) {
  state_->settings.max_record_content = size;
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::pad_records(std::size_t block) {
  state_->settings.padding_block = block;
  return *this;
}
ClientConfigBuilder& ClientConfigBuilder::grease(bool on) {
  state_->settings.grease = on;
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
    settings->verifier = make_x509_verifier(*state_->choices.trust, settings->provider->keys,
                                            verifier_options(state_->choices.policy));
    settings->name_required = true;
  }
  if (auto r = finish_common(*settings, state_->choices); !r) return propagate(r);
  if (auto r = choose_key_shares(*settings, state_->choices); !r) return propagate(r);
  seal_context(*settings, "client", state_->choices.policy, 0);
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
ServerConfigBuilder& ServerConfigBuilder::request_ocsp_response(bool on) {
  state_->settings.staples.ocsp_response = on;
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::request_certificate_timestamps(bool on) {
  state_->settings.staples.certificate_timestamps = on;
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
ServerConfigBuilder& ServerConfigBuilder::policy(Policy policy) {
  state_->choices.policy = policy;
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::record_size_limit(std::uint16_t limit) {
  state_->settings.record_size_limit = limit;
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::max_record_content(std::size_t size) {
  state_->settings.max_record_content = size;
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::pad_records(std::size_t block) {
  state_->settings.padding_block = block;
  return *this;
}
ServerConfigBuilder& ServerConfigBuilder::grease(bool on) {
  state_->settings.grease = on;
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
    settings->verifier = make_x509_verifier(*state_->choices.trust, settings->provider->keys,
                                            verifier_options(state_->choices.policy));
  }
  settings->client_auth =
      state_->client_auth.value_or(settings->verifier ? ClientAuth::Required : ClientAuth::None);
  if (settings->client_auth != ClientAuth::None && !settings->verifier) {
    return fail(ErrorCode::ConfigInvalid, "client authentication needs a trust store");
  }
  if (auto r = finish_common(*settings, state_->choices); !r) return propagate(r);
  if (!state_->ticketer_given) {
    auto ticketer = make_ticketer(settings->provider);
    if (!ticketer) return propagate(ticketer);
    settings->ticketer = std::move(*ticketer);
  }
  seal_context(*settings, "server", state_->choices.policy,
               static_cast<std::uint8_t>(settings->client_auth));
  return std::shared_ptr<const ServerConfig>(new ServerConfig(std::move(settings)));
}

}  // namespace nautilus::inline v0
