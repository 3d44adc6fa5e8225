// A config that is replaced while connections live.
#include <gtest/gtest.h>

#include <nautilus/config_handle.hpp>

#include "support/pipe.hpp"

namespace nautilus::test {
namespace {

TEST(ConfigHandle, NewConnectionsGetTheNewConfigAndOldOnesKeepTheirs) {
  const TestAuthority before;
  const TestAuthority after{"Other CA"};
  const auto server = [](const TestAuthority& authority) {
    return ServerConfig::builder().identity(authority.server()).build();
  };
  const auto client = [](const TestAuthority& authority) {
    return ClientConfig::builder().trust(authority.trust()).build().value();
  };
  ConfigHandle<ServerConfig> handle(server(before).value());
  Pipe old(client(before), handle.get());
  ASSERT_TRUE(handle.replace([&] { return server(after); }));
  old.run();  // begun before, finished after
  EXPECT_TRUE(old.client.handshake_done);

  Pipe fresh(client(after), handle.get());
  fresh.run();
  EXPECT_TRUE(fresh.client.handshake_done);
  Pipe stale(client(before), handle.get());
  stale.run();
  ASSERT_TRUE(stale.client.error);
  EXPECT_EQ(stale.client.error->code, ErrorCode::UnknownCa);
}

TEST(ConfigHandle, ABrokenNewConfigKeepsTheOld) {
  const TestAuthority authority;
  const auto config = ServerConfig::builder().identity(authority.server()).build().value();
  ConfigHandle<ServerConfig> handle(config);
  const auto result = handle.replace(
      [&] { return ServerConfig::builder().identity(authority.server()).groups({}).build(); });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::ConfigInvalid);
  EXPECT_EQ(handle.get(), config);
}

TEST(ConfigHandle, TheOldConfigEndsWithItsLastConnection) {
  const TestAuthority authority;
  const auto make = [&] { return ServerConfig::builder().identity(authority.server()).build(); };
  std::weak_ptr<const ServerConfig> old;
  ConfigHandle<ServerConfig> handle(make().value());
  old = handle.get();
  {
    const auto connection = Connection::accept(handle.get(), {}, kNow);
    ASSERT_TRUE(handle.replace(make));
    EXPECT_FALSE(old.expired());
  }
  EXPECT_TRUE(old.expired());
}

}  // namespace
}  // namespace nautilus::test
