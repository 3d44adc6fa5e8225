// A growable queue of octets: written at the end, consumed from the front, contiguous throughout.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstring>
#include <memory>

#include <nautilus/bytes.hpp>
#include <nautilus/secret.hpp>

#include "core/spare_blocks.hpp"

namespace nautilus::inline v0 {

class ByteBuffer {
 public:
  /// Whether what was written here must be wiped before the memory goes to somebody else.
  enum class Content : std::uint8_t { Secret, Public };

  ByteBuffer() noexcept = default;
  /// Takes its memory from `spares` where it can, and gives it back when it is empty. `spares` must
  /// outlive the buffer; null for none. What follows the first `header` octets of an empty buffer
  /// lies on a cache line's start: vector code is measurably faster there.
  ByteBuffer(SpareBlocks* spares, Content content, std::uint8_t header) noexcept
      : spares_(spares), header_(header), secret_(content == Content::Secret) {}
  ByteBuffer(ByteBuffer&& other) noexcept
      : data_(std::move(other.data_)),
        capacity_(std::exchange(other.capacity_, 0)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)),
        written_(std::exchange(other.written_, 0)),
        spares_(other.spares_),
        lead_(std::exchange(other.lead_, std::uint8_t{0})),
        header_(other.header_),
        secret_(other.secret_) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    if (this != &other) {
      clear();
      data_ = std::move(other.data_);
      capacity_ = std::exchange(other.capacity_, 0);
      begin_ = std::exchange(other.begin_, 0);
      end_ = std::exchange(other.end_, 0);
      written_ = std::exchange(other.written_, 0);
      lead_ = std::exchange(other.lead_, std::uint8_t{0});
      spares_ = other.spares_;
      header_ = other.header_;
      secret_ = other.secret_;
    }
    return *this;
  }
  ~ByteBuffer() { clear(); }

  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] ByteSpan readable() noexcept { return {data_.get() + begin_, size()}; }
  [[nodiscard]] ByteView view() const noexcept { return {data_.get() + begin_, size()}; }

  /// At least `size` writable octets behind the content, not zeroed. Invalidates earlier spans.
  [[nodiscard]] ByteSpan prepare(std::size_t size) {
    if (capacity_ - end_ < size) make_room(size);
    return {data_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t size) noexcept {
    assert(size <= capacity_ - end_);
    end_ += size;
    written_ = std::max(written_, end_);
  }
  void append(ByteView bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  /// Drops `size` octets from the front. An empty buffer keeps its memory.
  void consume(std::size_t size) noexcept {
    assert(size <= this->size());
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = lead_;
  }
  /// Wipes and frees everything.
  void clear() noexcept {
    if (data_) wipe({data_.get(), capacity_});
    data_.reset();
    capacity_ = begin_ = end_ = written_ = 0;
    lead_ = 0;
  }
  /// Lets go of the memory of an empty buffer: idle connections hold none.
  void release_if_empty() noexcept {
    if (!empty() || !data_) return;
    if (spares_ == nullptr) {
      clear();
      return;
    }
    if (secret_) wipe({data_.get(), written_});
    spares_->give({std::move(data_), capacity_});
    capacity_ = begin_ = end_ = written_ = 0;
    lead_ = 0;
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  static constexpr std::size_t kCacheLine = 64;

  void make_room(std::size_t size) {
    const std::size_t used = this->size();
    if (capacity_ >= lead_ + used + size && begin_ >= lead_ + used) {
      std::memcpy(data_.get() + lead_, data_.get() + begin_, used);
    } else {
      Block grown = larger(used + size);
      const std::uint8_t lead = lead_of(grown.data.get());
      if (used != 0) std::memcpy(grown.data.get() + lead, data_.get() + begin_, used);
      if (data_) wipe({data_.get(), capacity_});
      data_ = std::move(grown.data);
      capacity_ = grown.size;
      lead_ = lead;
      written_ = lead + used;
    }
    begin_ = lead_;
    end_ = lead_ + used;
  }
  [[nodiscard]] Block larger(std::size_t size) const {
    if (header_ != 0) size += kCacheLine;
    Block block = spares_ ? spares_->take(size) : Block{};
    if (block.data) return block;
    std::size_t capacity = capacity_ == 0 ? size : capacity_;
    while (capacity < size) capacity += capacity / 2 + 64;
    return {std::unique_ptr<std::uint8_t[]>(new std::uint8_t[capacity]), capacity};  // not zeroed
  }
  [[nodiscard]] std::uint8_t lead_of(const std::uint8_t* data) const noexcept {
    if (header_ == 0) return 0;
    const auto odd = (reinterpret_cast<std::uintptr_t>(data) + header_) % kCacheLine;
    return static_cast<std::uint8_t>((kCacheLine - odd) % kCacheLine);
  }

  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;  // lead_ <= begin_ <= end_ <= capacity_
  std::size_t end_ = 0;
  std::size_t written_ = 0;  // octets from the start that were ever in use
  SpareBlocks* spares_ = nullptr;
  std::uint8_t lead_ = 0;  // where an empty buffer starts
  std::uint8_t header_ = 0;
  bool secret_ = true;
};

}  // namespace nautilus::inline v0
