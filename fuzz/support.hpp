// What every fuzz target needs: reading choices out of the input, and checks that hold in every
// build.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>

#include <nautilus/bytes.hpp>
#include <nautilus/error.hpp>

/// One execution; what libFuzzer and the standalone program call. Always returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace nautilus::fuzz {

/// Ends the program with a message when `holds` is false: a finding.
void require(bool holds, const char* what,
             std::source_location where = std::source_location::current());

/// The input, read from its front as a row of decisions. At its end it yields zeros, so that an
/// input may stop anywhere.
class Choices {
 public:
  explicit Choices(ByteView input) noexcept : rest_(input) {}

  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  [[nodiscard]] ByteView rest() const noexcept { return rest_; }

  [[nodiscard]] std::uint8_t u8() noexcept {
    if (rest_.empty()) return 0;
    const std::uint8_t octet = rest_.front();
    rest_ = rest_.subspan(1);
    return octet;
  }
  [[nodiscard]] std::uint16_t u16() noexcept {
    const auto high = static_cast<std::uint16_t>(u8() << 8);
    return static_cast<std::uint16_t>(high | u8());
  }
  [[nodiscard]] bool flag() noexcept { return (u8() & 1) != 0; }
  /// At most `size` octets: what is left.
  [[nodiscard]] ByteView bytes(std::size_t size) noexcept {
    const ByteView out = rest_.first(size < rest_.size() ? size : rest_.size());
    rest_ = rest_.subspan(out.size());
    return out;
  }
  [[nodiscard]] ByteView all() noexcept { return bytes(rest_.size()); }

 private:
  ByteView rest_;
};

/// An error of a peer's making: it has a name of that kind and an alert that says so.
void require_peer_error(const Error& error,
                        std::source_location where = std::source_location::current());

}  // namespace nautilus::fuzz
