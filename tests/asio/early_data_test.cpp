// Early data over the Asio stream: read apart from everything else, or set aside.
#include <vector>

#include "asio/loopback.hpp"

namespace nautilus::test {
namespace {

using asio::awaitable;
using asio::redirect_error;
using asio::use_awaitable;

class EarlyDataTest : public LoopbackTest {
 protected:
  EarlyDataTest() {
    client_config.session_store(make_memory_session_store()).early_data();
    config = client_config.build().value();
    server_config.early_data(
        {.replay = make_memory_replay_register(*default_provider()->random).value(),
         .max_size = 1000});
  }
  /// Must run before the other rounds: makes the session that they resume.
  void make_session() {
    auto accepting = server_config.build().value();
    server_settings = accepting;
    run(
        [](TlsStream& server) -> awaitable<void> {
          co_await server.async_handshake(use_awaitable);
          co_await asio::async_write(server, asio::buffer("x", 1), use_awaitable);
        },
        [](TlsStream& client) -> awaitable<void> {
          EXPECT_EQ(client.connection().early_data_left(), 0U);
          co_await client.async_handshake(use_awaitable);
          char byte = 0;
          co_await asio::async_read(client, asio::buffer(&byte, 1), use_awaitable);
          EXPECT_EQ(byte, 'x');
        });
  }
  /// One connection, each side driven by its coroutine.
  template <class Serve, class Use>
  void run(Serve serve, Use use) {
    tcp::socket near(context);
    tcp::socket far(context);
    near.connect(acceptor.local_endpoint());
    acceptor.accept(far);
    TlsStream client(std::move(near), config, "server.test", {}, kTestClock);
    TlsStream server(std::move(far), server_settings, kTestClock);
    const auto rethrow = [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    };
    asio::co_spawn(context, serve(server), rethrow);
    asio::co_spawn(context, use(client), rethrow);
    context.run();
    context.restart();
  }
  static ByteView early() { return as_bytes(std::string_view("early data")); }
  static std::string text(const std::vector<std::uint8_t>& octets) {
    return {octets.begin(), octets.end()};
  }

  std::shared_ptr<const ClientConfig> config;
  std::shared_ptr<const ServerConfig> server_settings;
};

TEST_F(EarlyDataTest, IsSetAsideByTheHandshake) {
  make_session();
  run(
      [](TlsStream& server) -> awaitable<void> {
        co_await server.async_handshake(use_awaitable);
        EXPECT_EQ(server.connection().negotiated().early_data, EarlyDataState::Accepted);
        EXPECT_EQ(text(server.take_early_data()), "early data");
        EXPECT_EQ(text(server.take_early_data()), "");
        std::array<char, 16> buffer{};
        const std::size_t size =
            co_await server.async_read_some(asio::buffer(buffer), use_awaitable);
        EXPECT_EQ(std::string_view(buffer.data(), size), "late");
      },
      [](TlsStream& client) -> awaitable<void> {
        EXPECT_TRUE(client.connection().write_early(early()));
        co_await client.async_handshake(use_awaitable);
        EXPECT_EQ(client.connection().negotiated().early_data, EarlyDataState::Accepted);
        co_await asio::async_write(client, asio::buffer("late", 4), use_awaitable);
      });
}

TEST_F(EarlyDataTest, AReadWithoutHandshakeDoesNotMixItIn) {
  make_session();
  run(
      [](TlsStream& server) -> awaitable<void> {
        std::array<char, 16> buffer{};
        const std::size_t size =
            co_await server.async_read_some(asio::buffer(buffer), use_awaitable);
        EXPECT_EQ(std::string_view(buffer.data(), size), "late");
        EXPECT_EQ(text(server.take_early_data()), "early data");
      },
      [](TlsStream& client) -> awaitable<void> {
        EXPECT_TRUE(client.connection().write_early(early()));
        co_await client.async_handshake(use_awaitable);
        co_await asio::async_write(client, asio::buffer("late", 4), use_awaitable);
      });
}

TEST_F(EarlyDataTest, IsReadWhileTheHandshakeGoesOn) {
  make_session();
  run(
      [](TlsStream& server) -> awaitable<void> {
        std::string all;
        for (;;) {
          error_code ec;
          std::array<char, 4> buffer{};
          const std::size_t size = co_await server.async_read_early_some(
              asio::buffer(buffer), redirect_error(use_awaitable, ec));
          all.append(buffer.data(), size);
          if (ec) {
            EXPECT_EQ(ec, asio::error::eof);
            break;
          }
          EXPECT_FALSE(server.connection().connected() && all.size() <= 4);
        }
        EXPECT_EQ(all, "early data");
        EXPECT_TRUE(server.connection().connected());
        co_await server.async_handshake(use_awaitable);  // nothing is left to do
        EXPECT_TRUE(server.take_early_data().empty());
        co_await asio::async_write(server, asio::buffer("answer", 6), use_awaitable);
      },
      [](TlsStream& client) -> awaitable<void> {
        EXPECT_TRUE(client.connection().write_early(early()));
        co_await client.async_handshake(use_awaitable);
        std::array<char, 16> buffer{};
        const std::size_t size =
            co_await client.async_read_some(asio::buffer(buffer), use_awaitable);
        EXPECT_EQ(std::string_view(buffer.data(), size), "answer");
      });
}

TEST_F(EarlyDataTest, ReadingItWithoutAnyEndsWithTheHandshake) {
  server_settings = server_config.build().value();
  run(
      [](TlsStream& server) -> awaitable<void> {
        error_code ec;
        std::array<char, 4> buffer{};
        EXPECT_EQ(
            co_await server.async_read_early_some(asio::buffer(buffer.data(), 0), use_awaitable),
            0U);
        EXPECT_FALSE(server.connection().connected());
        const std::size_t size = co_await server.async_read_early_some(
            asio::buffer(buffer), redirect_error(use_awaitable, ec));
        EXPECT_EQ(size, 0U);
        EXPECT_EQ(ec, asio::error::eof);
        EXPECT_TRUE(server.connection().connected());
        EXPECT_EQ(server.connection().negotiated().peer.common_name, "client");
        server.next_layer().close();
      },
      [](TlsStream& client) -> awaitable<void> {
        co_await client.async_handshake(use_awaitable);
        char byte = 0;
        error_code ec;
        co_await asio::async_read(client, asio::buffer(&byte, 1),
                                  redirect_error(use_awaitable, ec));
        EXPECT_TRUE(ec);  // the server has gone away without a word
      });
}

TEST_F(EarlyDataTest, WhatIsRejectedIsLostAndSaidToBe) {
  make_session();
  auto refusing = ServerConfig::builder();
  // Another ticketer: the session cannot be resumed at all.
  refusing.trust(authority.trust()).identity(authority.server());
  server_settings = refusing.build().value();
  run(
      [](TlsStream& server) -> awaitable<void> {
        co_await server.async_handshake(use_awaitable);
        EXPECT_TRUE(server.take_early_data().empty());
        std::array<char, 16> buffer{};
        const std::size_t size =
            co_await server.async_read_some(asio::buffer(buffer), use_awaitable);
        EXPECT_EQ(std::string_view(buffer.data(), size), "late");
      },
      [](TlsStream& client) -> awaitable<void> {
        EXPECT_TRUE(client.connection().write_early(early()));
        co_await client.async_handshake(use_awaitable);
        EXPECT_EQ(client.connection().negotiated().early_data, EarlyDataState::Rejected);
        co_await asio::async_write(client, asio::buffer("late", 4), use_awaitable);
      });
}

TEST_F(EarlyDataTest, AFailedHandshakeEndsTheReading) {
  server_settings = server_config.build().value();
  tcp::socket near(context);
  tcp::socket far(context);
  near.connect(acceptor.local_endpoint());
  acceptor.accept(far);
  TlsStream server(std::move(far), server_settings, kTestClock);
  asio::write(near, asio::buffer("GET / HTTP/1.1\r\n\r\n", 18));
  error_code ec;
  std::array<char, 4> buffer{};
  server.async_read_early_some(asio::buffer(buffer), [&](error_code result, std::size_t size) {
    ec = result;
    EXPECT_EQ(size, 0U);
  });
  context.run();
  ASSERT_TRUE(server.last_error());
  EXPECT_EQ(ec, net::to_error_code(*server.last_error()));
}

}  // namespace
}  // namespace nautilus::test
