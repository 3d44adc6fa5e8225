#pragma once

#include <string>

#include <nautilus/bytes.hpp>

namespace nautilus::test {

inline std::string to_hex(ByteView bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t octet : bytes) {
    text.push_back(kDigits[octet >> 4]);
    text.push_back(kDigits[octet & 15]);
  }
  return text;
}

}  // namespace nautilus::test
