#include "wire/encrypted_extensions.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/wire/wire_support.hpp"

namespace nautilus::test {
namespace {

using namespace wire;

TEST(EncryptedExtensions, Layout) {
  ExtensionList list;
  list.add(ExtensionType::application_layer_protocol_negotiation) = hex("0003 02 6832");
  ByteVector out;
  encode_encrypted_extensions(out, list);
  EXPECT_EQ(out, hex("08 00000b 0009 0010 0005 0003 02 6832"));
  out.clear();
  encode_encrypted_extensions(out, {});
  EXPECT_EQ(out, hex("08 000002 0000"));
}

TEST(EncryptedExtensions, ReadsEveryExtension) {
  using enum ExtensionType;
  const ByteVector octets = block_of({{server_name, {}},
                                      {supported_groups, hex("0002 001d")},
                                      {application_layer_protocol_negotiation, hex("0003 02 6832")},
                                      {record_size_limit, hex("0040")},
                                      {early_data, {}}});
  const auto message = decode_encrypted_extensions(octets);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->server_name);
  EXPECT_TRUE(message->early_data);
  EXPECT_EQ(as_text(*message->application_protocol), "h2");
  EXPECT_EQ(message->record_size_limit, 64);
  EXPECT_EQ(message->extensions.all().size(), 5u);
  expect_exact(decode_encrypted_extensions, octets);
}

TEST(EncryptedExtensions, Empty) {
  const auto message = decode_encrypted_extensions(hex("0000"));
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->server_name);
  EXPECT_FALSE(message->early_data);
  EXPECT_FALSE(message->application_protocol);
  EXPECT_FALSE(message->record_size_limit);
  expect_exact(decode_encrypted_extensions, hex("0000"));
}

TEST(EncryptedExtensions, EveryExtensionIsChecked) {
  using enum ExtensionType;
  const auto with = [](ExtensionType type, const char* data) {
    return block_of({{type, hex(data)}});
  };
  expect_decode_error(decode_encrypted_extensions, with(server_name, "0004 00 0001 61"));
  expect_decode_error(decode_encrypted_extensions, with(early_data, "00"));
  expect_decode_error(decode_encrypted_extensions, with(supported_groups, "0000"));
  expect_decode_error(decode_encrypted_extensions, with(record_size_limit, "40"));
  expect_decode_error(decode_encrypted_extensions,
                      with(application_layer_protocol_negotiation, "0006 02 6832 02 6833"));
  expect_decode_error(decode_encrypted_extensions,
                      with(application_layer_protocol_negotiation, "0000"));
  expect_refused(decode_encrypted_extensions, with(record_size_limit, "003f"),
                 ErrorCode::IllegalParameter, AlertDescription::illegal_parameter);
}

TEST(EncryptedExtensions, ForbiddenAndDuplicateExtensions) {
  using enum ExtensionType;
  // Those of ServerHello are the ones a careless server would put here (RFC 9846 §4.4.1).
  for (const ExtensionType type : {key_share, pre_shared_key, supported_versions, cookie,
                                   signature_algorithms, status_request, padding, oid_filters}) {
    expect_refused(decode_encrypted_extensions, block_of({{type, {}}}),
                   ErrorCode::ForbiddenExtension, AlertDescription::illegal_parameter);
  }
  expect_refused(decode_encrypted_extensions, block_of({{server_name, {}}, {server_name, {}}}),
                 ErrorCode::DuplicateExtension, AlertDescription::illegal_parameter);
}

TEST(EncryptedExtensions, UnknownExtensionsAreKeptForTheHandshakeToRefuse) {
  const auto unknown = static_cast<ExtensionType>(0x0A0A);
  const ByteVector octets = block_of({{unknown, hex("01")}});
  const auto message = decode_encrypted_extensions(octets);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->extensions.find(unknown));
}

RC_GTEST_PROP(EncryptedExtensions, SurvivesAnything, ()) {
  survives_anything(decode_encrypted_extensions, random_octets(0, 60));
  survives_a_flip(decode_encrypted_extensions,
                  block_of({{ExtensionType::server_name, {}},
                            {ExtensionType::record_size_limit, hex("0040")}}));
}

}  // namespace
}  // namespace nautilus::test
