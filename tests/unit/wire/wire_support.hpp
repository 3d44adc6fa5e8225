// What every test of a decoder needs: octets from hexadecimal text, random octets, and the checks
// that hold for each of them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <nautilus/bytes.hpp>
#include <nautilus/error.hpp>
#include <nautilus/result.hpp>

#include "wire/extension_block.hpp"
#include "wire/handshake_framing.hpp"
#include "wire/reader.hpp"
#include "wire/writer.hpp"

namespace nautilus::test {

/// Hexadecimal text; white space between octets is skipped.
inline ByteVector hex(std::string_view text) {
  ByteVector out;
  int high = -1;
  for (const char c : text) {
    if (c == ' ' || c == '\n') continue;
    const int digit = c <= '9' ? c - '0' : c <= 'F' ? c - 'A' + 10 : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::uint8_t>(high * 16 + digit));
      high = -1;
    }
  }
  EXPECT_EQ(high, -1) << "half an octet: " << text;
  return out;
}

inline ByteVector concat(std::initializer_list<ByteVector> parts) {
  ByteVector out;
  for (const ByteVector& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

/// The handshake header in front of `encoded` says `type` and the right length; yields the body.
inline ByteVector body_of(const ByteVector& encoded, wire::HandshakeType type) {
  EXPECT_GE(encoded.size(), wire::kHandshakeHeaderSize);
  wire::Reader reader(encoded);
  EXPECT_EQ(reader.u8(), static_cast<std::uint8_t>(type));
  EXPECT_EQ(reader.u24(), encoded.size() - wire::kHandshakeHeaderSize);
  return {encoded.begin() + wire::kHandshakeHeaderSize, encoded.end()};
}

/// The error of a decoder that must fail on `octets`, or `Unreachable` if it does not.
template <class Decode>
ErrorCode error_of(Decode decode, const ByteVector& octets) {
  const auto result = decode(ByteView(octets));
  return result ? ErrorCode::Unreachable : result.error().code;
}

/// `whole` decodes, none of its beginnings does, and neither does anything longer. `except` is the
/// one length, if any, at which a beginning is itself well-formed.
template <class Decode>
void expect_exact(Decode decode, const ByteVector& whole,
                  std::size_t except = static_cast<std::size_t>(-1)) {
  ASSERT_TRUE(decode(ByteView(whole)));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    if (size == except) continue;
    const ByteVector cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_EQ(to_string(error_of(decode, cut)), to_string(ErrorCode::DecodeError)) << size;
  }
  for (const std::uint8_t trailer : ByteVector{0x00, 0x01, 0xFF}) {
    ByteVector longer = whole;
    longer.push_back(trailer);
    ASSERT_EQ(to_string(error_of(decode, longer)), to_string(ErrorCode::DecodeError));
  }
}

/// The decoder refuses `octets` with this code, and the code has this alert.
template <class Decode>
void expect_refused(Decode decode, const ByteVector& octets, ErrorCode code,
                    AlertDescription alert) {
  EXPECT_EQ(to_string(error_of(decode, octets)), to_string(code));
  EXPECT_EQ(alert_for(code), alert);
}

template <class Decode>
void expect_decode_error(Decode decode, const ByteVector& octets) {
  expect_refused(decode, octets, ErrorCode::DecodeError, AlertDescription::decode_error);
}

/// Random octets, `min` to `max` of them, within a RapidCheck property.
inline ByteVector random_octets(std::size_t min, std::size_t max) {
  const auto size = *rc::gen::inRange(min, max + 1);
  return *rc::gen::container<ByteVector>(size, rc::gen::arbitrary<std::uint8_t>());
}

/// `min` to `max` random code points.
template <class Code>
std::vector<Code> random_codes(std::size_t min, std::size_t max) {
  const auto size = *rc::gen::inRange(min, max + 1);
  const auto numbers =
      *rc::gen::container<std::vector<std::uint16_t>>(size, rc::gen::arbitrary<std::uint16_t>());
  std::vector<Code> codes;
  for (const std::uint16_t number : numbers) codes.push_back(static_cast<Code>(number));
  return codes;
}

template <class List, class Code>
bool same_codes(const List& list, const std::vector<Code>& codes) {
  return std::vector<Code>(list.begin(), list.end()) == codes;
}

/// What any decoder must survive: octets that nobody chose with care. A property to run with
/// `rc::check`: either it fails with a code that has an alert, or it succeeds.
template <class Decode>
void survives_anything(Decode decode, const ByteVector& octets) {
  const auto result = decode(ByteView(octets));
  RC_ASSERT(result.has_value() || alert_for(result.error().code).has_value());
}

/// One random octet of `whole` changed: decoding ends, in whatever way.
template <class Decode>
void survives_a_flip(Decode decode, ByteVector whole) {
  RC_PRE(!whole.empty());
  const auto at = *rc::gen::inRange<std::size_t>(0, whole.size());
  whole[at] = static_cast<std::uint8_t>(whole[at] ^ *rc::gen::inRange(1, 256));
  survives_anything(decode, whole);
}

/// An extension block of the given items, its own length included.
inline ByteVector block_of(
    const std::vector<std::pair<wire::ExtensionType, ByteVector>>& extensions) {
  wire::ExtensionList list;
  for (const auto& [type, data] : extensions) list.add(type) = data;
  ByteVector out;
  wire::Writer writer(out);
  list.encode(writer);
  return out;
}

}  // namespace nautilus::test
