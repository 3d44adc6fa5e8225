#pragma once

#include "crypto/pq/pq_backend.hpp"

namespace nautilus::test {

/// The kernels written for AVX-512 over vectors in plain C++.
[[nodiscard]] crypto::pq::PqBackend emulated_backend() noexcept;

}  // namespace nautilus::test
