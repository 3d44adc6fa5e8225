// Hybrid key exchange: ECDHE and ML-KEM side by side (RFC 9954, RFC 10024).
#pragma once

#include <memory>

#include <nautilus/crypto/key_exchange.hpp>

namespace nautilus::inline v0::crypto {

/// Composes the hybrid group `id` from its two components. Shares and secrets are concatenated in
/// the order RFC 10024 fixes for the group. Fails with `ApiMisuse` when `id` is not a hybrid or the
/// components are not its own.
[[nodiscard]] Result<std::shared_ptr<const KeyExchangeGroup>> make_hybrid_group(
    NamedGroup id, std::shared_ptr<const KeyExchangeGroup> classical,
    std::shared_ptr<const KeyExchangeGroup> mlkem);

}  // namespace nautilus::inline v0::crypto
