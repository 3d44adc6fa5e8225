#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <nautilus/codepoints.hpp>
#include <nautilus/export.hpp>

namespace nautilus::inline v0 {

/// Named sets of algorithms. A policy decides the defaults and bounds every explicit choice: asking
/// for something outside it, or for a policy whose algorithms the provider lacks, fails at
/// `build()`.
enum class Policy : std::uint8_t {
  /// The default: post-quantum hybrids first, X25519 and the NIST curves accepted.
  Modern,
  /// Only post-quantum key exchange.
  PqRequired,
  /// MLKEM1024, TLS_AES_256_GCM_SHA384 and ML-DSA-87 only, on every certificate of the chain (CNSA
  /// 2.0).
  Cnsa2,
  /// NIST's algorithms only: no X25519, Ed25519 or ChaCha20. No claim of validation.
  Nist,
};

/// What a policy consists of; static storage. Lists are in order of preference.
struct PolicyData {
  Policy policy;
  std::string_view name;                       ///< "modern", "pq_required", "cnsa2", "nist"
  std::span<const NamedGroup> groups;          ///< on by default
  std::span<const NamedGroup> further_groups;  ///< may be asked for
  std::span<const CipherSuiteId> cipher_suites;
  /// For CertificateVerify and, RSA-PKCS1 only there, for the chain's signatures.
  std::span<const SignatureScheme> signature_schemes;
  /// Every group and suite must be there; otherwise what the provider lacks is left out.
  bool complete;
};

[[nodiscard]] NAUTILUS_API const PolicyData& policy_data(Policy policy) noexcept;
/// The policy of that name, if there is one.
[[nodiscard]] NAUTILUS_API std::optional<Policy> find_policy(std::string_view name) noexcept;
[[nodiscard]] NAUTILUS_API std::span<const PolicyData> policies() noexcept;

}  // namespace nautilus::inline v0
