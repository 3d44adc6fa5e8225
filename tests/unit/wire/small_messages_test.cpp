#include "wire/small_messages.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/wire/wire_support.hpp"

namespace nautilus::test {
namespace {

using namespace wire;

TEST(Finished, Layout) {
  const ByteVector mac(48, 0xAB);
  ByteVector out;
  encode_finished(out, mac);
  EXPECT_EQ(out, concat({hex("14 000030"), mac}));
  const ByteVector body = body_of(out, HandshakeType::finished);
  EXPECT_EQ(to_vector(decode_finished(body)->verify_data), mac);
  // Its length is the handshake's to judge, except that nothing is no MAC at all.
  expect_decode_error(decode_finished, {});
}

TEST(EndOfEarlyData, IsEmpty) {
  ByteVector out;
  encode_end_of_early_data(out);
  EXPECT_EQ(out, hex("05 000000"));
  expect_exact(decode_end_of_early_data, {});
}

TEST(KeyUpdate, Layout) {
  ByteVector out;
  encode_key_update(out, KeyUpdateRequest::update_requested);
  EXPECT_EQ(out, hex("18 000001 01"));
  EXPECT_EQ(decode_key_update(hex("01"))->request_update, KeyUpdateRequest::update_requested);
  EXPECT_EQ(decode_key_update(hex("00"))->request_update, KeyUpdateRequest::update_not_requested);
  expect_exact(decode_key_update, hex("00"));
  expect_exact(decode_key_update, hex("01"));
}

TEST(KeyUpdate, OtherValuesAreIllegal) {
  for (unsigned value = 2; value <= 0xFF; ++value) {
    expect_refused(decode_key_update, {static_cast<std::uint8_t>(value)},
                   ErrorCode::IllegalParameter, AlertDescription::illegal_parameter);
  }
}

TEST(NewSessionTicket, Layout) {
  ExtensionList list;
  list.add(ExtensionType::early_data) = hex("00004000");
  ByteVector out;
  encode_new_session_ticket(out, 604800, 0x01020304, hex("00"), hex("aabbcc"), list);
  EXPECT_EQ(out, hex("04 000019 00093a80 01020304 01 00 0003 aabbcc 0008 002a 0004 00004000"));
  const ByteVector body = body_of(out, HandshakeType::new_session_ticket);
  const auto message = decode_new_session_ticket(body);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->ticket_lifetime, 604800u);
  EXPECT_EQ(message->ticket_age_add, 0x01020304u);
  EXPECT_EQ(to_vector(message->ticket_nonce), hex("00"));
  EXPECT_EQ(to_vector(message->ticket), hex("aabbcc"));
  EXPECT_EQ(message->max_early_data_size, 0x4000u);
  expect_exact(decode_new_session_ticket, body);
}

TEST(NewSessionTicket, BoundsOfItsVectors) {
  EXPECT_TRUE(decode_new_session_ticket(hex("00000001 00000002 00 0001 aa 0000")));
  expect_decode_error(decode_new_session_ticket, hex("00000001 00000002 00 0000 0000"));
  EXPECT_TRUE(decode_new_session_ticket(
      concat({hex("00000001 00000002 ff"), ByteVector(255, 1), hex("0001 aa 0000")})));
  EXPECT_TRUE(decode_new_session_ticket(
      concat({hex("00000001 00000002 00 ffff"), ByteVector(0xFFFF, 1), hex("0000")})));
}

TEST(NewSessionTicket, Extensions) {
  using enum ExtensionType;
  const auto ticket = [](const std::vector<std::pair<ExtensionType, ByteVector>>& items) {
    return concat({hex("00000001 00000002 00 0001 aa"), block_of(items)});
  };
  EXPECT_TRUE(decode_new_session_ticket(ticket({{static_cast<ExtensionType>(0x0A0A), hex("00")}})));
  EXPECT_FALSE(decode_new_session_ticket(ticket({}))->max_early_data_size);
  expect_decode_error(decode_new_session_ticket, ticket({{early_data, {}}}));
  expect_decode_error(decode_new_session_ticket, ticket({{early_data, hex("0000004000")}}));
  expect_refused(decode_new_session_ticket,
                 ticket({{early_data, hex("00000000")}, {early_data, hex("00000000")}}),
                 ErrorCode::DuplicateExtension, AlertDescription::illegal_parameter);
  for (const ExtensionType type : {pre_shared_key, key_share, server_name, ticket_request}) {
    expect_refused(decode_new_session_ticket, ticket({{type, {}}}), ErrorCode::ForbiddenExtension,
                   AlertDescription::illegal_parameter);
  }
}

TEST(Alert, IsTwoOctets) {
  const auto alert = decode_alert(hex("02 32"));
  ASSERT_TRUE(alert);
  EXPECT_EQ(alert->level, 2);
  EXPECT_EQ(alert->description, AlertDescription::decode_error);
  EXPECT_EQ(decode_alert(hex("01 00"))->description, AlertDescription::close_notify);
  // Unknown values are kept.
  EXPECT_EQ(static_cast<unsigned>(decode_alert(hex("01 fe"))->description), 0xFEu);
  for (const char* octets : {"", "02", "02 32 00"}) {
    expect_refused(decode_alert, hex(octets), ErrorCode::MalformedAlert,
                   AlertDescription::decode_error);
  }
}

TEST(Alert, HasOneOfTwoLevels) {
  for (unsigned level = 0; level <= 0xFF; ++level) {
    const ByteVector octets{static_cast<std::uint8_t>(level), 50};
    if (level == 1 || level == 2) {
      EXPECT_TRUE(decode_alert(octets));
    } else {
      expect_refused(decode_alert, octets, ErrorCode::IllegalParameter,
                     AlertDescription::illegal_parameter);
    }
  }
}

RC_GTEST_PROP(NewSessionTicket, RoundTrip, ()) {
  const auto lifetime = *rc::gen::arbitrary<std::uint32_t>();
  const auto age_add = *rc::gen::arbitrary<std::uint32_t>();
  const ByteVector nonce = random_octets(0, 255);
  const ByteVector ticket = random_octets(1, 700);
  ByteVector out;
  encode_new_session_ticket(out, lifetime, age_add, nonce, ticket, {});
  const ByteVector body = body_of(out, HandshakeType::new_session_ticket);
  const auto message = decode_new_session_ticket(body);
  RC_ASSERT(message.has_value());
  RC_ASSERT(message->ticket_lifetime == lifetime);
  RC_ASSERT(message->ticket_age_add == age_add);
  RC_ASSERT(to_vector(message->ticket_nonce) == nonce);
  RC_ASSERT(to_vector(message->ticket) == ticket);
}

RC_GTEST_PROP(SmallMessages, SurviveAnything, ()) {
  const ByteVector octets = random_octets(0, 60);
  survives_anything(decode_finished, octets);
  survives_anything(decode_end_of_early_data, octets);
  survives_anything(decode_key_update, octets);
  survives_anything(decode_new_session_ticket, octets);
  survives_anything(decode_alert, octets);
}

}  // namespace
}  // namespace nautilus::test
