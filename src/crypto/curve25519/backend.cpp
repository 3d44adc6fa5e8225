#include "crypto/curve25519/backend.hpp"

#ifdef NAUTILUS_CURVE25519_X86
#include <cpuid.h>
#endif

#include <array>
#include <cstdint>

#include "crypto/curve25519/kernels.hpp"

namespace nautilus::inline v0::crypto::curve25519 {
namespace {

enum class Presence : std::uint8_t { Usable, NotBuilt, NotOnThisCpu };

struct Entry {
  std::string_view name;
  const Kernels* kernels;  // null where this build lacks it
  bool (*runs_here)() noexcept;

  [[nodiscard]] Presence presence() const noexcept {
    if (kernels == nullptr) return Presence::NotBuilt;
    return runs_here() ? Presence::Usable : Presence::NotOnThisCpu;
  }
};

bool always() noexcept { return true; }

#ifdef NAUTILUS_CURVE25519_X86

// __builtin_cpu_supports also asks whether the operating system keeps the registers. It does not
// know ADX in every supported compiler; that one needs no registers of its own.
bool has_adx() noexcept {
  __builtin_cpu_init();
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __builtin_cpu_supports("bmi2") != 0 && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
         (b & bit_ADX) != 0;
}
bool has_ifma() noexcept {
  return has_adx() && __builtin_cpu_supports("avx2") != 0 &&
         __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
         __builtin_cpu_supports("avx512ifma") != 0;
}

constexpr std::array kEntries = {Entry{"portable", &kPortableKernels, always},
                                 Entry{"adx", &kAdxKernels, has_adx},
                                 Entry{"ifma", &kIfmaKernels, has_ifma}};

#else

constexpr std::array kEntries = {Entry{"portable", &kPortableKernels, always},
                                 Entry{"adx", nullptr, always}, Entry{"ifma", nullptr, always}};

#endif

const Kernels& find_best() noexcept {
  const Kernels* best = &kPortableKernels;
  for (const Entry& entry : kEntries) {
    if (entry.presence() == Presence::Usable) best = entry.kernels;
  }
  return *best;
}

}  // namespace

Backend Backend::best() noexcept {
  static const Kernels& kernels = find_best();
  return Backend(kernels);
}

Backend Backend::portable() noexcept { return Backend(kPortableKernels); }

Result<Backend> Backend::find(std::string_view name) noexcept {
  if (name == "auto") return best();
  for (const Entry& entry : kEntries) {
    if (entry.name != name) continue;
    switch (entry.presence()) {
      case Presence::Usable:
        return Backend(*entry.kernels);
      case Presence::NotBuilt:
        return fail(ErrorCode::BackendUnavailable, "this build lacks the Curve25519 backend");
      case Presence::NotOnThisCpu:
        return fail(ErrorCode::BackendUnavailable, "this CPU cannot run the Curve25519 backend");
    }
  }
  return fail(ErrorCode::ConfigInvalid, "unknown Curve25519 backend");
}

std::vector<Backend> Backend::all() {
  std::vector<Backend> backends;
  for (const Entry& entry : kEntries) {
    if (entry.presence() == Presence::Usable) backends.emplace_back(*entry.kernels);
  }
  return backends;
}

std::string_view Backend::name() const noexcept { return kernels_->name; }

}  // namespace nautilus::inline v0::crypto::curve25519
