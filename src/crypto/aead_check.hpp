// What every AEAD backend checks before it touches memory.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include <nautilus/bytes.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0::crypto {

inline constexpr std::size_t kAeadNonceSize = 12;
inline constexpr std::size_t kAeadTagSize = 16;
/// Below every backend's own limit (libcrypto counts in int; GCM ends at 2^36 - 32 octets).
inline constexpr std::size_t kMaxAeadInput = std::numeric_limits<int>::max();

[[nodiscard]] inline bool overlaps(ByteView a, ByteView b) noexcept {
  const auto a_begin = reinterpret_cast<std::uintptr_t>(a.data());
  const auto b_begin = reinterpret_cast<std::uintptr_t>(b.data());
  return !a.empty() && !b.empty() && a_begin < b_begin + b.size() && b_begin < a_begin + a.size();
}

/// Checks the arguments of `AeadKey::seal` and returns the plaintext's length.
[[nodiscard]] inline Result<std::size_t> check_seal(
    ByteView nonce, ByteView aad, std::span<const ByteView> parts, ByteSpan out,
    std::size_t nonce_size = kAeadNonceSize) noexcept {
  if (nonce.size() != nonce_size) return fail(ErrorCode::ApiMisuse, "AEAD nonce size");
  if (aad.size() > kMaxAeadInput || out.size() > kMaxAeadInput) {
    return fail(ErrorCode::ApiMisuse, "AEAD input too long");
  }
  std::size_t total = 0;
  for (const ByteView part : parts) {
    if (part.empty()) continue;
    if (part.size() > kMaxAeadInput - total) {
      return fail(ErrorCode::ApiMisuse, "AEAD input too long");
    }
    // Only what is written last over itself may share memory with the output.
    const bool in_place = total == 0 && part.data() == out.data();
    if (!in_place && overlaps(part, out)) return fail(ErrorCode::ApiMisuse, "AEAD parts overlap");
    total += part.size();
  }
  if (overlaps(aad, out) || overlaps(nonce, out)) {
    return fail(ErrorCode::ApiMisuse, "AEAD parts overlap");
  }
  if (out.size() < kAeadTagSize || out.size() - kAeadTagSize != total) {
    return fail(ErrorCode::ApiMisuse, "AEAD output size");
  }
  return total;
}

/// Checks the arguments of `AeadKey::open` and returns the plaintext's length.
[[nodiscard]] inline Result<std::size_t> check_open(
    ByteView nonce, ByteView aad, ByteSpan in_out,
    std::size_t nonce_size = kAeadNonceSize) noexcept {
  if (nonce.size() != nonce_size) return fail(ErrorCode::ApiMisuse, "AEAD nonce size");
  if (aad.size() > kMaxAeadInput || in_out.size() > kMaxAeadInput) {
    return fail(ErrorCode::ApiMisuse, "AEAD input too long");
  }
  if (overlaps(aad, in_out) || overlaps(nonce, in_out)) {
    return fail(ErrorCode::ApiMisuse, "AEAD parts overlap");
  }
  // The peer chose this length: too short for a tag is one more way of being forged.
  if (in_out.size() < kAeadTagSize) return fail(ErrorCode::BadRecordMac);
  return in_out.size() - kAeadTagSize;
}

}  // namespace nautilus::inline v0::crypto
