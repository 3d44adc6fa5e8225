// How many records may be sealed under one key (RFC 9846 §5.5).
#pragma once

#include <cstdint>

namespace nautilus::inline v0::crypto {

/// 2^24.5 full-size records are the bound for AES-GCM; rounded down.
inline constexpr std::uint64_t kAesGcmConfidentialityLimit = std::uint64_t{1} << 24;
/// ChaCha20-Poly1305 has no bound below the sequence number's own; this one keeps clear of it.
inline constexpr std::uint64_t kChaChaConfidentialityLimit = std::uint64_t{1} << 62;
/// AEGIS: far below its bounds for octets; the number of records a forger may try is 2^48.
inline constexpr std::uint64_t kAegisConfidentialityLimit = std::uint64_t{1} << 48;

}  // namespace nautilus::inline v0::crypto
