// AEGIS-128L and AEGIS-256 (draft-irtf-cfrg-aegis-aead-18) on the CPU's AES round instruction.
#pragma once

#include <memory>

#include <nautilus/crypto/aead.hpp>

#include "crypto/cpu_features.hpp"

namespace nautilus::inline v0::crypto::aegis {

/// What there is to use. The algorithms are null unless `available`: without the instruction AES
/// rounds would need secret-dependent table look-ups, or be slower than what everybody has.
struct Backend {
  bool available = false;
  const char* note = "";  ///< which instructions serve, or why the backend is off; static storage
  std::shared_ptr<const AeadAlgorithm> aegis_128l = nullptr;
  std::shared_ptr<const AeadAlgorithm> aegis_256 = nullptr;
};

/// What `cpu` can run of what this build has.
[[nodiscard]] Backend load(CpuFeatures cpu = CpuFeatures::here());

}  // namespace nautilus::inline v0::crypto::aegis
