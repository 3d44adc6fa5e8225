// Record framing (RFC 9846 §5.1): octets in, one record at a time out, in place.
#pragma once

#include <optional>

#include <nautilus/bytes.hpp>
#include <nautilus/result.hpp>

#include "record/limits.hpp"
#include "wire/codepoints.hpp"

namespace nautilus::inline v0::record {

struct RecordHeader {
  wire::ContentType type;
  std::uint16_t legacy_version;
  std::uint16_t length;
};

/// A record where it lies in the input buffer.
struct Record {
  RecordHeader header;
  ByteSpan encoded;   ///< header and fragment
  ByteSpan fragment;  ///< `header.length` octets
};

/// What the first octets of the input must look like.
enum class Expect : std::uint8_t {
  FirstRecord,  ///< nothing was received yet: recognise plaintext HTTP and other strangers
  Plaintext,    ///< no keys yet: at most 2^14 octets
  Ciphertext,   ///< keys installed: at most 2^14 + 256 octets
};

/// The first record of `input`, nothing if it is not complete yet. Judges the header as soon as its
/// five octets are there, so a bad one fails without waiting for the rest: `PlaintextHttp`,
/// `NotTls`, `UnexpectedRecordType`, `RecordOverflow`. The version's minor octet is ignored
/// (RFC 9846 §5.1), its major octet must be 3.
[[nodiscard]] Result<std::optional<Record>> next_record(ByteSpan input, Expect expect);

/// Octets still missing to complete the first record of `input`, at least 1.
[[nodiscard]] std::size_t missing_octets(ByteView input) noexcept;

/// Writes the five octets of a header.
void encode_header(std::uint8_t* out, wire::ContentType type, std::uint16_t legacy_version,
                   std::size_t length) noexcept;

}  // namespace nautilus::inline v0::record
