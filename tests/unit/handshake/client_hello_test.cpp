// What a server refuses in a ClientHello, the first and the second (RFC 9846 §4.2.2, §9.2).
#include "unit/handshake/machine_fixture.hpp"

namespace nautilus::test {
namespace {

using enum AlertDescription;

/// A ClientHello taken apart.
struct Parsed {
  std::uint16_t legacy_version = 0;
  ByteVector random;
  ByteVector session_id;
  ByteVector suites;
  ByteVector compression;
  ExtensionList extensions;

  explicit Parsed(ByteView message) {
    wire::Reader reader(message.subspan(wire::kHandshakeHeaderSize));
    legacy_version = reader.u16();
    random = to_vector(reader.bytes(32));
    session_id = to_vector(reader.vector8(0, 32));
    suites = to_vector(reader.vector16(2, 0xFFFE));
    compression = to_vector(reader.vector8(1, 0xFF));
    wire::Reader block(reader.vector16(0, 0xFFFF));
    while (!block.empty()) {
      const auto type = static_cast<ExtensionType>(block.u16());
      extensions.add(type) = to_vector(block.vector16(0, 0xFFFF));
    }
  }
  [[nodiscard]] ByteVector encode() const {
    ByteVector out;
    wire::encode_handshake(out, HandshakeType::client_hello, [&](wire::Writer& writer) {
      writer.u16(legacy_version);
      writer.bytes(random);
      writer.vector8(session_id);
      writer.vector16(suites);
      writer.vector8(compression);
      extensions.encode(writer);
    });
    return out;
  }
};

struct Case {
  Refusal refusal;
  void (*change)(Parsed&);
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.refusal.what; }

void set(Parsed& hello, ExtensionType type, ByteVector data) {
  hello.extensions.remove(type);
  hello.extensions.add(type) = std::move(data);
}

class ClientHelloRefused : public testing::TestWithParam<Case> {};
TEST_P(ClientHelloRefused, ByTheServer) {
  Parts parts;
  parts.client.grease(false);
  parts.server.application_protocols({"h2"});
  Duet duet = parts.duet();
  duet.to_server = [](ByteVector& message) {
    if (type_of(message) != HandshakeType::client_hello) return;
    Parsed hello(message);
    GetParam().change(hello);
    message = hello.encode();
  };
  duet.run();
  expect_refused(duet.server_error, GetParam().refusal);
  EXPECT_TRUE(duet.server.out.sent.empty());
  EXPECT_TRUE(duet.server.out.send_epochs.empty());
}

// RFC 9846 §4.2.1-1, §4.2.1-4, §4.2.2-5, §4.2.2-9, §4.3-3, §4.3-5, §4.3.1-5, §4.3.3-3, §4.3.9-2,
// §4.3.11-8
INSTANTIATE_TEST_SUITE_P(
    First, ClientHelloRefused,
    testing::Values(
        Case{{"no supported_versions", ErrorCode::NoCommonVersion, protocol_version},
             [](Parsed& h) { h.extensions.remove(ExtensionType::supported_versions); }},
        Case{{"only older versions", ErrorCode::NoCommonVersion, protocol_version},
             [](Parsed& h) { set(h, ExtensionType::supported_versions, {4, 3, 3, 3, 2}); }},
        Case{{"legacy_version 0x0301", ErrorCode::NoCommonVersion, protocol_version},
             [](Parsed& h) { h.legacy_version = 0x0301; }},
        Case{{"legacy_version 0x0304", ErrorCode::NoCommonVersion, protocol_version},
             [](Parsed& h) { h.legacy_version = 0x0304; }},
        Case{{"compression", ErrorCode::IllegalParameter, illegal_parameter},
             [](Parsed& h) { h.compression = {1}; }},
        Case{{"compression on the side", ErrorCode::IllegalParameter, illegal_parameter},
             [](Parsed& h) { h.compression = {0, 1}; }},
        Case{{"no signature_algorithms", ErrorCode::MissingExtension, missing_extension},
             [](Parsed& h) { h.extensions.remove(ExtensionType::signature_algorithms); }},
        Case{{"no supported_groups", ErrorCode::MissingExtension, missing_extension},
             [](Parsed& h) { h.extensions.remove(ExtensionType::supported_groups); }},
        Case{{"no key_share", ErrorCode::MissingExtension, missing_extension},
             [](Parsed& h) { h.extensions.remove(ExtensionType::key_share); }},
        Case{{"neither groups nor shares", ErrorCode::MissingExtension, missing_extension},
             [](Parsed& h) {
               h.extensions.remove(ExtensionType::supported_groups);
               h.extensions.remove(ExtensionType::key_share);
             }},
        Case{{"a share for a group that is not listed", ErrorCode::IllegalParameter,
              illegal_parameter},
             [](Parsed& h) { set(h, ExtensionType::supported_groups, {0, 2, 0, 0x17}); }},
        Case{{"no common group", ErrorCode::NoCommonGroup, handshake_failure},
             [](Parsed& h) {
               set(h, ExtensionType::supported_groups, {0, 2, 0x0A, 0x0A});
               set(h, ExtensionType::key_share, {0, 0});
             }},
        Case{{"no common suite", ErrorCode::NoCommonCipherSuite, handshake_failure},
             [](Parsed& h) { h.suites = {0xC0, 0x2F}; }},
        Case{
            {"no common protocol", ErrorCode::NoCommonApplicationProtocol, no_application_protocol},
            [](Parsed& h) {
              set(h, ExtensionType::application_layer_protocol_negotiation, {0, 3, 2, 'h', '3'});
            }},
        Case{{"no common signature scheme", ErrorCode::NoCommonSignatureScheme, handshake_failure},
             [](Parsed& h) { set(h, ExtensionType::signature_algorithms, {0, 2, 4, 3}); }},
        Case{{"a short share", ErrorCode::InvalidKeyShare, illegal_parameter},
             [](Parsed& h) { set(h, ExtensionType::key_share, {0, 5, 0, 0x1D, 0, 1, 9}); }},
        Case{{"a share of small order", ErrorCode::InvalidKeyShare, illegal_parameter},
             [](Parsed& h) {
               ByteVector data{0, 36, 0, 0x1D, 0, 32};
               data.resize(38);
               set(h, ExtensionType::key_share, std::move(data));
             }},
        Case{{"pre_shared_key before others", ErrorCode::PskExtensionNotLast, illegal_parameter},
             [](Parsed& h) {
               ByteVector psk{0, 7, 0, 1, 9, 0, 0, 0, 0, 0, 33, 32};
               psk.resize(psk.size() + 32);
               h.extensions.items.insert(h.extensions.items.begin(),
                                         {ExtensionType::pre_shared_key, psk});
             }},
        Case{{"pre_shared_key without modes", ErrorCode::MissingExtension, missing_extension},
             [](Parsed& h) {
               h.extensions.remove(ExtensionType::psk_key_exchange_modes);
               ByteVector psk{0, 7, 0, 1, 9, 0, 0, 0, 0, 0, 33, 32};
               psk.resize(psk.size() + 32);
               h.extensions.add(ExtensionType::pre_shared_key) = psk;
             }},
        Case{{"one that only servers send", ErrorCode::ForbiddenExtension, illegal_parameter},
             [](Parsed& h) { h.extensions.add(ExtensionType::oid_filters) = {0, 0}; }},
        Case{{"twice the same", ErrorCode::DuplicateExtension, illegal_parameter},
             [](Parsed& h) { h.extensions.add(ExtensionType::supported_versions) = {2, 3, 4}; }}));

/// The second hello may differ only where HelloRetryRequest says so.
class SecondClientHelloRefused : public testing::TestWithParam<Case> {};
TEST_P(SecondClientHelloRefused, ByTheServer) {
  Parts parts;
  parts.client.grease(false);
  parts.server.groups({NamedGroup::secp256r1})
      .cipher_suites({CipherSuiteId::TLS_AES_128_GCM_SHA256});
  Duet duet = parts.duet();
  int hellos = 0;
  duet.to_server = [&](ByteVector& message) {
    if (type_of(message) != HandshakeType::client_hello || ++hellos != 2) return;
    Parsed hello(message);
    GetParam().change(hello);
    message = hello.encode();
  };
  duet.run();
  EXPECT_EQ(hellos, 2);
  expect_refused(duet.server_error, GetParam().refusal);
  EXPECT_EQ(duet.server.out.sent.size(), 1U) << "more than HelloRetryRequest";
}
INSTANTIATE_TEST_SUITE_P(
    Second, SecondClientHelloRefused,
    testing::Values(Case{{"another random", ErrorCode::ClientHelloChanged, illegal_parameter},
                         [](Parsed& h) { h.random[0] ^= 1; }},
                    Case{{"another session id", ErrorCode::ClientHelloChanged, illegal_parameter},
                         [](Parsed& h) { h.session_id[0] ^= 1; }},
                    Case{{"without the suite that was chosen", ErrorCode::ClientHelloChanged,
                          illegal_parameter},
                         [](Parsed& h) { h.suites = {0x13, 0x02}; }},
                    Case{{"with early data", ErrorCode::ClientHelloChanged, illegal_parameter},
                         [](Parsed& h) { h.extensions.add(ExtensionType::early_data); }},
                    Case{{"without a share", ErrorCode::ClientHelloChanged, illegal_parameter},
                         [](Parsed& h) { set(h, ExtensionType::key_share, {0, 0}); }},
                    Case{
                        {"the first share again", ErrorCode::ClientHelloChanged, illegal_parameter},
                        [](Parsed& h) {
                          ByteVector data{0, 36, 0, 0x1D, 0, 32};
                          data.resize(38, 9);
                          set(h, ExtensionType::key_share, std::move(data));
                        }},
                    Case{{"two shares", ErrorCode::ClientHelloChanged, illegal_parameter},
                         [](Parsed& h) {
                           ByteVector& data = *h.extensions.find(ExtensionType::key_share);
                           const ByteVector more{0, 0x1D, 0, 1, 9};
                           data.insert(data.end(), more.begin(), more.end());
                           data[1] = static_cast<std::uint8_t>(data[1] + more.size());
                         }},
                    Case{{"no longer TLS 1.3", ErrorCode::NoCommonVersion, protocol_version},
                         [](Parsed& h) { set(h, ExtensionType::supported_versions, {2, 3, 3}); }}));

// RFC 9846 §4.2.2-7, §4.2.2-11
TEST(ClientHello, WhatIsUnknownIsIgnored) {
  Parts parts;
  parts.client.grease(false);
  Duet duet = parts.duet();
  duet.to_server = [](ByteVector& message) {
    if (type_of(message) != HandshakeType::client_hello) return;
    Parsed hello(message);
    hello.extensions.add(ExtensionType{0xABCD}) = {1, 2, 3};
    hello.suites.insert(hello.suites.end(), {0xAA, 0xBB});
    message = hello.encode();
  };
  duet.run();
  EXPECT_FALSE(duet.server_error);
  EXPECT_FALSE(duet.server.out.sent.empty());
  // But it is in the transcript: the client notices.
  ASSERT_TRUE(duet.client_error);
  EXPECT_EQ(duet.client_error->code, ErrorCode::BadSignature);
}

TEST(ClientHello, EmptySessionIdGetsNoCompatibilityRecord) {
  Parts parts;
  Duet duet = parts.duet();
  duet.to_server = [](ByteVector& message) {
    if (type_of(message) != HandshakeType::client_hello) return;
    Parsed hello(message);
    hello.session_id.clear();
    message = hello.encode();
  };
  duet.run();
  EXPECT_FALSE(duet.server_error);
  EXPECT_EQ(duet.server.out.change_cipher_specs, 0);
  EXPECT_TRUE(HelloParts::parse(duet.server.out.sent.front()).session_id.empty());
}

}  // namespace
}  // namespace nautilus::test
