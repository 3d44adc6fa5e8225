#pragma once

#include <memory>

#include <nautilus/crypto/key_exchange.hpp>

namespace nautilus::inline v0::crypto::pq {

/// ML-KEM as a TLS group by itself (draft-ietf-tls-mlkem), and as the half of a hybrid. Null for any
/// group but MLKEM512, MLKEM768 and MLKEM1024.
[[nodiscard]] std::shared_ptr<const KeyExchangeGroup> mlkem_group(NamedGroup id);

}  // namespace nautilus::inline v0::crypto::pq
