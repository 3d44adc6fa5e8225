// Named limits of the record layer, and what each one protects from.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nautilus::inline v0::record {

inline constexpr std::size_t kHeaderSize = 5;
/// TLSPlaintext.fragment (RFC 9846 §5.1).
inline constexpr std::size_t kMaxPlaintext = std::size_t{1} << 14;
/// TLSCiphertext.encrypted_record (RFC 9846 §5.2).
inline constexpr std::size_t kMaxCiphertext = kMaxPlaintext + 256;
/// Records without content in a row. Without this limit a peer could keep us decrypting for ever
/// while the connection makes no progress.
inline constexpr unsigned kMaxEmptyRecords = 32;
/// Sequence numbers stop one short of wrapping (RFC 9846 §5.3).
inline constexpr std::uint64_t kMaxSequence = ~std::uint64_t{0};

}  // namespace nautilus::inline v0::record
