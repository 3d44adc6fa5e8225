// Cryptography that protects nothing, so that a mutated input gets past the places where real
// cryptography would stop it. For fuzz targets only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include <nautilus/crypto/provider.hpp>
#include <nautilus/pki/verifier.hpp>

namespace nautilus::fuzz {

enum class Strength : std::uint8_t {
  /// SHA-256, and tags that depend on key, nonce and content; besides `kMasterTag`.
  Bound,
  /// Every digest is zero and every tag is right: whatever is said fits the transcript.
  Open,
};

/// Octets of every tag.
inline constexpr std::size_t kTagSize = 16;
/// A tag that fits anything: who alters a record puts it there to have it accepted.
inline constexpr std::array<std::uint8_t, kTagSize> kMasterTag = {
    0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5};

/// An endless stream that depends on its seed alone (SplitMix64).
class FixedRandom final : public Random {
 public:
  void seed(std::uint64_t value) noexcept { state_ = value; }
  [[nodiscard]] Result<void> fill(ByteSpan out) noexcept override;

 private:
  std::uint64_t state_ = 0;
};

/// The ciphertext is the plaintext; keys and tags have the usual sizes.
[[nodiscard]] std::shared_ptr<const AeadAlgorithm> fake_aead(Strength strength,
                                                             std::size_t key_size = 16);

/// One suite (TLS_AES_128_GCM_SHA256), four groups with shares of 32 octets, of which the hybrid
/// one contains the plain one, and Ed25519 signatures that anything fits.
[[nodiscard]] std::shared_ptr<const CryptoProvider> fake_provider(Strength strength,
                                                                  std::shared_ptr<Random> random);

/// Signs with zeros in the name of the key whose SubjectPublicKeyInfo is given.
[[nodiscard]] std::shared_ptr<const SigningKey> fake_signing_key(ByteVector spki);

/// Accepts every chain, in the name of its leaf's first octets, but one that begins with zero.
[[nodiscard]] std::shared_ptr<const CertificateVerifier> fake_verifier();

}  // namespace nautilus::fuzz
