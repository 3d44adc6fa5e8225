// What our own ClientHello and our answer to one consist of (RFC 9846 §4.2, §4.3).
#include <algorithm>
#include <set>

#include "unit/handshake/machine_fixture.hpp"

namespace nautilus::test {
namespace {

using enum AlertDescription;

ByteView body_of(ByteView message) { return message.subspan(wire::kHandshakeHeaderSize); }

/// The first hello of a client; the message must outlive what is decoded from it.
struct OwnHello {
  explicit OwnHello(ClientConfigBuilder builder)
      : actor(builder.build().value()),
        message(actor.out.sent.at(0)),
        hello(wire::decode_client_hello(body_of(message)).value()) {}
  Actor actor;
  ByteVector message;
  wire::ClientHello hello;
};

bool is_grease(NamedGroup group) {
  const auto code = static_cast<std::uint16_t>(group);
  return (code & 0x0F0F) == 0x0A0A && (code >> 8) == (code & 0xFF);
}

// RFC 9846 §4.2.2-4, §4.2.2-6, §4.2.2-8, §4.3.1-1, §4.3.2-2, §4.3.3-2, §4.3.10-1
TEST(OwnHello, LegacyFieldsAndWhatIsAlwaysThere) {
  const OwnHello own(Parts().client);
  const wire::ClientHello& hello = own.hello;
  EXPECT_EQ(static_cast<std::uint16_t>(hello.legacy_version), 0x0303);
  EXPECT_EQ(hello.legacy_session_id.size(), 32U);
  EXPECT_EQ(to_vector(hello.legacy_compression_methods), ByteVector{0});
  ASSERT_TRUE(hello.supported_versions && hello.signature_algorithms && hello.supported_groups);
  std::vector<std::uint16_t> versions;
  for (const wire::ProtocolVersion version : hello.supported_versions->to_vector()) {
    versions.push_back(static_cast<std::uint16_t>(version));
  }
  EXPECT_EQ(std::ranges::count(versions, 0x0304), 1);
  EXPECT_TRUE(std::ranges::none_of(versions, [](int v) { return v >= 0x0300 && v < 0x0304; }));
  EXPECT_FALSE(hello.cookie);
  EXPECT_FALSE(hello.early_data);
  EXPECT_FALSE(hello.pre_shared_key);
}

// RFC 9846 §4.2.2-6, §4.2.3-3, §4.3.8-2, §4.3.8-5
TEST(OwnHello, NothingIsUsedTwice) {
  std::set<ByteVector> seen;
  std::size_t expected = 0;
  const auto fresh = [&](ByteView octets) {
    ++expected;
    EXPECT_TRUE(seen.insert(to_vector(octets)).second) << expected;
  };
  Parts parts;
  parts.client.grease(false);
  parts.client.key_shares({NamedGroup::x25519, NamedGroup::secp256r1});
  for (int i = 0; i < 4; ++i) {
    Duet duet = parts.duet();
    duet.run();
    ASSERT_TRUE(duet.client.connected());
    const auto hello = wire::decode_client_hello(body_of(duet.client.out.sent.front())).value();
    fresh(hello.random);
    fresh(hello.legacy_session_id);
    ASSERT_EQ(hello.key_shares->size(), 2U);
    for (const wire::KeyShareEntry& share : *hello.key_shares) fresh(share.key_exchange);
    HelloParts answer = HelloParts::parse(duet.server.out.sent.front());
    fresh(answer.random);
    fresh(*answer.extensions.find(ExtensionType::key_share));
  }
  EXPECT_EQ(seen.size(), 4U * 6U);
}

// RFC 9846 §4.3.7-1, §4.3.8-1, §4.3.8-3, §4.3.8-4
TEST(OwnHello, SharesAreForOfferedGroupsInTheirOrder) {
  using enum NamedGroup;
  for (const std::vector<NamedGroup>& shares : {std::vector<NamedGroup>{},
                                                {X25519MLKEM768},
                                                {x25519, X25519MLKEM768},
                                                {secp384r1, x25519}}) {
    auto builder = ClientConfig::builder();
    builder.trust(TestAuthority().trust());
    if (!shares.empty()) builder.key_shares(shares);
    const OwnHello own(std::move(builder));
    const std::vector<NamedGroup> groups = own.hello.supported_groups->to_vector();
    const std::set<NamedGroup> distinct(groups.begin(), groups.end());
    EXPECT_EQ(distinct.size(), groups.size());
    auto at = groups.begin();
    std::size_t real = 0;
    for (const wire::KeyShareEntry& share : *own.hello.key_shares) {
      at = std::find(at, groups.end(), share.group);
      ASSERT_NE(at, groups.end()) << to_string(share.group);
      ++at;
      if (!is_grease(share.group)) ++real;
    }
    if (!shares.empty()) {
      EXPECT_EQ(real, shares.size());
    }
  }
}

// RFC 9846 §4.3.1-3: 0x0303 in the old field decides nothing.
TEST(OwnAnswer, OnlySupportedVersionsDecides) {
  Parts parts;
  parts.client.grease(false);
  Duet duet = parts.duet();
  duet.to_server = [](ByteVector& message) {
    // TLS 1.2 alone, in the extension that otherwise names TLS 1.3.
    const ByteVector ours{0, 43, 0, 3, 2, 3, 4};
    const auto found = std::ranges::search(message, ours);
    ASSERT_FALSE(found.empty());
    *(found.end() - 1) = 3;
  };
  duet.run();
  expect_refused(duet.server_error, {"TLS 1.2", ErrorCode::NoCommonVersion, protocol_version});
}

/// Replaces the server's first hello by what `change` makes of it.
std::optional<Error> client_error_after(void (*change)(HelloParts&)) {
  Parts parts;
  Duet duet = parts.duet();
  duet.to_client = [change](ByteVector& message) {
    if (type_of(message) != HandshakeType::server_hello) return;
    HelloParts hello = HelloParts::parse(message);
    change(hello);
    message = hello.encode();
  };
  duet.run();
  return duet.client_error;
}

// RFC 9846 §4.3.1-8, §4.3.1-9: the version is looked at before anything that depends on it.
TEST(OwnAnswer, TheClientLooksAtTheVersionFirst) {
  expect_refused(client_error_after([](HelloParts& hello) {
                   hello.extensions.remove(ExtensionType::supported_versions);
                   hello.suite = 0xC02B;
                   hello.session_id.clear();
                 }),
                 {"a TLS 1.2 answer", ErrorCode::NoCommonVersion, protocol_version});
}

// RFC 9846 §4.2.4-10
TEST(Retry, TheVersionStaysAfterIt) {
  for (const bool in_retry : {true, false}) {
    Parts parts;
    parts.server.groups({NamedGroup::secp256r1});
    Duet duet = parts.duet();
    duet.to_client = [in_retry](ByteVector& message) {
      if (type_of(message) != HandshakeType::server_hello) return;
      HelloParts hello = HelloParts::parse(message);
      if (hello.is_retry() != in_retry) return;
      hello.extensions.remove(ExtensionType::supported_versions);
      hello.extensions.add(ExtensionType::supported_versions) = {3, 3};
      message = hello.encode();
    };
    duet.run();
    ASSERT_TRUE(duet.client_error) << in_retry;
    EXPECT_EQ(alert_for(duet.client_error->code), illegal_parameter);
  }
}

// RFC 9846 §4.3.8-6: a share that came before is a share like any other.
TEST(OwnAnswer, APeerMayReuseItsShare) {
  Parts parts;
  const auto server = parts.server.build().value();
  const auto client = parts.client.build().value();
  Duet first(client, server);
  first.run();
  ASSERT_TRUE(first.server.connected());
  for (int i = 0; i < 2; ++i) {
    Actor again(server);
    EXPECT_TRUE(again.receive(first.client.out.sent.front()));
    EXPECT_EQ(type_of(again.out.sent.front()), HandshakeType::server_hello);
  }
}

}  // namespace
}  // namespace nautilus::test
