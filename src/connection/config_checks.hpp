// What the builders collect beside the settings, and the judgement over all of it at `build()`.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <nautilus/external_psk.hpp>
#include <nautilus/pki/trust_store.hpp>
#include <nautilus/pki/verifier.hpp>
#include <nautilus/policy.hpp>
#include <nautilus/result.hpp>

#include "handshake/settings.hpp"

namespace nautilus::inline v0::connection {

/// What the caller asked for beside the settings proper.
struct Choices {
  std::optional<std::vector<NamedGroup>> groups;
  std::optional<std::vector<NamedGroup>> key_shares;
  std::optional<std::vector<CipherSuiteId>> cipher_suites;
  std::optional<TrustStore> trust;
  std::vector<ExternalPsk> external_psks;
  Policy policy = Policy::Modern;
};

/// Fills the settings from the choices. Every failure is `ConfigInvalid`.
[[nodiscard]] Result<void> finish_common(handshake::CommonSettings& settings,
                                         const Choices& choices);
/// A client's first shares, within its groups.
[[nodiscard]] Result<void> choose_key_shares(handshake::ClientSettings& settings,
                                             const Choices& choices);
/// The policy's signature list holds for the whole chain.
[[nodiscard]] X509VerifierOptions verifier_options(Policy policy);
/// The digest sessions are bound to: whatever decides whom we accept, and how.
void seal_context(handshake::CommonSettings& settings, std::string_view role, Policy policy,
                  std::uint8_t client_auth);

}  // namespace nautilus::inline v0::connection
