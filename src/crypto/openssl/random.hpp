#pragma once

#include <memory>

#include <nautilus/crypto/random.hpp>

namespace nautilus::inline v0::crypto::openssl {

/// libcrypto's private generator: one per thread, reseeded after fork.
[[nodiscard]] std::shared_ptr<Random> system_random();

}  // namespace nautilus::inline v0::crypto::openssl
