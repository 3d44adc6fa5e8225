// A cursor over borrowed octets that can only fail closed: after the first failed read every
// further read fails, and `finish()` tells whether exactly everything was consumed.
#pragma once

#include <array>
#include <cstring>

#include <nautilus/bytes.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0::wire {

class Reader {
 public:
  explicit Reader(ByteView data) noexcept : rest_(data) {}

  [[nodiscard]] std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1)); }
  [[nodiscard]] std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }
  [[nodiscard]] std::uint32_t u24() noexcept { return static_cast<std::uint32_t>(number(3)); }
  [[nodiscard]] std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(number(4)); }
  [[nodiscard]] std::uint64_t u64() noexcept { return number(8); }

  /// Exactly `size` octets.
  [[nodiscard]] ByteView bytes(std::size_t size) noexcept {
    if (failed_ || rest_.size() < size) {
      fail_now();
      return {};
    }
    const ByteView out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return out;
  }
  template <std::size_t N>
  [[nodiscard]] std::array<std::uint8_t, N> array() noexcept {
    std::array<std::uint8_t, N> out{};
    const ByteView in = bytes(N);
    if (in.size() == N) std::memcpy(out.data(), in.data(), N);
    return out;
  }

  // Vectors of the presentation language (RFC 9846 §3.4): a length of 1, 2 or 3 octets, checked
  // against the vector's own bounds.
  [[nodiscard]] ByteView vector8(std::size_t min, std::size_t max) noexcept {
    return bounded(u8(), min, max);
  }
  [[nodiscard]] ByteView vector16(std::size_t min, std::size_t max) noexcept {
    return bounded(u16(), min, max);
  }
  [[nodiscard]] ByteView vector24(std::size_t min, std::size_t max) noexcept {
    return bounded(u24(), min, max);
  }

  /// Marks the input as malformed, for checks the reader cannot make itself.
  void fail_now() noexcept {
    failed_ = true;
    rest_ = {};
  }
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }

  /// Success if nothing failed and nothing is left over; otherwise `DecodeError`.
  [[nodiscard]] Result<void> finish(const char* what) const noexcept {
    if (failed_ || !rest_.empty()) return fail(ErrorCode::DecodeError, what);
    return {};
  }

 private:
  [[nodiscard]] std::uint64_t number(std::size_t size) noexcept {
    std::uint64_t value = 0;
    for (const std::uint8_t octet : bytes(size)) value = (value << 8) | octet;
    return value;
  }
  [[nodiscard]] ByteView bounded(std::size_t size, std::size_t min, std::size_t max) noexcept {
    if (size < min || size > max) {
      fail_now();
      return {};
    }
    return bytes(size);
  }

  ByteView rest_;
  bool failed_ = false;
};

}  // namespace nautilus::inline v0::wire
