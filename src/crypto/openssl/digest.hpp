// SHA-2 (FIPS 180-4) from libcrypto.
#pragma once

#include <nautilus/crypto/hash.hpp>

namespace nautilus::inline v0::crypto::openssl {

/// Static storage.
[[nodiscard]] const HashAlgorithm& sha256() noexcept;
[[nodiscard]] const HashAlgorithm& sha384() noexcept;
[[nodiscard]] const HashAlgorithm& sha512() noexcept;

}  // namespace nautilus::inline v0::crypto::openssl
