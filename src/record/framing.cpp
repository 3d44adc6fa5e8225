#include "record/framing.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace nautilus::inline v0::record {
namespace {

/// How plaintext HTTP begins, in four octets.
bool looks_like_http(ByteView input) noexcept {
  constexpr std::array<std::string_view, 11> kStarts{"GET ", "POST", "HEAD", "PUT ", "OPTI", "CONN",
                                                     "DELE", "PATC", "TRAC", "PRI ", "HTTP"};
  const std::string_view start = as_text(input.first(4));
  return std::ranges::find(kStarts, start) != kStarts.end();
}

}  // namespace

void encode_header(std::uint8_t* out, wire::ContentType type, std::uint16_t legacy_version,
                   std::size_t length) noexcept {
  out[0] = static_cast<std::uint8_t>(type);
  out[1] = static_cast<std::uint8_t>(legacy_version >> 8);
  out[2] = static_cast<std::uint8_t>(legacy_version);
  out[3] = static_cast<std::uint8_t>(length >> 8);
  out[4] = static_cast<std::uint8_t>(length);
}

Result<std::optional<Record>> next_record(ByteSpan input, Expect expect) {
  if (input.size() < kHeaderSize) return std::nullopt;
  const RecordHeader header{static_cast<wire::ContentType>(input[0]),
                            static_cast<std::uint16_t>((input[1] << 8) | input[2]),
                            static_cast<std::uint16_t>((input[3] << 8) | input[4])};
  const bool known_type = input[0] >= 20 && input[0] <= 23;
  if (!known_type || input[1] != 3) {
    if (expect != Expect::FirstRecord) return fail(ErrorCode::UnexpectedRecordType);
    return fail(looks_like_http(input) ? ErrorCode::PlaintextHttp : ErrorCode::NotTls);
  }
  if (header.length > (expect == Expect::Ciphertext ? kMaxCiphertext : kMaxPlaintext)) {
    return fail(ErrorCode::RecordOverflow);
  }
  const std::size_t size = kHeaderSize + header.length;
  if (input.size() < size) return std::nullopt;
  return Record{header, input.first(size), input.subspan(kHeaderSize, header.length)};
}

std::size_t missing_octets(ByteView input) noexcept {
  if (input.size() < kHeaderSize) return kHeaderSize - input.size();
  const std::size_t size = kHeaderSize + ((static_cast<std::size_t>(input[3]) << 8) | input[4]);
  return size > input.size() ? size - input.size() : 1;
}

}  // namespace nautilus::inline v0::record
