// AES-GCM and ChaCha20-Poly1305 (RFC 5116, RFC 8439) from libcrypto.
#pragma once

#include <memory>

#include <nautilus/crypto/aead.hpp>

namespace nautilus::inline v0::crypto::openssl {

/// Fail with `UnsupportedAlgorithm` when the loaded libcrypto does not offer the cipher.
[[nodiscard]] Result<std::shared_ptr<const AeadAlgorithm>> aes_128_gcm();
[[nodiscard]] Result<std::shared_ptr<const AeadAlgorithm>> aes_256_gcm();
[[nodiscard]] Result<std::shared_ptr<const AeadAlgorithm>> chacha20_poly1305();

}  // namespace nautilus::inline v0::crypto::openssl
