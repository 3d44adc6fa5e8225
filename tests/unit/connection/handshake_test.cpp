// Whole handshakes through the public engine, client against server, in memory.
#include <array>

#include <gmock/gmock.h>

#include "support/scene.hpp"

namespace nautilus::test {
namespace {

TEST(Handshake, MutualAuthenticationOverMlKem) {
  Scene scene;
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  for (const Endpoint* end : {&pipe.client, &pipe.server}) {
    const Negotiated& facts = end->connection.negotiated();
    EXPECT_EQ(facts.group, NamedGroup::X25519MLKEM768);
    EXPECT_EQ(facts.cipher_suite, CipherSuiteId::TLS_AES_256_GCM_SHA384);
    EXPECT_EQ(facts.server_name, "server.test");
    EXPECT_FALSE(facts.resumed);
    EXPECT_FALSE(facts.hello_retry_request);
    EXPECT_TRUE(facts.peer_signature);
    EXPECT_TRUE(facts.own_signature);
  }
  EXPECT_EQ(pipe.client.connection.negotiated().peer.common_name, "server");
  EXPECT_EQ(pipe.server.connection.negotiated().peer.common_name, "client");
}

TEST(Handshake, DataBothWaysAndClose) {
  Scene scene;
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  const std::string up(100'000, 'u');
  const std::string down(70'000, 'd');
  ASSERT_TRUE(pipe.client.connection.write(as_bytes(up), pipe.now));
  ASSERT_TRUE(pipe.server.connection.write(as_bytes(down), pipe.now));
  pipe.run();
  EXPECT_EQ(pipe.server.received, up);
  EXPECT_EQ(pipe.client.received, down);
  ASSERT_TRUE(pipe.client.connection.close(pipe.now));
  pipe.run();
  EXPECT_TRUE(pipe.server.peer_closed);
  // Half-close: the server may go on.
  ASSERT_TRUE(pipe.server.connection.write(as_bytes("bye"), pipe.now));
  pipe.run();
  EXPECT_EQ(pipe.client.received, down + "bye");
  EXPECT_EQ(pipe.client.connection.write(as_bytes("x"), pipe.now).error().code,
            ErrorCode::WriteClosed);
}

TEST(Handshake, OneOctetAtATimeGivesTheSame) {
  Scene scene;
  Pipe pipe = scene.pipe();
  pipe.chunk = 1;
  pipe.run();
  expect_connected(pipe);
}

class EverySuite : public testing::TestWithParam<CipherSuiteId> {};
TEST_P(EverySuite, Connects) {
  Scene scene;
  if (default_provider()->find(GetParam()) == nullptr) {
    GTEST_SKIP() << "this CPU has no backend for " << to_string(GetParam());
  }
  scene.client.cipher_suites({GetParam()});
  scene.server.cipher_suites({GetParam()});
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(pipe.server.connection.negotiated().cipher_suite, GetParam());
}
INSTANTIATE_TEST_SUITE_P(Suites, EverySuite,
                         testing::Values(CipherSuiteId::TLS_AES_256_GCM_SHA384,
                                         CipherSuiteId::TLS_AES_128_GCM_SHA256,
                                         CipherSuiteId::TLS_CHACHA20_POLY1305_SHA256,
                                         CipherSuiteId::TLS_AEGIS_256_SHA512,
                                         CipherSuiteId::TLS_AEGIS_128L_SHA256));

TEST(Close, BeforeTheHandshakeIsDoneEndsIt) {
  for (const bool by_client : {true, false}) {
    SCOPED_TRACE(by_client ? "client" : "server");
    Scene scene;
    Pipe pipe = scene.pipe();
    Connection& closer = by_client ? pipe.client.connection : pipe.server.connection;
    // RFC 9846 §6.1: nothing is sent after close_notify, so nobody may go on as if it were.
    ASSERT_TRUE(closer.close(kNow));
    pipe.run();
    EXPECT_FALSE(pipe.client.handshake_done);
    EXPECT_FALSE(pipe.server.handshake_done);
    const Step step = closer.advance(kNow);
    ASSERT_TRUE(std::holds_alternative<Failed>(step));
    EXPECT_EQ(std::get<Failed>(step).error.code, ErrorCode::Canceled);
  }
}

TEST(Suites, AegisIsOnlyOfferedToThoseWhoAskForIt) {
  Scene scene;
  scene.server.cipher_suites(
      {CipherSuiteId::TLS_AEGIS_128L_SHA256, CipherSuiteId::TLS_AES_128_GCM_SHA256});
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(pipe.server.connection.negotiated().cipher_suite,
            CipherSuiteId::TLS_AES_128_GCM_SHA256);
}

class EveryGroup : public testing::TestWithParam<NamedGroup> {};
TEST_P(EveryGroup, Connects) {
  Scene scene;
  scene.client.groups({GetParam()});
  scene.server.groups({GetParam()});
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(pipe.server.connection.negotiated().group, GetParam());
}
INSTANTIATE_TEST_SUITE_P(Groups, EveryGroup,
                         testing::Values(NamedGroup::X25519MLKEM768, NamedGroup::SecP256r1MLKEM768,
                                         NamedGroup::SecP384r1MLKEM1024, NamedGroup::x25519,
                                         NamedGroup::secp256r1, NamedGroup::secp384r1,
                                         NamedGroup::secp521r1, NamedGroup::MLKEM512,
                                         NamedGroup::MLKEM768, NamedGroup::MLKEM1024));

class EveryKey : public testing::TestWithParam<KeyType> {};
TEST_P(EveryKey, Connects) {
  TestAuthority authority("CA", GetParam());
  auto client = ClientConfig::builder();
  client.trust(authority.trust()).identity(authority.client(GetParam()));
  auto server = ServerConfig::builder();
  server.trust(authority.trust()).identity(authority.server(GetParam()));
  Pipe pipe(client.build().value(), server.build().value());
  pipe.run();
  expect_connected(pipe);
}
INSTANTIATE_TEST_SUITE_P(Keys, EveryKey,
                         testing::Values(KeyType::EcdsaP256, KeyType::EcdsaP384, KeyType::Ed25519,
                                         KeyType::Rsa2048));

TEST(Handshake, OneKeyServesHybridAndComponent) {
  Scene scene;
  scene.server.groups({NamedGroup::x25519});
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(pipe.client.connection.negotiated().group, NamedGroup::x25519);
  EXPECT_FALSE(pipe.client.connection.negotiated().hello_retry_request);
}

// RFC 9846 §4.3.8-9
TEST(Handshake, HelloRetryRequestAndRememberedGroup) {
  Scene scene;
  scene.server.groups({NamedGroup::secp384r1});
  scene.client.groups({NamedGroup::X25519MLKEM768, NamedGroup::x25519, NamedGroup::secp384r1});
  Pipe first = scene.pipe();
  first.run();
  expect_connected(first);
  EXPECT_TRUE(first.client.connection.negotiated().hello_retry_request);
  EXPECT_TRUE(first.server.connection.negotiated().hello_retry_request);
  Pipe second = scene.pipe();
  second.run();
  expect_connected(second);
  EXPECT_FALSE(second.client.connection.negotiated().hello_retry_request);
  EXPECT_EQ(second.client.connection.negotiated().group, NamedGroup::secp384r1);
}

TEST(Handshake, ResumesWithTheOriginalIdentity) {
  Scene scene;
  const auto client = scene.client.build().value();
  const auto server = scene.server.build().value();
  Pipe first(client, server);
  first.run();
  expect_connected(first);
  Pipe second(client, server, "server.test", kNow + std::chrono::minutes(1));
  second.run();
  expect_connected(second);
  for (const Endpoint* end : {&second.client, &second.server}) {
    EXPECT_TRUE(end->connection.negotiated().resumed);
    EXPECT_FALSE(end->connection.negotiated().peer_signature);
    EXPECT_EQ(end->connection.negotiated().authenticated_at, kNow);
  }
  EXPECT_EQ(second.server.connection.negotiated().peer.common_name, "client");
  EXPECT_EQ(second.client.connection.negotiated().peer.common_name, "server");
  EXPECT_LT(second.to_client.size(), first.to_client.size());
}

TEST(Handshake, ExpiredTicketMeansAFullHandshake) {
  Scene scene;
  scene.server.ticket_lifetime(std::chrono::seconds(10));
  const auto client = scene.client.build().value();
  const auto server = scene.server.build().value();
  Pipe first(client, server);
  first.run();
  Pipe second(client, server, "server.test", kNow + std::chrono::seconds(11));
  second.run();
  expect_connected(second);
  EXPECT_FALSE(second.server.connection.negotiated().resumed);
}

TEST(Resumption, NeverWidensTrust) {
  // One ticketer for two virtual hosts that trust different authorities.
  Scene scene;
  const auto ticketer = make_ticketer(default_provider()).value();
  scene.server.ticketer(ticketer);
  const auto client = scene.client.build().value();
  Pipe first(client, scene.server.build().value());
  first.run();
  expect_connected(first);

  const TestAuthority other("Other CA");
  auto strict = ServerConfig::builder();
  strict.trust(other.trust()).identity(scene.authority.server()).ticketer(ticketer);
  Pipe second(client, strict.build().value());
  second.run();
  EXPECT_FALSE(second.server.handshake_done);
  ASSERT_TRUE(second.server.error);
  EXPECT_EQ(second.server.error->code, ErrorCode::UnknownCa);
}

TEST(Resumption, OptionalToRequiredIsAFullHandshake) {
  Scene scene;
  const auto ticketer = make_ticketer(default_provider()).value();
  auto anonymous = ClientConfig::builder();
  anonymous.trust(scene.authority.trust()).session_store(scene.store);
  const auto client = anonymous.build().value();
  scene.server.ticketer(ticketer).client_auth(ClientAuth::Optional);
  Pipe first(client, scene.server.build().value());
  first.run();
  expect_connected(first);
  EXPECT_FALSE(first.server.connection.negotiated().peer.authenticated());

  auto required = ServerConfig::builder();
  required.trust(scene.authority.trust()).identity(scene.authority.server()).ticketer(ticketer);
  Pipe second(client, required.build().value());
  second.run();
  ASSERT_TRUE(second.server.error);
  EXPECT_EQ(second.server.error->code, ErrorCode::CertificateRequired);
  ASSERT_TRUE(second.client.error);
  EXPECT_EQ(second.client.error->peer_alert, AlertDescription::certificate_required);
}

TEST(Handshake, ApplicationProtocols) {
  Scene scene;
  scene.client.application_protocols({"h2", "nautilus"});
  scene.server.application_protocols({"nautilus", "h2"});
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(pipe.client.connection.negotiated().application_protocol, "nautilus");
}

struct Refusal {
  const char* what;
  void (*change)(Scene&);
  ErrorCode client;
  ErrorCode server;
  AlertDescription alert;
};

class Refused : public testing::TestWithParam<Refusal> {};
// RFC 9846 §6.2-3
TEST_P(Refused, WithTheRightAlert) {
  Scene scene;
  GetParam().change(scene);
  Pipe pipe = scene.pipe();
  pipe.run();
  ASSERT_TRUE(pipe.client.error) << GetParam().what;
  ASSERT_TRUE(pipe.server.error) << GetParam().what;
  EXPECT_EQ(to_string(pipe.client.error->code), to_string(GetParam().client));
  EXPECT_EQ(to_string(pipe.server.error->code), to_string(GetParam().server));
  const Endpoint& sufferer =
      pipe.client.error->code == ErrorCode::PeerAlert ? pipe.client : pipe.server;
  EXPECT_EQ(sufferer.error->peer_alert, GetParam().alert);
  EXPECT_TRUE(pipe.server.received.empty());
}
INSTANTIATE_TEST_SUITE_P(
    Cases, Refused,
    testing::Values(Refusal{"wrong CA for the server",
                            [](Scene& s) { s.client.trust(TestAuthority("Other").trust()); },
                            ErrorCode::UnknownCa, ErrorCode::PeerAlert,
                            AlertDescription::unknown_ca},
                    Refusal{"wrong CA for the client",
                            [](Scene& s) { s.server.trust(TestAuthority("Other").trust()); },
                            ErrorCode::PeerAlert, ErrorCode::UnknownCa,
                            AlertDescription::unknown_ca},
                    Refusal{"no common group",
                            [](Scene& s) {
                              s.client.groups({NamedGroup::x25519});
                              s.server.groups({NamedGroup::secp256r1});
                            },
                            ErrorCode::PeerAlert, ErrorCode::NoCommonGroup,
                            AlertDescription::handshake_failure},
                    Refusal{"no common suite",
                            [](Scene& s) {
                              s.client.cipher_suites({CipherSuiteId::TLS_AES_128_GCM_SHA256});
                              s.server.cipher_suites({CipherSuiteId::TLS_AES_256_GCM_SHA384});
                            },
                            ErrorCode::PeerAlert, ErrorCode::NoCommonCipherSuite,
                            AlertDescription::handshake_failure},
                    Refusal{"no common protocol",
                            [](Scene& s) {
                              s.client.application_protocols({"a"});
                              s.server.application_protocols({"b"});
                            },
                            ErrorCode::PeerAlert, ErrorCode::NoCommonApplicationProtocol,
                            AlertDescription::no_application_protocol}));

TEST(Handshake, WrongNameIsRefused) {
  Scene scene;
  Pipe pipe(scene.client.build().value(), scene.server.build().value(), "other.test");
  pipe.run();
  ASSERT_TRUE(pipe.client.error);
  EXPECT_EQ(pipe.client.error->code, ErrorCode::CertificateNameMismatch);
  EXPECT_EQ(pipe.server.error->peer_alert, AlertDescription::bad_certificate);
}

TEST(KeyUpdate, BothWaysOnDemandAndByRecordLimit) {
  Scene scene;
  scene.client.max_records_per_key(8);
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  ASSERT_TRUE(pipe.client.connection.update_keys(KeyUpdateMode::Both, pipe.now));
  pipe.run();
  const std::string data(1'000'000, 'x');
  ASSERT_TRUE(pipe.client.connection.write(as_bytes(data), pipe.now));
  ASSERT_TRUE(pipe.server.connection.write(as_bytes("back"), pipe.now));
  pipe.run();
  EXPECT_FALSE(pipe.server.error) << describe(*pipe.server.error);
  EXPECT_EQ(pipe.server.received, data);
  EXPECT_EQ(pipe.client.received, "back");
}

TEST(Exporter, BothSidesAgree) {
  Scene scene;
  Pipe pipe = scene.pipe();
  pipe.run();
  std::array<std::uint8_t, 32> a{};
  std::array<std::uint8_t, 32> b{};
  ASSERT_TRUE(pipe.client.connection.export_keying_material("EXPORTER-Channel-Binding", {}, a));
  ASSERT_TRUE(pipe.server.connection.export_keying_material("EXPORTER-Channel-Binding", {}, b));
  EXPECT_EQ(a, b);
  ASSERT_TRUE(pipe.server.connection.export_keying_material("EXPORTER-other", {}, b));
  EXPECT_NE(a, b);
}

// RFC 9266 §4
TEST(Exporter, TheChannelBindingIsOneOfThem) {
  Scene scene;
  Pipe pipe = scene.pipe();
  EXPECT_FALSE(pipe.client.connection.channel_binding());
  pipe.run();
  std::array<std::uint8_t, 32> expected{};
  ASSERT_TRUE(
      pipe.client.connection.export_keying_material("EXPORTER-Channel-Binding", {}, expected));
  EXPECT_EQ(pipe.client.connection.channel_binding().value(), expected);
  EXPECT_EQ(pipe.server.connection.channel_binding().value(), expected);
  Pipe other = scene.pipe();
  other.run();
  EXPECT_NE(other.client.connection.channel_binding().value(), expected);
}

// RFC 9846 §6.1-4
TEST(Truncation, EndOfStreamWithoutCloseNotify) {
  Scene scene;
  Pipe pipe = scene.pipe();
  pipe.run();
  pipe.server.connection.commit_eof();
  pipe.server.drive(pipe.now);
  ASSERT_TRUE(pipe.server.error);
  EXPECT_EQ(pipe.server.error->code, ErrorCode::Truncated);
}

// RFC 9846 §5.2-2
TEST(Tampering, AlteredAndReplayedRecords) {
  for (const bool replay : {false, true}) {
    Scene scene;
    Pipe pipe = scene.pipe();
    pipe.run();
    ASSERT_TRUE(pipe.client.connection.write(as_bytes("pay 100"), pipe.now));
    pipe.tamper_to_server = [&](ByteVector& octets) {
      if (replay) {
        const ByteVector copy = octets;
        octets.insert(octets.end(), copy.begin(), copy.end());
      } else {
        octets.back() ^= 1;
      }
    };
    pipe.run();
    ASSERT_TRUE(pipe.server.error);
    EXPECT_EQ(pipe.server.error->code, ErrorCode::BadRecordMac);
    EXPECT_EQ(pipe.server.received, replay ? "pay 100" : "");
    EXPECT_EQ(pipe.client.error->peer_alert, AlertDescription::bad_record_mac);
  }
}

/// Every octet of the client's and the server's flights flipped, one at a time: never are both
/// sides connected, except where the octet means nothing.
TEST(Tampering, EveryOctetOfTheFirstFlights) {
  Scene scene;
  const auto client = scene.client.build().value();
  const auto server = scene.server.build().value();
  Pipe reference(client, server);
  reference.run();
  for (const bool up : {true, false}) {
    const std::size_t size = (up ? reference.to_server : reference.to_client).size();
    for (std::size_t at = 0; at < std::min<std::size_t>(size, 2200); at += (at < 200 ? 1 : 37)) {
      scene.store = make_memory_session_store();
      auto fresh = ClientConfig::builder();
      fresh.trust(scene.authority.trust()).identity(scene.authority.client());
      fresh.session_store(scene.store);  // without one it would ask for no ticket
      Pipe pipe(fresh.build().value(), server);
      std::size_t seen = 0;
      const Tamper flip = [&](ByteVector& octets) {
        if (at >= seen && at < seen + octets.size()) octets[at - seen] ^= 0x40;
        seen += octets.size();
      };
      (up ? pipe.tamper_to_server : pipe.tamper_to_client) = flip;
      pipe.run();
      pipe.server.connection.commit_eof();
      pipe.server.drive(pipe.now);
      pipe.client.connection.commit_eof();
      pipe.client.drive(pipe.now);
      // The minor version octet of plaintext records is ignored (RFC 9846 §5.1).
      const bool meaningless = at == 2;
      if (meaningless) continue;
      // Signatures vary in length: this flight may have ended before the octet, untouched.
      if (at >= seen) continue;
      if (!pipe.client.handshake_done || !pipe.server.handshake_done) continue;
      // Both are connected: the octet belonged to a ticket that followed, and was noticed.
      EXPECT_FALSE(up) << "to server, octet " << at;
      EXPECT_EQ(pipe.client.error->code, ErrorCode::BadRecordMac) << "to client, octet " << at;
    }
  }
}

TEST(Strangers, AreRecognised) {
  const std::array<std::pair<std::string, ErrorCode>, 3> cases{
      {{"GET / HTTP/1.1\r\n\r\n", ErrorCode::PlaintextHttp},
       {"SSH-2.0-OpenSSH_9.2\r\n", ErrorCode::NotTls},
       {std::string("\x16\x03\x01\x7f\xff", 5), ErrorCode::RecordOverflow}}};
  for (const auto& [octets, code] : cases) {
    Scene scene;
    Pipe pipe = scene.pipe();
    pipe.server.feed(as_bytes(octets), pipe.now, 1);
    ASSERT_TRUE(pipe.server.error) << octets;
    EXPECT_EQ(pipe.server.error->code, code);
  }
}

class EveryRequest : public testing::TestWithParam<RequestKind> {};
TEST_P(EveryRequest, MaySuspend) {
  Scene scene;
  scene.client.suspend_on({GetParam()});
  scene.server.suspend_on({GetParam()});
  const auto client = scene.client.build().value();
  const auto server = scene.server.build().value();
  for (int i = 0; i < 2; ++i) {
    Pipe pipe(client, server);
    pipe.run();
    expect_connected(pipe);
    EXPECT_EQ(pipe.server.connection.negotiated().resumed, i == 1);
  }
}
INSTANTIATE_TEST_SUITE_P(Kinds, EveryRequest,
                         testing::Values(RequestKind::SelectIdentity, RequestKind::KeyExchange,
                                         RequestKind::Sign, RequestKind::VerifyCertificate,
                                         RequestKind::OpenTicket));

}  // namespace
}  // namespace nautilus::test
