// Appends to an owned buffer. A length prefix is a scope: its octets are reserved when it opens and
// filled in when it closes.
#pragma once

#include <cassert>

#include <nautilus/bytes.hpp>

namespace nautilus::inline v0::wire {

class Writer {
 public:
  /// Appends to `out`, which must outlive the writer.
  explicit Writer(ByteVector& out) : out_(&out) {
    if (out.capacity() == 0) out.reserve(kFirstRoom);
  }

  /// Makes room for `size` octets more at once.
  void reserve(std::size_t size) { out_->reserve(out_->size() + size); }

  void u8(std::uint8_t value) { out_->push_back(value); }
  void u16(std::uint16_t value) { number(value, 2); }
  void u24(std::uint32_t value) { number(value, 3); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void bytes(ByteView value) { out_->insert(out_->end(), value.begin(), value.end()); }
  template <class Code>
    requires std::is_enum_v<Code>
  void code(Code value) {
    number(static_cast<std::uint64_t>(value), sizeof(Code));
  }
  void vector8(ByteView value) { vector(value, 1); }
  void vector16(ByteView value) { vector(value, 2); }
  void vector24(ByteView value) { vector(value, 3); }

  [[nodiscard]] std::size_t position() const noexcept { return out_->size(); }

  /// A length prefix of `Width` octets around everything written during its life.
  template <std::size_t Width>
  class Prefix {
   public:
    explicit Prefix(Writer& writer) : writer_(&writer), at_(writer.position()) {
      writer_->number(0, Width);
    }
    Prefix(const Prefix&) = delete;
    Prefix& operator=(const Prefix&) = delete;
    ~Prefix() {
      std::size_t size = writer_->position() - at_ - Width;
      assert(size < (std::size_t{1} << (8 * Width)));
      for (std::size_t i = Width; i-- > 0; size >>= 8) {
        (*writer_->out_)[at_ + i] = static_cast<std::uint8_t>(size);
      }
    }

   private:
    Writer* writer_;
    std::size_t at_;
  };
  [[nodiscard]] Prefix<1> prefix8() { return Prefix<1>(*this); }
  [[nodiscard]] Prefix<2> prefix16() { return Prefix<2>(*this); }
  [[nodiscard]] Prefix<3> prefix24() { return Prefix<3>(*this); }

 private:
  void number(std::uint64_t value, std::size_t width) {
    for (std::size_t i = width; i-- > 0;)
      out_->push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void vector(ByteView value, std::size_t width) {
    assert(value.size() < (std::size_t{1} << (8 * width)));
    number(value.size(), width);
    bytes(value);
  }

  /// Most of what is written fits, and growing octet by octet would ask for memory many times.
  static constexpr std::size_t kFirstRoom = 128;

  ByteVector* out_;
};

}  // namespace nautilus::inline v0::wire
