#include "wire/server_hello.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/wire/wire_support.hpp"

namespace nautilus::test {
namespace {

using namespace wire;

using Items = std::vector<std::pair<ExtensionType, ByteVector>>;

HelloRandom plain_random() {
  HelloRandom random;
  random.fill(0x5A);
  return random;
}

ByteVector prefix(const HelloRandom& random) {
  return concat({hex("0303"), to_vector(random), hex("02 0102 1302 00")});
}
ByteVector server_hello(const Items& items) {
  return concat({prefix(plain_random()), block_of(items)});
}
ByteVector retry(const Items& items) {
  return concat({prefix(kHelloRetryRequestRandom), block_of(items)});
}

Items hello_items() {
  using enum ExtensionType;
  return {{supported_versions, hex("0304")},
          {key_share, hex("001d 0002 aabb")},
          {pre_shared_key, hex("0001")}};
}
Items retry_items() {
  using enum ExtensionType;
  return {{supported_versions, hex("0304")}, {cookie, hex("0001 c0")}, {key_share, hex("11ec")}};
}

TEST(ServerHello, Layout) {
  ExtensionList extensions;
  extensions.add(ExtensionType::supported_versions) = hex("0304");
  ByteVector out;
  encode_server_hello(out, plain_random(), hex("0102"), CipherSuiteId::TLS_AES_256_GCM_SHA384,
                      extensions);
  EXPECT_EQ(out, concat({hex("02 000030 0303"), ByteVector(32, 0x5A),
                         hex("02 0102 1302 00 0006 002b 0002 0304")}));
}

TEST(ServerHello, ReadsItsExtensions) {
  const ByteVector octets = server_hello(hello_items());
  const auto message = decode_server_hello(octets);
  ASSERT_TRUE(message);
  const auto* hello = std::get_if<ServerHello>(&*message);
  ASSERT_NE(hello, nullptr);
  EXPECT_EQ(hello->legacy_version, ProtocolVersion::tls12);
  EXPECT_EQ(hello->random, plain_random());
  EXPECT_EQ(to_vector(hello->legacy_session_id_echo), hex("0102"));
  EXPECT_EQ(hello->cipher_suite, CipherSuiteId::TLS_AES_256_GCM_SHA384);
  EXPECT_EQ(hello->legacy_compression_method, 0);
  EXPECT_EQ(hello->selected_version, ProtocolVersion::tls13);
  ASSERT_TRUE(hello->key_share);
  EXPECT_EQ(hello->key_share->group, NamedGroup::x25519);
  EXPECT_EQ(to_vector(hello->key_share->key_exchange), hex("aabb"));
  EXPECT_EQ(hello->selected_identity, 1);
}

// RFC 9846 §4.2.3-10
TEST(ServerHello, TheRandomMakesItAHelloRetryRequest) {
  const ByteVector octets = retry(retry_items());
  const auto message = decode_server_hello(octets);
  ASSERT_TRUE(message);
  const auto* request = std::get_if<HelloRetryRequest>(&*message);
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(to_vector(request->legacy_session_id_echo), hex("0102"));
  EXPECT_EQ(request->cipher_suite, CipherSuiteId::TLS_AES_256_GCM_SHA384);
  EXPECT_EQ(request->selected_version, ProtocolVersion::tls13);
  EXPECT_EQ(request->selected_group, NamedGroup::X25519MLKEM768);
  EXPECT_EQ(to_vector(*request->cookie), hex("c0"));
  // One octet away it is an ordinary hello, where key_share has another form.
  for (std::size_t at = 0; at < 32; ++at) {
    ByteVector other = octets;
    other[2 + at] ^= 1;
    EXPECT_FALSE(decode_server_hello(other)) << at;
  }
}

TEST(ServerHello, EveryTruncationAndAnyTrailerIsRefused) {
  // What ends in front of the extensions is a TLS 1.2 answer: the handshake refuses it.
  expect_exact(decode_server_hello, server_hello(hello_items()), prefix(plain_random()).size());
  expect_exact(decode_server_hello, retry(retry_items()), prefix(plain_random()).size());
}

// RFC 9846 §4.3-1
TEST(ServerHello, EveryTruncationAndTrailerWithinAnExtensionIsRefused) {
  for (const bool is_retry : {false, true}) {
    for (const auto& [type, data] : is_retry ? retry_items() : hello_items()) {
      const auto decode_one = [&, kind = type](ByteView octets) {
        const Items items{{kind, to_vector(octets)}};
        const ByteVector whole = is_retry ? retry(items) : server_hello(items);
        const auto message = decode_server_hello(whole);
        return message ? Result<void>() : propagate(message);
      };
      SCOPED_TRACE(to_string(type));
      expect_exact(decode_one, data);
    }
  }
}

// RFC 9846 §6-5
TEST(ServerHello, TheSessionIdIsAtMost32Octets) {
  const ByteVector head = concat({hex("0303"), ByteVector(32, 1)});
  EXPECT_TRUE(decode_server_hello(
      concat({head, hex("20"), ByteVector(32, 7), hex("1301 00 0006 002b 0002 0304")})));
  expect_decode_error(decode_server_hello, concat({head, hex("21"), ByteVector(33, 7),
                                                   hex("1301 00 0006 002b 0002 0304")}));
}

TEST(ServerHello, ForbiddenExtensions) {
  using enum ExtensionType;
  const auto version = std::pair<ExtensionType, ByteVector>{supported_versions, hex("0304")};
  for (const ExtensionType type :
       {server_name, application_layer_protocol_negotiation, early_data, cookie,
        signature_algorithms, psk_key_exchange_modes, certificate_authorities, oid_filters}) {
    expect_refused(decode_server_hello, server_hello({version, {type, {}}}),
                   ErrorCode::ForbiddenExtension, AlertDescription::illegal_parameter);
  }
  for (const ExtensionType type : {pre_shared_key, server_name, early_data, supported_groups}) {
    expect_refused(decode_server_hello, retry({version, {type, {}}}), ErrorCode::ForbiddenExtension,
                   AlertDescription::illegal_parameter);
  }
}

TEST(ServerHello, DuplicatesAreRefused) {
  using enum ExtensionType;
  for (const ExtensionType type : {supported_versions, key_share, static_cast<ExtensionType>(99)}) {
    expect_refused(decode_server_hello, server_hello({{type, hex("0304")}, {type, hex("0304")}}),
                   ErrorCode::DuplicateExtension, AlertDescription::illegal_parameter);
    expect_refused(decode_server_hello, retry({{type, hex("0304")}, {type, hex("0304")}}),
                   ErrorCode::DuplicateExtension, AlertDescription::illegal_parameter);
  }
}

TEST(ServerHello, ATls12AnswerDecodesWithoutAVersion) {
  using enum ExtensionType;
  const ByteVector octets =
      server_hello({{renegotiation_info, hex("00")}, {session_ticket, {}}, {server_name, {}}});
  const auto message = decode_server_hello(octets);
  ASSERT_TRUE(message);
  const auto* hello = std::get_if<ServerHello>(&*message);
  ASSERT_NE(hello, nullptr);
  EXPECT_FALSE(hello->selected_version);
  // Its framing is held to the same rules.
  expect_exact(decode_server_hello, octets, prefix(plain_random()).size());
}

TEST(ServerHello, UnknownExtensionsAreKeptForTheHandshakeToRefuse) {
  const auto unknown = static_cast<ExtensionType>(0x1234);
  const ByteVector octets = server_hello({{unknown, hex("00")}});
  const auto message = decode_server_hello(octets);
  ASSERT_TRUE(message);
  EXPECT_TRUE(std::get<ServerHello>(*message).extensions.find(unknown));
}

RC_GTEST_PROP(ServerHello, RoundTrip, ()) {
  HelloRandom random;
  const ByteVector octets = random_octets(32, 32);
  std::copy(octets.begin(), octets.end(), random.begin());
  const ByteVector echo = random_octets(0, 32);
  const auto suite = static_cast<CipherSuiteId>(*rc::gen::arbitrary<std::uint16_t>());
  const auto group = static_cast<NamedGroup>(*rc::gen::arbitrary<std::uint16_t>());
  const ByteVector share = random_octets(1, 300);
  const auto identity = *rc::gen::arbitrary<std::uint16_t>();
  ExtensionList list;
  encode_server_key_share(list.add(ExtensionType::key_share), {group, share});
  encode_selected_identity(list.add(ExtensionType::pre_shared_key), identity);
  ByteVector out;
  encode_server_hello(out, random, echo, suite, list);
  const ByteVector body = body_of(out, HandshakeType::server_hello);
  const auto message = decode_server_hello(body);
  RC_ASSERT(message.has_value());
  const auto* hello = std::get_if<ServerHello>(&*message);
  RC_ASSERT(hello != nullptr);
  RC_ASSERT(hello->random == random);
  RC_ASSERT(to_vector(hello->legacy_session_id_echo) == echo);
  RC_ASSERT(hello->cipher_suite == suite);
  RC_ASSERT(hello->key_share->group == group);
  RC_ASSERT(to_vector(hello->key_share->key_exchange) == share);
  RC_ASSERT(hello->selected_identity == identity);
}

RC_GTEST_PROP(ServerHello, SurvivesAnything, ()) {
  const bool is_retry = *rc::gen::arbitrary<bool>();
  const HelloRandom random = is_retry ? kHelloRetryRequestRandom : plain_random();
  survives_anything(decode_server_hello, concat({prefix(random), random_octets(0, 60)}));
  survives_a_flip(decode_server_hello,
                  is_retry ? retry(retry_items()) : server_hello(hello_items()));
}

}  // namespace
}  // namespace nautilus::test
