// What a client refuses in ServerHello and HelloRetryRequest, and with which alert
// (RFC 9846 §4.2.3, §4.2.4).
#include "session/server_session.hpp"
#include "unit/handshake/machine_fixture.hpp"

namespace nautilus::test {
namespace {

using enum AlertDescription;

struct Case {
  Refusal refusal;
  void (*change)(HelloParts&);
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.refusal.what; }

ByteVector code(std::uint16_t value) {
  return {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}
void set(HelloParts& hello, ExtensionType type, ByteVector data) {
  hello.extensions.remove(type);
  hello.extensions.add(type) = std::move(data);
}
ByteVector share(NamedGroup group, const ByteVector& key) {
  ByteVector out = code(static_cast<std::uint16_t>(group));
  const ByteVector size = code(static_cast<std::uint16_t>(key.size()));
  out.insert(out.end(), size.begin(), size.end());
  out.insert(out.end(), key.begin(), key.end());
  return out;
}
void end_random(HelloParts& hello, std::string_view end) {
  std::copy(end.begin(), end.end(), hello.random.end() - static_cast<std::ptrdiff_t>(end.size()));
}

class ServerHelloRefused : public testing::TestWithParam<Case> {};
TEST_P(ServerHelloRefused, ByTheClient) {
  Parts parts;
  Duet duet = parts.duet();
  duet.to_client = [](ByteVector& message) {
    if (type_of(message) != HandshakeType::server_hello) return;
    HelloParts hello = HelloParts::parse(message);
    GetParam().change(hello);
    message = hello.encode();
  };
  duet.run();
  expect_refused(duet.client_error, GetParam().refusal);
  EXPECT_FALSE(duet.client.connected());
  EXPECT_TRUE(duet.client.out.receive_epochs.empty()) << "keys from a bad ServerHello";
}

constexpr auto kVersions = ExtensionType::supported_versions;
constexpr auto kKeyShare = ExtensionType::key_share;

// RFC 9846 §4.2.3-2, §4.2.3-4, §4.2.3-5, §4.2.3-7
INSTANTIATE_TEST_SUITE_P(
    Fields, ServerHelloRefused,
    testing::Values(Case{{"legacy_version 0x0301", ErrorCode::NoCommonVersion, protocol_version},
                         [](HelloParts& h) { h.legacy_version = 0x0301; }},
                    Case{{"legacy_version 0x0304", ErrorCode::NoCommonVersion, protocol_version},
                         [](HelloParts& h) { h.legacy_version = 0x0304; }},
                    Case{{"another session id", ErrorCode::SessionIdMismatch, illegal_parameter},
                         [](HelloParts& h) { h.session_id[5] ^= 1; }},
                    Case{{"no session id", ErrorCode::SessionIdMismatch, illegal_parameter},
                         [](HelloParts& h) { h.session_id.clear(); }},
                    Case{{"a shorter session id", ErrorCode::SessionIdMismatch, illegal_parameter},
                         [](HelloParts& h) { h.session_id.pop_back(); }},
                    Case{{"compression", ErrorCode::IllegalParameter, illegal_parameter},
                         [](HelloParts& h) { h.compression = 1; }},
                    Case{{"a suite that was not offered", ErrorCode::UnofferedCipherSuite,
                          illegal_parameter},
                         [](HelloParts& h) { h.suite = 0x1303; }},
                    Case{{"a suite of TLS 1.2", ErrorCode::UnofferedCipherSuite, illegal_parameter},
                         [](HelloParts& h) { h.suite = 0xC02F; }},
                    Case{{"a reserved suite", ErrorCode::UnofferedCipherSuite, illegal_parameter},
                         [](HelloParts& h) { h.suite = 0x1A1A; }},
                    Case{{"trailing octets", ErrorCode::DecodeError, decode_error},
                         [](HelloParts& h) { h.trailing = {0}; }}));

// RFC 9846 §4.2.3-12, §4.3.1-10
INSTANTIATE_TEST_SUITE_P(
    Versions, ServerHelloRefused,
    testing::Values(
        Case{{"TLS 1.2 in supported_versions", ErrorCode::UnsupportedVersionSelected,
              illegal_parameter},
             [](HelloParts& h) { set(h, kVersions, code(0x0303)); }},
        Case{{"a later version", ErrorCode::UnsupportedVersionSelected, illegal_parameter},
             [](HelloParts& h) { set(h, kVersions, code(0x0305)); }},
        Case{{"a reserved version", ErrorCode::UnsupportedVersionSelected, illegal_parameter},
             [](HelloParts& h) { set(h, kVersions, code(0x2A2A)); }},
        Case{{"TLS 1.2 without a word", ErrorCode::NoCommonVersion, protocol_version},
             [](HelloParts& h) { h.extensions.remove(kVersions); }},
        Case{{"talked down to TLS 1.2", ErrorCode::DowngradeDetected, illegal_parameter},
             [](HelloParts& h) {
               h.extensions.remove(kVersions);
               end_random(h, "DOWNGRD\x01");
             }},
        Case{{"talked down to TLS 1.1", ErrorCode::DowngradeDetected, illegal_parameter},
             [](HelloParts& h) {
               h.extensions.remove(kVersions);
               end_random(h, std::string_view("DOWNGRD\0", 8));
             }},
        Case{{"almost a sentinel", ErrorCode::NoCommonVersion, protocol_version},
             [](HelloParts& h) {
               h.extensions.remove(kVersions);
               end_random(h, "DOWNGRD\x02");
             }}));

// RFC 9846 §6-6
INSTANTIATE_TEST_SUITE_P(
    KeyShares, ServerHelloRefused,
    testing::Values(Case{{"none", ErrorCode::MissingExtension, missing_extension},
                         [](HelloParts& h) { h.extensions.remove(kKeyShare); }},
                    Case{{"a group that was not offered", ErrorCode::UnofferedGroup,
                          illegal_parameter},
                         [](HelloParts& h) {
                           set(h, kKeyShare, share(NamedGroup::secp521r1, ByteVector(133, 4)));
                         }},
                    Case{{"a group without a share", ErrorCode::UnofferedGroup, illegal_parameter},
                         [](HelloParts& h) {
                           set(h, kKeyShare, share(NamedGroup::secp256r1, ByteVector(65, 4)));
                         }},
                    Case{{"a reserved group", ErrorCode::UnofferedGroup, illegal_parameter},
                         [](HelloParts& h) { set(h, kKeyShare, share(NamedGroup{0x3A3A}, {0})); }},
                    Case{{"a short share", ErrorCode::InvalidKeyShare, illegal_parameter},
                         [](HelloParts& h) {
                           set(h, kKeyShare, share(NamedGroup::x25519, ByteVector(31, 9)));
                         }},
                    Case{{"a share of small order", ErrorCode::InvalidKeyShare, illegal_parameter},
                         [](HelloParts& h) {
                           set(h, kKeyShare, share(NamedGroup::x25519, ByteVector(32, 0)));
                         }},
                    Case{{"an empty share", ErrorCode::DecodeError, decode_error},
                         [](HelloParts& h) { set(h, kKeyShare, share(NamedGroup::x25519, {})); }}));

// RFC 9846 §4.3-2, §4.3-3, §4.3-5
INSTANTIATE_TEST_SUITE_P(
    Extensions, ServerHelloRefused,
    testing::Values(
        Case{{"unknown and unasked", ErrorCode::UnsolicitedExtension, unsupported_extension},
             [](HelloParts& h) { h.extensions.add(ExtensionType{0xABCD}); }},
        Case{{"a PSK that was not offered", ErrorCode::UnsolicitedExtension, unsupported_extension},
             [](HelloParts& h) { h.extensions.add(ExtensionType::pre_shared_key) = code(0); }},
        Case{{"one that belongs elsewhere", ErrorCode::ForbiddenExtension, illegal_parameter},
             [](HelloParts& h) {
               h.extensions.add(ExtensionType::application_layer_protocol_negotiation) = {0, 3, 2,
                                                                                          'h', '2'};
             }},
        Case{{"a cookie outside HelloRetryRequest", ErrorCode::ForbiddenExtension,
              illegal_parameter},
             [](HelloParts& h) { h.extensions.add(ExtensionType::cookie) = {0, 1, 7}; }},
        Case{{"twice the same", ErrorCode::DuplicateExtension, illegal_parameter},
             [](HelloParts& h) { h.extensions.add(kVersions) = code(0x0304); }}));

/// The sentinel means something only to a client that was talked down: TLS 1.3 goes on.
TEST(ServerHello, SentinelUnderTls13IsJustRandom) {
  Parts parts;
  Duet duet = parts.duet();
  duet.to_client = [](ByteVector& message) {
    if (type_of(message) != HandshakeType::server_hello) return;
    HelloParts hello = HelloParts::parse(message);
    end_random(hello, "DOWNGRD\x01");
    message = hello.encode();
  };
  duet.run();
  // The transcripts differ now, and that is all.
  ASSERT_TRUE(duet.client_error);
  EXPECT_EQ(duet.client_error->code, ErrorCode::BadSignature);
}

TEST(ServerHello, WhatGreaseAskedForIsNoAnswer) {
  Parts parts;
  parts.client.grease(true);
  Duet duet = parts.duet();
  duet.to_client = [&](ByteVector& message) {
    if (type_of(message) != HandshakeType::server_hello) return;
    HelloParts hello = HelloParts::parse(message);
    // One of the reserved types the client did send.
    const auto sent = wire::decode_client_hello(
        ByteView(duet.client.out.sent.front()).subspan(wire::kHandshakeHeaderSize));
    hello.extensions.add(sent->extensions.all().front().type);
    message = hello.encode();
  };
  duet.run();
  expect_refused(duet.client_error,
                 {"reserved extension", ErrorCode::UnsolicitedExtension, unsupported_extension});
}

/// With a session on offer: which one, and under which hash.
class ResumedServerHelloRefused : public testing::TestWithParam<Case> {};
TEST_P(ResumedServerHelloRefused, ByTheClient) {
  Parts parts;
  parts.client.session_store(make_memory_session_store());
  parts.server.cipher_suites({CipherSuiteId::TLS_AES_128_GCM_SHA256});
  const auto client = parts.client.build().value();
  const auto server = parts.server.build().value();
  Duet first(client, server);
  first.run();
  ASSERT_TRUE(first.client.connected()) << describe(first.client_error.value_or(Error{}));
  Duet duet(client, server);
  duet.to_client = [](ByteVector& message) {
    if (type_of(message) != HandshakeType::server_hello) return;
    HelloParts hello = HelloParts::parse(message);
    ASSERT_NE(hello.extensions.find(ExtensionType::pre_shared_key), nullptr);
    GetParam().change(hello);
    message = hello.encode();
  };
  duet.run();
  expect_refused(duet.client_error, GetParam().refusal);
}
// RFC 9846 §4.3.11-5, §4.3.11-6
INSTANTIATE_TEST_SUITE_P(
    Psks, ResumedServerHelloRefused,
    testing::Values(
        Case{{"a PSK beyond the list", ErrorCode::UnofferedPsk, illegal_parameter},
             [](HelloParts& h) { set(h, ExtensionType::pre_shared_key, code(1)); }},
        Case{{"a suite of another hash", ErrorCode::IllegalParameter, illegal_parameter},
             [](HelloParts& h) { h.suite = 0x1302; }},
        Case{{"a PSK without a key share", ErrorCode::MissingKeyShare, illegal_parameter},
             [](HelloParts& h) { h.extensions.remove(kKeyShare); }},
        Case{{"a trailing octet in pre_shared_key", ErrorCode::DecodeError, decode_error},
             [](HelloParts& h) { set(h, ExtensionType::pre_shared_key, {0, 0, 0}); }}));

class RetryRefused : public testing::TestWithParam<Case> {
 protected:
  static Parts parts() {
    Parts made;
    made.server.groups({NamedGroup::secp256r1});
    return made;
  }
};
TEST_P(RetryRefused, ByTheClient) {
  Parts made = parts();
  Duet duet = made.duet();
  duet.to_client = [](ByteVector& message) {
    if (type_of(message) != HandshakeType::server_hello) return;
    HelloParts hello = HelloParts::parse(message);
    if (!hello.is_retry()) return;
    GetParam().change(hello);
    message = hello.encode();
  };
  duet.run();
  expect_refused(duet.client_error, GetParam().refusal);
  EXPECT_EQ(duet.client.out.sent.size(), 1U) << "a second hello went out";
}
// RFC 9846 §4.2.4-3, §4.2.4-4, §4.2.4-7, §4.3-2, §4.3-3, §4.3.8-7
INSTANTIATE_TEST_SUITE_P(
    Fields, RetryRefused,
    testing::Values(
        Case{{"no version", ErrorCode::MissingExtension, missing_extension},
             [](HelloParts& h) { h.extensions.remove(kVersions); }},
        Case{{"TLS 1.2", ErrorCode::UnsupportedVersionSelected, illegal_parameter},
             [](HelloParts& h) { set(h, kVersions, code(0x0303)); }},
        Case{{"legacy_version", ErrorCode::NoCommonVersion, protocol_version},
             [](HelloParts& h) { h.legacy_version = 0x0301; }},
        Case{{"compression", ErrorCode::IllegalParameter, illegal_parameter},
             [](HelloParts& h) { h.compression = 1; }},
        Case{{"another session id", ErrorCode::SessionIdMismatch, illegal_parameter},
             [](HelloParts& h) { h.session_id[31] ^= 0x80; }},
        Case{{"a suite that was not offered", ErrorCode::UnofferedCipherSuite, illegal_parameter},
             [](HelloParts& h) { h.suite = 0x1303; }},
        Case{{"a group that was not offered", ErrorCode::UnofferedGroup, illegal_parameter},
             [](HelloParts& h) { set(h, kKeyShare, code(0x0019)); }},
        Case{{"a group that was shared", ErrorCode::IllegalHelloRetryRequest, illegal_parameter},
             [](HelloParts& h) { set(h, kKeyShare, code(0x001D)); }},
        Case{{"nothing to do differently", ErrorCode::IllegalHelloRetryRequest, illegal_parameter},
             [](HelloParts& h) { h.extensions.remove(kKeyShare); }},
        Case{{"a whole share", ErrorCode::DecodeError, decode_error},
             [](HelloParts& h) {
               set(h, kKeyShare, share(NamedGroup::secp256r1, ByteVector(65, 4)));
             }},
        Case{{"unknown and unasked", ErrorCode::UnsolicitedExtension, unsupported_extension},
             [](HelloParts& h) { h.extensions.add(ExtensionType{0xABCD}); }},
        Case{{"one that belongs elsewhere", ErrorCode::ForbiddenExtension, illegal_parameter},
             [](HelloParts& h) { h.extensions.add(ExtensionType::pre_shared_key) = code(0); }},
        Case{{"an empty cookie", ErrorCode::DecodeError, decode_error},
             [](HelloParts& h) { h.extensions.add(ExtensionType::cookie) = {0, 0}; }}));

/// After HelloRetryRequest the server is bound by what it said.
class AfterRetryRefused : public RetryRefused {};
TEST_P(AfterRetryRefused, ByTheClient) {
  Parts made = parts();
  Duet duet = made.duet();
  duet.to_client = [](ByteVector& message) {
    if (type_of(message) != HandshakeType::server_hello) return;
    HelloParts hello = HelloParts::parse(message);
    if (hello.is_retry()) return;
    GetParam().change(hello);
    message = hello.encode();
  };
  duet.run();
  EXPECT_EQ(duet.client.out.sent.size(), 2U);
  expect_refused(duet.client_error, GetParam().refusal);
}
// RFC 9846 §4.2.4-5, §4.2.4-9, §4.3.8-11
INSTANTIATE_TEST_SUITE_P(
    Fields, AfterRetryRefused,
    testing::Values(Case{{"another suite", ErrorCode::IllegalParameter, illegal_parameter},
                         [](HelloParts& h) { h.suite = h.suite == 0x1301 ? 0x1302 : 0x1301; }},
                    Case{
                        {"the first group after all", ErrorCode::UnofferedGroup, illegal_parameter},
                        [](HelloParts& h) {
                          set(h, kKeyShare, share(NamedGroup::x25519, ByteVector(32, 9)));
                        }},
                    Case{{"once more", ErrorCode::SecondHelloRetryRequest, unexpected_message},
                         [](HelloParts& h) {
                           h.random.assign(wire::kHelloRetryRequestRandom.begin(),
                                           wire::kHelloRetryRequestRandom.end());
                           set(h, kKeyShare, code(0x0017));
                         }}));

// RFC 9846 §4.2.2-1, §4.2.4-6, §4.3.2-1, §4.3.8-8
TEST(Retry, CookieIsReturnedAndTheRestStays) {
  Parts parts;
  parts.server.groups({NamedGroup::secp256r1});
  Duet duet = parts.duet();
  duet.to_client = [](ByteVector& message) {
    HelloParts hello = HelloParts::parse(message);
    if (type_of(message) != HandshakeType::server_hello || !hello.is_retry()) return;
    hello.extensions.add(ExtensionType::cookie) = {0, 3, 7, 8, 9};
    message = hello.encode();
  };
  duet.run();
  ASSERT_EQ(duet.client.out.sent.size(), 2U);
  const auto body = [&](std::size_t i) {
    return ByteView(duet.client.out.sent[i]).subspan(wire::kHandshakeHeaderSize);
  };
  const auto first = wire::decode_client_hello(body(0)).value();
  const auto second = wire::decode_client_hello(body(1)).value();
  ASSERT_TRUE(second.cookie);
  EXPECT_EQ(to_vector(*second.cookie), (ByteVector{7, 8, 9}));
  EXPECT_EQ(first.random, second.random);
  EXPECT_TRUE(std::ranges::equal(first.legacy_session_id, second.legacy_session_id));
  ASSERT_EQ(second.key_shares->size(), 1U);
  EXPECT_EQ(second.key_shares->front().group, NamedGroup::secp256r1);
}

}  // namespace
}  // namespace nautilus::test
