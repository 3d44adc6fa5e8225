// Several implementations of the same kernels, of which the program takes one when it runs.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include <nautilus/result.hpp>

#include "crypto/cpu_features.hpp"

namespace nautilus::inline v0::crypto {

/// One of them.
template <class Kernels>
struct KernelTableEntry {
  std::string_view name;
  const Kernels* kernels;  ///< null where this build lacks it; lives for ever
  CpuFeatures needs;

  [[nodiscard]] constexpr bool runs_on(CpuFeatures cpu) const noexcept {
    return kernels != nullptr && cpu.include(needs);
  }
};

/// All of them, from the slowest to the fastest. The first is in every build and runs everywhere.
template <class Kernels, std::size_t kSize>
struct KernelTable {
  std::array<KernelTableEntry<Kernels>, kSize> entries;
  /// The details of the errors of `find`.
  const char* unknown;
  const char* not_built;
  const char* not_on_this_cpu;

  [[nodiscard]] constexpr const Kernels& portable() const noexcept { return *entries[0].kernels; }

  [[nodiscard]] constexpr const Kernels& best(CpuFeatures cpu) const noexcept {
    const Kernels* best = entries[0].kernels;
    for (const auto& entry : entries) {
      if (entry.runs_on(cpu)) best = entry.kernels;
    }
    return *best;
  }

  /// By name; "auto" is the fastest. Fails with `ConfigInvalid` for a name that is not in the table
  /// and with `BackendUnavailable` for what this build or the CPU lacks.
  [[nodiscard]] constexpr Result<const Kernels*> find(std::string_view name,
                                                      CpuFeatures cpu) const noexcept {
    if (name == "auto") return &best(cpu);
    for (const auto& entry : entries) {
      if (entry.name != name) continue;
      if (entry.kernels == nullptr) return fail(ErrorCode::BackendUnavailable, not_built);
      if (!entry.runs_on(cpu)) return fail(ErrorCode::BackendUnavailable, not_on_this_cpu);
      return entry.kernels;
    }
    return fail(ErrorCode::ConfigInvalid, unknown);
  }

  /// What runs there, the fastest last, as `Backend`s made of the kernels.
  template <class Backend>
  [[nodiscard]] std::vector<Backend> all(CpuFeatures cpu) const {
    std::vector<Backend> backends;
    for (const auto& entry : entries) {
      if (entry.runs_on(cpu)) backends.emplace_back(*entry.kernels);
    }
    return backends;
  }
};

}  // namespace nautilus::inline v0::crypto
