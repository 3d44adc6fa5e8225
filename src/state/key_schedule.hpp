// The key schedule (RFC 9846 §7.1) as types. Each stage can only be reached from the one before,
// and reaching the next destroys it:
//
//   PSK or 0 --> EarlySecret --(shared secret)--> HandshakeSecret --> MainSecret
//                  | binder keys                    | [sender] hs       | [sender] ap traffic
//                  | client_early_traffic_secret    |   traffic         | exporter_secret
//                                                                       | resumption_secret
#pragma once

#include <string_view>

#include <nautilus/crypto/hash.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

#include "crypto/hkdf.hpp"

namespace nautilus::inline v0::state {

using crypto::HashSecret;

/// How labels are made: TLS and its relatives differ only in the prefix.
struct LabelScheme {
  std::string_view prefix = crypto::kTls13LabelPrefix;
};

/// Derive-Secret(secret, label, messages), given Transcript-Hash(messages).
[[nodiscard]] HashSecret derive_secret(const HashAlgorithm& hash, const LabelScheme& labels,
                                       const HashSecret& secret, std::string_view label,
                                       ByteView transcript_hash) noexcept;

class MainSecret {
 public:
  [[nodiscard]] HashSecret client_application_traffic_secret_0(
      ByteView hash_to_server_finished) const noexcept;
  [[nodiscard]] HashSecret server_application_traffic_secret_0(
      ByteView hash_to_server_finished) const noexcept;
  [[nodiscard]] HashSecret exporter_secret(ByteView hash_to_server_finished) const noexcept;
  [[nodiscard]] HashSecret resumption_secret(ByteView hash_to_client_finished) const noexcept;

 private:
  friend class HandshakeSecret;
  MainSecret(const HashAlgorithm& hash, LabelScheme labels, HashSecret secret) noexcept
      : hash_(&hash), labels_(labels), secret_(std::move(secret)) {}
  const HashAlgorithm* hash_;
  LabelScheme labels_;
  HashSecret secret_;
};

class HandshakeSecret {
 public:
  [[nodiscard]] HashSecret client_handshake_traffic_secret(
      ByteView hash_to_server_hello) const noexcept;
  [[nodiscard]] HashSecret server_handshake_traffic_secret(
      ByteView hash_to_server_hello) const noexcept;
  [[nodiscard]] MainSecret into_main_secret() && noexcept;

 private:
  friend class EarlySecret;
  HandshakeSecret(const HashAlgorithm& hash, LabelScheme labels, HashSecret secret) noexcept
      : hash_(&hash), labels_(labels), secret_(std::move(secret)) {}
  const HashAlgorithm* hash_;
  LabelScheme labels_;
  HashSecret secret_;
};

enum class PskKind : std::uint8_t { Resumption, External, Imported };

class EarlySecret {
 public:
  /// Without a PSK the input is a digest-long string of zeros.
  [[nodiscard]] static EarlySecret without_psk(const HashAlgorithm& hash,
                                               LabelScheme labels = {}) noexcept;
  [[nodiscard]] static EarlySecret from_psk(const HashAlgorithm& hash, ByteView psk,
                                            LabelScheme labels = {}) noexcept;
  /// binder_key: "res binder", "ext binder" or "imp binder".
  [[nodiscard]] HashSecret binder_key(PskKind kind) const noexcept;
  [[nodiscard]] HashSecret client_early_traffic_secret(
      ByteView hash_to_client_hello) const noexcept;
  [[nodiscard]] HandshakeSecret into_handshake_secret(ByteView shared_secret) && noexcept;
  [[nodiscard]] const HashAlgorithm& hash() const noexcept { return *hash_; }

 private:
  EarlySecret(const HashAlgorithm& hash, LabelScheme labels, HashSecret secret) noexcept
      : hash_(&hash), labels_(labels), secret_(std::move(secret)) {}
  const HashAlgorithm* hash_;
  LabelScheme labels_;
  HashSecret secret_;
};

/// verify_data of Finished, and a binder's value (RFC 9846 §4.5.3): HMAC under the finished_key of
/// `base_key` (a handshake traffic secret or a binder key).
[[nodiscard]] HashSecret finished_mac(const HashAlgorithm& hash, const LabelScheme& labels,
                                      const HashSecret& base_key,
                                      ByteView transcript_hash) noexcept;

/// application_traffic_secret_N+1 (RFC 9846 §7.2).
[[nodiscard]] HashSecret next_traffic_secret(const HashAlgorithm& hash, const LabelScheme& labels,
                                             const HashSecret& current) noexcept;

/// The PSK of a ticket (RFC 9846 §4.7.1).
[[nodiscard]] HashSecret resumption_psk(const HashAlgorithm& hash, const LabelScheme& labels,
                                        const HashSecret& resumption_secret,
                                        ByteView ticket_nonce) noexcept;

/// TLS-Exporter (RFC 9846 §7.5). Fails with `ApiMisuse` for a label or length that cannot be
/// expressed.
[[nodiscard]] Result<void> export_keying_material(const HashAlgorithm& hash,
                                                  const LabelScheme& labels,
                                                  const HashSecret& exporter_secret,
                                                  std::string_view label, ByteView context,
                                                  ByteSpan out) noexcept;

}  // namespace nautilus::inline v0::state
