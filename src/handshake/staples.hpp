// What stands beside certificates in their message: OCSP responses (RFC 6066 §8) and certificate
// timestamps (RFC 6962), for both roles (RFC 9846 §4.5.1.1).
#pragma once

#include <nautilus/pki/identity.hpp>
#include <nautilus/request.hpp>
#include <nautilus/result.hpp>

#include "wire/certificate.hpp"
#include "wire/extension_block.hpp"

namespace nautilus::inline v0::handshake {

/// What one side asked the other to show.
struct Staples {
  bool ocsp_response = false;
  bool certificate_timestamps = false;
};

/// The extensions of our leaf's entry.
[[nodiscard]] wire::ExtensionList leaf_extensions(const Identity& identity, Staples wanted);

/// A peer's chain, not empty, as the question to ask about it. `UnsolicitedExtension` for an entry
/// that says more than we asked for.
[[nodiscard]] Result<VerifyCertificateRequest> question_about(
    const wire::Certificate& message, PeerRole peer, const std::optional<ServerName>& server_name,
    Staples asked);

}  // namespace nautilus::inline v0::handshake
