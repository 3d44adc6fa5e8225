#include <nautilus/clock.hpp>

namespace nautilus::inline v0 {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
  }
};

const SystemClock kSystemClock;

}  // namespace

const Clock& system_clock() noexcept { return kSystemClock; }

}  // namespace nautilus::inline v0
