// Keys that verify. Internal to this folder.
#pragma once

#include <memory>

#include <nautilus/crypto/signature.hpp>

#include "crypto/openssl/public_key.hpp"

namespace nautilus::inline v0::crypto::openssl {

[[nodiscard]] std::shared_ptr<const VerificationKey> make_verification_key(PublicKey key);

}  // namespace nautilus::inline v0::crypto::openssl
