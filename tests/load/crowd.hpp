// All clients of one run, their epoll, and what became of them.
#pragma once

#include <array>
#include <memory>
#include <unordered_map>

#include "load/client.hpp"

namespace load {

struct Counts {
  std::uint64_t full = 0;
  std::uint64_t resumed = 0;
  std::array<std::uint64_t, kManners> refused{};  ///< nuisances the server got rid of
  std::uint64_t failed = 0;                       ///< honest clients that were not served
  std::string first_trouble;
};

class Crowd {
 public:
  /// `configs` must outlive the crowd.
  Crowd(std::uint16_t port, const Configs& configs);

  /// One more client; `resume` only where there is something to resume.
  void add(Manner manner, bool resume = false);
  /// Polls once, for at most `wait`.
  void step(std::chrono::milliseconds wait);
  /// Everybody who stays leaves.
  void dismiss();

  [[nodiscard]] std::size_t size() const noexcept { return clients_.size(); }
  [[nodiscard]] std::size_t idle() const noexcept { return idle_; }
  /// Clients of that manner that are still there.
  [[nodiscard]] std::size_t present(Manner manner) const noexcept {
    return present_[static_cast<std::size_t>(manner)];
  }
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
  struct Entry {
    std::unique_ptr<Client> client;
    bool idle = false;
    bool write_watched = true;
  };
  void run(int fd);
  void finish(int fd, State state);

  nautilus::Descriptor poll_;
  std::uint16_t port_;
  const Configs* configs_;
  std::unordered_map<int, Entry> clients_;
  std::array<std::size_t, kManners> present_{};
  std::size_t idle_ = 0;
  std::uint32_t next_ = 0;
  Moment swept_{};
  Counts counts_;
};

}  // namespace load
