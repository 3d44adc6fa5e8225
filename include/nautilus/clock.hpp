#pragma once

#include <chrono>

#include <nautilus/export.hpp>

namespace nautilus::inline v0 {

/// Wall-clock time, as certificates and tickets need it. The core never reads a clock: every
/// operation that needs the time takes it as an argument.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

/// Where drivers (the blocking stream, the Asio stream) take the time from.
class NAUTILUS_API Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const noexcept = 0;
};

/// The system's clock. The reference stays valid for the program's lifetime.
NAUTILUS_API const Clock& system_clock() noexcept;

}  // namespace nautilus::inline v0
