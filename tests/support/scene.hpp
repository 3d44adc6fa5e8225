// The usual cast: one authority, a client and a server that trust it and each other.
#pragma once

#include <memory>

#include <gtest/gtest.h>

#include "support/pipe.hpp"

namespace nautilus::test {

struct Scene {
  TestAuthority authority;
  ClientConfigBuilder client = ClientConfig::builder();
  ServerConfigBuilder server = ServerConfig::builder();
  std::shared_ptr<ClientSessionStore> store = make_memory_session_store();

  Scene() {
    client.trust(authority.trust()).identity(authority.client()).session_store(store);
    server.trust(authority.trust()).identity(authority.server());
  }
  [[nodiscard]] Pipe pipe(TimePoint now = kNow) {
    return Pipe(client.build().value(), server.build().value(), "server.test", now);
  }
};

inline void expect_connected(const Pipe& pipe) {
  EXPECT_FALSE(pipe.client.error) << describe(*pipe.client.error);
  EXPECT_FALSE(pipe.server.error) << describe(*pipe.server.error);
  EXPECT_TRUE(pipe.client.handshake_done);
  EXPECT_TRUE(pipe.server.handshake_done);
}

}  // namespace nautilus::test
