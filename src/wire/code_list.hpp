// A list of 16-bit code points, read where it lies: no copy, unknown values kept.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <vector>

#include <nautilus/bytes.hpp>

namespace nautilus::inline v0::wire {

template <class Code>
  requires(sizeof(Code) == 2)
class CodeList {
 public:
  CodeList() noexcept = default;
  /// `octets` has an even length (the decoders check it) and outlives the list.
  explicit CodeList(ByteView octets) noexcept : octets_(octets) {}

  [[nodiscard]] std::size_t size() const noexcept { return octets_.size() / 2; }
  [[nodiscard]] bool empty() const noexcept { return octets_.empty(); }
  [[nodiscard]] Code operator[](std::size_t i) const noexcept {
    return static_cast<Code>((octets_[2 * i] << 8) | octets_[2 * i + 1]);
  }
  [[nodiscard]] bool contains(Code code) const noexcept {
    for (std::size_t i = 0; i < size(); ++i) {
      if ((*this)[i] == code) return true;
    }
    return false;
  }
  [[nodiscard]] ByteView octets() const noexcept { return octets_; }
  [[nodiscard]] std::vector<Code> to_vector() const {
    std::vector<Code> out(size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = (*this)[i];
    return out;
  }

  class Iterator {
   public:
    using value_type = Code;
    using difference_type = std::ptrdiff_t;
    Iterator() noexcept = default;
    Iterator(const CodeList& list, std::size_t at) noexcept : list_(&list), at_(at) {}
    Code operator*() const noexcept { return (*list_)[at_]; }
    Iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    Iterator operator++(int) noexcept {
      Iterator old = *this;
      ++at_;
      return old;
    }
    bool operator==(const Iterator& other) const noexcept { return at_ == other.at_; }

   private:
    const CodeList* list_ = nullptr;
    std::size_t at_ = 0;
  };
  [[nodiscard]] Iterator begin() const noexcept { return {*this, 0}; }
  [[nodiscard]] Iterator end() const noexcept { return {*this, size()}; }

 private:
  ByteView octets_;
};

}  // namespace nautilus::inline v0::wire
