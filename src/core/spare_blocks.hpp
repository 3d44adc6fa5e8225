// Memory between uses: connections that share a config hand buffers on to each other, so that an
// idle one holds none and a busy one does not ask the allocator for every record.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

namespace nautilus::inline v0 {

/// Heap memory and its size.
struct Block {
  std::unique_ptr<std::uint8_t[]> data;
  std::size_t size = 0;
};

/// A few blocks that nobody uses. Safe among threads without a lock. Whoever gives a block has
/// wiped what was secret in it.
class SpareBlocks {
 public:
  SpareBlocks() noexcept = default;
  SpareBlocks(const SpareBlocks&) = delete;
  SpareBlocks& operator=(const SpareBlocks&) = delete;
  ~SpareBlocks() { clear(); }

  /// Frees what is kept.
  void clear() noexcept {
    for (auto& slot : slots_) delete[] slot.exchange(nullptr, std::memory_order_acquire);
  }

  /// A block of at least `size` octets if one is at hand, else an empty one. Smaller ones on the
  /// way are freed: the next to be given takes their place.
  [[nodiscard]] Block take(std::size_t size) noexcept {
    for (auto& slot : slots_) {
      if (slot.load(std::memory_order_relaxed) == nullptr) continue;
      std::unique_ptr<std::uint8_t[]> data(slot.exchange(nullptr, std::memory_order_acquire));
      if (!data) continue;
      std::size_t found = 0;
      std::memcpy(&found, data.get(), sizeof found);
      if (found >= size) return {std::move(data), found};
    }
    return {};
  }

  /// Keeps the block, or frees it where there is no place or it is not worth one.
  void give(Block block) noexcept {
    if (block.size < kSmallest || block.size > kLargest) return;
    std::memcpy(block.data.get(), &block.size, sizeof block.size);
    for (auto& slot : slots_) {
      std::uint8_t* expected = nullptr;
      if (slot.compare_exchange_strong(expected, block.data.get(), std::memory_order_release,
                                       std::memory_order_relaxed)) {
        (void)block.data.release();
        return;
      }
    }
  }

 private:
  static constexpr std::size_t kSlots = 4;
  /// The allocator is as good with small ones, and memory kept for nothing has a bound.
  static constexpr std::size_t kSmallest = 64;
  static constexpr std::size_t kLargest = std::size_t{128} * 1024;

  std::array<std::atomic<std::uint8_t*>, kSlots> slots_{};
};

}  // namespace nautilus::inline v0
