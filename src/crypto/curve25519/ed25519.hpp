// Pure Ed25519 (RFC 8032 §5.1). SHA-512 comes from outside.
#pragma once

#include <array>
#include <span>

#include <nautilus/crypto/hash.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

#include "crypto/curve25519/backend.hpp"
#include "crypto/curve25519/kernels.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

inline constexpr std::size_t kEd25519KeySize = 32;
inline constexpr std::size_t kEd25519SignatureSize = 64;
using Ed25519Signature = std::array<std::uint8_t, kEd25519SignatureSize>;
using Ed25519PublicOctets = std::array<std::uint8_t, kEd25519KeySize>;

/// A private key, expanded once (RFC 8032 §5.1.5). Wiped on destruction.
class Ed25519PrivateKey {
 public:
  /// `sha512` must be SHA-512 and have static storage.
  Ed25519PrivateKey(std::span<const std::uint8_t, kEd25519KeySize> seed,
                    const HashAlgorithm& sha512, Backend backend) noexcept;

  [[nodiscard]] const Ed25519PublicOctets& public_key() const noexcept { return public_key_; }
  /// Deterministic; all of it constant time but for the message's length.
  [[nodiscard]] Ed25519Signature sign(ByteView message) const noexcept;

 private:
  Wiped<Words> scalar_;
  Secret<32> prefix_;
  Ed25519PublicOctets public_key_{};
  const HashAlgorithm& sha512_;
  Backend backend_;
};

/// A public key, decoded once.
class Ed25519PublicKey {
 public:
  /// Any 32 octets: a key that is not canonical, not on the curve or of small order verifies
  /// nothing. `sha512` must be SHA-512 and have static storage.
  Ed25519PublicKey(std::span<const std::uint8_t, kEd25519KeySize> octets,
                   const HashAlgorithm& sha512, Backend backend) noexcept;

  /// Whether the key can verify at all.
  [[nodiscard]] bool usable() const noexcept { return usable_; }

  /// RFC 8032 §5.1.7 without the cofactor, the encoded R' compared with R. Fails with
  /// `BadSignature`, the detail telling an unusable key, a wrong length and S >= L from a signature
  /// that does not match. Variable time.
  [[nodiscard]] Result<void> verify(ByteView message, ByteView signature) const noexcept;

 private:
  Ed25519PublicOctets octets_{};
  PublicPoint negated_{};
  bool usable_;
  const HashAlgorithm& sha512_;
  Backend backend_;
};

}  // namespace nautilus::inline v0::crypto::curve25519
