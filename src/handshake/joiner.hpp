// Joins handshake fragments into messages (RFC 9846 §5.1). One per connection; the caller sees to
// it that fragments of different epochs never meet, by demanding `HandshakeAligned` at key changes.
#pragma once

#include <optional>

#include <nautilus/result.hpp>

#include "core/byte_buffer.hpp"
#include "handshake/proofs.hpp"
#include "wire/handshake_framing.hpp"

namespace nautilus::inline v0::handshake {

/// The longest handshake message accepted. Without this limit a peer could make us buffer 16 MiB
/// before it has proved anything.
inline constexpr std::size_t kMaxHandshakeMessage = std::size_t{1} << 16;

class Joiner {
 public:
  Joiner() noexcept = default;
  /// Takes its memory from `spares`, which must outlive it.
  explicit Joiner(SpareBlocks* spares) noexcept : buffer_(spares, ByteBuffer::Content::Secret, 0) {}

  void add(ByteView fragment) { buffer_.append(fragment); }
  /// The first complete message, valid until `pop`. `MessageTooLarge` as soon as a header claims
  /// too much.
  [[nodiscard]] Result<std::optional<wire::HandshakeMessage>> next() const;
  /// Drops the first message.
  void pop() noexcept;
  /// Nothing is waiting, not even a part of a message.
  [[nodiscard]] bool empty() const noexcept { return buffer_.empty(); }
  /// The proof, if nothing follows the first message.
  [[nodiscard]] std::optional<HandshakeAligned> aligned_after_first() const noexcept;

 private:
  [[nodiscard]] std::size_t first_size() const noexcept;
  ByteBuffer buffer_;
};

}  // namespace nautilus::inline v0::handshake
