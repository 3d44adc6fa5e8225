// Which implementation of Curve25519 computes: chosen when the program runs, or forced by name.
#pragma once

#include <string_view>
#include <vector>

#include <nautilus/result.hpp>

#include "crypto/cpu_features.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

struct Kernels;

/// A backend that this build has and this machine can run: there are no others. A cheap value.
class Backend {
 public:
  /// The fastest.
  [[nodiscard]] static Backend best() noexcept;

  /// Plain C++, available everywhere.
  [[nodiscard]] static Backend portable() noexcept;

  /// By name: "portable", "adx", "ifma", or "auto" for the fastest. Fails with `ConfigInvalid` for
  /// any other name and with `BackendUnavailable` when this build or the CPU lacks it, the detail
  /// saying which.
  [[nodiscard]] static Result<Backend> find(std::string_view name,
                                            CpuFeatures cpu = CpuFeatures::here()) noexcept;

  /// All of them, the fastest last.
  [[nodiscard]] static std::vector<Backend> all();

  /// For tests that bring their own; `kernels` must live for ever.
  explicit Backend(const Kernels& kernels) noexcept : kernels_(&kernels) {}

  [[nodiscard]] std::string_view name() const noexcept;
  [[nodiscard]] const Kernels& kernels() const noexcept { return *kernels_; }
  [[nodiscard]] friend bool operator==(Backend, Backend) noexcept = default;

 private:
  const Kernels* kernels_;
};

}  // namespace nautilus::inline v0::crypto::curve25519
