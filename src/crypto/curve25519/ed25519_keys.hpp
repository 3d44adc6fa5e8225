// Ed25519 keys out of their DER encodings (RFC 8410), in front of another loader for all others.
#pragma once

#include <memory>

#include <nautilus/crypto/hash.hpp>
#include <nautilus/crypto/signature.hpp>

#include "crypto/curve25519/backend.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

/// Ed25519 keys are loaded here, everything else is passed to `others` (not null) unread. `sha512`
/// must be SHA-512 and have static storage. A public key that is not canonical, not on the curve or
/// of small order loads, but verifies nothing.
[[nodiscard]] std::shared_ptr<const KeyLoader> key_loader(std::shared_ptr<const KeyLoader> others,
                                                          const HashAlgorithm& sha512,
                                                          Backend backend);

}  // namespace nautilus::inline v0::crypto::curve25519
