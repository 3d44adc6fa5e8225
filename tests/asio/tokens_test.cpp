// The shape of the stream: concepts, executors, tokens, moves, and no completion inside.
#include <boost/asio/spawn.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "asio/loopback.hpp"

namespace nautilus::test {
namespace {

using asio::awaitable;
using asio::use_awaitable;

static_assert(boost::beast::is_async_stream<TlsStream>::value);
static_assert(boost::beast::is_sync_stream<TlsStream>::value);
static_assert(std::is_nothrow_move_constructible_v<TlsStream>);
static_assert(std::is_nothrow_move_assignable_v<TlsStream>);
static_assert(!std::is_copy_constructible_v<TlsStream>);
static_assert(std::is_same_v<TlsStream::executor_type, tcp::socket::executor_type>);
static_assert(std::is_same_v<TlsStream::lowest_layer_type, tcp::socket::lowest_layer_type>);
static_assert(std::is_same_v<net::Stream<boost::beast::tcp_stream>::lowest_layer_type,
                             boost::beast::tcp_stream>);

using IoExecutor = asio::io_context::executor_type;
using Awaiting = asio::use_awaitable_t<IoExecutor>::executor_with_default<IoExecutor>;
using AwaitingStream = TlsStream::rebind_executor<Awaiting>::other;
static_assert(std::is_same_v<AwaitingStream::executor_type, Awaiting>);
static_assert(
    std::is_same_v<AwaitingStream::next_layer_type, tcp::socket::rebind_executor<Awaiting>::other>);

class TokensTest : public LoopbackTest {
 protected:
  void shake(TlsStream& a, TlsStream& b) {
    int done = 0;
    a.async_handshake([&](error_code ec) { done += ec ? 0 : 1; });
    b.async_handshake([&](error_code ec) { done += ec ? 0 : 1; });
    context.run();
    context.restart();
    ASSERT_EQ(done, 2);
  }
  void run(awaitable<void, IoExecutor> one, awaitable<void, IoExecutor> other) {
    const auto rethrow = [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    };
    asio::co_spawn(context.get_executor(), std::move(one), rethrow);
    asio::co_spawn(context.get_executor(), std::move(other), rethrow);
    context.run();
  }
};

TEST_F(TokensTest, DefaultTokensOfAReboundExecutor) {
  using Socket = AwaitingStream::next_layer_type;
  const auto rebind = [this](tcp::socket& socket) {
    return Socket(Awaiting(context.get_executor()), tcp::v4(), socket.release());
  };
  AwaitingStream a(rebind(client_socket), client_config.build().value(), "server.test", {},
                   kTestClock);
  AwaitingStream b(rebind(server_socket), server_config.build().value(), kTestClock);
  const auto one = [&]() -> awaitable<void, IoExecutor> {
    co_await a.async_handshake();
    EXPECT_EQ(co_await a.async_write_some(asio::buffer("four", 4)), 4U);
    co_await a.async_flush();
    co_await a.async_shutdown();
  };
  const auto other = [&]() -> awaitable<void, IoExecutor> {
    co_await b.async_handshake();
    std::array<char, 8> buffer{};
    EXPECT_EQ(co_await b.async_read_some(asio::buffer(buffer)), 4U);
    co_await b.async_shutdown_send();
    co_await b.async_linger(std::chrono::seconds(1));
  };
  run(one(), other());
}

TEST_F(TokensTest, DeferredStartsWhenCalled) {
  TlsStream a = client();
  TlsStream b = server();
  int done = 0;
  auto first = a.async_handshake(asio::deferred);
  EXPECT_EQ(context.poll(), 0U);
  context.restart();
  std::move(first)([&](error_code ec) { done += ec ? 0 : 1; });
  b.async_handshake([&](error_code ec) { done += ec ? 0 : 1; });
  context.run();
  EXPECT_EQ(done, 2);
}

TEST_F(TokensTest, StackfulCoroutines) {
  TlsStream a = client();
  TlsStream b = server();
  int done = 0;
  const auto finished = [&done](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
    ++done;
  };
  asio::spawn(
      context,
      [&](asio::yield_context yield) {
        a.async_handshake(yield);
        EXPECT_EQ(a.async_write_some(asio::buffer("four", 4), yield), 4U);
        a.async_shutdown(yield);
      },
      finished);
  asio::spawn(
      context,
      [&](asio::yield_context yield) {
        b.async_handshake(yield);
        std::array<char, 8> buffer{};
        EXPECT_EQ(b.async_read_some(asio::buffer(buffer), yield), 4U);
        error_code ec;
        b.async_read_some(asio::buffer(buffer), yield[ec]);
        EXPECT_EQ(ec, asio::error::eof);
        b.async_shutdown_send(yield);
      },
      finished);
  context.run();
  EXPECT_EQ(done, 2);
}

TEST_F(TokensTest, TuplesInsteadOfExceptions) {
  TlsStream a = client();
  const auto reader = [&]() -> awaitable<void> {
    constexpr auto kTuple = asio::as_tuple(use_awaitable);
    const auto [shaken] = co_await a.async_handshake(kTuple);
    EXPECT_EQ(shaken, net::to_error_code(Error{ErrorCode::Truncated}));
    std::array<char, 8> buffer{};
    const auto [ec, size] = co_await a.async_read_some(asio::buffer(buffer), kTuple);
    EXPECT_EQ(ec, shaken);
    EXPECT_EQ(size, 0U);
  };
  server_socket.shutdown(tcp::socket::shutdown_send);
  asio::co_spawn(context, reader(), asio::detached);
  context.run();
}

TEST_F(TokensTest, MovesBetweenOperations) {
  TlsStream a = client();
  TlsStream b = server();
  TlsStream before(std::move(a));
  shake(before, b);
  TlsStream after(std::move(before));
  // A moved-from stream may be assigned to, and destroyed.
  a = std::move(after);
  std::string received(5, '\0');
  asio::async_write(a, asio::buffer("moved", 5),
                    [](error_code ec, std::size_t) { EXPECT_FALSE(ec); });
  asio::async_read(b, asio::buffer(received), [](error_code ec, std::size_t) { EXPECT_FALSE(ec); });
  context.run();
  EXPECT_EQ(received, "moved");
}

TEST_F(TokensTest, NothingCompletesInsideEvenIfItIsThereAlready) {
  TlsStream a = client();
  TlsStream b = server();
  shake(a, b);
  std::array<char, 1> first{};
  std::array<char, 2> rest{};
  bool inside = true;
  int done = 0;
  asio::async_write(b, asio::buffer("abc", 3), asio::detached);
  // Afterwards two octets are in the engine, and nothing in the socket.
  a.async_read_some(asio::buffer(first), [&](error_code ec, std::size_t size) {
    EXPECT_FALSE(ec);
    EXPECT_EQ(size, 1U);
    const auto count = [&](std::size_t expected) {
      return [&, expected](error_code error, std::size_t got) {
        EXPECT_FALSE(inside);
        EXPECT_FALSE(error) << error.message();
        EXPECT_EQ(got, expected);
        ++done;
      };
    };
    inside = true;
    a.async_read_some(asio::buffer(rest), count(2));
    a.async_read_some(asio::mutable_buffer(), count(0));
    a.async_write_some(asio::const_buffer(), count(0));
    a.async_flush([&](error_code error) {
      EXPECT_FALSE(inside || error);
      ++done;
    });
    inside = false;
  });
  context.run();
  EXPECT_EQ(done, 4);
  EXPECT_EQ(std::string_view(rest.data(), 2), "bc");
}

TEST_F(TokensTest, SeveralBuffersAtOnce) {
  TlsStream a = client();
  TlsStream b = server();
  shake(a, b);
  std::string one(3, '\0');
  std::string two(4, '\0');
  const std::array<asio::const_buffer, 3> out{asio::buffer("ab", 2), asio::const_buffer(),
                                              asio::buffer("cdefg", 5)};
  a.async_write_some(out, [](error_code ec, std::size_t size) {
    EXPECT_FALSE(ec);
    EXPECT_EQ(size, 7U);
  });
  const std::array<asio::mutable_buffer, 2> in{asio::buffer(one), asio::buffer(two)};
  b.async_read_some(in, [](error_code ec, std::size_t size) {
    EXPECT_FALSE(ec);
    EXPECT_EQ(size, 7U);
  });
  context.run();
  EXPECT_EQ(one + two, "abcdefg");
}

TEST_F(TokensTest, ThrowingTwinsThrowTheSameErrors) {
  TlsStream a = client();
  server_socket.close();
  EXPECT_THROW(a.handshake(), boost::system::system_error);
  std::array<char, 4> buffer{};
  EXPECT_THROW((void)a.read_some(asio::buffer(buffer)), boost::system::system_error);
  EXPECT_THROW((void)a.write_some(asio::buffer(buffer)), boost::system::system_error);
  EXPECT_THROW(a.shutdown(), boost::system::system_error);
}

}  // namespace
}  // namespace nautilus::test
