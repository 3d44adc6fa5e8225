// C functions that fail on demand: a test program linked with --wrap=NAME calls these in their
// place.
#pragma once

#include <cstdint>

#include <gtest/gtest.h>

namespace nautilus::test {

/// Counts this thread's calls of the wrapped functions while it is armed, and says which is to
/// fail.
struct CallFaults {
  bool armed = false;
  std::uint64_t calls = 0;
  std::uint64_t fail_at = 0;     ///< the n-th; 0: none
  const char* struck = nullptr;  ///< the function that failed

  /// Asked by each wrapper.
  [[nodiscard]] bool strikes(const char* function) noexcept {
    if (!armed || ++calls != fail_at) return false;
    struck = function;
    return true;
  }
};
inline thread_local constinit CallFaults call_faults;

/// Lets the `n`-th call of its life fail.
class Strike {
 public:
  explicit Strike(std::uint64_t n) noexcept { call_faults = {.armed = true, .fail_at = n}; }
  ~Strike() { call_faults.armed = false; }
  Strike(const Strike&) = delete;
  Strike& operator=(const Strike&) = delete;

  /// From here on all calls go through uncounted.
  void disarm() const noexcept { call_faults.armed = false; }
  /// Null while none has failed.
  [[nodiscard]] const char* function() const noexcept { return call_faults.struck; }
};

/// `run(strike)` with the first call failing, then the second, until a run gets by with fewer.
/// `run` judges what happened; the last run is undisturbed. Returns how many failed.
template <class Run>
std::uint64_t sweep_calls(Run run) {
  for (std::uint64_t n = 1;; ++n) {
    const Strike strike(n);
    const testing::ScopedTrace trace(__FILE__, __LINE__, "call " + std::to_string(n));
    run(strike);
    if (strike.function() == nullptr || testing::Test::HasFailure()) return n - 1;
  }
}

}  // namespace nautilus::test

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names.
/// Defines the stand-in for `name`: `failure` when it is its turn, else the function itself.
#define NAUTILUS_FAULTY_CALL(result, name, failure, parameters, arguments)                 \
  extern "C" result __real_##name parameters;                                              \
  extern "C" result __wrap_##name parameters;                                              \
  result __wrap_##name parameters {                                                        \
    return nautilus::test::call_faults.strikes(#name) ? failure : __real_##name arguments; \
  }                                                                                        \
  static_assert(true)
// NOLINTEND(bugprone-reserved-identifier)
