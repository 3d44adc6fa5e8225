#pragma once

#include <memory>
#include <string>

#include <nautilus/crypto/provider.hpp>
#include <nautilus/export.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0 {

/// What to choose when assembling a provider.
struct ProviderOptions {
  /// Who seals and opens records: "auto" (the fastest that this machine can run), "libcrypto" or
  /// "ipsec-mb".
  std::string bulk_backend = "auto";
  /// Who computes X25519 and Ed25519: "auto" (the fastest of our own that this machine can run),
  /// one of ours by name ("portable", "adx", "ifma") or "libcrypto".
  std::string curve25519 = "auto";
};

/// Assembles a provider: libcrypto for signatures, classical key exchange, hashes and randomness,
/// our own ML-KEM, and the chosen backends for X25519 and Ed25519 and for records. Lists are in
/// order of preference; groups that no policy uses by default come last. Fails with `ConfigInvalid`
/// for an unknown name and with `BackendUnavailable` when the named backend cannot be used here,
/// the detail saying why.
[[nodiscard]] NAUTILUS_API Result<std::shared_ptr<const CryptoProvider>> make_provider(
    const ProviderOptions& options = {});

/// The provider that "auto" gives, made on first use and shared by all callers. Never null.
[[nodiscard]] NAUTILUS_API std::shared_ptr<const CryptoProvider> default_provider();

}  // namespace nautilus::inline v0
