#pragma once

#include <memory>

#include <nautilus/crypto/aead.hpp>

namespace nautilus::inline v0::crypto::aegis {

// Only for a CPU with AES-NI and AVX.
[[nodiscard]] std::shared_ptr<const AeadAlgorithm> aesni_128l();
[[nodiscard]] std::shared_ptr<const AeadAlgorithm> aesni_256();

}  // namespace nautilus::inline v0::crypto::aegis
