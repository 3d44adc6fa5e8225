// The client's states (RFC 9846 §A.1). Each holds exactly what later states need; a handler takes
// one message, consumes its state and returns the next.
//
//   start() -> ExpectServerHello <-> HelloRetryRequest (once)
//                | AwaitingKeyExchange
//              ExpectEncryptedExtensions
//                |                     \ certificate
//                | PSK                  ExpectCertificateOrRequest -> ExpectCertificate
//                |                       | AwaitingCertificateVerdict
//                |                      ExpectCertificateVerify
//              ExpectFinished <--------/
//                | AwaitingIdentity, AwaitingSignature (if the server asked for our certificate)
//              Connected
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nautilus/server_name.hpp>

#include "handshake/grease.hpp"
#include "handshake/identities.hpp"
#include "handshake/machine.hpp"
#include "handshake/output.hpp"
#include "handshake/proofs.hpp"
#include "handshake/settings.hpp"
#include "state/key_schedule.hpp"
#include "state/transcript.hpp"
#include "wire/certificate.hpp"
#include "wire/client_hello.hpp"
#include "wire/encrypted_extensions.hpp"
#include "wire/server_hello.hpp"
#include "wire/small_messages.hpp"

namespace nautilus::inline v0::handshake::client {

struct ExpectServerHello;
struct AwaitingKeyExchange;
struct ExpectEncryptedExtensions;
struct ExpectCertificateOrRequest;
struct ExpectCertificate;
struct AwaitingCertificateVerdict;
struct ExpectCertificateVerify;
struct ExpectFinished;
struct AwaitingIdentity;
struct AwaitingSignature;
struct Connected;

using State = std::variant<Dead, Box<ExpectServerHello>, Box<AwaitingKeyExchange>,
                           Box<ExpectEncryptedExtensions>, Box<ExpectCertificateOrRequest>,
                           Box<ExpectCertificate>, Box<AwaitingCertificateVerdict>,
                           Box<ExpectCertificateVerify>, Box<ExpectFinished>, Box<AwaitingIdentity>,
                           Box<AwaitingSignature>, Box<Connected>>;

/// A PSK put forward in a ClientHello: a session, or an external PSK.
struct OfferedPsk {
  const HashAlgorithm* hash;
  std::optional<ClientSession> session;
  const CipherSuite* suite = nullptr;  ///< the session's
  std::shared_ptr<const state::ImportedPsk> imported;

  [[nodiscard]] state::PskKind kind() const noexcept {
    return session ? state::PskKind::Resumption : state::PskKind::Imported;
  }
  [[nodiscard]] ByteView key() const noexcept {
    return session ? session->psk.expose() : imported->key.expose();
  }
  [[nodiscard]] ByteView identity() const noexcept {
    return session ? ByteView(session->ticket) : ByteView(imported->identity);
  }
};

/// One ClientHello and everything an answer to it is matched against.
struct Offer {
  wire::ClientHelloFields hello;
  state::Transcript transcript;
  std::vector<std::unique_ptr<ActiveKeyExchange>> shares;
  std::vector<const KeyExchangeGroup*> share_groups;  ///< parallel to `shares`
  std::vector<OfferedPsk> psks;
};

/// What the whole handshake needs.
struct Common {
  const ClientSettings* settings;
  std::optional<ServerName> server_name;
  std::string store_key;
  wire::HelloRandom client_random{};
  /// A change_cipher_spec went out already (RFC 9846 §D.4: one is enough).
  bool compatibility_sent = false;
  std::optional<Grease> grease;
};

/// After ServerHello: the keys and the running transcript.
struct Keys {
  const CipherSuite* suite;
  state::Transcript transcript;
  state::HandshakeSecret handshake_secret;
  crypto::HashSecret client_handshake_traffic_secret;
  crypto::HashSecret server_handshake_traffic_secret;
};

/// How the server proved itself.
struct CertificateProof {
  PeerVerified peer;
  SignatureVerified signature;
};
using ServerProof = std::variant<CertificateProof, SessionAccepted>;

/// What a server that accepts early data must stick to (RFC 9846 §4.3.10).
struct EarlyDataTerms {
  std::string application_protocol;
  CipherSuiteId cipher_suite;
};

struct ExpectServerHello {
  Common common;
  std::vector<Offer> offers;
  /// Set once a HelloRetryRequest was followed: its suite binds the ServerHello, and a second one
  /// is refused.
  std::optional<CipherSuiteId> retried;
  std::optional<NamedGroup> retried_group;

  Result<State> on(Incoming<wire::ServerHello> hello, Context& cx) &&;
  Result<State> on(Incoming<wire::HelloRetryRequest> retry, Context& cx) &&;
};

struct AwaitingKeyExchange {
  Common common;
  const CipherSuite* suite;
  state::Transcript transcript;
  std::optional<OfferedPsk> psk;
  std::optional<SessionAccepted> accepted;
  std::vector<wire::ExtensionType> offered;
  HandshakeAligned aligned;
  Request request;

  Result<State> on(Result<KeyExchangeResult> answer, Context& cx) &&;
};

struct ExpectEncryptedExtensions {
  Common common;
  Keys keys;
  std::optional<SessionAccepted> accepted;
  std::vector<wire::ExtensionType> offered;
  /// The session's protocol and suite, while the server may still accept early data under them.
  std::optional<EarlyDataTerms> early_data;

  Result<State> on(Incoming<wire::EncryptedExtensions> message, Context& cx) &&;
};

struct ExpectCertificateOrRequest {
  Common common;
  Keys keys;

  Result<State> on(Incoming<wire::CertificateRequest> message, Context& cx) &&;
  Result<State> on(Incoming<wire::Certificate> message, Context& cx) &&;
};

/// What the server's CertificateRequest says.
struct CertificateAsked {
  SelectIdentityRequest identity;
  Staples staples;
};

struct ExpectCertificate {
  Common common;
  Keys keys;
  CertificateAsked requested;

  Result<State> on(Incoming<wire::Certificate> message, Context& cx) &&;
};

struct AwaitingCertificateVerdict {
  Common common;
  Keys keys;
  std::optional<CertificateAsked> requested;
  Request request;

  Result<State> on(Result<CertificateVerdict> answer, Context& cx) &&;
};

struct ExpectCertificateVerify {
  Common common;
  Keys keys;
  std::optional<CertificateAsked> requested;
  PeerVerified peer;

  Result<State> on(Incoming<wire::CertificateVerify> message, Context& cx) &&;
};

struct ExpectFinished {
  Common common;
  Keys keys;
  std::optional<CertificateAsked> requested;
  ServerProof proof;

  Result<State> on(Incoming<wire::Finished> message, Context& cx) &&;
};

/// Everything of the second flight that remains after our CertificateVerify.
struct SecondFlight {
  Common common;
  const CipherSuite* suite;
  state::Transcript transcript;
  state::MainSecret main_secret;
  crypto::HashSecret client_handshake_traffic_secret;
  ApplicationTraffic traffic;
  ServerProof proof;
  FinishedVerified finished;
};

struct AwaitingIdentity {
  SecondFlight flight;
  Request request;
  Staples staples;

  Result<State> on(Result<std::optional<Identity>> answer, Context& cx) &&;
};

struct AwaitingSignature {
  SecondFlight flight;
  SignatureScheme scheme;
  Request request;

  Result<State> on(Result<ByteVector> answer, Context& cx) &&;
};

struct Connected {
  /// The proofs are the only way in.
  Connected(Common common, ApplicationTraffic traffic, crypto::HashSecret resumption_secret,
            const ServerProof& proof, FinishedVerified finished) noexcept;

  const ClientSettings* settings;
  std::string store_key;
  ApplicationTraffic traffic;
  crypto::HashSecret resumption_secret;
  unsigned tickets = 0;

  Result<State> on(Incoming<wire::NewSessionTicket> message, Context& cx) &&;
  Result<State> on(Incoming<wire::KeyUpdate> message, Context& cx) &&;
};

/// Builds and sends the first ClientHello. `target` tells servers apart in the session store.
[[nodiscard]] Result<State> start(const ClientSettings& settings,
                                  std::optional<ServerName> server_name, std::string target,
                                  Context& cx);

/// Encodes the offer's ClientHello, fills the binder in if there is a PSK, adds it to the
/// transcript and sends it.
[[nodiscard]] Result<void> send_client_hello(const Common& common, Offer& offer, Context& cx);

/// Everything after the server's Finished except our certificate: Finished, keys, Connected.
[[nodiscard]] Result<State> finish(SecondFlight flight, Context& cx);

/// The key under which sessions with this target and configuration are stored.
[[nodiscard]] std::string session_store_key(const ClientSettings& settings,
                                            const std::optional<ServerName>& server_name,
                                            std::string_view target);

/// Logs a secret if the application asked for a key log.
void log_secret(const Common& common, std::string_view label,
                const crypto::HashSecret& secret) noexcept;

/// Every extension of an answer must have been asked for (RFC 9846 §4.3): `UnsolicitedExtension`.
[[nodiscard]] Result<void> check_solicited(const wire::ExtensionBlock& answer,
                                           std::span<const wire::ExtensionType> offered);

}  // namespace nautilus::inline v0::handshake::client
