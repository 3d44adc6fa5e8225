// Signatures that may appear in certificates but not in CertificateVerify (RFC 9846 §4.3.3).
#pragma once

#include <nautilus/bytes.hpp>
#include <nautilus/crypto/hash.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0::crypto::openssl {

/// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2). `spki` is the signer's DER SubjectPublicKeyInfo; `hash`
/// one of this backend's. Fails with `BadSignature`, `UnsupportedAlgorithm` when the key is not an
/// rsaEncryption key of a size we accept, `KeyMalformed`.
[[nodiscard]] Result<void> verify_certificate_rsa_pkcs1(ByteView spki, const HashAlgorithm& hash,
                                                        ByteView message, ByteView signature);

/// ECDSA with any pairing of curve and hash; certificates, unlike TLS 1.3, do not tie the two.
[[nodiscard]] Result<void> verify_certificate_ecdsa(ByteView spki, const HashAlgorithm& hash,
                                                    ByteView message, ByteView signature);

}  // namespace nautilus::inline v0::crypto::openssl
