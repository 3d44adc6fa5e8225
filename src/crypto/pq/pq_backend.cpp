#include "crypto/pq/pq_backend.hpp"

#include <array>
#include <cstdint>

#include "crypto/pq/mldsa_kernels.hpp"
#include "crypto/pq/mlkem_kernels.hpp"
#include "crypto/pq/simd/keccak_kernels.hpp"

namespace nautilus::inline v0::crypto::pq {
namespace {

enum class Presence : std::uint8_t { Usable, NotBuilt, NotOnThisCpu };

struct Entry {
  std::string_view name;
  const PqBackendParts* parts;  // null where this build lacks it
  bool (*runs_here)() noexcept;

  [[nodiscard]] Presence presence() const noexcept {
    if (parts == nullptr) return Presence::NotBuilt;
    return runs_here() ? Presence::Usable : Presence::NotOnThisCpu;
  }
};

constexpr PqBackendParts kPortable = {"portable", kMlKemPortable, &kKeccakPortable,
                                      &kMlDsaPortable};

bool always() noexcept { return true; }

#ifdef NAUTILUS_PQ_X86

constexpr PqBackendParts kAvx2 = {"avx2", kMlKemAvx2, &kKeccakAvx2, &kMlDsaAvx2};
constexpr PqBackendParts kAvx512 = {"avx512", kMlKemAvx512, &kKeccakAvx512, &kMlDsaAvx512};

// These ask the CPU and whether the operating system keeps the registers.
bool has_avx2() noexcept {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0 &&
         __builtin_cpu_supports("bmi2") != 0 && __builtin_cpu_supports("popcnt") != 0;
}
bool has_avx512() noexcept {
  return has_avx2() && __builtin_cpu_supports("avx512f") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512vbmi") != 0 &&
         __builtin_cpu_supports("avx512vbmi2") != 0 && __builtin_cpu_supports("avx512vnni") != 0;
}
constexpr std::array kEntries = {Entry{"portable", &kPortable, always},
                                 Entry{"avx2", &kAvx2, has_avx2},
                                 Entry{"avx512", &kAvx512, has_avx512}};

#else

constexpr std::array kEntries = {Entry{"portable", &kPortable, always},
                                 Entry{"avx2", nullptr, always}, Entry{"avx512", nullptr, always}};

#endif

const PqBackendParts& find_best() noexcept {
  const PqBackendParts* best = &kPortable;
  for (const Entry& entry : kEntries) {
    if (entry.presence() == Presence::Usable) best = entry.parts;
  }
  return *best;
}

}  // namespace

PqBackend PqBackend::best() noexcept {
  static const PqBackendParts& parts = find_best();
  return PqBackend(parts);
}

PqBackend PqBackend::portable() noexcept { return PqBackend(kPortable); }

Result<PqBackend> PqBackend::find(std::string_view name) noexcept {
  if (name == "auto") return best();
  for (const Entry& entry : kEntries) {
    if (entry.name != name) continue;
    switch (entry.presence()) {
      case Presence::Usable:
        return PqBackend(*entry.parts);
      case Presence::NotBuilt:
        return fail(ErrorCode::BackendUnavailable, "this build lacks the post-quantum backend");
      case Presence::NotOnThisCpu:
        return fail(ErrorCode::BackendUnavailable, "this CPU cannot run the post-quantum backend");
    }
  }
  return fail(ErrorCode::ConfigInvalid, "unknown post-quantum backend");
}

std::vector<PqBackend> PqBackend::all() {
  std::vector<PqBackend> backends;
  for (const Entry& entry : kEntries) {
    if (entry.presence() == Presence::Usable) backends.emplace_back(*entry.parts);
  }
  return backends;
}

}  // namespace nautilus::inline v0::crypto::pq
