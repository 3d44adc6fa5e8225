// Which of our identities to present (RFC 9846 §4.3.3, §4.3.4, §4.5.1.2), for both roles.
#pragma once

#include <optional>
#include <span>

#include <nautilus/pki/identity.hpp>
#include <nautilus/request.hpp>
#include <nautilus/result.hpp>

#include "wire/extension_block.hpp"

namespace nautilus::inline v0::handshake {

/// The identity that suits the peer best: its key can sign with an accepted scheme, then it carries
/// the asked name, then an authority the peer trusts issued it, then the order of the
/// configuration. Without any a server fails with `NoCommonSignatureScheme`, and a client has
/// nothing to show.
[[nodiscard]] Result<std::optional<Identity>> select_identity(std::span<const Identity> identities,
                                                              const SelectIdentityRequest& request);

/// Our best scheme among those the peer accepts in CertificateVerify.
[[nodiscard]] std::optional<SignatureScheme> common_scheme(
    const Identity& identity, std::span<const SignatureScheme> offered) noexcept;

/// What the peer asked to see beside the certificate.
struct Staples {
  bool ocsp_response = false;
  bool certificate_timestamps = false;
};

/// The extensions of the leaf's entry.
[[nodiscard]] wire::ExtensionList leaf_extensions(const Identity& identity, Staples wanted);

}  // namespace nautilus::inline v0::handshake
