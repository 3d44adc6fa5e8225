#include "record/framing.hpp"

#include <gtest/gtest.h>

#include "unit/record/record_fixture.hpp"

namespace nautilus::record {
namespace {

ErrorCode code_of(std::string_view start, Expect expect) {
  ByteVector input = to_vector(as_bytes(start));
  const auto record = next_record(input, expect);
  EXPECT_FALSE(record);
  return record ? ErrorCode::Unreachable : record.error().code;
}

TEST(Framing, NothingUntilTheLastOctet) {
  ByteVector input = plain(22, as_bytes("hello"));
  for (std::size_t size = 0; size < input.size(); ++size) {
    const auto record = next_record(ByteSpan(input).first(size), Expect::FirstRecord);
    ASSERT_TRUE(record);
    EXPECT_FALSE(*record);
    EXPECT_EQ(missing_octets(ByteView(input).first(size)), size < 5 ? 5 - size : 10 - size);
  }
  input.push_back(22);  // the next record's first octet
  const auto record = next_record(input, Expect::FirstRecord);
  ASSERT_TRUE(record && *record);
  EXPECT_EQ((*record)->encoded.size(), 10u);
  EXPECT_EQ(as_text((*record)->fragment), "hello");
  EXPECT_EQ((*record)->header.type, wire::ContentType::handshake);
}

TEST(Framing, HttpIsRecognisedInTheFirstRecordOnly) {
  for (const char* start : {"GET / HTTP/1.1", "POST /", "HEAD /", "PUT /x", "OPTIONS", "CONNECT",
                            "DELETE", "PATCH", "TRACE", "PRI * HTTP/2.0", "HTTP/1.1 400"}) {
    EXPECT_EQ(code_of(start, Expect::FirstRecord), ErrorCode::PlaintextHttp) << start;
    EXPECT_EQ(code_of(start, Expect::Plaintext), ErrorCode::UnexpectedRecordType) << start;
  }
}

TEST(Framing, Strangers) {
  EXPECT_EQ(code_of("SSH-2.0-x", Expect::FirstRecord), ErrorCode::NotTls);
  EXPECT_EQ(code_of(std::string_view("\x80\x2e\x01\x03\x01\x00", 6), Expect::FirstRecord),
            ErrorCode::NotTls);  // an SSLv2 hello
  EXPECT_EQ(code_of(std::string_view("\x16\x02\x03\x00\x01", 5), Expect::FirstRecord),
            ErrorCode::NotTls);
  EXPECT_EQ(code_of(std::string_view("\x18\x03\x03\x00\x01", 5), Expect::Ciphertext),
            ErrorCode::UnexpectedRecordType);
  EXPECT_EQ(code_of(std::string_view("\x13\x03\x03\x00\x01", 5), Expect::Plaintext),
            ErrorCode::UnexpectedRecordType);
}

// RFC 9846 §5.1-6
TEST(Framing, MinorVersionIsIgnored) {
  for (const int minor : {0, 1, 3, 4, 255}) {
    ByteVector input = plain(22, as_bytes("x"));
    input[2] = static_cast<std::uint8_t>(minor);
    const auto record = next_record(input, Expect::FirstRecord);
    ASSERT_TRUE(record);
    EXPECT_TRUE(*record);
  }
}

// RFC 9846 §5.1-7, §5.2-1
TEST(Framing, LengthLimitsAreJudgedFromTheHeader) {
  const auto judge = [](std::size_t length, Expect expect) {
    ByteVector header(kHeaderSize);
    encode_header(header.data(), wire::ContentType::application_data, 0x0303, length);
    const auto record = next_record(header, expect);
    return record ? ErrorCode::Unreachable : record.error().code;
  };
  for (const Expect expect : {Expect::FirstRecord, Expect::Plaintext}) {
    EXPECT_EQ(judge(16384, expect), ErrorCode::Unreachable);
    EXPECT_EQ(judge(16385, expect), ErrorCode::RecordOverflow);
  }
  EXPECT_EQ(judge(16385, Expect::Ciphertext), ErrorCode::Unreachable);
  EXPECT_EQ(judge(16640, Expect::Ciphertext), ErrorCode::Unreachable);
  EXPECT_EQ(judge(16641, Expect::Ciphertext), ErrorCode::RecordOverflow);
}

}  // namespace
}  // namespace nautilus::record
