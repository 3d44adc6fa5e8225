#include "wire/client_hello.hpp"

#include <array>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/wire/wire_support.hpp"
#include "wire/extensions/lists.hpp"

namespace nautilus::test {
namespace {

using namespace wire;

HelloRandom some_random() {
  HelloRandom random;
  for (std::size_t i = 0; i < random.size(); ++i) random[i] = static_cast<std::uint8_t>(i);
  return random;
}

/// Everything in front of the extensions: version, random, an empty session id, one suite, null
/// compression.
ByteVector prefix() {
  return concat({hex("0303"), to_vector(some_random()), hex("00 0002 1301 01 00")});
}

ByteVector hello_with(const std::vector<std::pair<ExtensionType, ByteVector>>& extensions) {
  return concat({prefix(), block_of(extensions)});
}

ByteVector offered_psk() {
  return concat({hex("0008 0002 aabb 00000007 0021 20"), ByteVector(32, 0xBB)});
}

/// Every extension a hello may carry and this library reads, in a valid form.
std::vector<std::pair<ExtensionType, ByteVector>> every_extension() {
  using enum ExtensionType;
  return {{server_name, hex("0004 00 0001 61")},
          {status_request, hex("01 0000 0000")},
          {supported_groups, hex("0004 11ec 001d")},
          {signature_algorithms, hex("0002 0807")},
          {application_layer_protocol_negotiation, hex("0003 02 6832")},
          {record_size_limit, hex("4001")},
          {early_data, {}},
          {signed_certificate_timestamp, {}},
          {supported_versions, hex("02 0304")},
          {cookie, hex("0001 c0")},
          {psk_key_exchange_modes, hex("01 01")},
          {certificate_authorities, hex("0004 0002 3000")},
          {signature_algorithms_cert, hex("0004 0401 0807")},
          {key_share, hex("0005 001d 0001 55")},
          {pre_shared_key, offered_psk()}};
}

TEST(ClientHello, Layout) {
  ClientHelloFields fields;
  fields.random = some_random();
  fields.legacy_session_id = hex("0102");
  fields.cipher_suites = {CipherSuiteId::TLS_AES_256_GCM_SHA384,
                          CipherSuiteId::TLS_CHACHA20_POLY1305_SHA256};
  fields.extensions.add(ExtensionType::supported_versions) = hex("02 0304");
  ByteVector out;
  encode_client_hello(out, fields);
  EXPECT_EQ(out, concat({hex("01 000036 0303"), to_vector(some_random()),
                         hex("02 0102 0004 1302 1303 01 00 0007 002b 0003 02 0304")}));
}

TEST(ClientHello, ReadsEveryExtension) {
  const ByteVector octets = hello_with(every_extension());
  const auto hello = decode_client_hello(octets);
  ASSERT_TRUE(hello) << describe(hello.error());
  EXPECT_EQ(hello->legacy_version, ProtocolVersion::tls12);
  EXPECT_EQ(hello->random, some_random());
  EXPECT_TRUE(hello->legacy_session_id.empty());
  EXPECT_TRUE(same_codes(hello->cipher_suites, std::vector{CipherSuiteId::TLS_AES_128_GCM_SHA256}));
  EXPECT_EQ(to_vector(hello->legacy_compression_methods), hex("00"));
  EXPECT_EQ(hello->extensions.all().size(), every_extension().size());
  EXPECT_EQ(as_text(*hello->server_name), "a");
  EXPECT_TRUE(hello->status_request);
  EXPECT_TRUE(hello->early_data);
  EXPECT_TRUE(hello->signed_certificate_timestamp);
  EXPECT_TRUE(same_codes(*hello->supported_groups,
                         std::vector{NamedGroup::X25519MLKEM768, NamedGroup::x25519}));
  EXPECT_TRUE(same_codes(*hello->signature_algorithms, std::vector{SignatureScheme::ed25519}));
  EXPECT_TRUE(same_codes(*hello->signature_algorithms_cert,
                         std::vector{SignatureScheme::rsa_pkcs1_sha256, SignatureScheme::ed25519}));
  ASSERT_EQ(hello->application_protocols->size(), 1u);
  EXPECT_EQ(as_text(hello->application_protocols->front()), "h2");
  EXPECT_EQ(hello->record_size_limit, 0x4001);
  EXPECT_TRUE(same_codes(*hello->supported_versions, std::vector{ProtocolVersion::tls13}));
  EXPECT_EQ(to_vector(*hello->cookie), hex("c0"));
  EXPECT_EQ(to_vector(*hello->psk_key_exchange_modes), hex("01"));
  ASSERT_EQ(hello->certificate_authorities->size(), 1u);
  ASSERT_EQ(hello->key_shares->size(), 1u);
  EXPECT_EQ(hello->key_shares->front().group, NamedGroup::x25519);
  ASSERT_EQ(hello->pre_shared_key->identities.size(), 1u);
  EXPECT_EQ(hello->pre_shared_key->identities[0].obfuscated_ticket_age, 7u);
}

TEST(ClientHello, AbsentExtensionsAreAbsent) {
  const ByteVector octets = hello_with({});
  const auto hello = decode_client_hello(octets);
  ASSERT_TRUE(hello);
  EXPECT_FALSE(hello->supported_versions);
  EXPECT_FALSE(hello->server_name);
  EXPECT_FALSE(hello->supported_groups);
  EXPECT_FALSE(hello->signature_algorithms);
  EXPECT_FALSE(hello->signature_algorithms_cert);
  EXPECT_FALSE(hello->key_shares);
  EXPECT_FALSE(hello->application_protocols);
  EXPECT_FALSE(hello->cookie);
  EXPECT_FALSE(hello->psk_key_exchange_modes);
  EXPECT_FALSE(hello->pre_shared_key);
  EXPECT_FALSE(hello->certificate_authorities);
  EXPECT_FALSE(hello->record_size_limit);
  EXPECT_FALSE(hello->early_data);
  EXPECT_FALSE(hello->signed_certificate_timestamp);
  EXPECT_FALSE(hello->status_request);
}

TEST(ClientHello, EveryTruncationAndAnyTrailerIsRefused) {
  // What ends in front of the extensions is a TLS 1.2 hello, which has another answer than
  // decode_error.
  expect_exact(decode_client_hello, hello_with(every_extension()), prefix().size());
  const auto old = decode_client_hello(prefix());
  ASSERT_TRUE(old);
  EXPECT_TRUE(old->extensions.all().empty());
}

// RFC 9846 §4.3-1, §6-5
TEST(ClientHello, EveryTruncationAndTrailerWithinAnExtensionIsRefused) {
  for (const auto& [type, data] : every_extension()) {
    if (type == ExtensionType::pre_shared_key) continue;
    const auto decode_one = [kind = type](ByteView octets) {
      const ByteVector whole = hello_with({{kind, to_vector(octets)}});
      const auto hello = decode_client_hello(whole);
      return hello ? Result<void>() : propagate(hello);
    };
    SCOPED_TRACE(to_string(type));
    expect_exact(decode_one, data);
  }
  const auto decode_psk = [](ByteView octets) {
    const ByteVector whole = hello_with({{ExtensionType::pre_shared_key, to_vector(octets)}});
    const auto hello = decode_client_hello(whole);
    return hello ? Result<void>() : propagate(hello);
  };
  expect_exact(decode_psk, offered_psk());
}

TEST(ClientHello, BoundsOfItsVectors) {
  const ByteVector head = concat({hex("0303"), to_vector(some_random())});
  const auto hello = [&](const char* session_id, const ByteVector& suites, const char* methods) {
    return concat({head, hex(session_id), suites, hex(methods), hex("0000")});
  };
  const ByteVector suite = hex("0002 1301");
  EXPECT_TRUE(decode_client_hello(hello("00", suite, "01 00")));
  EXPECT_TRUE(
      decode_client_hello(concat({head, hex("20"), ByteVector(32, 9), suite, hex("0100 0000")})));
  expect_decode_error(decode_client_hello,
                      concat({head, hex("21"), ByteVector(33, 9), suite, hex("0100 0000")}));
  expect_decode_error(decode_client_hello, hello("00", hex("0000"), "01 00"));
  expect_decode_error(decode_client_hello, hello("00", hex("0001 13"), "01 00"));
  expect_decode_error(decode_client_hello, hello("00", hex("0003 1301 13"), "01 00"));
  expect_decode_error(decode_client_hello, hello("00", suite, "00"));
  // Which compression methods it lists is for the handshake to judge, with another alert.
  EXPECT_TRUE(decode_client_hello(hello("00", suite, "02 01 00")));
  EXPECT_TRUE(
      decode_client_hello(hello("00", concat({hex("fffe"), ByteVector(0xFFFE, 0x13)}), "01 00")));
  expect_decode_error(decode_client_hello,
                      hello("00", concat({hex("ffff"), ByteVector(0xFFFF, 0x13)}), "01 00"));
}

// RFC 9846 §4.3-4
TEST(ClientHello, PreSharedKeyIsTheLastExtension) {
  using enum ExtensionType;
  EXPECT_TRUE(
      decode_client_hello(hello_with({{cookie, hex("0001 c0")}, {pre_shared_key, offered_psk()}})));
  expect_refused(decode_client_hello,
                 hello_with({{pre_shared_key, offered_psk()}, {cookie, hex("0001 c0")}}),
                 ErrorCode::PskExtensionNotLast, AlertDescription::illegal_parameter);
  // Not even something unknown may follow.
  expect_refused(
      decode_client_hello,
      hello_with({{pre_shared_key, offered_psk()}, {static_cast<ExtensionType>(0x0A0A), {}}}),
      ErrorCode::PskExtensionNotLast, AlertDescription::illegal_parameter);
}

TEST(ClientHello, BindersAreExactlyItsEnd) {
  ClientHelloFields fields;
  fields.cipher_suites = {CipherSuiteId::TLS_AES_128_GCM_SHA256};
  fields.extensions.add(ExtensionType::cookie) = hex("0001 c0");
  const ByteVector ticket = hex("aabb");
  const std::array<std::size_t, 1> sizes{48};
  encode_offered_psks(fields.extensions.add(ExtensionType::pre_shared_key),
                      std::array{PskIdentity{ticket, 1}}, sizes);
  ByteVector out;
  encode_client_hello(out, fields);
  const ByteVector binder(48, 0xEE);
  patch_binders(out, std::array{ByteView(binder)});
  const ByteVector body = body_of(out, HandshakeType::client_hello);
  const auto hello = decode_client_hello(body);
  ASSERT_TRUE(hello);
  EXPECT_EQ(to_vector(hello->pre_shared_key->binders[0]), binder);
  EXPECT_EQ(hello->pre_shared_key->binders_size, 51u);
  EXPECT_EQ(to_vector(ByteView(body).last(51)), concat({hex("0031 30"), binder}));
}

TEST(ClientHello, DuplicatesAndForbiddenExtensions) {
  using enum ExtensionType;
  expect_refused(decode_client_hello,
                 hello_with({{cookie, hex("0001 c0")}, {cookie, hex("0001 c0")}}),
                 ErrorCode::DuplicateExtension, AlertDescription::illegal_parameter);
  expect_refused(decode_client_hello, hello_with({{oid_filters, hex("0000")}}),
                 ErrorCode::ForbiddenExtension, AlertDescription::illegal_parameter);
}

// RFC 9846 §4.2.2-7, §4.2.2-11, §4.3.1-4
TEST(ClientHello, UnknownValuesAndExtensionsAreIgnored) {
  using enum ExtensionType;
  // GREASE (RFC 8701) in every list that takes it.
  const ByteVector octets =
      concat({hex("0303"), to_vector(some_random()), hex("00 0004 2a2a 1301 01 00"),
              block_of({{static_cast<ExtensionType>(0x3A3A), {}},
                        {supported_versions, hex("04 4a4a 0304")},
                        {supported_groups, hex("0004 5a5a 001d")},
                        {signature_algorithms, hex("0004 6a6a 0807")},
                        {key_share, hex("000a 5a5a 0001 00 001d 0001 55")},
                        {psk_key_exchange_modes, hex("02 0b 01")},
                        {static_cast<ExtensionType>(0x7A7A), hex("00")}})});
  const auto hello = decode_client_hello(octets);
  ASSERT_TRUE(hello);
  EXPECT_TRUE(hello->supported_versions->contains(ProtocolVersion::tls13));
  EXPECT_EQ(hello->key_shares->size(), 2u);
  EXPECT_TRUE(hello->extensions.find(static_cast<ExtensionType>(0x7A7A)));
}

TEST(ClientHello, AnUnknownStatusTypeIsIgnored) {
  const ByteVector octets = hello_with({{ExtensionType::status_request, hex("02 ffff")}});
  const auto hello = decode_client_hello(octets);
  ASSERT_TRUE(hello);
  EXPECT_FALSE(hello->status_request);
}

TEST(ClientHello, TheErrorOfAnExtensionComesThrough) {
  using enum ExtensionType;
  expect_refused(decode_client_hello, hello_with({{record_size_limit, hex("003f")}}),
                 ErrorCode::IllegalParameter, AlertDescription::illegal_parameter);
  expect_refused(decode_client_hello,
                 hello_with({{key_share, hex("000a 001d 0001 aa 001d 0001 bb")}}),
                 ErrorCode::IllegalParameter, AlertDescription::illegal_parameter);
  expect_decode_error(decode_client_hello, hello_with({{early_data, hex("00")}}));
}

RC_GTEST_PROP(ClientHello, RoundTrip, ()) {
  ClientHelloFields fields;
  const ByteVector random = random_octets(32, 32);
  std::copy(random.begin(), random.end(), fields.random.begin());
  fields.legacy_session_id = random_octets(0, 32);
  fields.cipher_suites = random_codes<CipherSuiteId>(1, 40);
  const auto groups = random_codes<NamedGroup>(1, 20);
  const auto schemes = random_codes<SignatureScheme>(1, 20);
  encode_supported_groups(fields.extensions.add(ExtensionType::supported_groups), groups);
  encode_signature_schemes(fields.extensions.add(ExtensionType::signature_algorithms), schemes);
  const ByteVector cookie = random_octets(1, 300);
  encode_cookie(fields.extensions.add(ExtensionType::cookie), cookie);
  ByteVector out;
  encode_client_hello(out, fields);
  const ByteVector body = body_of(out, HandshakeType::client_hello);
  const auto hello = decode_client_hello(body);
  RC_ASSERT(hello.has_value());
  RC_ASSERT(hello->random == fields.random);
  RC_ASSERT(to_vector(hello->legacy_session_id) == fields.legacy_session_id);
  RC_ASSERT(same_codes(hello->cipher_suites, fields.cipher_suites));
  RC_ASSERT(same_codes(*hello->supported_groups, groups));
  RC_ASSERT(same_codes(*hello->signature_algorithms, schemes));
  RC_ASSERT(to_vector(*hello->cookie) == cookie);
}

RC_GTEST_PROP(ClientHello, SurvivesAnything, ()) {
  survives_anything(decode_client_hello, concat({prefix(), random_octets(0, 80)}));
  survives_a_flip(decode_client_hello, hello_with(every_extension()));
}

}  // namespace
}  // namespace nautilus::test
