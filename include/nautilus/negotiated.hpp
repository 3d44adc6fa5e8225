#pragma once

#include <optional>
#include <string>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/codepoints.hpp>
#include <nautilus/peer_identity.hpp>

namespace nautilus::inline v0 {

/// What became of early data (0-RTT, RFC 9846 §2.3).
enum class EarlyDataState : std::uint8_t {
  None,      ///< not offered
  Offered,   ///< by a client, and not answered yet
  Accepted,  ///< what was written early counts
  Rejected,  ///< what was written early is lost; nothing is sent again by itself
};

/// The plain facts of a connection, complete once the handshake is done.
struct Negotiated {
  CipherSuiteId cipher_suite{};
  NamedGroup group{};
  /// The scheme the peer's CertificateVerify used; nothing when it sent none (resumption, or a
  /// client without a certificate).
  std::optional<SignatureScheme> peer_signature;
  /// The scheme of our own CertificateVerify.
  std::optional<SignatureScheme> own_signature;
  /// The server name the client asked for, empty if it sent none.
  std::string server_name;
  /// The application protocol (ALPN), empty if none was negotiated.
  std::string application_protocol;
  bool resumed = false;
  bool hello_retry_request = false;
  EarlyDataState early_data = EarlyDataState::None;
  /// Octets a client may write early, once offered.
  std::uint32_t early_data_limit = 0;
  /// A server's, when it resumes a session by a ticket: by how much the client's idea of the
  /// ticket's age exceeds ours. Early data is refused beyond `EarlyDataOptions::window`.
  std::optional<std::chrono::milliseconds> ticket_age_skew;
  /// Who the peer proved to be: in this handshake, or in the one it resumes.
  PeerIdentity peer;
  /// When that proof was made.
  TimePoint authenticated_at;
  /// What the peer stapled to its certificate in this handshake, if it was asked to.
  ByteVector ocsp_response;
  ByteVector certificate_timestamps;
};

}  // namespace nautilus::inline v0
