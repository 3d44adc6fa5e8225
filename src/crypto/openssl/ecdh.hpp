#pragma once

#include <memory>

#include <nautilus/crypto/key_exchange.hpp>

namespace nautilus::inline v0::crypto::openssl {

/// ECDHE over a NIST curve, uncompressed points only (RFC 9846 §4.3.8.2, §7.4.2). The private
/// scalar is drawn from the given generator by rejection sampling. Fails with
/// `UnsupportedAlgorithm` for other groups or when libcrypto lacks the curve.
[[nodiscard]] Result<std::shared_ptr<const KeyExchangeGroup>> ecdh_group(NamedGroup id);

}  // namespace nautilus::inline v0::crypto::openssl
