#include "record/sender.hpp"

#include <numeric>

#include <gtest/gtest.h>

#include "record/receiver.hpp"
#include "unit/record/record_fixture.hpp"

namespace nautilus::record {
namespace {

/// The sizes of the contents that come out at the other end, which must join to `content`.
std::vector<std::size_t> delivered(ByteBuffer& sent, ByteView content) {
  Receiver receiver;
  receiver.install(1, protection());
  std::vector<std::size_t> sizes;
  ByteVector joined;
  while (!sent.empty()) {
    const auto r = receiver.next(sent.readable());
    if (!r || !*r) {
      ADD_FAILURE();
      break;
    }
    sizes.push_back((*r)->content.size());
    joined.insert(joined.end(), (*r)->content.begin(), (*r)->content.end());
    sent.consume((*r)->consumed);
  }
  EXPECT_EQ(joined, to_vector(content));
  return sizes;
}

using Sizes = std::vector<std::size_t>;

TEST(Sender, FragmentationBoundaries) {
  const struct {
    std::size_t size;
    Sizes records;
  } kCases[] = {{0, {0}},
                {1, {1}},
                {16383, {16383}},
                {16384, {16384}},
                {16385, {16384, 1}},
                {32769, {16384, 16384, 1}}};
  for (const auto& c : kCases) {
    ByteVector content(c.size);
    std::iota(content.begin(), content.end(), std::uint8_t{0});
    Sender sender;
    sender.install(1, protection());
    ByteBuffer out;
    ASSERT_TRUE(sender.send(ContentType::application_data, content, out));
    EXPECT_EQ(delivered(out, content), c.records) << c.size;
    EXPECT_EQ(sender.sequence(), c.records.size());
  }
}

TEST(Sender, SmallLimitAndManyParts) {
  ByteVector content(1000);
  std::iota(content.begin(), content.end(), std::uint8_t{0});
  std::vector<ByteView> parts;
  for (std::size_t i = 0; i < 100; ++i) {
    parts.push_back(ByteView(content).subspan(10 * i, 10));
    parts.emplace_back();
  }
  Sender sender;
  sender.install(1, protection());
  sender.set_max_content(63);
  ByteBuffer out;
  ASSERT_TRUE(sender.send(ContentType::application_data, parts, out));
  Sizes expected(15, 63);
  expected.push_back(55);
  EXPECT_EQ(delivered(out, content), expected);
}

TEST(Sender, PeersLimitDoesNotTouchUnprotectedRecords) {
  Sender sender;
  sender.set_peer_limit(64);
  ByteBuffer out;
  ASSERT_TRUE(sender.send(ContentType::handshake, ByteVector(1000, 1), out));
  EXPECT_EQ(out.size(), kHeaderSize + 1000);
}

// RFC 9846 §5.1-5
TEST(Sender, PlaintextVersionAndChangeCipherSpec) {
  Sender sender;
  sender.set_legacy_version(0x0301);
  ByteBuffer out;
  ASSERT_TRUE(sender.send(ContentType::handshake, as_bytes("hi"), out));
  EXPECT_EQ(test::to_hex(out.view()), "16030100026869");
  out.clear();
  sender.install(1, protection());
  sender.send_change_cipher_spec(out);
  EXPECT_EQ(test::to_hex(out.view()), "140303000101");
  EXPECT_EQ(sender.sequence(), 0u);
}

// RFC 9846 §5.1-3, §5.1-8
TEST(Sender, NoEmptyHandshakeRecordAndNoClearApplicationData) {
  Sender sender;
  ByteBuffer out;
  const auto r = sender.send(ContentType::application_data, as_bytes("secret"), out);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ErrorCode::ApiMisuse);
  EXPECT_TRUE(sender.send(ContentType::handshake, ByteView(), out));
  sender.install(1, protection());
  EXPECT_TRUE(sender.send(ContentType::alert, ByteView(), out));
  EXPECT_TRUE(out.empty());
}

// RFC 9846 §5.3-1
TEST(Sender, InstallingRestartsTheSequence) {
  Sender sender;
  EXPECT_EQ(sender.remaining_records(), ~std::uint64_t{0});
  sender.install(1, protection());
  const std::uint64_t limit = sender.remaining_records();
  ByteBuffer out;
  ASSERT_TRUE(sender.send(ContentType::application_data, as_bytes("x"), out));
  EXPECT_EQ(sender.remaining_records(), limit - 1);
  sender.install(2, protection());
  EXPECT_EQ(sender.sequence(), 0u);
  EXPECT_EQ(sender.epoch(), 2u);
  EXPECT_EQ(sender.remaining_records(), limit);
}

}  // namespace
}  // namespace nautilus::record
