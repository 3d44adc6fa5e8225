#pragma once

#include <array>
#include <cassert>
#include <cstring>
#include <memory>
#include <utility>

#include <nautilus/bytes.hpp>
#include <nautilus/export.hpp>

namespace nautilus::inline v0 {

/// Overwrites memory in a way the optimiser may not remove.
NAUTILUS_API void wipe(ByteSpan memory) noexcept;

/// Compares in time that depends on the lengths only. For MACs, binders and Finished.
[[nodiscard]] NAUTILUS_API bool ct_equal(ByteView a, ByteView b) noexcept;

/// A secret of at most `Max` octets, stored inline. Move-only; wiped on destruction, when moved
/// from and before it is replaced. It cannot be compared, printed or converted by accident:
/// `expose()` is the one way in.
template <std::size_t Max>
class BoundedSecret {
 public:
  BoundedSecret() noexcept = default;
  /// A zeroed secret of `size` octets, to be filled through `expose_mutable()`.
  explicit BoundedSecret(std::size_t size) noexcept : size_(size) { assert(size <= Max); }
  /// Copies `bytes` in. The caller still owns, and wipes, the original.
  explicit BoundedSecret(ByteView bytes) noexcept : size_(bytes.size()) {
    assert(bytes.size() <= Max);
    if (!bytes.empty()) std::memcpy(bytes_.data(), bytes.data(), bytes.size());
  }
  BoundedSecret(BoundedSecret&& other) noexcept { take(other); }
  BoundedSecret& operator=(BoundedSecret&& other) noexcept {
    if (this != &other) {
      wipe(bytes_);
      take(other);
    }
    return *this;
  }
  BoundedSecret(const BoundedSecret&) = delete;
  BoundedSecret& operator=(const BoundedSecret&) = delete;
  ~BoundedSecret() { wipe(bytes_); }

  /// A copy, spelled out because each one is another place to guard.
  [[nodiscard]] BoundedSecret clone() const noexcept { return BoundedSecret(expose()); }
  [[nodiscard]] ByteView expose() const noexcept { return ByteView(bytes_).first(size_); }
  [[nodiscard]] ByteSpan expose_mutable() noexcept { return ByteSpan(bytes_).first(size_); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  void clear() noexcept {
    wipe(bytes_);
    size_ = 0;
  }

 private:
  void take(BoundedSecret& other) noexcept {
    bytes_ = other.bytes_;
    size_ = other.size_;
    other.clear();
  }

  std::array<std::uint8_t, Max> bytes_{};
  std::size_t size_ = 0;
};

/// A secret of exactly `N` octets.
template <std::size_t N>
class Secret : public BoundedSecret<N> {
 public:
  Secret() noexcept : BoundedSecret<N>(N) {}
  explicit Secret(std::span<const std::uint8_t, N> bytes) noexcept
      : BoundedSecret<N>(ByteView(bytes)) {}
};

/// A secret of any length on the heap, with the same rules.
class SecretBytes {
 public:
  SecretBytes() noexcept = default;
  explicit SecretBytes(std::size_t size)
      : bytes_(size != 0 ? std::make_unique<std::uint8_t[]>(size) : nullptr), size_(size) {}
  explicit SecretBytes(ByteView bytes) : SecretBytes(bytes.size()) {
    if (size_ != 0) std::memcpy(bytes_.get(), bytes.data(), size_);
  }
  SecretBytes(SecretBytes&& other) noexcept
      : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      clear();
      bytes_ = std::move(other.bytes_);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { clear(); }

  [[nodiscard]] SecretBytes clone() const { return SecretBytes(expose()); }
  [[nodiscard]] ByteView expose() const noexcept { return {bytes_.get(), size_}; }
  [[nodiscard]] ByteSpan expose_mutable() noexcept { return {bytes_.get(), size_}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  void clear() noexcept {
    wipe({bytes_.get(), size_});
    bytes_.reset();
    size_ = 0;
  }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_ = 0;
};

}  // namespace nautilus::inline v0
