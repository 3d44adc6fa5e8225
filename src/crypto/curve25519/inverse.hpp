// Inversion modulo 2^255-19 by division steps.
#pragma once

#include "crypto/curve25519/words.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

/// 1/a mod p below p, for a < p; 0 for 0. Constant time.
[[nodiscard]] Words inverse(const Words& a) noexcept;

}  // namespace nautilus::inline v0::crypto::curve25519
