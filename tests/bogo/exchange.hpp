// One connection with the runner.
#pragma once

#include "bogo/setup.hpp"

namespace nautilus::bogo {

struct Outcome {
  Exit exit = Exit::Ok;
  std::string complaint;  ///< for stderr; empty on success
};

/// Connects to the runner, shakes hands, plays the echo and checks the expectations. `index` counts
/// connections from 0; `delay` is how far the clock is ahead of the real one.
[[nodiscard]] Outcome run_exchange(const CommandLine& line, int index, Shared& shared,
                                   std::chrono::seconds delay);

}  // namespace nautilus::bogo
