// Runs the same work on several threads that start together.
#pragma once

#include <barrier>
#include <thread>
#include <vector>

namespace nautilus::test {

inline constexpr int kThreads = 8;

/// Calls `work(index)` on each of `kThreads` threads and waits for all of them.
template <class Work>
void run_threads(Work work) {
  std::barrier start(kThreads);
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&start, &work, i] {
      start.arrive_and_wait();
      work(i);
    });
  }
}

}  // namespace nautilus::test
