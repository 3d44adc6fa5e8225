#pragma once

#include <memory>

#include <nautilus/codepoints.hpp>
#include <nautilus/crypto/key_exchange.hpp>

#include "crypto/pq/pq_backend.hpp"

namespace nautilus::inline v0::crypto::pq {

/// The key exchange of one ML-KEM parameter set alone: the client sends an encapsulation key, the
/// server a ciphertext. `group` is MLKEM512, MLKEM768 or MLKEM1024; null for any other.
[[nodiscard]] std::shared_ptr<const KeyExchangeGroup> mlkem_group(
    NamedGroup group, PqBackend backend = PqBackend::best());

}  // namespace nautilus::inline v0::crypto::pq
