#include "record/protection.hpp"

#include <type_traits>

#include <gtest/gtest.h>

#include "unit/record/record_fixture.hpp"

namespace nautilus::record {
namespace {

namespace simple = test::rfc8448_simple;
static_assert(!std::is_copy_constructible_v<Protection>);
static_assert(std::is_nothrow_move_constructible_v<Protection>);

TEST(Protection, OpensAndResealsTheTrace) {
  const auto trace = test::Trace::load("Simple_1RTT_Handshake");
  if (!trace) GTEST_SKIP() << "NAUTILUS_VECTORS has no rfc8448/transcripts.vec";
  const struct {
    std::string_view secret;
    std::uint64_t sequence;
    const char* record;
    ContentType type;
  } kCases[] = {
      {simple::kServerHandshake, 0, "Record_ServerHandshakeMessages", ContentType::handshake},
      {simple::kClientHandshake, 0, "Record_ClientFinished", ContentType::handshake},
      {simple::kServerApplication, 0, "Record_NewSessionTicket", ContentType::handshake},
      {simple::kServerApplication, 1, "Record_Server_AppData", ContentType::application_data},
      {simple::kClientApplication, 0, "Record_Client_AppData", ContentType::application_data},
      {simple::kClientApplication, 1, "Record_Client_CloseNotify", ContentType::alert},
      {simple::kServerApplication, 2, "Record_Server_CloseNotify", ContentType::alert},
  };
  for (const auto& c : kCases) {
    const Protection keys = protection_of(c.secret);
    const ByteVector& recorded = (*trace)[c.record];
    ByteVector copy = recorded;
    const auto inner = keys.open(c.sequence, copy);
    ASSERT_TRUE(inner) << c.record;
    EXPECT_EQ(inner->type, c.type);
    EXPECT_EQ(sealed(keys, c.sequence, inner->type, inner->content), recorded) << c.record;
  }
}

// RFC 9846 §5.2-2
TEST(Protection, EveryFlippedOctetIsRefused) {
  const Protection keys = protection();
  const std::string content = "attack at dawn, attack at dusk";
  const ByteVector record = sealed(keys, 7, ContentType::application_data, as_bytes(content), 3);
  for (std::size_t i = 0; i < record.size(); ++i) {
    for (const std::uint8_t flip : ByteVector{0x01, 0x80, 0xFF}) {
      ByteVector bad = record;
      bad[i] = static_cast<std::uint8_t>(bad[i] ^ flip);
      const auto inner = keys.open(7, bad);
      ASSERT_FALSE(inner) << i;
      EXPECT_EQ(inner.error().code, ErrorCode::BadRecordMac);
      EXPECT_EQ(as_text(bad).find("attack"), std::string_view::npos) << "plaintext left behind";
    }
  }
}

TEST(Protection, SequenceIsAuthenticatedOverItsFullWidth) {
  const Protection keys = protection();
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t sequence = std::uint64_t{1} << bit;
    const ByteVector record = sealed(keys, sequence, ContentType::handshake, as_bytes("x"));
    ByteVector copy = record;
    EXPECT_TRUE(keys.open(sequence, copy));
    copy = record;
    EXPECT_FALSE(keys.open(0, copy));
  }
}

TEST(Protection, TruncatedRecordsAreRefused) {
  const Protection keys = protection();
  const ByteVector record = sealed(keys, 0, ContentType::handshake, as_bytes("hello"));
  for (std::size_t size = kHeaderSize; size < record.size(); ++size) {
    ByteVector cut(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(size));
    encode_header(cut.data(), ContentType::application_data, 0x0303, size - kHeaderSize);
    const auto inner = keys.open(0, cut);
    ASSERT_FALSE(inner);
    EXPECT_EQ(inner.error().code, ErrorCode::BadRecordMac);
  }
}

TEST(Protection, SizesAtTheLimit) {
  const Protection keys = protection();
  const ByteVector content(kMaxPlaintext, 0x5A);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kMaxPlaintext - 1, kMaxPlaintext}) {
    ByteVector record = sealed(keys, 0, ContentType::application_data,
                               ByteView(content).first(size), kMaxPlaintext - size);
    EXPECT_EQ(record.size(), kHeaderSize + kMaxPlaintext + 1 + 16);
    const auto inner = keys.open(0, record);
    ASSERT_TRUE(inner);
    EXPECT_EQ(inner->content.size(), size);
  }
  const ByteView all(content);
  ByteBuffer out;
  for (const std::size_t padding : {std::size_t{1}, ~std::size_t{0}}) {
    const auto r = keys.seal(0, ContentType::application_data, {&all, 1}, padding, out);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, ErrorCode::ApiMisuse);
  }
  EXPECT_TRUE(out.empty());
}

// RFC 9846 §5.4-4, §5.4-5
TEST(Protection, InnerPlaintextTooLongOrWithoutType) {
  const Protection keys = protection();
  ByteVector inner(kMaxPlaintext + 1, 23);
  ByteVector record = sealed_inner(simple::kServerApplication, inner);
  EXPECT_TRUE(keys.open(0, record));
  for (const std::size_t size : {kMaxPlaintext + 2, kMaxPlaintext + 240}) {
    inner.assign(size, 23);
    record = sealed_inner(simple::kServerApplication, inner);
    const auto opened = keys.open(0, record);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::RecordOverflow);
  }
  for (const std::size_t zeros : {0u, 1u, 100u}) {
    record = sealed_inner(simple::kServerApplication, ByteVector(zeros, 0));
    const auto opened = keys.open(0, record);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::UnexpectedMessage);
  }
}

TEST(Protection, GatherEqualsFlat) {
  const Protection keys = protection();
  const ByteVector content(1000, 0x42);
  const ByteVector flat = sealed(keys, 3, ContentType::application_data, content);
  for (const std::size_t count : {1u, 2u, 5u, 6u, 7u, 8u, 100u, 1000u}) {
    std::vector<ByteView> parts;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t from = i * content.size() / count;
      const std::size_t to = (i + 1) * content.size() / count;
      parts.push_back(ByteView(content).subspan(from, to - from));
    }
    ByteBuffer out;
    ASSERT_TRUE(keys.seal(3, ContentType::application_data, parts, 0, out));
    EXPECT_EQ(to_vector(out.view()), flat) << count;
  }
}

TEST(Protection, PrefixAndSecretSeparateKeys) {
  const Protection other = std::move(*Protection::from_secret(
      aes128_suite(), "dtls13", test::from_hex(simple::kServerApplication)));
  ByteVector record = sealed(other, 0, ContentType::handshake, as_bytes("x"));
  EXPECT_FALSE(protection().open(0, record));
}

}  // namespace
}  // namespace nautilus::record
