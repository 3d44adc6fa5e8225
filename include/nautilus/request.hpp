#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nautilus/bytes.hpp>
#include <nautilus/codepoints.hpp>
#include <nautilus/crypto/key_exchange.hpp>
#include <nautilus/pki/identity.hpp>
#include <nautilus/pki/verifier.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>
#include <nautilus/server_name.hpp>
#include <nautilus/session/replay.hpp>

namespace nautilus::inline v0 {

/// Whether a server asks clients for a certificate.
enum class ClientAuth : std::uint8_t { None, Optional, Required };

// The points at which a handshake can wait for somebody else: each is a request with everything the
// answerer needs. The union grows with the library; treat an unknown kind as "let the library do
// it".

/// Which identity to present to the peer. Answer: an `Identity`; nothing lets a client go on
/// without one and ends a server's handshake.
struct SelectIdentityRequest {
  PeerRole peer = PeerRole::Client;  ///< whom it is for
  std::string server_name;           ///< what the client called us; empty if it named nothing
  /// Accepted in CertificateVerify, and in the chain unless `certificate_schemes` says otherwise.
  std::vector<SignatureScheme> signature_schemes;
  std::vector<SignatureScheme> certificate_schemes;  ///< signature_algorithms_cert, if sent
  std::vector<ByteVector> certificate_authorities;   ///< DER names the peer trusts; a hint
  std::vector<std::string> application_protocols;
};

/// Finish a key exchange: for a client `active` completes with the peer's share, for a server
/// `group` responds to it. Answer: a `KeyExchangeResult` (a client's has no share).
struct KeyExchangeRequest {
  std::unique_ptr<ActiveKeyExchange> active;
  bool component = false;  ///< the server chose the hybrid's classical component
  const KeyExchangeGroup* group = nullptr;
  ByteVector peer_share;
};

/// Sign `message` with the identity's key. Answer: the signature.
struct SignRequest {
  Identity identity;
  SignatureScheme scheme;
  ByteVector message;
};

/// Judge the peer's certificates. Answer: a `CertificateVerdict`.
struct VerifyCertificateRequest {
  std::vector<ByteVector> chain;
  PeerRole role;
  std::optional<ServerName> server_name;
  ByteVector ocsp_response;           ///< stapled, possibly empty
  ByteVector certificate_timestamps;  ///< a SignedCertificateTimestampList, possibly empty
};

/// Look a session up by its ticket. Answer: its state, or nothing.
struct OpenTicketRequest {
  ByteVector ticket;
};

/// Was this early data seen before? Answer: a `ReplayVerdict`.
struct CheckReplayRequest {
  ByteVector token;
  std::chrono::milliseconds window;
};

using Request = std::variant<SelectIdentityRequest, KeyExchangeRequest, SignRequest,
                             VerifyCertificateRequest, OpenTicketRequest, CheckReplayRequest>;

/// The alternatives of `Request`, in its order.
enum class RequestKind : std::uint8_t {
  SelectIdentity,
  KeyExchange,
  Sign,
  VerifyCertificate,
  OpenTicket,
  CheckReplay,
};

/// What `Connection::resume` takes: one alternative for each of `Request`, in the same order.
using Answer = std::variant<Result<std::optional<Identity>>, Result<KeyExchangeResult>,
                            Result<ByteVector>, Result<CertificateVerdict>,
                            Result<std::optional<SecretBytes>>, Result<ReplayVerdict>>;
static_assert(std::variant_size_v<Answer> == std::variant_size_v<Request>);

}  // namespace nautilus::inline v0
