// Clocks, medians and the JSON file, for the measuring programs.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace nautilus::bench {

using Steady = std::chrono::steady_clock;

/// Cycles of the time stamp counter.
inline std::uint64_t ticks() {
#if defined(__x86_64__)
  unsigned processor = 0;
  return __rdtscp(&processor);
#else
  return static_cast<std::uint64_t>(Steady::now().time_since_epoch().count());
#endif
}

inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

[[noreturn]] inline void die(std::string_view what, std::string_view detail = {}) {
  std::fprintf(stderr, "bench: %.*s%s%.*s\n", static_cast<int>(what.size()), what.data(),
               detail.empty() ? "" : ": ", static_cast<int>(detail.size()), detail.data());
  std::exit(1);
}

/// A flat JSON object in the order of its entries.
class Json {
 public:
  void add(const std::string& key, double value) {
    char text[64];
    std::snprintf(text, sizeof text, "%.3f", value);
    entries_.emplace_back(key, text);
  }
  void add(const std::string& key, std::uint64_t value) {
    entries_.emplace_back(key, std::to_string(value));
  }
  void write(const std::string& path) const {
    std::ofstream file(path);
    file << "{\n";
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      file << "  \"" << entries_[i].first << "\": " << entries_[i].second
           << (i + 1 < entries_.size() ? ",\n" : "\n");
    }
    file << "}\n";
    file.close();
    if (!file) die("cannot write the JSON file", path);
  }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

}  // namespace nautilus::bench
