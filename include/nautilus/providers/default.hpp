#pragma once

#include <memory>
#include <string>
#include <vector>

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
  /// Which vector code computes ML-KEM and ML-DSA: "auto" (the widest that this machine can run),
  /// "portable", "avx2" or "avx512".
  std::string post_quantum = "auto";
};

/// What `ProviderOptions` takes on this machine besides "auto", in each list the fastest last.
struct BackendNames {
  std::vector<std::string> bulk_backend;
  std::vector<std::string> curve25519;
  std::vector<std::string> post_quantum;
};
[[nodiscard]] NAUTILUS_API BackendNames available_backends();

/// Assembles a provider: libcrypto for signatures, classical key exchange, hashes and randomness,
/// and the chosen backends for ML-KEM and ML-DSA, for X25519 and Ed25519, and for records. Lists
/// are in order of preference; groups that no policy uses by default come last. Fails with
/// `ConfigInvalid` for an unknown name and with `BackendUnavailable` when the named backend cannot
/// be used here, the detail saying why.
[[nodiscard]] NAUTILUS_API Result<std::shared_ptr<const CryptoProvider>> make_provider(
    const ProviderOptions& options = {});

/// The provider that "auto" gives, made on first use and shared by all callers. Never null.
[[nodiscard]] NAUTILUS_API std::shared_ptr<const CryptoProvider> default_provider();

}  // namespace nautilus::inline v0
