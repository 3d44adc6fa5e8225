// Which implementation of the post-quantum primitives computes: chosen when the program runs, or
// forced by name.
#pragma once

#include <string_view>
#include <vector>

#include <nautilus/result.hpp>

#include "crypto/cpu_features.hpp"

namespace nautilus::inline v0::crypto::pq {

struct KeccakKernels;
struct MlDsaKernels;
struct MlKemKernels;

/// What a backend consists of. Lives for ever.
struct PqBackendParts {
  std::string_view name;
  const MlKemKernels* mlkem;  // three, see mlkem_kernels.hpp
  const KeccakKernels* keccak;
  const MlDsaKernels* mldsa = nullptr;  // null: the portable ones
};

/// A backend that this build has and this machine can run: there are no others. A cheap value.
class PqBackend {
 public:
  /// The fastest.
  [[nodiscard]] static PqBackend best() noexcept;

  /// Plain C++, available everywhere.
  [[nodiscard]] static PqBackend portable() noexcept;

  /// By name: "portable", "avx2", "avx512", or "auto" for the fastest. Fails with `ConfigInvalid`
  /// for any other name and with `BackendUnavailable` when this build or the CPU lacks it, the
  /// detail saying which.
  [[nodiscard]] static Result<PqBackend> find(std::string_view name,
                                              CpuFeatures cpu = CpuFeatures::here()) noexcept;

  /// All of them, the fastest last.
  [[nodiscard]] static std::vector<PqBackend> all();

  /// For tests that bring their own.
  explicit PqBackend(const PqBackendParts& parts) noexcept : parts_(&parts) {}

  [[nodiscard]] std::string_view name() const noexcept { return parts_->name; }
  [[nodiscard]] const PqBackendParts& parts() const noexcept { return *parts_; }
  [[nodiscard]] friend bool operator==(PqBackend, PqBackend) noexcept = default;

 private:
  const PqBackendParts* parts_;
};

}  // namespace nautilus::inline v0::crypto::pq
