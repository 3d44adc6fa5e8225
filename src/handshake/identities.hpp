// Which of our identities to present (RFC 9846 §4.3.3, §4.3.4, §4.5.1.2), for both roles.
#pragma once

#include <optional>
#include <span>

#include <nautilus/pki/identity.hpp>
#include <nautilus/request.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0::handshake {

/// The identity that suits the peer best: its key can sign with an accepted scheme, then it carries
/// the asked name, then its chain is signed as the peer accepts, then an authority the peer trusts
/// issued it, then the order of the configuration. Without any a server fails with
/// `NoCommonSignatureScheme`, and a client has nothing to show.
[[nodiscard]] Result<std::optional<Identity>> select_identity(std::span<const Identity> identities,
                                                              const SelectIdentityRequest& request);

/// Our best scheme among those the peer accepts in CertificateVerify.
[[nodiscard]] std::optional<SignatureScheme> common_scheme(
    const Identity& identity, std::span<const SignatureScheme> offered) noexcept;

}  // namespace nautilus::inline v0::handshake
