// What a server's ticket carries, and the authentication context that decides whether it may still
// be used: resumption must never widen trust.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/codepoints.hpp>
#include <nautilus/peer_identity.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

namespace nautilus::inline v0::session {

struct ServerSession {
  CipherSuiteId cipher_suite{};
  SecretBytes psk;
  std::uint32_t age_add = 0;
  TimePoint issued_at;
  std::chrono::seconds lifetime{0};
  /// Digest of the accepting configuration: role, policy, client authentication, anchors, verifier.
  ByteVector context;
  std::string server_name;
  std::string application_protocol;
  PeerIdentity peer;
  TimePoint authenticated_at;
  /// 0 where the ticket allows no early data; else the register that must vouch for it.
  std::uint32_t max_early_data_size = 0;
  ByteVector replay_domain;

  [[nodiscard]] SecretBytes encode() const;
  [[nodiscard]] static Result<ServerSession> decode(ByteView encoded);
};

/// Why a session may not be resumed; each means a full handshake, never an error.
enum class Refusal : std::uint8_t {
  None,
  Expired,          ///< ticket past its lifetime, or issued in the future
  IdentityExpired,  ///< the client's certificate has expired since
  OtherContext,     ///< the configuration differs
  OtherServerName,
  NoIdentity,  ///< a client identity is required and the session has none
};

/// What the accepting side demands of a session.
struct Acceptance {
  ByteView context;
  std::string_view server_name;
  bool identity_required = false;
  TimePoint now;
};

[[nodiscard]] Refusal judge(const ServerSession& session, const Acceptance& acceptance) noexcept;

/// The obfuscated age the client reported, made plain (RFC 9846 §4.3.11.1), in milliseconds.
[[nodiscard]] constexpr std::uint32_t ticket_age(std::uint32_t obfuscated,
                                                 std::uint32_t age_add) noexcept {
  return obfuscated - age_add;
}

}  // namespace nautilus::inline v0::session
