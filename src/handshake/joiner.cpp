#include "handshake/joiner.hpp"

namespace nautilus::inline v0::handshake {

std::size_t Joiner::first_size() const noexcept {
  const ByteView in = buffer_.view();
  return wire::kHandshakeHeaderSize +
         ((static_cast<std::size_t>(in[1]) << 16) | (static_cast<std::size_t>(in[2]) << 8) | in[3]);
}

Result<std::optional<wire::HandshakeMessage>> Joiner::next() const {
  const ByteView in = buffer_.view();
  if (in.size() < wire::kHandshakeHeaderSize) return std::nullopt;
  const std::size_t size = first_size();
  if (size > kMaxHandshakeMessage) return fail(ErrorCode::MessageTooLarge);
  if (in.size() < size) return std::nullopt;
  return wire::HandshakeMessage{static_cast<wire::HandshakeType>(in[0]), in.first(size)};
}

void Joiner::pop() noexcept {
  buffer_.consume(first_size());
  buffer_.release_if_empty();
}

std::optional<HandshakeAligned> Joiner::aligned_after_first() const noexcept {
  if (buffer_.size() != first_size()) return std::nullopt;
  return HandshakeAligned();
}

}  // namespace nautilus::inline v0::handshake
