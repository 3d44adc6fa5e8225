// Secret values of the lattice schemes that are not octet strings.
#pragma once

#include <cstdint>
#include <type_traits>

#include <nautilus/secret.hpp>

namespace nautilus::inline v0::crypto::pq {

/// A value that is wiped when it dies, when it is moved from and before it is replaced. Move-only.
/// Starts uninitialised where `T` does.
template <class T>
  requires std::is_trivially_copyable_v<T>
class Sensitive {
 public:
  Sensitive() noexcept = default;
  Sensitive(Sensitive&& other) noexcept : value_(other.value_) { other.clear(); }
  Sensitive& operator=(Sensitive&& other) noexcept {
    if (this != &other) {
      value_ = other.value_;
      other.clear();
    }
    return *this;
  }
  Sensitive(const Sensitive&) = delete;
  Sensitive& operator=(const Sensitive&) = delete;
  ~Sensitive() { clear(); }

  [[nodiscard]] T& operator*() noexcept { return value_; }
  [[nodiscard]] const T& operator*() const noexcept { return value_; }
  [[nodiscard]] T* operator->() noexcept { return &value_; }
  [[nodiscard]] const T* operator->() const noexcept { return &value_; }
  void clear() noexcept { wipe({reinterpret_cast<std::uint8_t*>(&value_), sizeof value_}); }

 private:
  T value_;
};

}  // namespace nautilus::inline v0::crypto::pq
