// X25519 (RFC 7748) as a key exchange group (RFC 9846 §4.3.8.2).
#pragma once

#include <memory>

#include <nautilus/crypto/key_exchange.hpp>

#include "crypto/curve25519/backend.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

[[nodiscard]] std::shared_ptr<const KeyExchangeGroup> x25519_group(Backend backend);

}  // namespace nautilus::inline v0::crypto::curve25519
