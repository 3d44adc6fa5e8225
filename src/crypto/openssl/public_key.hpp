// Public keys out of DER SubjectPublicKeyInfo. Internal to this folder.
#pragma once

#include <string>
#include <vector>

#include <nautilus/bytes.hpp>
#include <nautilus/result.hpp>

#include "crypto/openssl/ossl_ptr.hpp"
#include "crypto/openssl/scheme.hpp"

namespace nautilus::inline v0::crypto::openssl {

struct PublicKey {
  KeyKind kind;
  PkeyPtr key;
  /// What CertificateVerify may use with it, best first. A key of kind RsaPss may be bound to one
  /// hash by its parameters.
  std::vector<SignatureScheme> schemes;
  std::string description;
};

/// Accepts exactly the DER that RFC 5480 (named curves, uncompressed points), RFC 8410 and RFC 8017
/// give. Fails with `KeyMalformed`, or `UnsupportedAlgorithm` for other algorithms and weak RSA.
[[nodiscard]] Result<PublicKey> parse_public_key(ByteView spki);

/// The public half of `key` as DER SubjectPublicKeyInfo; empty on failure.
[[nodiscard]] ByteVector encode_public_key(EVP_PKEY* key);

}  // namespace nautilus::inline v0::crypto::openssl
