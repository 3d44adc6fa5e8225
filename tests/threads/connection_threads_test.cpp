// One config, ticketer, session store, trust store and provider for connections on many threads.
#include <atomic>

#include "support/pipe.hpp"
#include "threads/run_threads.hpp"

namespace nautilus::test {
namespace {

using std::chrono::minutes;

constexpr int kHandshakes = 12;  // a thread

struct Shared {
  TestAuthority authority;
  std::shared_ptr<Ticketer> ticketer;
  std::shared_ptr<ClientSessionStore> store = make_memory_session_store(4, 256);
  std::shared_ptr<const ClientConfig> client;
  std::shared_ptr<const ServerConfig> server;

  explicit Shared(TicketerOptions options = {})
      : ticketer(make_ticketer(default_provider(), options).value()) {
    auto client_builder = ClientConfig::builder();
    client_builder.trust(authority.trust()).identity(authority.client()).session_store(store);
    client_builder.application_protocols({"b", "a"}).max_records_per_key(16);
    client = client_builder.build().value();
    auto server_builder = ServerConfig::builder();
    server_builder.trust(authority.trust()).identity(authority.server()).ticketer(ticketer);
    server_builder.application_protocols({"a"}).max_records_per_key(16);
    server = server_builder.build().value();
  }
};

void expect_works(Pipe& pipe) {
  pipe.run();
  ASSERT_FALSE(pipe.client.error) << describe(*pipe.client.error);
  ASSERT_FALSE(pipe.server.error) << describe(*pipe.server.error);
  ASSERT_TRUE(pipe.client.handshake_done);
  ASSERT_TRUE(pipe.server.handshake_done);
  EXPECT_EQ(pipe.server.connection.negotiated().peer.common_name, "client");
  EXPECT_EQ(pipe.client.connection.negotiated().peer.common_name, "server");
  EXPECT_EQ(pipe.client.connection.negotiated().application_protocol, "a");

  const std::string up(200'000, 'u');
  const std::string down(100'000, 'd');
  ASSERT_TRUE(pipe.client.connection.write(as_bytes(up), pipe.now));
  ASSERT_TRUE(pipe.client.connection.update_keys(KeyUpdateMode::Both, pipe.now));
  ASSERT_TRUE(pipe.server.connection.write(as_bytes(down), pipe.now));
  pipe.run();
  ASSERT_TRUE(pipe.server.connection.update_keys(KeyUpdateMode::Own, pipe.now));
  ASSERT_TRUE(pipe.server.connection.write(as_bytes(down), pipe.now));
  pipe.run();
  EXPECT_EQ(pipe.server.received, up);
  EXPECT_EQ(pipe.client.received, down + down);
  ASSERT_TRUE(pipe.client.connection.close(pipe.now));
  ASSERT_TRUE(pipe.server.connection.close(pipe.now));
  pipe.run();
  EXPECT_TRUE(pipe.client.peer_closed);
  EXPECT_TRUE(pipe.server.peer_closed);
}

TEST(ConnectionThreads, FullAndResumedHandshakesDataAndKeyUpdates) {
  const Shared shared;
  std::atomic<int> full = 0;
  std::atomic<int> resumed = 0;
  run_threads([&](int) {
    for (int i = 0; i < kHandshakes; ++i) {
      Pipe pipe(shared.client, shared.server, "server.test", kNow + minutes(i));
      expect_works(pipe);
      const bool is_resumed = pipe.server.connection.negotiated().resumed;
      EXPECT_EQ(is_resumed, pipe.client.connection.negotiated().resumed);
      ++(is_resumed ? resumed : full);
    }
  });
  EXPECT_EQ(full + resumed, kThreads * kHandshakes);
  EXPECT_GE(full, 1);
  EXPECT_GE(resumed, kHandshakes);
}

TEST(ConnectionThreads, TicketKeysRotateUnderneath) {
  const Shared shared({.rotation = minutes(2), .max_tickets_per_key = 5});
  std::atomic<int> connected = 0;
  run_threads([&](int) {
    for (int i = 0; i < kHandshakes; ++i) {
      Pipe pipe(shared.client, shared.server, "server.test", kNow + minutes(i));
      pipe.run();
      ASSERT_FALSE(pipe.client.error) << describe(*pipe.client.error);
      ASSERT_FALSE(pipe.server.error) << describe(*pipe.server.error);
      connected += pipe.client.handshake_done && pipe.server.handshake_done ? 1 : 0;
    }
  });
  EXPECT_EQ(connected, kThreads * kHandshakes);
}

TEST(ConnectionThreads, OneVerifierRefusesAndAcceptsAtOnce) {
  const Shared shared;
  const TestAuthority other("Other CA");
  auto builder = ClientConfig::builder();
  builder.trust(other.trust()).identity(shared.authority.client());
  const auto distrusting = builder.build().value();
  run_threads([&](int thread) {
    for (int i = 0; i < kHandshakes / 2; ++i) {
      const bool good = (thread + i) % 2 == 0;
      Pipe pipe(good ? shared.client : distrusting, shared.server, "server.test", kNow);
      pipe.run();
      ASSERT_EQ(pipe.client.handshake_done, good);
      if (good) continue;
      EXPECT_EQ(pipe.client.error->code, ErrorCode::UnknownCa);
      EXPECT_EQ(pipe.server.error->peer_alert, AlertDescription::unknown_ca);
    }
  });
}

TEST(ConnectionThreads, ConfigsAreBuiltFromSharedParts) {
  const TestAuthority authority;
  const TrustStore trust = authority.trust();
  const Identity client_identity = authority.client();
  const Identity server_identity = authority.server();
  run_threads([&](int) {
    for (int i = 0; i < 4; ++i) {
      auto client = ClientConfig::builder(default_provider());
      client.trust(trust).identity(client_identity);
      auto server = ServerConfig::builder(default_provider());
      server.trust(trust).identity(server_identity);
      Pipe pipe(client.build().value(), server.build().value());
      pipe.run();
      EXPECT_TRUE(pipe.client.handshake_done);
      EXPECT_TRUE(pipe.server.handshake_done);
    }
  });
}

TEST(ConnectionThreads, AConnectionMayMoveBetweenThreads) {
  const Shared shared;
  Pipe pipe(shared.client, shared.server);
  std::jthread([&] { pipe.run(); }).join();
  ASSERT_TRUE(pipe.server.handshake_done);
  std::jthread([&] {
    ASSERT_TRUE(pipe.client.connection.write(as_bytes("from another thread"), pipe.now));
    pipe.run();
  }).join();
  EXPECT_EQ(pipe.server.received, "from another thread");
}

}  // namespace
}  // namespace nautilus::test
