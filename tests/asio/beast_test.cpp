// Beast over the stream: HTTP and WebSocket, as over boost::asio::ssl::stream.
#include <thread>

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <nautilus/asio/beast.hpp>

#include "asio/loopback.hpp"

namespace nautilus::test {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::awaitable;
using asio::use_awaitable;

class BeastTest : public LoopbackTest {
 protected:
  void run(awaitable<void> one, awaitable<void> other) {
    for (awaitable<void>* part : {&one, &other}) {
      asio::co_spawn(context, std::move(*part), [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
      });
    }
    context.run();
  }
};

TEST_F(BeastTest, HttpRequestAndResponse) {
  TlsStream a = client();
  TlsStream b = server();
  std::string body;
  const auto browser = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    http::request<http::empty_body> request(http::verb::get, "/", 11);
    request.set(http::field::host, "server.test");
    co_await http::async_write(a, request, use_awaitable);
    beast::flat_buffer buffer;
    http::response<http::string_body> response;
    co_await http::async_read(a, buffer, response, use_awaitable);
    body = response.body();
    co_await a.async_shutdown(use_awaitable);
  };
  const auto site = [&]() -> awaitable<void> {
    co_await b.async_handshake(use_awaitable);
    beast::flat_buffer buffer;
    http::request<http::empty_body> request;
    co_await http::async_read(b, buffer, request, use_awaitable);
    http::response<http::string_body> response(http::status::ok, 11);
    response.body() = std::string(100000, 'b');
    response.prepare_payload();
    co_await http::async_write(b, response, use_awaitable);
    co_await b.async_shutdown(use_awaitable);
  };
  run(browser(), site());
  EXPECT_EQ(body, std::string(100000, 'b'));
}

TEST_F(BeastTest, WebSocketIncludingItsTeardown) {
  websocket::stream<TlsStream> a(client());
  websocket::stream<TlsStream> b(server());
  std::string echoed;
  const auto browser = [&]() -> awaitable<void> {
    co_await a.next_layer().async_handshake(use_awaitable);
    co_await a.async_handshake("server.test", "/", use_awaitable);
    co_await a.async_write(asio::buffer("frame", 5), use_awaitable);
    beast::flat_buffer buffer;
    co_await a.async_read(buffer, use_awaitable);
    echoed = beast::buffers_to_string(buffer.data());
    co_await a.async_close(websocket::close_code::normal, use_awaitable);
  };
  const auto site = [&]() -> awaitable<void> {
    co_await b.next_layer().async_handshake(use_awaitable);
    co_await b.async_accept(use_awaitable);
    beast::flat_buffer buffer;
    co_await b.async_read(buffer, use_awaitable);
    co_await b.async_write(buffer.data(), use_awaitable);
    buffer.clear();
    boost::system::error_code ec;
    co_await b.async_read(buffer, asio::redirect_error(use_awaitable, ec));
    EXPECT_EQ(ec, websocket::error::closed);
  };
  run(browser(), site());
  EXPECT_EQ(echoed, "frame");
}

// Beast's own TCP stream is a next layer without a lowest layer of its own, and has deadlines.
TEST_F(BeastTest, DeadlinesOfTcpStream) {
  using DeadlineStream = net::Stream<beast::tcp_stream>;
  DeadlineStream a(beast::tcp_stream(std::move(client_socket)), client_config.build().value(),
                   "server.test", {}, kTestClock);
  boost::system::error_code result;
  beast::get_lowest_layer(a).expires_after(std::chrono::milliseconds(50));
  a.async_handshake([&](boost::system::error_code ec) { result = ec; });
  context.run();  // the server's side never answers
  EXPECT_EQ(result, beast::error::timeout);
}

TEST_F(BeastTest, LingeringOverTcpStream) {
  using DeadlineStream = net::Stream<beast::tcp_stream>;
  const TestAuthority stranger("Nobody's CA");
  server_config = ServerConfig::builder();
  server_config.trust(stranger.trust()).identity(authority.server());
  TlsStream a = client();
  DeadlineStream b(beast::tcp_stream(std::move(server_socket)), server_config.build().value(),
                   kTestClock);
  boost::system::error_code heard;
  const auto refused = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    std::array<char, 4> buffer{};
    co_await a.async_read_some(asio::buffer(buffer), asio::redirect_error(use_awaitable, heard));
    a.lowest_layer().close();
  };
  const auto judge = [&]() -> awaitable<void> {
    boost::system::error_code ec;
    co_await b.async_handshake(asio::redirect_error(use_awaitable, ec));
    EXPECT_EQ(ec, net::to_error_code(Error{ErrorCode::UnknownCa}));
    co_await b.async_linger(std::chrono::seconds(2), use_awaitable);
  };
  run(refused(), judge());
  EXPECT_EQ(heard.category(), net::alert_category());
}

// A WebSocket's end: close_notify, and TCP's own end after it.
TEST_F(BeastTest, TeardownEndsTcpToo) {
  TlsStream a = client();
  TlsStream b = server();
  const auto ender = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    co_await async_teardown(beast::role_type::server, a, use_awaitable);
  };
  const auto other = [&]() -> awaitable<void> {
    co_await b.async_handshake(use_awaitable);
    co_await b.async_shutdown(use_awaitable);
    std::array<char, 4> buffer{};
    boost::system::error_code ec;
    co_await b.next_layer().async_read_some(asio::buffer(buffer),
                                            asio::redirect_error(use_awaitable, ec));
    EXPECT_EQ(ec, asio::error::eof);
    b.next_layer().close();
  };
  run(ender(), other());
}

TEST_F(BeastTest, SynchronousTeardown) {
  TlsStream a = client();
  TlsStream b = server();
  std::thread peer([&] {
    boost::system::error_code ec;
    b.handshake(ec);
    EXPECT_FALSE(ec) << ec.message();
    teardown(beast::role_type::client, b, ec);
    EXPECT_FALSE(ec) << ec.message();
  });
  a.handshake();
  boost::system::error_code ec;
  teardown(beast::role_type::server, a, ec);
  EXPECT_FALSE(ec) << ec.message();
  peer.join();
}

// The first error counts: here the TLS layer's.
TEST_F(BeastTest, TeardownKeepsTheFirstError) {
  TlsStream a = client();
  TlsStream b = server();
  std::thread peer([&] {
    b.handshake();
    b.lowest_layer().close();
  });
  a.handshake();
  boost::system::error_code ec;
  teardown(beast::role_type::server, a, ec);
  EXPECT_EQ(ec, net::to_error_code(Error{ErrorCode::Truncated}));
  peer.join();
}

}  // namespace
}  // namespace nautilus::test
