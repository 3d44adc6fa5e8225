#pragma once

#include "crypto/curve25519/backend.hpp"

namespace nautilus::test {

/// The code of the IFMA backend over vectors in plain C++, which every CPU and checker can run.
[[nodiscard]] crypto::curve25519::Backend emulated_curve25519() noexcept;

}  // namespace nautilus::test
