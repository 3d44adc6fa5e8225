// AES-GCM and ChaCha20-Poly1305 from Intel's ipsec-mb, for CPUs with wide vector AES.
#pragma once

#include <memory>
#include <string>

#include <nautilus/crypto/aead.hpp>

namespace nautilus::inline v0::crypto::ipsecmb {

/// What there is to use. The algorithms are null unless `available`.
struct Backend {
  bool available = false;
  std::string version;    ///< of the loaded library; empty when built without it
  const char* note = "";  ///< which instructions serve, or why the backend is off; static storage
  std::shared_ptr<const AeadAlgorithm> aes_128_gcm;
  std::shared_ptr<const AeadAlgorithm> aes_256_gcm;
  std::shared_ptr<const AeadAlgorithm> chacha20_poly1305;
};

/// Asks library and CPU. The algorithms keep the library's dispatch table alive.
[[nodiscard]] Backend load();

}  // namespace nautilus::inline v0::crypto::ipsecmb
