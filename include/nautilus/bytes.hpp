#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace nautilus::inline v0 {

/// A borrowed, read-only run of octets. Whoever hands one out says how long it stays valid.
using ByteView = std::span<const std::uint8_t>;

/// A borrowed, writable run of octets.
using ByteSpan = std::span<std::uint8_t>;

/// Owned public octets. Secrets live in the types of secret.hpp instead.
using ByteVector = std::vector<std::uint8_t>;

/// Views the characters of `text` as octets; valid as long as `text`.
inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Views `bytes` as characters; valid as long as `bytes`.
inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Copies a view into an owned vector.
inline ByteVector to_vector(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace nautilus::inline v0
