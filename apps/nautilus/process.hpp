// Child processes of the demonstration, each with a deadline.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace app {

/// A child running this same program. Its standard output is read line by line; its standard input
/// is empty. Ended when the object dies.
class Process {
 public:
  explicit Process(const std::vector<std::string>& arguments);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  /// The next line, nothing at the end of the output or after `seconds`.
  [[nodiscard]] std::optional<std::string> line(int seconds);
  /// Asks it to end, waits, and returns its exit status (negative: the signal that ended it).
  int stop();
  /// Waits for it to end by itself; ended by force after `seconds`.
  int wait(int seconds);

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string buffer_;
  std::optional<int> status_;
};

}  // namespace app
