#pragma once

#include <utility>

#include <nautilus/export.hpp>

namespace nautilus::inline v0 {

/// Owns a file descriptor and closes it. Move-only; -1 is "none".
class NAUTILUS_API Descriptor {
 public:
  Descriptor() noexcept = default;
  /// Takes `fd` over.
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Descriptor() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }
  /// Gives the descriptor away without closing it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  /// Closes what is held and takes `fd` over.
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

}  // namespace nautilus::inline v0
