// External PSKs through the importer of RFC 9258.
#include "support/scene.hpp"

namespace nautilus::test {
namespace {

ExternalPsk psk(std::string_view identity, std::uint8_t fill, PskHash hash = PskHash::Sha256) {
  ExternalPsk out;
  out.identity = to_vector(as_bytes(identity));
  out.key = SecretBytes(ByteView(ByteVector(32, fill)));
  out.context = to_vector(as_bytes("test"));
  out.hash = hash;
  return out;
}

Pipe psk_pipe(ClientConfigBuilder& client, ServerConfigBuilder& server) {
  return Pipe(client.build().value(), server.build().value());
}

class PskHashes : public testing::TestWithParam<std::tuple<PskHash, CipherSuiteId>> {};
TEST_P(PskHashes, AuthenticatesBothSidesWithoutCertificates) {
  const auto [hash, suite] = GetParam();
  auto client = ClientConfig::builder();
  auto server = ServerConfig::builder();
  const auto store = make_memory_session_store();
  client.external_psk(psk("sensor 7", 1, hash)).cipher_suites({suite}).session_store(store);
  server.external_psk(psk("sensor 7", 1, hash));
  const auto client_config = client.build().value();
  const auto server_config = server.build().value();
  for (const bool resumed : {false, true}) {
    Pipe pipe(client_config, server_config);
    pipe.run();
    expect_connected(pipe);
    for (const Endpoint* end : {&pipe.client, &pipe.server}) {
      const Negotiated& facts = end->connection.negotiated();
      EXPECT_EQ(facts.peer.kind, PeerIdentity::Kind::ExternalPsk);
      EXPECT_EQ(as_text(facts.peer.application), "sensor 7");
      EXPECT_EQ(facts.resumed, resumed);
      EXPECT_EQ(facts.cipher_suite, suite);
      EXPECT_EQ(facts.group, NamedGroup::X25519MLKEM768);  // psk_dhe_ke: forward secrecy stays
      EXPECT_FALSE(facts.peer_signature);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(All, PskHashes,
                         testing::Combine(testing::Values(PskHash::Sha256, PskHash::Sha384),
                                          testing::Values(CipherSuiteId::TLS_AES_128_GCM_SHA256,
                                                          CipherSuiteId::TLS_AES_256_GCM_SHA384)));

// RFC 9846 §4.3.11-4
TEST(ExternalPskTest, AnotherKeyUnderTheSameNameIsRefused) {
  auto client = ClientConfig::builder();
  auto server = ServerConfig::builder();
  client.external_psk(psk("a", 1));
  server.external_psk(psk("a", 2));
  Pipe pipe = psk_pipe(client, server);
  pipe.run();
  ASSERT_TRUE(pipe.server.error);
  EXPECT_EQ(pipe.server.error->code, ErrorCode::BadBinder);
  EXPECT_EQ(pipe.client.error->peer_alert, AlertDescription::decrypt_error);
}

TEST(ExternalPskTest, NoneInCommonAndNoCertificate) {
  auto client = ClientConfig::builder();
  auto server = ServerConfig::builder();
  client.external_psk(psk("a", 1));
  server.external_psk(psk("b", 1));
  Pipe pipe = psk_pipe(client, server);
  pipe.run();
  ASSERT_TRUE(pipe.server.error);
  EXPECT_EQ(pipe.server.error->code, ErrorCode::NoCommonPsk);
  EXPECT_EQ(pipe.client.error->peer_alert, AlertDescription::handshake_failure);
}

// RFC 9846 §4.3.11-2
TEST(ExternalPskTest, ContextAndHashArePartOfTheName) {
  for (const bool hash : {false, true}) {
    auto client = ClientConfig::builder();
    auto server = ServerConfig::builder();
    client.external_psk(psk("a", 1));
    ExternalPsk other = psk("a", 1, hash ? PskHash::Sha384 : PskHash::Sha256);
    if (!hash) other.context = to_vector(as_bytes("production"));
    server.external_psk(std::move(other));
    Pipe pipe = psk_pipe(client, server);
    pipe.run();
    ASSERT_TRUE(pipe.server.error);
    // A differing hash leaves the name and changes the key.
    EXPECT_EQ(pipe.server.error->code, hash ? ErrorCode::BadBinder : ErrorCode::NoCommonPsk);
  }
}

TEST(ExternalPskTest, ServerPicksTheOneItLikesBest) {
  auto client = ClientConfig::builder();
  auto server = ServerConfig::builder();
  client.external_psk(psk("old", 1)).external_psk(psk("new", 2));
  server.external_psk(psk("new", 2)).external_psk(psk("old", 1));
  Pipe pipe = psk_pipe(client, server);
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(as_text(pipe.client.connection.negotiated().peer.application), "new");
}

TEST(ExternalPskTest, CertificatesRemainPossibleForThoseWhoTrustSomebody) {
  Scene scene;
  scene.client.external_psk(psk("a", 1));
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(pipe.client.connection.negotiated().peer.kind, PeerIdentity::Kind::X509);
}

TEST(ExternalPskTest, PskOnlyClientRefusesACertificate) {
  Scene scene;
  auto client = ClientConfig::builder();
  client.external_psk(psk("a", 1));
  Pipe pipe(client.build().value(), scene.server.build().value());
  pipe.run();
  // Without signature_algorithms such a server cannot even try.
  ASSERT_TRUE(pipe.server.error);
  EXPECT_EQ(pipe.server.error->code, ErrorCode::MissingExtension);
}

TEST(ExternalPskTest, HelloRetryRequestKeepsIt) {
  auto client = ClientConfig::builder();
  auto server = ServerConfig::builder();
  client.external_psk(psk("a", 1)).key_shares({});
  server.external_psk(psk("a", 1));
  Pipe pipe = psk_pipe(client, server);
  pipe.run();
  expect_connected(pipe);
  EXPECT_TRUE(pipe.client.connection.negotiated().hello_retry_request);
  EXPECT_EQ(pipe.client.connection.negotiated().peer.kind, PeerIdentity::Kind::ExternalPsk);
}

TEST(ExternalPskTest, BadOnesAreRefusedAtBuild) {
  ExternalPsk nameless = psk("", 1);
  ExternalPsk weak = psk("a", 1);
  weak.key = SecretBytes(ByteView(ByteVector(15, 1)));
  ExternalPsk wordy = psk("a", 1);
  wordy.context.resize(70000);
  for (ExternalPsk* bad : {&nameless, &weak, &wordy}) {
    auto client = ClientConfig::builder();
    client.external_psk(std::move(*bad));
    EXPECT_EQ(client.build().error().code, ErrorCode::ConfigInvalid);
  }
}

}  // namespace
}  // namespace nautilus::test
