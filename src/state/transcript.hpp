// The transcript hash (RFC 9846 §4.1). Messages are added in canonical form: type, 24-bit length,
// body. Until the hash is known they are kept; afterwards only the running hash is.
#pragma once

#include <optional>

#include <nautilus/bytes.hpp>
#include <nautilus/crypto/hash.hpp>

namespace nautilus::inline v0::state {

class Transcript {
 public:
  void add(ByteView message);
  /// Fixes the hash and feeds it what was kept. To be called once.
  void start(const HashAlgorithm& hash);
  /// HelloRetryRequest: what came before is replaced by a synthetic message_hash message holding
  /// its digest (RFC 9846 §4.1). The hash must be fixed.
  void replace_with_message_hash();
  /// Transcript-Hash of everything so far. The hash must be fixed.
  [[nodiscard]] Digest hash() const noexcept;
  /// The hash `hash` would give if `extra` followed: binders are computed over a truncated
  /// ClientHello, possibly before the suite is chosen (RFC 9846 §4.3.11.2).
  [[nodiscard]] Digest hash_with(const HashAlgorithm& hash, ByteView extra) const noexcept;
  [[nodiscard]] bool started() const noexcept { return running_.has_value(); }

 private:
  ByteVector kept_;
  std::optional<Hasher> running_;
};

}  // namespace nautilus::inline v0::state
