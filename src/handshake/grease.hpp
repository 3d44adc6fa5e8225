// Reserved values in places where servers must ignore what they do not know (RFC 8701), so that
// they keep doing so.
#pragma once

#include <array>
#include <cstdint>

#include <nautilus/codepoints.hpp>
#include <nautilus/crypto/random.hpp>
#include <nautilus/result.hpp>

#include "wire/codepoints.hpp"

namespace nautilus::inline v0::handshake {

/// One of the sixteen reserved 16-bit values.
template <class Code>
[[nodiscard]] constexpr Code grease_code(std::uint8_t random) noexcept {
  const auto octet = static_cast<std::uint16_t>((random & 0xF0) | 0x0A);
  return static_cast<Code>(static_cast<std::uint16_t>((octet << 8) | octet));
}

/// Whether a 16-bit code point is reserved; nobody may ever choose one.
template <class Code>
[[nodiscard]] constexpr bool is_grease(Code code) noexcept {
  const auto value = static_cast<std::uint16_t>(code);
  return (value & 0x0F0F) == 0x0A0A && (value >> 8) == (value & 0xFF);
}

}  // namespace nautilus::inline v0::handshake

namespace nautilus::inline v0::handshake::client {

/// The reserved values of one ClientHello; the same again after HelloRetryRequest.
struct Grease {
  CipherSuiteId cipher_suite;
  NamedGroup group;
  SignatureScheme scheme;
  wire::ProtocolVersion version;
  wire::ExtensionType first_extension;
  wire::ExtensionType last_extension;

  [[nodiscard]] static Result<Grease> draw(Random& random) {
    std::array<std::uint8_t, 6> octets{};
    if (auto r = random.fill(octets); !r) return propagate(r);
    // No type may occur twice.
    if ((octets[4] & 0xF0) == (octets[5] & 0xF0)) octets[5] ^= 0x10;
    return Grease{
        grease_code<CipherSuiteId>(octets[0]),       grease_code<NamedGroup>(octets[1]),
        grease_code<SignatureScheme>(octets[2]),     grease_code<wire::ProtocolVersion>(octets[3]),
        grease_code<wire::ExtensionType>(octets[4]), grease_code<wire::ExtensionType>(octets[5])};
  }
};

}  // namespace nautilus::inline v0::handshake::client
