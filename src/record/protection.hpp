// Record protection (RFC 9846 §5.2 to §5.5): one direction's AEAD key and IV, made from a traffic
// secret. It keeps no counter: (epoch, sequence) come from the caller.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <nautilus/bytes.hpp>
#include <nautilus/crypto/provider.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

#include "core/byte_buffer.hpp"
#include "record/limits.hpp"
#include "wire/codepoints.hpp"

namespace nautilus::inline v0::record {

/// Longest AEAD key of any suite.
inline constexpr std::size_t kMaxKeySize = 32;
/// Longest AEAD nonce of any suite (AEGIS-256).
inline constexpr std::size_t kMaxNonceSize = 32;

struct InnerPlaintext {
  wire::ContentType type;
  ByteSpan content;  ///< padding removed; lies inside the opened record
};

class Protection {
 public:
  /// [sender]_write_key and [sender]_write_iv (RFC 9846 §7.3).
  [[nodiscard]] static Result<Protection> from_secret(const CipherSuite& suite,
                                                      std::string_view label_prefix,
                                                      ByteView traffic_secret);

  /// Appends one protected record to `out`: the concatenated `parts` as content of `type`, then
  /// `padding` zeros. Content and padding together at most 2^14 octets (`ApiMisuse`).
  [[nodiscard]] Result<void> seal(std::uint64_t sequence, wire::ContentType type,
                                  std::span<const ByteView> parts, std::size_t padding,
                                  ByteBuffer& out) const;

  /// Opens a whole record (header included) in place. `BadRecordMac` when it does not authenticate,
  /// `RecordOverflow` when the inner plaintext is too long, `UnexpectedMessage` when it holds no
  /// content type at all (RFC 9846 §5.4).
  [[nodiscard]] Result<InnerPlaintext> open(std::uint64_t sequence, ByteSpan record) const;

  [[nodiscard]] std::size_t tag_size() const noexcept { return tag_size_; }
  /// Records that may be sealed under this key (RFC 9846 §5.5).
  [[nodiscard]] std::uint64_t confidentiality_limit() const noexcept { return limit_; }

 private:
  Protection() = default;
  /// The expanded key, made when it is first used: many connections finish their handshake and then
  /// say nothing for long, and it is several times as large as the key itself.
  [[nodiscard]] Result<const AeadKey*> key() const;

  mutable std::shared_ptr<const AeadAlgorithm> aead_;  ///< until then
  mutable BoundedSecret<kMaxKeySize> raw_key_;         ///< until then
  mutable std::unique_ptr<AeadKey> key_;
  BoundedSecret<kMaxNonceSize> iv_;
  std::size_t tag_size_ = 0;
  std::uint64_t limit_ = 0;
};

}  // namespace nautilus::inline v0::record
