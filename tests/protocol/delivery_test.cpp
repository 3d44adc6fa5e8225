// How the octets are cut on their way changes nothing: one at a time, in odd pieces, or a whole
// flight at once, the same octets come back, and both sides end with the same facts and keys.
#include <array>

#include "support/deterministic.hpp"
#include "support/pipe.hpp"

namespace nautilus::test {
namespace {

struct Shape {
  const char* name;
  void (*prepare)(ClientConfigBuilder&, ServerConfigBuilder&);
  bool resumed = false;
  bool client_auth = false;
  bool retry = false;
};

void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

/// Keeps sessions, but not which group a server wants.
class ForgetfulStore final : public ClientSessionStore {
 public:
  void put(std::string_view key, ClientSession session) override {
    sessions_->put(key, std::move(session));
  }
  std::optional<ClientSession> take(std::string_view key, TimePoint now) override {
    return sessions_->take(key, now);
  }
  void set_group(std::string_view, NamedGroup) override {}
  std::optional<NamedGroup> group(std::string_view) override { return std::nullopt; }

 private:
  std::shared_ptr<ClientSessionStore> sessions_ = make_memory_session_store();
};

struct Ending {
  ByteVector to_server;
  ByteVector to_client;
  ByteVector client_exporter;
  ByteVector server_exporter;
  Negotiated client;
  Negotiated server;
};

ByteVector exported(const Connection& connection) {
  ByteVector out(48);
  EXPECT_TRUE(connection.export_keying_material("EXPORTER-delivery", as_bytes("context"), out));
  return out;
}

class Delivery : public testing::TestWithParam<Shape> {
 protected:
  static void SetUpTestSuite() { authority_ = new TestAuthority("Test CA", KeyType::Ed25519); }
  static void TearDownTestSuite() {
    delete authority_;
    authority_ = nullptr;
  }

  /// The same handshake from the same seeds, in pieces of `chunk` octets.
  Ending run(std::size_t chunk) {
    const auto client_random = std::make_shared<SeededRandom>();
    const auto server_random = std::make_shared<SeededRandom>();
    client_random->seed(10);
    server_random->seed(20);
    auto client = ClientConfig::builder(provider_with(client_random));
    client.trust(authority_->trust()).session_store(make_memory_session_store());
    auto server = ServerConfig::builder(provider_with(server_random));
    server.identity(server_);
    if (GetParam().client_auth) {
      client.identity(client_);
      server.trust(authority_->trust());
    }
    GetParam().prepare(client, server);
    const auto client_config = client.build().value();
    const auto server_config = server.build().value();
    if (GetParam().resumed) {
      Pipe first(client_config, server_config);
      first.run();
      EXPECT_TRUE(first.client.handshake_done);
      client_random->seed(30);
      server_random->seed(40);
    }
    Pipe pipe(client_config, server_config, "server.test", kNow + std::chrono::seconds(1));
    pipe.chunk = chunk;
    pipe.run();
    EXPECT_TRUE(pipe.client.handshake_done && pipe.server.handshake_done);
    EXPECT_TRUE(pipe.client.connection.write(as_bytes("up"), pipe.now));
    EXPECT_TRUE(pipe.server.connection.write(as_bytes("down"), pipe.now));
    pipe.run();
    EXPECT_EQ(pipe.server.received, "up");
    EXPECT_EQ(pipe.client.received, "down");
    return {pipe.to_server,
            pipe.to_client,
            exported(pipe.client.connection),
            exported(pipe.server.connection),
            pipe.client.connection.negotiated(),
            pipe.server.connection.negotiated()};
  }

  static TestAuthority* authority_;
  Identity client_ = authority_->client(KeyType::Ed25519);
  Identity server_ = authority_->server(KeyType::Ed25519);
};
TestAuthority* Delivery::authority_ = nullptr;

void expect_same_facts(const Negotiated& a, const Negotiated& b) {
  EXPECT_EQ(a.cipher_suite, b.cipher_suite);
  EXPECT_EQ(a.group, b.group);
  EXPECT_EQ(a.peer_signature, b.peer_signature);
  EXPECT_EQ(a.own_signature, b.own_signature);
  EXPECT_EQ(a.server_name, b.server_name);
  EXPECT_EQ(a.application_protocol, b.application_protocol);
  EXPECT_EQ(a.resumed, b.resumed);
  EXPECT_EQ(a.hello_retry_request, b.hello_retry_request);
  EXPECT_EQ(a.peer, b.peer);
}

TEST_P(Delivery, DoesNotMatter) {
  const Ending whole = run(std::size_t{1} << 20);
  EXPECT_EQ(whole.client.resumed, GetParam().resumed);
  EXPECT_EQ(whole.client.hello_retry_request, GetParam().retry);
  EXPECT_EQ(whole.server.peer.authenticated(), GetParam().client_auth);
  EXPECT_EQ(whole.client_exporter, whole.server_exporter);
  for (const std::size_t chunk : {1U, 2U, 3U, 7U, 64U, 1000U}) {
    SCOPED_TRACE(chunk);
    const Ending pieces = run(chunk);
    EXPECT_EQ(pieces.to_server, whole.to_server);
    EXPECT_EQ(pieces.to_client, whole.to_client);
    EXPECT_EQ(pieces.client_exporter, whole.client_exporter);
    EXPECT_EQ(pieces.server_exporter, whole.server_exporter);
    expect_same_facts(pieces.client, whole.client);
    expect_same_facts(pieces.server, whole.server);
  }
}

void as_it_is(ClientConfigBuilder&, ServerConfigBuilder&) {}
void ask_for_another_group(ClientConfigBuilder& client, ServerConfigBuilder& server) {
  client.groups({NamedGroup::X25519MLKEM768, NamedGroup::x25519, NamedGroup::secp256r1})
      .key_shares({NamedGroup::X25519MLKEM768});
  server.groups({NamedGroup::secp256r1});
}
void choose_a_protocol(ClientConfigBuilder& client, ServerConfigBuilder& server) {
  client.application_protocols({"h2", "nautilus"});
  server.application_protocols({"nautilus"});
}
void small_records(ClientConfigBuilder& client, ServerConfigBuilder& server) {
  client.max_record_content(50).record_size_limit(100);
  server.max_record_content(33);
}
void retry_in_small_records(ClientConfigBuilder& client, ServerConfigBuilder& server) {
  ask_for_another_group(client, server);
  small_records(client, server);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Delivery,
    testing::Values(Shape{.name = "Full", .prepare = as_it_is},
                    Shape{.name = "ClientAuth", .prepare = as_it_is, .client_auth = true},
                    Shape{.name = "Retry", .prepare = ask_for_another_group, .retry = true},
                    Shape{.name = "RetryClientAuth",
                          .prepare = ask_for_another_group,
                          .client_auth = true,
                          .retry = true},
                    Shape{.name = "Resumed", .prepare = as_it_is, .resumed = true},
                    Shape{.name = "ResumedClientAuth",
                          .prepare = as_it_is,
                          .resumed = true,
                          .client_auth = true},
                    Shape{.name = "ResumedRetry",
                          .prepare =
                              [](ClientConfigBuilder& client, ServerConfigBuilder& server) {
                                ask_for_another_group(client, server);
                                // Nobody to remember which group it was.
                                client.session_store(std::make_shared<ForgetfulStore>());
                              },
                          .resumed = true,
                          .retry = true},
                    Shape{.name = "Protocol", .prepare = choose_a_protocol, .client_auth = true},
                    Shape{.name = "SmallRecords", .prepare = small_records, .client_auth = true},
                    Shape{.name = "RetryInSmallRecords",
                          .prepare = retry_in_small_records,
                          .client_auth = true,
                          .retry = true}),
    [](const auto& shape) { return std::string(shape.param.name); });

}  // namespace
}  // namespace nautilus::test
