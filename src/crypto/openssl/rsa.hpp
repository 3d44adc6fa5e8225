// RSA signatures: the parameters TLS fixes for RSASSA-PSS, and what keys are accepted. Internal to
// this folder.
#pragma once

#include <vector>

#include <nautilus/result.hpp>

#include "crypto/openssl/ossl_ptr.hpp"
#include "crypto/openssl/scheme.hpp"

namespace nautilus::inline v0::crypto::openssl {

/// Sets RSASSA-PSS with MGF1 over the same hash and a salt as long as the digest
/// (RFC 9846 §4.3.3). False when the key's own parameters forbid it.
[[nodiscard]] bool set_pss(EVP_PKEY_CTX* context, const HashAlgorithm& hash) noexcept;

/// Sets RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
[[nodiscard]] bool set_pkcs1(EVP_PKEY_CTX* context, const HashAlgorithm& hash) noexcept;

/// Refuses with `UnsupportedAlgorithm` moduli below 2048 or above 8192 bits, and public exponents
/// that are even, one, or so long that verifying would be slow.
[[nodiscard]] Result<void> check_rsa(const EVP_PKEY* key);

/// The schemes of `kind` that the key's parameters allow, best first.
[[nodiscard]] std::vector<SignatureScheme> usable_pss_schemes(KeyKind kind, EVP_PKEY* key);

}  // namespace nautilus::inline v0::crypto::openssl
