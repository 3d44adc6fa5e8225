// The server's states (RFC 9846 §A.2). Each holds exactly what later states need.
//
//   ExpectClientHello --(HelloRetryRequest)--> ExpectSecondClientHello
//     | AwaitingTicket (as often as sessions are offered and refused)
//     | AwaitingReplayVerdict (only with early data)
//     | AwaitingIdentity (full handshake only)
//     | AwaitingKeyExchange      -> ServerHello, EncryptedExtensions, CertificateRequest,
//     Certificate | AwaitingSignature        -> CertificateVerify, Finished
//   ExpectEndOfEarlyData (only if early data was accepted)
//   ExpectCertificate (if a certificate was asked for)
//     | AwaitingCertificateVerdict
//   ExpectCertificateVerify
//   ExpectFinished -> Connected
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "handshake/identities.hpp"
#include "handshake/machine.hpp"
#include "handshake/output.hpp"
#include "handshake/proofs.hpp"
#include "handshake/settings.hpp"
#include "session/server_session.hpp"
#include "state/key_schedule.hpp"
#include "state/transcript.hpp"
#include "wire/certificate.hpp"
#include "wire/client_hello.hpp"
#include "wire/small_messages.hpp"

namespace nautilus::inline v0::handshake::server {

struct ExpectClientHello;
struct ExpectSecondClientHello;
struct AwaitingTicket;
struct AwaitingReplayVerdict;
struct AwaitingIdentity;
struct AwaitingKeyExchange;
struct AwaitingSignature;
struct ExpectEndOfEarlyData;
struct ExpectCertificate;
struct AwaitingCertificateVerdict;
struct ExpectCertificateVerify;
struct ExpectFinished;
struct Connected;

using State =
    std::variant<Dead, Box<ExpectClientHello>, Box<ExpectSecondClientHello>, Box<AwaitingTicket>,
                 Box<AwaitingReplayVerdict>, Box<AwaitingIdentity>, Box<AwaitingKeyExchange>,
                 Box<AwaitingSignature>, Box<ExpectEndOfEarlyData>, Box<ExpectCertificate>,
                 Box<AwaitingCertificateVerdict>, Box<ExpectCertificateVerify>, Box<ExpectFinished>,
                 Box<Connected>>;

/// Sessions of one hello that are looked at. Without this limit one message could order dozens of
/// look-ups.
inline constexpr std::size_t kMaxPskExamined = 4;

/// What was agreed on from the ClientHello. The hello itself is kept while requests about it are
/// open.
struct Negotiation {
  const ServerSettings* settings;
  ByteVector client_hello;  ///< encoded, owned
  wire::HelloRandom client_random{};
  state::Transcript transcript;  ///< through what precedes this ClientHello
  const CipherSuite* suite = nullptr;
  const KeyExchangeGroup* group = nullptr;
  std::string server_name;
  std::string application_protocol;
  bool retried = false;
  Staples staples;
  std::optional<std::uint16_t> record_size_limit;  ///< the client's
  std::optional<wire::TicketCounts> ticket_request;
  /// psk_dhe_ke is among the client's modes, so tickets are of use to it (RFC 9846 §4.3.9).
  bool wants_tickets = false;
  HandshakeAligned aligned;
};

/// A PSK the client offered and we accepted: a session, or an external PSK.
struct ChosenPsk {
  std::optional<session::ServerSession> session;
  std::shared_ptr<const state::ImportedPsk> imported;
  std::uint16_t index;
  SessionAccepted accepted;

  [[nodiscard]] ByteView key() const noexcept {
    return session ? session->psk.expose() : imported->key.expose();
  }
};

/// After ServerHello.
struct Keys {
  const ServerSettings* settings;
  const CipherSuite* suite;
  wire::HelloRandom client_random{};
  state::Transcript transcript;
  state::HandshakeSecret handshake_secret;
  crypto::HashSecret client_handshake_traffic_secret;
  crypto::HashSecret server_handshake_traffic_secret;
  std::optional<HandshakeAligned> aligned;
  Staples staples;
  std::optional<std::uint16_t> record_size_limit;
  unsigned tickets = 0;
  bool tickets_asked = false;  ///< the client named a number, and hears ours
  bool early_data = false;     ///< accepted: EndOfEarlyData comes first
};

/// After our Finished: what the client's flight is checked against.
struct Flight2 {
  const ServerSettings* settings;
  const CipherSuite* suite;
  state::Transcript transcript;
  state::MainSecret main_secret;
  crypto::HashSecret client_handshake_traffic_secret;
  ApplicationTraffic traffic;
  unsigned tickets = 0;
  bool certificate_requested = false;
  bool limit_known = false;  ///< the client knows our record_size_limit
};

/// How the client proved itself.
struct CertificateProof {
  PeerVerified peer;
  SignatureVerified signature;
};
/// The config does not demand a certificate, and none came.
struct NoCertificate {};
using ClientProof = std::variant<NoCertificate, CertificateProof, SessionAccepted>;

struct ExpectClientHello {
  const ServerSettings* settings;

  Result<State> on(Incoming<wire::ClientHello> hello, Context& cx) &&;
};

struct ExpectSecondClientHello {
  const ServerSettings* settings;
  state::Transcript transcript;
  const CipherSuite* suite;
  const KeyExchangeGroup* group;
  wire::HelloRandom client_random{};
  ByteVector session_id;

  Result<State> on(Incoming<wire::ClientHello> hello, Context& cx) &&;
};

struct AwaitingTicket {
  Negotiation negotiation;
  std::size_t index;
  Request request;

  Result<State> on(Result<std::optional<SecretBytes>> answer, Context& cx) &&;
};

struct AwaitingReplayVerdict {
  Negotiation negotiation;
  ChosenPsk psk;
  Request request;

  Result<State> on(Result<ReplayVerdict> answer, Context& cx) &&;
};

struct AwaitingIdentity {
  Negotiation negotiation;
  Request request;

  Result<State> on(Result<std::optional<Identity>> answer, Context& cx) &&;
};

struct AwaitingKeyExchange {
  Negotiation negotiation;
  std::optional<Identity> identity;
  std::optional<ChosenPsk> psk;
  Request request;

  Result<State> on(Result<KeyExchangeResult> answer, Context& cx) &&;
};

struct AwaitingSignature {
  Keys keys;
  SignatureScheme scheme;
  bool certificate_requested;
  Request request;

  Result<State> on(Result<ByteVector> answer, Context& cx) &&;
};

struct ExpectEndOfEarlyData {
  Flight2 flight;
  ClientProof proof;

  Result<State> on(Incoming<wire::EndOfEarlyData> message, Context& cx) &&;
};

struct ExpectCertificate {
  Flight2 flight;

  Result<State> on(Incoming<wire::Certificate> message, Context& cx) &&;
};

struct AwaitingCertificateVerdict {
  Flight2 flight;
  Request request;

  Result<State> on(Result<CertificateVerdict> answer, Context& cx) &&;
};

struct ExpectCertificateVerify {
  Flight2 flight;
  PeerVerified peer;

  Result<State> on(Incoming<wire::CertificateVerify> message, Context& cx) &&;
};

struct ExpectFinished {
  Flight2 flight;
  ClientProof proof;

  Result<State> on(Incoming<wire::Finished> message, Context& cx) &&;
};

struct Connected {
  /// The proofs are the only way in.
  Connected(ApplicationTraffic traffic, const ClientProof& proof,
            FinishedVerified finished) noexcept;

  ApplicationTraffic traffic;

  Result<State> on(Incoming<wire::KeyUpdate> message, Context& cx) &&;
};

/// Octets of refused early data that are read past: what a client with one of our tickets may send,
/// and no less than what one with somebody else's usually may.
[[nodiscard]] inline std::size_t skipped_early_data(const ServerSettings& settings) noexcept {
  constexpr std::size_t kUsual = 16384;
  return settings.early_data ? std::max<std::size_t>(settings.early_data->max_size, kUsual)
                             : kUsual;
}

/// Goes on with an offered session at `index`, or with a full handshake when there is none left.
[[nodiscard]] Result<State> consider_sessions(Negotiation negotiation, std::size_t index,
                                              Context& cx);
/// Asks for the server's share.
[[nodiscard]] Result<State> exchange_keys(Negotiation negotiation, std::optional<Identity> identity,
                                          std::optional<ChosenPsk> psk);
/// Opens the client's flight, within our record_size_limit if the client has heard of it.
[[nodiscard]] Result<void> install_handshake_receive(const ServerSettings& settings,
                                                     bool limit_known, const CipherSuite& suite,
                                                     const crypto::HashSecret& secret,
                                                     HandshakeAligned aligned, Context& cx);
/// Sends Finished, installs the keys and waits for the client's flight.
[[nodiscard]] Result<State> finish_flight(Keys keys, ClientProof proof, bool certificate_requested,
                                          Context& cx);
/// Seals and sends session tickets (RFC 9846 §4.7.1).
[[nodiscard]] Result<void> send_tickets(const ServerSettings& settings, unsigned count,
                                        const CipherSuite& suite, const state::LabelScheme& labels,
                                        const crypto::HashSecret& resumption_secret, Context& cx);

}  // namespace nautilus::inline v0::handshake::server
