// Measures the primitives that a provider offers, through public headers only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <nautilus/result.hpp>

namespace app {

/// One operation of one backend.
struct Measured {
  std::string primitive;  ///< "ML-KEM-768", "Ed25519", "AES-256-GCM"
  std::string operation;  ///< "key generation", "sign", "seal 16384"
  std::string backend;
  double cycles = 0;       ///< of the time stamp counter, median; 0 where there is none
  double per_second = 0;   ///< operations
  std::size_t octets = 0;  ///< handled by one operation, where that says something
};

/// Measures everything whose primitive contains `only`, for about `time` each, and answers how many
/// rows there were.
[[nodiscard]] nautilus::Result<std::size_t> measure_all(
    const std::string& only, std::chrono::milliseconds time,
    const std::function<void(const Measured&)>& row);

}  // namespace app
