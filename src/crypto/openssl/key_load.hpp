#pragma once

#include <memory>

#include <nautilus/crypto/signature.hpp>

namespace nautilus::inline v0::crypto::openssl {

/// Loads ECDSA (P-256, P-384, P-521), Ed25519, RSA and RSASSA-PSS keys. Keys of other kinds fail
/// with `UnsupportedAlgorithm`, so that another loader may be asked.
[[nodiscard]] std::shared_ptr<const KeyLoader> key_loader();

}  // namespace nautilus::inline v0::crypto::openssl
