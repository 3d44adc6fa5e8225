// Keys that sign. Internal to this folder.
#pragma once

#include <memory>

#include <nautilus/crypto/signature.hpp>

#include "crypto/openssl/ossl_ptr.hpp"

namespace nautilus::inline v0::crypto::openssl {

/// Takes a private key, checks that it is of a kind and strength we sign with and that it matches
/// its own public half, by signing and verifying once.
[[nodiscard]] Result<std::shared_ptr<const SigningKey>> make_signing_key(PkeyPtr key);

}  // namespace nautilus::inline v0::crypto::openssl
