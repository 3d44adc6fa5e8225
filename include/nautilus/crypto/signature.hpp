#pragma once

#include <memory>
#include <span>
#include <string_view>

#include <nautilus/bytes.hpp>
#include <nautilus/codepoints.hpp>
#include <nautilus/crypto/random.hpp>
#include <nautilus/export.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0 {

/// A private key that signs. It may live elsewhere (a token, a remote signer): then `sign` returns
/// nothing and the answer arrives through `Connection::resume`. Shared among threads.
class NAUTILUS_API SigningKey {
 public:
  virtual ~SigningKey() = default;

  /// The schemes this key can produce in TLS 1.3, best first; valid as long as this object.
  [[nodiscard]] virtual std::span<const SignatureScheme> schemes() const noexcept = 0;
  /// DER SubjectPublicKeyInfo of the matching public key; valid as long as this object.
  [[nodiscard]] virtual ByteView public_key() const noexcept = 0;
  /// "ECDSA P-256", "RSA 2048", ...; for people.
  [[nodiscard]] virtual std::string_view description() const noexcept = 0;
  /// Signs `message` (unhashed). Fails with `UnsupportedAlgorithm` for a scheme not in `schemes()`.
  [[nodiscard]] virtual Eventually<ByteVector> sign(SignatureScheme scheme, ByteView message,
                                                    Random& random) const = 0;
};

/// A public key that verifies. Shared among threads.
class NAUTILUS_API VerificationKey {
 public:
  virtual ~VerificationKey() = default;
  /// The CertificateVerify schemes this key can verify; valid as long as this object.
  [[nodiscard]] virtual std::span<const SignatureScheme> schemes() const noexcept = 0;
  [[nodiscard]] virtual std::string_view description() const noexcept = 0;
  /// Fails with `BadSignature` when the signature is not valid, `UnsupportedAlgorithm` when the
  /// scheme does not fit the key.
  [[nodiscard]] virtual Result<void> verify(SignatureScheme scheme, ByteView message,
                                            ByteView signature) const = 0;
};

/// Turns encoded keys into usable ones.
class NAUTILUS_API KeyLoader {
 public:
  virtual ~KeyLoader() = default;
  /// DER PKCS#8 (or SEC1 / PKCS#1). Fails with `KeyMalformed` or `UnsupportedAlgorithm`.
  [[nodiscard]] virtual Result<std::shared_ptr<const SigningKey>> load_private_key(
      ByteView der) const = 0;
  /// DER SubjectPublicKeyInfo. Fails with `KeyMalformed` or `UnsupportedAlgorithm`.
  [[nodiscard]] virtual Result<std::shared_ptr<const VerificationKey>> load_public_key(
      ByteView spki) const = 0;
};

}  // namespace nautilus::inline v0
