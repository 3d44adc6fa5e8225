#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nautilus/codepoints.hpp>
#include <nautilus/crypto/provider.hpp>
#include <nautilus/export.hpp>
#include <nautilus/external_psk.hpp>
#include <nautilus/key_log.hpp>
#include <nautilus/pki/identity.hpp>
#include <nautilus/pki/trust_store.hpp>
#include <nautilus/pki/verifier.hpp>
#include <nautilus/policy.hpp>
#include <nautilus/providers/default.hpp>
#include <nautilus/request.hpp>
#include <nautilus/result.hpp>
#include <nautilus/session/replay.hpp>
#include <nautilus/session/store.hpp>
#include <nautilus/session/ticketer.hpp>

namespace nautilus::inline v0 {

namespace handshake {
struct ClientSettings;
struct ServerSettings;
}  // namespace handshake

class ClientConfigBuilder;
class ServerConfigBuilder;

/// A client's immutable configuration, shared by any number of connections and threads. Made by
/// `ClientConfig::builder()`.
class NAUTILUS_API ClientConfig {
 public:
  /// Safe without any further call: the system's trust store, the `modern` preferences, no
  /// identity.
  [[nodiscard]] static ClientConfigBuilder builder(
      std::shared_ptr<const CryptoProvider> provider = default_provider());
  [[nodiscard]] const handshake::ClientSettings& settings() const noexcept { return *settings_; }

 private:
  friend class ClientConfigBuilder;
  explicit ClientConfig(std::shared_ptr<const handshake::ClientSettings> settings) noexcept
      : settings_(std::move(settings)) {}
  std::shared_ptr<const handshake::ClientSettings> settings_;
};

/// A server's immutable configuration, likewise.
class NAUTILUS_API ServerConfig {
 public:
  [[nodiscard]] static ServerConfigBuilder builder(
      std::shared_ptr<const CryptoProvider> provider = default_provider());
  [[nodiscard]] const handshake::ServerSettings& settings() const noexcept { return *settings_; }

 private:
  friend class ServerConfigBuilder;
  explicit ServerConfig(std::shared_ptr<const handshake::ServerSettings> settings) noexcept
      : settings_(std::move(settings)) {}
  std::shared_ptr<const handshake::ServerSettings> settings_;
};

/// Setters return the builder; `build()` judges everything at once and fails with `ConfigInvalid`
/// (or the failing part's own error).
class NAUTILUS_API ClientConfigBuilder {
 public:
  explicit ClientConfigBuilder(std::shared_ptr<const CryptoProvider> provider);
  ClientConfigBuilder(ClientConfigBuilder&&) noexcept;
  ClientConfigBuilder& operator=(ClientConfigBuilder&&) noexcept;
  ~ClientConfigBuilder();

  /// Anchors for server certificates. Without this call the system's store is used.
  ClientConfigBuilder& trust(TrustStore trust);
  /// What to present when the server asks for a certificate. With several, the first that fits the
  /// server's signature algorithms best; an issuer among its certificate_authorities is preferred.
  ClientConfigBuilder& identity(Identity identity);
  /// Application protocols, best first; a server that picks another is refused.
  ClientConfigBuilder& application_protocols(std::vector<std::string> names);
  /// Groups to offer, best first; shares go out for the first, and its classical component.
  ClientConfigBuilder& groups(std::vector<NamedGroup> groups);
  /// Groups to send shares for in the first ClientHello, a subset of `groups` in any order; none
  /// asks the server for HelloRetryRequest. Without this call: the best group and its classical
  /// component, and what the server wanted last time.
  ClientConfigBuilder& key_shares(std::vector<NamedGroup> groups);
  /// Asks the server to staple an OCSP response (RFC 6066 §8), or certificate timestamps (RFC
  /// 6962), for the verifier to judge; found in `Negotiated` too. The standard verifier does not
  /// judge them.
  ClientConfigBuilder& request_ocsp_response(bool on = true);
  ClientConfigBuilder& request_certificate_timestamps(bool on = true);
  ClientConfigBuilder& cipher_suites(std::vector<CipherSuiteId> suites);
  /// Where sessions are kept for resumption. Without this call nothing is resumed.
  ClientConfigBuilder& session_store(std::shared_ptr<ClientSessionStore> store);
  /// Lets connections that resume a session offer early data (`Connection::write_early`) where the
  /// server's ticket allows it. Off by default: early data has no forward secrecy and can be
  /// replayed.
  ClientConfigBuilder& early_data(bool on = true);
  /// A pre-shared key from outside TLS, for servers that know it. May be repeated; best first.
  /// Without `trust()` (or a verifier) it is the only way in, and a server's certificate is
  /// refused.
  ClientConfigBuilder& external_psk(ExternalPsk psk);
  /// The named set of algorithms to stay within; `Policy::Modern` without this call.
  ClientConfigBuilder& policy(Policy policy);
  /// Octets of content and padding per record we ask the peer not to exceed, plus one for the type
  /// (RFC 8449): 64 to 16385. Without this call nothing is asked for.
  ClientConfigBuilder& record_size_limit(std::uint16_t limit);
  /// Octets of content we put into one record, 1 to 16384 (the default); the peer's own limit
  /// counts as well.
  ClientConfigBuilder& max_record_content(std::size_t size);
  /// Pads the content of protected records with zeros to a multiple of `block` octets, so that
  /// their length says less (RFC 9846 §5.4). 1, the default, pads nothing.
  ClientConfigBuilder& pad_records(std::size_t block);
  /// Puts reserved values where servers must ignore them (RFC 8701). On by default.
  ClientConfigBuilder& grease(bool on);
  /// How many tickets we would like after a full handshake and after a resumed one (RFC 9149).
  ClientConfigBuilder& ticket_request(unsigned after_full, unsigned after_resumed);
  ClientConfigBuilder& key_log(std::shared_ptr<KeyLog> key_log);
  /// Records sealed under one key before it is replaced automatically; capped by the AEAD's limit.
  ClientConfigBuilder& max_records_per_key(std::uint64_t records);
  /// Requests of these kinds always suspend, even if the library could answer at once: the
  /// application runs them elsewhere, or lets `Connection::resume(id)` do it later.
  ClientConfigBuilder& suspend_on(std::vector<RequestKind> kinds);

  /// Choices that can undo authentication. The name is meant to be seen in review.
  class Dangerous {
   public:
    /// Replaces certificate verification altogether.
    ClientConfigBuilder& verifier(std::shared_ptr<const CertificateVerifier> verifier);

   private:
    friend class ClientConfigBuilder;
    explicit Dangerous(ClientConfigBuilder& builder) noexcept : builder_(&builder) {}
    ClientConfigBuilder* builder_;
  };
  [[nodiscard]] Dangerous dangerous() noexcept { return Dangerous(*this); }

  [[nodiscard]] Result<std::shared_ptr<const ClientConfig>> build();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// As `ClientConfigBuilder`.
class NAUTILUS_API ServerConfigBuilder {
 public:
  explicit ServerConfigBuilder(std::shared_ptr<const CryptoProvider> provider);
  ServerConfigBuilder(ServerConfigBuilder&&) noexcept;
  ServerConfigBuilder& operator=(ServerConfigBuilder&&) noexcept;
  ~ServerConfigBuilder();

  /// At least one is required unless there is an external PSK. With several, each connection gets
  /// the first that fits the client's name and signature algorithms.
  ServerConfigBuilder& identity(Identity identity);
  /// Anchors for client certificates; needed for `ClientAuth::Optional` and `Required`.
  ServerConfigBuilder& trust(TrustStore trust);
  /// `Required` once `trust()` was called, else `None`.
  ServerConfigBuilder& client_auth(ClientAuth mode);
  /// Asks clients, where they are asked for a certificate, to staple an OCSP response or
  /// certificate timestamps to it; as `ClientConfigBuilder::request_ocsp_response`.
  ServerConfigBuilder& request_ocsp_response(bool on = true);
  ServerConfigBuilder& request_certificate_timestamps(bool on = true);
  /// Supported application protocols, best first. A client that offers only others is refused; one
  /// that offers none is accepted.
  ServerConfigBuilder& application_protocols(std::vector<std::string> names);
  ServerConfigBuilder& groups(std::vector<NamedGroup> groups);
  ServerConfigBuilder& cipher_suites(std::vector<CipherSuiteId> suites);
  /// Seals session tickets. Without this call the config makes its own; `nullptr` turns tickets
  /// off.
  ServerConfigBuilder& ticketer(std::shared_ptr<Ticketer> ticketer);
  /// Tickets sent after a full handshake (default 2) and after a resumed one (default 1).
  ServerConfigBuilder& ticket_count(unsigned after_full, unsigned after_resumed);
  /// At most seven days (RFC 9846 §4.7.1); default one day.
  ServerConfigBuilder& ticket_lifetime(std::chrono::seconds lifetime);
  /// Takes early data under our own tickets, within these bounds. Off by default.
  ServerConfigBuilder& early_data(EarlyDataOptions options);
  /// A pre-shared key from outside TLS. May be repeated. With one, no identity is required: clients
  /// without the key are then refused.
  ServerConfigBuilder& external_psk(ExternalPsk psk);
  /// The named set of algorithms to stay within; `Policy::Modern` without this call.
  ServerConfigBuilder& policy(Policy policy);
  /// Octets of content and padding per record we ask the peer not to exceed, plus one for the type
  /// (RFC 8449): 64 to 16385. Without this call nothing is asked for.
  ServerConfigBuilder& record_size_limit(std::uint16_t limit);
  /// Octets of content we put into one record, 1 to 16384 (the default); the peer's own limit
  /// counts as well.
  ServerConfigBuilder& max_record_content(std::size_t size);
  /// Pads the content of protected records with zeros to a multiple of `block` octets, so that
  /// their length says less (RFC 9846 §5.4). 1, the default, pads nothing.
  ServerConfigBuilder& pad_records(std::size_t block);
  /// Puts reserved values into what clients must ignore (RFC 8701). Off by default.
  ServerConfigBuilder& grease(bool on);
  ServerConfigBuilder& key_log(std::shared_ptr<KeyLog> key_log);
  ServerConfigBuilder& max_records_per_key(std::uint64_t records);
  ServerConfigBuilder& suspend_on(std::vector<RequestKind> kinds);

  class Dangerous {
   public:
    ServerConfigBuilder& verifier(std::shared_ptr<const CertificateVerifier> verifier);

   private:
    friend class ServerConfigBuilder;
    explicit Dangerous(ServerConfigBuilder& builder) noexcept : builder_(&builder) {}
    ServerConfigBuilder* builder_;
  };
  [[nodiscard]] Dangerous dangerous() noexcept { return Dangerous(*this); }

  [[nodiscard]] Result<std::shared_ptr<const ServerConfig>> build();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nautilus::inline v0
