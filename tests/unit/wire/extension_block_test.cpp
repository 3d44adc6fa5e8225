#include <array>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/wire/wire_support.hpp"

namespace nautilus::test {
namespace {

using wire::ExtensionBlock;
using wire::ExtensionHost;
using wire::ExtensionType;
using wire::Reader;

constexpr std::array kHosts{ExtensionHost::ClientHello,        ExtensionHost::ServerHello,
                            ExtensionHost::HelloRetryRequest,  ExtensionHost::EncryptedExtensions,
                            ExtensionHost::CertificateRequest, ExtensionHost::CertificateEntry,
                            ExtensionHost::NewSessionTicket};

/// Decodes one block and nothing else.
Result<ExtensionBlock> decode_in(ExtensionHost host, ByteView octets) {
  Reader reader(octets);
  auto block = ExtensionBlock::decode(reader, host);
  if (!block) return block;
  if (auto r = reader.finish("block"); !r) return propagate(r);
  return block;
}

auto decoder(ExtensionHost host) {
  return [host](ByteView octets) { return decode_in(host, octets); };
}

/// One row of the table "TLS Extensions" (RFC 9846 §4.3): the messages named there.
struct TableRow {
  ExtensionType type;
  std::set<ExtensionHost> hosts;
};

constexpr auto kCh = ExtensionHost::ClientHello;
constexpr auto kSh = ExtensionHost::ServerHello;
constexpr auto kHrr = ExtensionHost::HelloRetryRequest;
constexpr auto kEe = ExtensionHost::EncryptedExtensions;
constexpr auto kCr = ExtensionHost::CertificateRequest;
constexpr auto kCt = ExtensionHost::CertificateEntry;
constexpr auto kNst = ExtensionHost::NewSessionTicket;

std::vector<TableRow> rfc_table() {
  using enum ExtensionType;
  return {{server_name, {kCh, kEe, kCr}},
          {status_request, {kCh, kCr, kCt}},
          {supported_groups, {kCh, kEe}},
          {signature_algorithms, {kCh, kCr}},
          {use_srtp, {kCh, kEe}},
          {heartbeat, {kCh, kEe}},
          {application_layer_protocol_negotiation, {kCh, kEe}},
          {client_certificate_type, {kCh, kEe}},
          {server_certificate_type, {kCh, kEe}},
          {padding, {kCh}},
          {compress_certificate, {kCh, kCr}},
          {record_size_limit, {kCh, kEe}},
          {pre_shared_key, {kCh, kSh}},
          {early_data, {kCh, kEe, kNst}},
          {supported_versions, {kCh, kSh, kHrr}},
          {cookie, {kCh, kHrr}},
          {psk_key_exchange_modes, {kCh}},
          {certificate_authorities, {kCh, kCr}},
          {oid_filters, {kCr}},
          {post_handshake_auth, {kCh}},
          {signature_algorithms_cert, {kCh, kCr}},
          {key_share, {kCh, kSh, kHrr}},
          {ticket_request, {kCh, kEe}}};
}

/// Extensions we know that the RFC's table leaves out, with the documents that place them: RFC 6066
/// §4, RFC 6962 (its place in TLS 1.3: RFC 8446 §4.2), RFC 5077 and RFC 5746, which only a hello
/// that also offers TLS 1.2 carries.
std::vector<TableRow> other_known() {
  using enum ExtensionType;
  return {{max_fragment_length, {kCh, kEe}},
          {signed_certificate_timestamp, {kCh, kCr, kCt}},
          {session_ticket, {kCh}},
          {renegotiation_info, {kCh}}};
}

void expect_table(const std::vector<TableRow>& table) {
  for (const TableRow& row : table) {
    for (const ExtensionHost host : kHosts) {
      const bool allowed = row.hosts.contains(host);
      const auto where = testing::Message()
                         << to_string(row.type) << " in message " << static_cast<int>(host);
      EXPECT_EQ(wire::may_appear_in(row.type, host), allowed) << where;
      const ByteVector octets = block_of({{row.type, hex("0000")}});
      const auto block = decode_in(host, octets);
      ASSERT_EQ(block.has_value(), allowed) << where;
      if (allowed) continue;
      EXPECT_EQ(block.error().code, ErrorCode::ForbiddenExtension) << where;
      EXPECT_EQ(alert_for(block.error().code), AlertDescription::illegal_parameter);
    }
  }
}

// RFC 9846 §4.3-3
TEST(ExtensionBlock, MayAppearWhereTheTableSays) { expect_table(rfc_table()); }
TEST(ExtensionBlock, OthersMayAppearWhereTheirDocumentsSay) { expect_table(other_known()); }

TEST(ExtensionBlock, TheTablesCoverEveryExtensionWithAName) {
  std::set<std::uint16_t> covered;
  for (const auto& table : {rfc_table(), other_known()}) {
    for (const TableRow& row : table) covered.insert(static_cast<std::uint16_t>(row.type));
  }
  for (unsigned number = 0; number <= 0xFFFF; ++number) {
    const auto type = static_cast<ExtensionType>(number);
    EXPECT_EQ(to_string(type) != "unknown", covered.contains(static_cast<std::uint16_t>(number)))
        << number;
  }
}

TEST(ExtensionBlock, UnknownTypesAreKeptEverywhere) {
  // GREASE (RFC 8701), an unassigned number, private use, and known elsewhere but not here.
  for (const unsigned number : {0x0A0Au, 0xFAFAu, 99u, 0xFE0Du, 0xFFFFu, 34u, 57u}) {
    for (const ExtensionHost host : kHosts) {
      const auto type = static_cast<ExtensionType>(number);
      const ByteVector octets = block_of({{type, hex("0102")}});
      const auto block = decode_in(host, octets);
      ASSERT_TRUE(block) << number;
      ASSERT_EQ(block->all().size(), 1u);
      EXPECT_EQ(to_vector(*block->find(type)), hex("0102"));
    }
  }
}

TEST(ExtensionBlock, Layout) {
  using enum ExtensionType;
  EXPECT_EQ(block_of({}), hex("0000"));
  EXPECT_EQ(block_of({{key_share, hex("aabb")}, {cookie, {}}}),
            hex("000a 0033 0002 aabb 002c 0000"));
}

TEST(ExtensionBlock, FindsEachAndOnlyThose) {
  using enum ExtensionType;
  const ByteVector octets =
      block_of({{supported_versions, hex("01")}, {cookie, {}}, {key_share, hex("0203")}});
  const auto block = decode_in(kHrr, octets);
  ASSERT_TRUE(block);
  EXPECT_EQ(to_vector(*block->find(supported_versions)), hex("01"));
  EXPECT_TRUE(block->find(cookie)->empty());
  EXPECT_EQ(to_vector(*block->find(key_share)), hex("0203"));
  EXPECT_FALSE(block->find(pre_shared_key));
  EXPECT_EQ(block->all().front().type, supported_versions);
  EXPECT_EQ(block->all().back().type, key_share);
}

TEST(ExtensionBlock, EveryTruncationAndAnyTrailerIsRefused) {
  using enum ExtensionType;
  expect_exact(decoder(kCh), block_of({{key_share, hex("aabb")}, {cookie, {}}}));
  expect_exact(decoder(kCh), block_of({}));
}

TEST(ExtensionBlock, BadFramingInside) {
  expect_decode_error(decoder(kCh), hex("0001 00"));
  expect_decode_error(decoder(kCh), hex("0003 000000"));
  expect_decode_error(decoder(kCh), hex("0004 0a0a 0001"));
  expect_decode_error(decoder(kCh), hex("0005 0a0a 0002 00"));
  expect_decode_error(decoder(kCh), hex("0005 0a0a 0000 00"));
  expect_decode_error(decoder(kCh), hex("0006 0a0a ffff 0000"));
  expect_decode_error(decoder(kCh), hex("ffff 0a0a 0000"));
}

// RFC 9846 §4.3-5
TEST(ExtensionBlock, DuplicatesAreRefusedWhereverTheyStand) {
  using enum ExtensionType;
  const auto unknown = static_cast<ExtensionType>(0x0A0A);
  for (const ExtensionType type : {cookie, key_share, unknown}) {
    for (const bool apart : {false, true}) {
      std::vector<std::pair<ExtensionType, ByteVector>> items{{type, hex("00")}};
      if (apart) items.push_back({supported_versions, hex("02 0304")});
      items.push_back({type, hex("01")});
      expect_refused(decoder(kHrr), block_of(items), ErrorCode::DuplicateExtension,
                     AlertDescription::illegal_parameter);
    }
  }
}

TEST(ExtensionBlock, HoldsAsManyAsItsLimit) {
  std::vector<std::pair<ExtensionType, ByteVector>> items;
  for (std::size_t i = 0; i < wire::kMaxExtensions; ++i) {
    items.push_back({static_cast<ExtensionType>(0x4000 + i), {}});
  }
  EXPECT_TRUE(decode_in(kCh, block_of(items)));
  items.push_back({static_cast<ExtensionType>(0x5000), {}});
  expect_decode_error(decoder(kCh), block_of(items));
}

TEST(ExtensionBlock, ALongBlockDecodes) {
  const ByteVector octets =
      block_of({{static_cast<ExtensionType>(0x4000), ByteVector(0xFFFF - 4, 0x55)}});
  ASSERT_EQ(octets.size(), 2 + 0xFFFFu);
  const auto block = decode_in(kCh, octets);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->all().front().data.size(), 0xFFFFu - 4);
}

TEST(ExtensionList, FindsRemovesAndKeepsTheOrder) {
  using enum ExtensionType;
  wire::ExtensionList list;
  list.add(cookie) = hex("01");
  list.add(key_share) = hex("02");
  list.add(pre_shared_key) = hex("03");
  ASSERT_NE(list.find(key_share), nullptr);
  *list.find(key_share) = hex("0405");
  list.remove(cookie);
  list.remove(early_data);
  EXPECT_EQ(list.find(cookie), nullptr);
  ByteVector out;
  wire::Writer writer(out);
  list.encode(writer);
  EXPECT_EQ(out, hex("000b 0033 0002 0405 0029 0001 03"));
}

RC_GTEST_PROP(ExtensionBlock, RoundTrip, ()) {
  const auto numbers =
      *rc::gen::unique<std::vector<std::uint16_t>>(rc::gen::inRange<std::uint16_t>(0x1000, 0xF000));
  RC_PRE(numbers.size() <= wire::kMaxExtensions);
  std::vector<std::pair<ExtensionType, ByteVector>> items;
  for (const std::uint16_t number : numbers) {
    items.push_back({static_cast<ExtensionType>(number), random_octets(0, 40)});
  }
  const ByteVector octets = block_of(items);
  const auto block = decode_in(kCh, octets);
  RC_ASSERT(block.has_value());
  RC_ASSERT(block->all().size() == items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    RC_ASSERT(block->all()[i].type == items[i].first);
    RC_ASSERT(to_vector(block->all()[i].data) == items[i].second);
  }
}

RC_GTEST_PROP(ExtensionBlock, SurvivesAnything, ()) {
  survives_anything(decoder(kHosts[*rc::gen::inRange<std::size_t>(0, kHosts.size())]),
                    random_octets(0, 80));
}

}  // namespace
}  // namespace nautilus::test
