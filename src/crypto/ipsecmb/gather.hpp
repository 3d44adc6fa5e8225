#pragma once

#include <algorithm>
#include <cstring>
#include <span>

#include <nautilus/bytes.hpp>

namespace nautilus::inline v0::crypto::ipsecmb {

/// Concatenates the parts at the start of `out`. The first one may lie there already.
inline void collect(std::span<const ByteView> parts, ByteSpan out) noexcept {
  std::uint8_t* to = out.data();
  for (const ByteView part : parts) {
    if (!part.empty() && part.data() != to) std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
}

/// The only part that holds anything, or an empty view when there are several.
[[nodiscard]] inline ByteView sole_part(std::span<const ByteView> parts) noexcept {
  const auto filled = [](ByteView part) { return !part.empty(); };
  const auto first = std::ranges::find_if(parts, filled);
  if (first == parts.end()) return {};
  return std::any_of(first + 1, parts.end(), filled) ? ByteView() : *first;
}

}  // namespace nautilus::inline v0::crypto::ipsecmb
