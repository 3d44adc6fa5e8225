// Resumption never widens trust: whatever has changed since, a session is a full handshake or the
// right refusal, never an error for having been tried (through whole connections, in memory).
#include <functional>

#include <gtest/gtest.h>

#include <nautilus/session/server_store.hpp>

#include "support/pipe.hpp"

namespace nautilus::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// A store whose sessions the test holds in its hand: keys are ignored, so a session can be offered
/// where the library would not have looked for it.
class HandStore final : public ClientSessionStore {
 public:
  void put(std::string_view, ClientSession session) override {
    sessions.push_back(std::move(session));
  }
  std::optional<ClientSession> take(std::string_view, TimePoint) override {
    if (sessions.empty()) return std::nullopt;
    ClientSession session = std::move(sessions.back());
    sessions.pop_back();
    return session;
  }
  void set_group(std::string_view, NamedGroup) override {}
  std::optional<NamedGroup> group(std::string_view) override { return std::nullopt; }

  /// Leaves one session, changed at will.
  void only(const std::function<void(ClientSession&)>& change) {
    ASSERT_FALSE(sessions.empty());
    sessions.resize(1);
    change(sessions.front());
  }

  std::vector<ClientSession> sessions;
};

struct Scene {
  TestAuthority authority;
  TestAuthority other{"Other CA"};
  Identity identity = authority.client();
  std::shared_ptr<HandStore> store = std::make_shared<HandStore>();
  std::shared_ptr<Ticketer> ticketer = make_ticketer(default_provider()).value();

  [[nodiscard]] ClientConfigBuilder client() const {
    auto builder = ClientConfig::builder();
    builder.trust(authority.trust()).identity(identity).session_store(store);
    return builder;
  }
  [[nodiscard]] ServerConfigBuilder server() const {
    auto builder = ServerConfig::builder();
    builder.trust(authority.trust()).identity(authority.server()).ticketer(ticketer);
    return builder;
  }
};

void expect_connected(Pipe& pipe, bool resumed) {
  pipe.run();
  ASSERT_FALSE(pipe.client.error) << describe(*pipe.client.error);
  ASSERT_FALSE(pipe.server.error) << describe(*pipe.server.error);
  ASSERT_TRUE(pipe.client.handshake_done);
  ASSERT_TRUE(pipe.server.handshake_done);
  EXPECT_EQ(pipe.client.connection.negotiated().resumed, resumed);
  EXPECT_EQ(pipe.server.connection.negotiated().resumed, resumed);
}

/// A connection made by these configs at this time: works, and is or is not resumed.
void connect(const std::shared_ptr<const ClientConfig>& client,
             const std::shared_ptr<const ServerConfig>& server, bool resumed,
             TimePoint now = kNow) {
  Pipe pipe(client, server, "server.test", now);
  expect_connected(pipe, resumed);
}

TEST(Resumption, HandHeldSessionsDoResume) {
  // What every other test here relies on: without a reason against it, the session counts.
  const Scene scene;
  const auto client = scene.client().build().value();
  const auto server = scene.server().build().value();
  connect(client, server, false);
  EXPECT_EQ(scene.store->sessions.size(), 2u);
  connect(client, server, true, kNow + minutes(1));
}

TEST(Resumption, AVirtualHostWithOtherAnchorsAuthenticatesAnew) {
  const Scene scene;
  const auto client = scene.client().build().value();
  connect(client, scene.server().build().value(), false);
  // The second host shares the ticketer and trusts more; the client would be accepted there too,
  // but by a proof of its own.
  auto builder = ServerConfig::builder();
  builder.identity(scene.authority.server()).ticketer(scene.ticketer);
  builder.trust(
      TrustStore::from_pem(scene.authority.certificate_pem() + scene.other.certificate_pem())
          .value());
  Pipe pipe(client, builder.build().value(), "server.test", kNow + minutes(1));
  expect_connected(pipe, false);
  EXPECT_EQ(pipe.server.connection.negotiated().authenticated_at, kNow + minutes(1));
  EXPECT_TRUE(pipe.server.connection.negotiated().peer_signature);
}

TEST(Resumption, AVirtualHostThatTrustsOthersRefusesTheClient) {
  const Scene scene;
  const auto client = scene.client().build().value();
  connect(client, scene.server().build().value(), false);
  auto builder = ServerConfig::builder();
  builder.trust(scene.other.trust()).identity(scene.authority.server()).ticketer(scene.ticketer);
  Pipe pipe(client, builder.build().value());
  pipe.run();
  ASSERT_TRUE(pipe.server.error);
  EXPECT_EQ(pipe.server.error->code, ErrorCode::UnknownCa);
  EXPECT_FALSE(pipe.server.handshake_done);
}

TEST(Resumption, ClientAuthenticationChanged) {
  constexpr std::array kModes{ClientAuth::None, ClientAuth::Optional, ClientAuth::Required};
  for (const ClientAuth before : kModes) {
    for (const ClientAuth after : kModes) {
      SCOPED_TRACE(testing::Message()
                   << static_cast<int>(before) << " to " << static_cast<int>(after));
      const Scene scene;
      const auto client = scene.client().build().value();
      auto first = scene.server();
      auto second = scene.server();
      connect(client, first.client_auth(before).build().value(), false);
      Pipe pipe(client, second.client_auth(after).build().value(), "server.test", kNow);
      expect_connected(pipe, before == after);
      EXPECT_EQ(pipe.server.connection.negotiated().peer.authenticated(),
                after != ClientAuth::None);
    }
  }
}

TEST(Resumption, AnAnonymousSessionDoesNotOpenAClosedDoor) {
  const Scene scene;
  auto anonymous = ClientConfig::builder();
  anonymous.trust(scene.authority.trust()).session_store(scene.store);
  const auto client = anonymous.build().value();
  auto open = scene.server();
  connect(client, open.client_auth(ClientAuth::Optional).build().value(), false);
  Pipe pipe(client, scene.server().build().value());
  pipe.run();
  ASSERT_TRUE(pipe.server.error);
  EXPECT_EQ(pipe.server.error->code, ErrorCode::CertificateRequired);
  EXPECT_FALSE(pipe.server.handshake_done);
}

TEST(Resumption, AnotherPolicyOfTheServer) {
  const Scene scene;
  const auto client = scene.client().build().value();
  connect(client, scene.server().build().value(), false);
  auto strict = scene.server();
  connect(client, strict.policy(Policy::PqRequired).build().value(), false);
}

TEST(Resumption, AnotherPolicyOfTheClient) {
  const Scene scene;
  const auto server = scene.server().build().value();
  connect(scene.client().build().value(), server, false);
  auto strict = scene.client();
  connect(strict.policy(Policy::PqRequired).build().value(), server, false);
}

TEST(Resumption, OtherGroupsOfTheServer) {
  const Scene scene;
  const auto client = scene.client().build().value();
  connect(client, scene.server().build().value(), false);
  auto other = scene.server();
  connect(client, other.groups({NamedGroup::X25519MLKEM768}).build().value(), false);
}

TEST(Resumption, AnchorsOfTheClientChanged) {
  const Scene scene;
  const auto server = scene.server().build().value();
  connect(scene.client().build().value(), server, false);
  // The client trusts somebody else now: the old session must not let the server in.
  auto distrusting = ClientConfig::builder();
  distrusting.trust(scene.other.trust()).identity(scene.identity);
  distrusting.session_store(scene.store);
  Pipe pipe(distrusting.build().value(), server);
  pipe.run();
  ASSERT_TRUE(pipe.client.error);
  EXPECT_EQ(pipe.client.error->code, ErrorCode::UnknownCa);
}

TEST(Resumption, AnotherIdentityOfTheClient) {
  // One store, two configs that differ in who we are: nobody resumes as somebody else.
  const Scene scene;
  const auto store = make_memory_session_store();
  const auto server = scene.server().build().value();
  const auto as = [&](const std::string& name) {
    CertificateSpec spec;
    spec.purpose = CertificatePurpose::Client;
    spec.common_name = name;
    auto builder = ClientConfig::builder();
    builder.trust(scene.authority.trust()).session_store(store);
    if (!name.empty()) builder.identity(scene.authority.issue(spec));
    return builder.build().value();
  };
  const auto alice = as("alice");
  const auto bob = as("bob");
  Pipe first(alice, server);
  expect_connected(first, false);
  EXPECT_EQ(first.server.connection.negotiated().peer.common_name, "alice");
  Pipe second(bob, server);
  expect_connected(second, false);
  EXPECT_EQ(second.server.connection.negotiated().peer.common_name, "bob");
  Pipe third(alice, server);
  expect_connected(third, true);
  EXPECT_EQ(third.server.connection.negotiated().peer.common_name, "alice");
  // Nor does who wants to stay anonymous.
  Pipe fourth(as(""), server);
  fourth.run();
  ASSERT_TRUE(fourth.server.error);
  EXPECT_EQ(fourth.server.error->code, ErrorCode::CertificateRequired);
}

CertificateSpec short_lived(CertificatePurpose purpose) {
  CertificateSpec spec;
  spec.purpose = purpose;
  spec.common_name = "short";
  spec.dns_names = {"server.test"};
  spec.not_after = kNow + hours(1);
  return spec;
}

TEST(Resumption, TheClientsIdentityExpiredSince) {
  const Scene scene;
  const auto server = scene.server().build().value();
  auto expiring = ClientConfig::builder();
  expiring.trust(scene.authority.trust()).session_store(scene.store);
  expiring.identity(scene.authority.issue(short_lived(CertificatePurpose::Client)));
  const auto client = expiring.build().value();
  connect(client, server, false);
  // A ticket never promises to outlive the identity behind it.
  for (const ClientSession& session : scene.store->sessions) {
    EXPECT_LE(session.lifetime, hours(1));
  }
  // A client that offers it all the same.
  scene.store->only([](ClientSession& session) { session.lifetime = hours(24); });
  Pipe pipe(client, server, "server.test", kNow + hours(2));
  pipe.run();
  ASSERT_TRUE(pipe.server.error);
  EXPECT_EQ(pipe.server.error->code, ErrorCode::CertificateExpired);
  EXPECT_FALSE(pipe.server.handshake_done);
}

TEST(Resumption, TheServersCertificateExpiredSince) {
  const Scene scene;
  auto old = ServerConfig::builder();
  old.trust(scene.authority.trust()).ticketer(scene.ticketer);
  old.identity(scene.authority.issue(short_lived(CertificatePurpose::Server)));
  const auto client = scene.client().build().value();
  connect(client, old.build().value(), false);
  scene.store->only([](ClientSession& session) { session.lifetime = hours(24); });
  // A renewed server of the same ticketer: the client asks for its new certificate.
  connect(client, scene.server().build().value(), false, kNow + hours(2));
  scene.store->sessions.clear();
  // The old one is refused, session or not.
  connect(client, old.build().value(), false);
  scene.store->only([](ClientSession& session) { session.lifetime = hours(24); });
  Pipe pipe(client, old.build().value(), "server.test", kNow + hours(2));
  pipe.run();
  ASSERT_TRUE(pipe.client.error);
  EXPECT_EQ(pipe.client.error->code, ErrorCode::CertificateExpired);
}

TEST(Resumption, TheTicketExpired) {
  const Scene scene;
  auto builder = scene.server();
  const auto server = builder.ticket_lifetime(minutes(1)).build().value();
  const auto client = scene.client().build().value();
  connect(client, server, false);
  scene.store->only([](ClientSession& session) { session.lifetime = hours(24); });
  connect(client, server, false, kNow + minutes(1));
  scene.store->only([](ClientSession& session) { session.lifetime = hours(24); });
  connect(client, server, true, kNow + minutes(2) - std::chrono::milliseconds(1));
}

TEST(Resumption, TheServersClockRanBackwards) {
  const Scene scene;
  const auto client = scene.client().build().value();
  const auto server = scene.server().build().value();
  connect(client, server, false);
  scene.store->only([](ClientSession& session) { session.received_at = kNow - hours(2); });
  connect(client, server, false, kNow - minutes(1));
}

// RFC 9846 §4.7.1-3
TEST(Resumption, TheServerNameChanged) {
  const Scene scene;
  CertificateSpec spec;
  spec.purpose = CertificatePurpose::Server;
  spec.dns_names = {"server.test", "other.test"};
  auto builder = ServerConfig::builder();
  builder.trust(scene.authority.trust()).ticketer(scene.ticketer);
  builder.identity(scene.authority.issue(spec));
  const auto server = builder.build().value();
  const auto client = scene.client().build().value();
  connect(client, server, false);
  scene.store->only([](ClientSession&) {});
  Pipe pipe(client, server, "other.test", kNow);
  expect_connected(pipe, false);
  EXPECT_EQ(pipe.server.connection.negotiated().server_name, "other.test");
}

TEST(Resumption, ThroughTheStoreANameHasItsOwnSessions) {
  const Scene scene;
  CertificateSpec spec;
  spec.purpose = CertificatePurpose::Server;
  spec.dns_names = {"server.test", "other.test"};
  auto builder = ServerConfig::builder();
  builder.trust(scene.authority.trust()).identity(scene.authority.issue(spec));
  const auto server = builder.build().value();
  auto with_store = scene.client();
  const auto client = with_store.session_store(make_memory_session_store()).build().value();
  for (const std::string name : {"server.test", "other.test"}) {
    Pipe first(client, server, name);
    expect_connected(first, false);
    Pipe second(client, server, name);
    expect_connected(second, true);
  }
}

/// A session made under `made` offered by a client with `offered`.
void hand_over(const Scene& scene, const std::shared_ptr<const ServerConfig>& server,
               std::vector<CipherSuiteId> made, std::vector<CipherSuiteId> offered,
               std::shared_ptr<const ClientConfig>& client) {
  auto first = scene.client();
  connect(first.cipher_suites(std::move(made)).build().value(), server, false);
  scene.store->only([](ClientSession&) {});
  ClientSession session = std::move(scene.store->sessions.front());
  scene.store->sessions.clear();
  auto second = scene.client();
  client = second.cipher_suites(std::move(offered)).build().value();
  connect(client, server, false);
  // As if it had been made under the second config, so that the client offers it.
  scene.store->only([&](ClientSession& own) {
    session.context = own.context;
    own = std::move(session);
  });
}

// RFC 9846 §4.7.1-2, §4.3.11-3
TEST(Resumption, AnotherHashIsAFullHandshake) {
  using enum CipherSuiteId;
  const Scene scene;
  const auto server = scene.server().build().value();
  std::shared_ptr<const ClientConfig> client;
  hand_over(scene, server, {TLS_AES_128_GCM_SHA256},
            {TLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256}, client);
  Pipe pipe(client, server);
  expect_connected(pipe, false);
  EXPECT_EQ(pipe.client.connection.negotiated().cipher_suite, TLS_AES_256_GCM_SHA384);
}

TEST(Resumption, AnotherSuiteOfTheSameHashIsFine) {
  using enum CipherSuiteId;
  const Scene scene;
  auto builder = scene.server();
  const auto server =
      builder.cipher_suites({TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256}).build().value();
  std::shared_ptr<const ClientConfig> client;
  hand_over(scene, server, {TLS_AES_128_GCM_SHA256},
            {TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256}, client);
  Pipe pipe(client, server);
  expect_connected(pipe, true);
  EXPECT_EQ(pipe.client.connection.negotiated().cipher_suite,
            pipe.server.connection.negotiated().cipher_suite);
}

TEST(Resumption, ApplicationProtocolsAreNegotiatedAfresh) {
  const Scene scene;
  auto builder = scene.server();
  const auto server = builder.application_protocols({"a", "b"}).build().value();
  auto first = scene.client();
  connect(first.application_protocols({"a"}).build().value(), server, false);
  EXPECT_EQ(scene.store->sessions.front().application_protocol, "a");
  auto second = scene.client();
  Pipe pipe(second.application_protocols({"b"}).build().value(), server);
  expect_connected(pipe, true);
  EXPECT_EQ(pipe.client.connection.negotiated().application_protocol, "b");
  EXPECT_EQ(pipe.server.connection.negotiated().application_protocol, "b");
  // None at all, and one that the server does not have.
  Pipe none(scene.client().build().value(), server);
  expect_connected(none, true);
  EXPECT_EQ(none.server.connection.negotiated().application_protocol, "");
  auto unknown = scene.client();
  Pipe refused(unknown.application_protocols({"c"}).build().value(), server);
  refused.run();
  ASSERT_TRUE(refused.server.error);
  EXPECT_EQ(refused.server.error->code, ErrorCode::NoCommonApplicationProtocol);
}

TEST(Resumption, AnyAlteredTicketIsAFullHandshake) {
  const Scene scene;
  const auto client = scene.client().build().value();
  const auto server = scene.server().build().value();
  connect(client, server, false);
  const ClientSession original = scene.store->sessions.front().clone();
  for (std::size_t at = 0; at < original.ticket.size(); at += 7) {
    scene.store->sessions.clear();
    scene.store->sessions.push_back(original.clone());
    scene.store->sessions.front().ticket[at] ^= 0x01;
    connect(client, server, false);
  }
  for (const std::size_t size : {std::size_t{1}, std::size_t{16}, original.ticket.size() - 1}) {
    scene.store->sessions.clear();
    scene.store->sessions.push_back(original.clone());
    scene.store->sessions.front().ticket.resize(size);
    connect(client, server, false);
  }
}

// RFC 9846 §4.3.11-4
TEST(Resumption, AWrongKeyForAGoodTicketIsRefused) {
  // Who holds a ticket but not its key cannot make the binder (RFC 9846 §4.3.11).
  const Scene scene;
  const auto client = scene.client().build().value();
  const auto server = scene.server().build().value();
  connect(client, server, false);
  scene.store->only([](ClientSession& session) { session.psk.expose_mutable()[0] ^= 1; });
  Pipe pipe(client, server);
  pipe.run();
  ASSERT_TRUE(pipe.server.error);
  EXPECT_EQ(pipe.server.error->code, ErrorCode::BadBinder);
  ASSERT_TRUE(pipe.client.error);
  EXPECT_EQ(pipe.client.error->peer_alert, AlertDescription::decrypt_error);
}

TEST(Resumption, TicketsOfARestartedServerAreUnknown) {
  const Scene scene;
  const auto client = scene.client().build().value();
  connect(client, scene.server().build().value(), false);
  auto restarted = scene.server();
  restarted.ticketer(make_ticketer(default_provider()).value());
  connect(client, restarted.build().value(), false);
}

TEST(Resumption, WithoutATicketerNothingIsIssuedOrTaken) {
  const Scene scene;
  const auto client = scene.client().build().value();
  connect(client, scene.server().build().value(), false);
  auto without = scene.server();
  const auto server = without.ticketer(nullptr).build().value();
  connect(client, server, false);
  scene.store->sessions.clear();
  connect(client, server, false);
  EXPECT_TRUE(scene.store->sessions.empty());
}

TEST(Resumption, ATicketerThatFailsCostsNothingElse) {
  class Broken final : public Ticketer {
   public:
    Eventually<ByteVector> seal(ByteView state, TimePoint) override {
      if (fail_to_seal) return Result<ByteVector>(nautilus::fail(ErrorCode::StoreFailure));
      return Result<ByteVector>(to_vector(state));
    }
    Eventually<std::optional<SecretBytes>> open(ByteView, TimePoint) override {
      return Result<std::optional<SecretBytes>>(nautilus::fail(ErrorCode::StoreFailure));
    }
    bool fail_to_seal = false;
  };
  const Scene scene;
  const auto broken = std::make_shared<Broken>();
  auto builder = scene.server();
  const auto server = builder.ticketer(broken).build().value();
  const auto client = scene.client().build().value();
  connect(client, server, false);
  EXPECT_FALSE(scene.store->sessions.empty());
  broken->fail_to_seal = true;
  connect(client, server, false);
}

TEST(Resumption, ASealedLieIsNoSession) {
  // A store that answers with something else than what was put into it.
  class Lying final : public Ticketer {
   public:
    Eventually<ByteVector> seal(ByteView, TimePoint) override {
      return Result<ByteVector>(ByteVector(8, 1));
    }
    Eventually<std::optional<SecretBytes>> open(ByteView ticket, TimePoint) override {
      return Result<std::optional<SecretBytes>>(SecretBytes(ticket));
    }
  };
  const Scene scene;
  auto builder = scene.server();
  const auto server = builder.ticketer(std::make_shared<Lying>()).build().value();
  const auto client = scene.client().build().value();
  connect(client, server, false);
  connect(client, server, false);
}

TEST(Resumption, KeepsTheTimeOfTheOriginalProof) {
  const Scene scene;
  const auto client = scene.client().build().value();
  const auto server = scene.server().build().value();
  connect(client, server, false);
  for (int i = 1; i <= 3; ++i) {
    Pipe pipe(client, server, "server.test", kNow + hours(i));
    expect_connected(pipe, true);
    for (const Endpoint* end : {&pipe.client, &pipe.server}) {
      EXPECT_EQ(end->connection.negotiated().authenticated_at, kNow);
      EXPECT_FALSE(end->connection.negotiated().peer_signature);
    }
    EXPECT_EQ(pipe.server.connection.negotiated().peer.common_name, "client");
  }
}

TEST(Resumption, WorksThroughHelloRetryRequest) {
  const Scene scene;
  auto server_builder = scene.server();
  const auto server = server_builder.groups({NamedGroup::secp384r1}).build().value();
  auto client_builder = scene.client();
  const auto client =
      client_builder.groups({NamedGroup::X25519MLKEM768, NamedGroup::x25519, NamedGroup::secp384r1})
          .build()
          .value();
  connect(client, server, false);
  Pipe pipe(client, server);
  expect_connected(pipe, true);
  EXPECT_TRUE(pipe.client.connection.negotiated().hello_retry_request);
}

TEST(Resumption, ATicketIsUsedOnce) {
  const Scene scene;
  auto with_store = scene.client();
  const auto client = with_store.session_store(make_memory_session_store()).build().value();
  auto one_ticket = scene.server();
  const auto server = one_ticket.ticket_count(1, 0).build().value();
  connect(client, server, false);
  connect(client, server, true);
  connect(client, server, false);
}

/// Sessions that the server keeps itself: each is good for one connection.
TEST(StoredSessions, ResumeOnceEvenAcrossHelloRetryRequest) {
  Scene scene;
  const auto sessions = make_memory_server_store();
  scene.ticketer = make_store_ticketer(default_provider(), sessions).value();
  // The client shares only a group that the server does not want: every handshake is retried.
  const auto client = scene.client()
                          .groups({NamedGroup::x25519, NamedGroup::secp256r1})
                          .key_shares({NamedGroup::x25519})
                          .build()
                          .value();
  const auto server = scene.server().groups({NamedGroup::secp256r1}).build().value();
  Pipe first(client, server);
  first.run();
  expect_connected(first, false);
  EXPECT_TRUE(first.client.connection.negotiated().hello_retry_request);
  scene.store->only([](ClientSession&) {});
  const ClientSession copy = scene.store->sessions.front().clone();

  Pipe second(client, server);
  second.run();
  expect_connected(second, true);
  EXPECT_TRUE(second.client.connection.negotiated().hello_retry_request);

  scene.store->sessions.clear();
  scene.store->sessions.push_back(copy.clone());
  Pipe third(client, server);
  third.run();
  expect_connected(third, false);
}

TEST(StoredSessions, AFullStoreForgetsTheOldest) {
  Scene scene;
  scene.ticketer = make_store_ticketer(default_provider(), make_memory_server_store(1)).value();
  const auto client = scene.client().build().value();
  const auto server = scene.server().build().value();
  Pipe first(client, server);
  first.run();
  ASSERT_EQ(scene.store->sessions.size(), 2U);
  scene.store->only([](ClientSession&) {});  // the first of two: forgotten for the second
  Pipe second(client, server);
  second.run();
  expect_connected(second, false);
}

}  // namespace
}  // namespace nautilus::test
