// A growable queue of octets: written at the end, consumed from the front, contiguous throughout.
#pragma once

#include <cassert>
#include <cstring>
#include <memory>

#include <nautilus/bytes.hpp>
#include <nautilus/secret.hpp>

namespace nautilus::inline v0 {

class ByteBuffer {
 public:
  ByteBuffer() noexcept = default;
  ByteBuffer(ByteBuffer&& other) noexcept
      : data_(std::move(other.data_)),
        capacity_(std::exchange(other.capacity_, 0)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    if (this != &other) {
      clear();
      data_ = std::move(other.data_);
      capacity_ = std::exchange(other.capacity_, 0);
      begin_ = std::exchange(other.begin_, 0);
      end_ = std::exchange(other.end_, 0);
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
    if (begin_ == end_) begin_ = end_ = 0;
  }
  /// Wipes and frees everything.
  void clear() noexcept {
    if (data_) wipe({data_.get(), capacity_});
    data_.reset();
    capacity_ = begin_ = end_ = 0;
  }
  /// Frees the memory of an empty buffer: idle connections hold none.
  void release_if_empty() noexcept {
    if (empty()) clear();
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  void make_room(std::size_t size) {
    const std::size_t used = this->size();
    if (capacity_ >= used + size && begin_ >= used) {
      std::memcpy(data_.get(), data_.get() + begin_, used);
    } else {
      std::size_t capacity = capacity_ == 0 ? size : capacity_;
      while (capacity < used + size) capacity += capacity / 2 + 64;
      std::unique_ptr<std::uint8_t[]> grown(new std::uint8_t[capacity]);  // not zeroed on purpose
      if (used != 0) std::memcpy(grown.get(), data_.get() + begin_, used);
      if (data_) wipe({data_.get(), capacity_});
      data_ = std::move(grown);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = used;
  }

  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;  // 0 <= begin_ <= end_ <= capacity_
  std::size_t end_ = 0;
};

}  // namespace nautilus::inline v0
