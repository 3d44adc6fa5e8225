// struct Handshake of RFC 9846 §4: type, 24-bit length, body.
#pragma once

#include <nautilus/bytes.hpp>

#include "wire/codepoints.hpp"
#include "wire/writer.hpp"

namespace nautilus::inline v0::wire {

inline constexpr std::size_t kHandshakeHeaderSize = 4;

/// A complete handshake message: `encoded` is header and body, borrowed.
struct HandshakeMessage {
  HandshakeType type;
  ByteView encoded;
  [[nodiscard]] ByteView body() const noexcept { return encoded.subspan(kHandshakeHeaderSize); }
};

/// Appends one handshake message to `out`: header, then whatever `body(writer)` writes, which is
/// about `room` octets.
template <class Body>
void encode_handshake(ByteVector& out, HandshakeType type, std::size_t room, Body&& body) {
  out.reserve(out.size() + kHandshakeHeaderSize + room);
  Writer writer(out);
  writer.code(type);
  auto length = writer.prefix24();
  body(writer);
}

template <class Body>
void encode_handshake(ByteVector& out, HandshakeType type, Body&& body) {
  constexpr std::size_t kUsual = 128;
  encode_handshake(out, type, kUsual, std::forward<Body>(body));
}

}  // namespace nautilus::inline v0::wire
