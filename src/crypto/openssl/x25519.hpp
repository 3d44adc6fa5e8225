#pragma once

#include <memory>

#include <nautilus/crypto/key_exchange.hpp>

namespace nautilus::inline v0::crypto::openssl {

/// X25519 (RFC 7748) as RFC 9846 §4.3.8.2 and §7.4.2 use it. The private key is exactly the 32
/// octets the given generator yields.
[[nodiscard]] std::shared_ptr<const KeyExchangeGroup> x25519_group();

}  // namespace nautilus::inline v0::crypto::openssl
