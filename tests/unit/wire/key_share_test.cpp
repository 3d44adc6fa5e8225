#include "wire/extensions/key_share.hpp"

#include <array>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/wire/wire_support.hpp"

namespace nautilus::test {
namespace {

using namespace wire;

TEST(KeyShare, ClientLayout) {
  const ByteVector a = hex("aabb");
  const ByteVector b = hex("cc");
  ByteVector out;
  encode_client_key_shares(out, std::array{KeyShareEntry{NamedGroup::X25519MLKEM768, a},
                                           KeyShareEntry{NamedGroup::x25519, b}});
  EXPECT_EQ(out, hex("000b 11ec 0002 aabb 001d 0001 cc"));
  const auto shares = decode_client_key_shares(out);
  ASSERT_TRUE(shares);
  ASSERT_EQ(shares->size(), 2u);
  EXPECT_EQ((*shares)[0].group, NamedGroup::X25519MLKEM768);
  EXPECT_EQ(to_vector((*shares)[0].key_exchange), a);
  EXPECT_EQ((*shares)[1].group, NamedGroup::x25519);
  EXPECT_EQ(to_vector((*shares)[1].key_exchange), b);
  expect_exact(decode_client_key_shares, out);
}

TEST(KeyShare, SizesOfTheHybridShares) {
  // X25519MLKEM768: 1184 + 32 octets from the client, 1088 + 32 from the server (RFC 10024).
  const ByteVector client(1216, 1);
  ByteVector out;
  encode_client_key_shares(out, std::array{KeyShareEntry{NamedGroup::X25519MLKEM768, client}});
  EXPECT_EQ(to_vector(ByteView(out).first(6)), hex("04c4 11ec 04c0"));
  const ByteVector server(1120, 2);
  out.clear();
  encode_server_key_share(out, {NamedGroup::X25519MLKEM768, server});
  EXPECT_EQ(to_vector(ByteView(out).first(4)), hex("11ec 0460"));
  EXPECT_EQ(decode_server_key_share(out)->key_exchange.size(), 1120u);
}

TEST(KeyShare, NoShareAtAllAsksForARetry) {
  const auto shares = decode_client_key_shares(hex("0000"));
  ASSERT_TRUE(shares);
  EXPECT_TRUE(shares->empty());
}

TEST(KeyShare, AShareIsNotEmpty) {
  expect_decode_error(decode_client_key_shares, hex("0004 001d 0000"));
  expect_decode_error(decode_client_key_shares, hex("0009 001d 0001 aa 0017 0000"));
  expect_decode_error(decode_server_key_share, hex("001d 0000"));
}

TEST(KeyShare, BadFramingInside) {
  expect_decode_error(decode_client_key_shares, hex("0001 00"));
  expect_decode_error(decode_client_key_shares, hex("0003 001d 00"));
  expect_decode_error(decode_client_key_shares, hex("0005 001d 0002 aa"));
  expect_decode_error(decode_client_key_shares, hex("0006 001d 0001 aa 00"));
}

TEST(KeyShare, TwoSharesForOneGroupAreIllegal) {
  expect_refused(decode_client_key_shares, hex("000a 001d 0001 aa 001d 0001 bb"),
                 ErrorCode::IllegalParameter, AlertDescription::illegal_parameter);
  // Apart, and of a group nobody knows.
  expect_refused(decode_client_key_shares, hex("000f 0a0a 0001 aa 001d 0001 bb 0a0a 0001 aa"),
                 ErrorCode::IllegalParameter, AlertDescription::illegal_parameter);
}

TEST(KeyShare, HoldsAsManyAsItsLimit) {
  const ByteVector share = hex("aa");
  std::vector<KeyShareEntry> shares;
  for (std::size_t i = 0; i < kMaxKeyShares; ++i) {
    shares.push_back({static_cast<NamedGroup>(0x4000 + i), share});
  }
  ByteVector out;
  encode_client_key_shares(out, shares);
  EXPECT_EQ(decode_client_key_shares(out)->size(), kMaxKeyShares);
  shares.push_back({NamedGroup::x25519, share});
  out.clear();
  encode_client_key_shares(out, shares);
  expect_decode_error(decode_client_key_shares, out);
}

TEST(KeyShare, ServerLayout) {
  const ByteVector share = hex("04 0102");
  ByteVector out;
  encode_server_key_share(out, {NamedGroup::secp256r1, share});
  EXPECT_EQ(out, hex("0017 0003 040102"));
  const auto entry = decode_server_key_share(out);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->group, NamedGroup::secp256r1);
  EXPECT_EQ(to_vector(entry->key_exchange), share);
  expect_exact(decode_server_key_share, out);
}

TEST(KeyShare, RetryLayout) {
  ByteVector out;
  encode_selected_group(out, NamedGroup::SecP384r1MLKEM1024);
  EXPECT_EQ(out, hex("11ed"));
  EXPECT_EQ(*decode_selected_group(out), NamedGroup::SecP384r1MLKEM1024);
  expect_exact(decode_selected_group, out);
}

RC_GTEST_PROP(KeyShare, RoundTrip, ()) {
  const auto groups = *rc::gen::unique<std::vector<std::uint16_t>>(
      *rc::gen::inRange<std::size_t>(0, 12), rc::gen::arbitrary<std::uint16_t>());
  std::vector<ByteVector> keys;
  for (std::size_t i = 0; i < groups.size(); ++i) keys.push_back(random_octets(1, 200));
  std::vector<KeyShareEntry> shares;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    shares.push_back({static_cast<NamedGroup>(groups[i]), keys[i]});
  }
  ByteVector out;
  encode_client_key_shares(out, shares);
  const auto decoded = decode_client_key_shares(out);
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(decoded->size() == shares.size());
  for (std::size_t i = 0; i < shares.size(); ++i) {
    RC_ASSERT((*decoded)[i].group == shares[i].group);
    RC_ASSERT(to_vector((*decoded)[i].key_exchange) == keys[i]);
  }
}

RC_GTEST_PROP(KeyShare, SurvivesAnything, ()) {
  const ByteVector octets = random_octets(0, 60);
  survives_anything(decode_client_key_shares, octets);
  survives_anything(decode_server_key_share, octets);
  survives_anything(decode_selected_group, octets);
}

}  // namespace
}  // namespace nautilus::test
