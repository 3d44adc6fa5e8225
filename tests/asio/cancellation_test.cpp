// Cancelling each operation where it waits: it completes with operation_aborted, never with
// truncation, and the stream goes on as if nothing had happened.
#include "asio/loopback.hpp"

namespace nautilus::test {
namespace {

using asio::awaitable;
using asio::cancellation_type;
using asio::redirect_error;
using asio::use_awaitable;
using std::chrono::milliseconds;

class CancellationTest : public LoopbackTest {
 protected:
  void SetUp() override {
    // Nobody reads fast enough for what the write tests send.
    const asio::socket_base::send_buffer_size send(4096);
    const asio::socket_base::receive_buffer_size receive(4096);
    for (tcp::socket* socket : {&client_socket, &server_socket}) {
      socket->set_option(send);
      socket->set_option(receive);
    }
  }
  void run(awaitable<void> one, awaitable<void> other) {
    for (awaitable<void>* part : {&one, &other}) {
      asio::co_spawn(context, std::move(*part), [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
      });
    }
    context.run();
  }
  awaitable<void> pause(int ms = 20) {
    asio::steady_timer timer(context, milliseconds(ms));
    co_await timer.async_wait(use_awaitable);
  }
  /// What an operation completed with, or that it did not.
  struct Result {
    bool done = false;
    error_code ec;
    std::size_t size = 0;
  };
  /// A handler that keeps the result and can be cancelled through `signal`.
  auto into(Result& result) {
    return asio::bind_cancellation_slot(signal.slot(),
                                        [&result](error_code ec, std::size_t size = 0) {
                                          EXPECT_FALSE(result.done);
                                          result = {true, ec, size};
                                        });
  }
  /// Emits `type` and gives the completion the time to come.
  awaitable<void> cancel(cancellation_type type) {
    signal.emit(type);
    co_await pause();
  }
  static void expect_aborted(const Result& result, std::size_t size = 0) {
    EXPECT_TRUE(result.done);
    EXPECT_EQ(result.ec, asio::error::operation_aborted) << result.ec.message();
    EXPECT_EQ(result.size, size);
  }

  asio::cancellation_signal signal;
};

TEST_F(CancellationTest, HandshakeStartsAgainWhereItStopped) {
  TlsStream a = client();
  TlsStream b = server();
  bool greeted = false;
  const auto one = [&]() -> awaitable<void> {
    for (const auto type :
         {cancellation_type::total, cancellation_type::partial, cancellation_type::terminal}) {
      Result result;
      a.async_handshake(into(result));
      co_await pause();
      EXPECT_FALSE(result.done);
      co_await cancel(type);
      expect_aborted(result);
    }
    greeted = true;
    co_await a.async_handshake(use_awaitable);
    co_await asio::async_write(a, asio::buffer("x", 1), use_awaitable);
  };
  const auto other = [&]() -> awaitable<void> {
    while (!greeted) co_await pause();
    co_await b.async_handshake(use_awaitable);
    std::array<char, 1> buffer{};
    co_await asio::async_read(b, asio::buffer(buffer), use_awaitable);
    EXPECT_EQ(buffer[0], 'x');
  };
  run(one(), other());
}

TEST_F(CancellationTest, ReadHonoursEveryTypeAndLosesNothing) {
  TlsStream a = client();
  TlsStream b = server();
  std::string received(4, '\0');
  const auto reader = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    std::array<char, 4> buffer{};
    for (const auto type :
         {cancellation_type::total, cancellation_type::partial, cancellation_type::terminal}) {
      Result result;
      a.async_read_some(asio::buffer(buffer), into(result));
      co_await pause();
      EXPECT_FALSE(result.done);
      co_await cancel(type);
      expect_aborted(result);
    }
    co_await asio::async_write(a, asio::buffer("g", 1), use_awaitable);
    co_await asio::async_read(a, asio::buffer(received), use_awaitable);
  };
  const auto writer = [&]() -> awaitable<void> {
    co_await b.async_handshake(use_awaitable);
    std::array<char, 1> go{};
    co_await asio::async_read(b, asio::buffer(go), use_awaitable);
    co_await asio::async_write(b, asio::buffer("late", 4), use_awaitable);
  };
  run(reader(), writer());
  EXPECT_EQ(received, "late");
}

// What the engine has accepted is reported, and arrives once: not twice, not never.
TEST_F(CancellationTest, WriteReportsWhatWasAcceptedAndSendsItLater) {
  TlsStream a = client();
  TlsStream b = server();
  std::string sent;
  std::string received;
  bool drain = false;
  const auto writer = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    Result result;
    const auto type_of = [](int i) {
      return i % 2 == 0 ? cancellation_type::terminal : cancellation_type::partial;
    };
    for (int i = 0; i < 200 && sent.size() < (std::size_t{16} << 20); ++i) {
      const std::string block(60000, static_cast<char>('a' + i % 26));
      result = {};
      a.async_write_some(asio::buffer(block), into(result));
      // Time enough for a slow machine: what is not done then waits for the peer.
      for (int wait = 0; wait < 60 && !result.done; ++wait) co_await pause(5);
      if (!result.done) {
        co_await cancel(type_of(i));
        expect_aborted(result, block.size());
        drain = true;
      }
      sent += block.substr(0, result.size);
      if (drain && i > 4) break;
    }
    EXPECT_TRUE(drain) << "the transport never filled up";
    co_await a.async_shutdown_send(use_awaitable);
  };
  const auto reader = [&]() -> awaitable<void> {
    co_await b.async_handshake(use_awaitable);
    while (!drain) co_await pause(1);
    co_await pause(200);
    error_code ec;
    co_await asio::async_read(b, asio::dynamic_buffer(received), redirect_error(use_awaitable, ec));
    EXPECT_EQ(ec, asio::error::eof);
  };
  run(writer(), reader());
  EXPECT_TRUE(received == sent) << received.size() << " of " << sent.size();
}

// `total` promises that nothing happened, which a write cannot.
TEST_F(CancellationTest, WriteIgnoresTotal) {
  TlsStream a = client();
  TlsStream b = server();
  const std::string block(60000, 'w');
  std::size_t sent = 0;
  const auto writer = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    for (;;) {
      Result result;
      a.async_write_some(asio::buffer(block), into(result));
      // Time enough for a slow machine: what is not done then waits for the peer.
      for (int wait = 0; wait < 60 && !result.done; ++wait) co_await pause(5);
      const bool stuck = !result.done;
      if (stuck) {
        co_await cancel(cancellation_type::total);
        EXPECT_FALSE(result.done);
        error_code ec;
        std::vector<char> all((sent + block.size()) * 2);
        // The peer reads, and the write completes after all.
        co_await asio::async_read(b, asio::buffer(all.data(), sent + block.size()),
                                  redirect_error(use_awaitable, ec));
        EXPECT_FALSE(ec);
        co_await pause();
        EXPECT_TRUE(result.done);
      }
      EXPECT_FALSE(result.ec) << result.ec.message();
      EXPECT_EQ(result.size, block.size());
      sent += result.size;
      if (stuck) co_return;
    }
  };
  const auto other = [&]() -> awaitable<void> { co_await b.async_handshake(use_awaitable); };
  run(writer(), other());
}

TEST_F(CancellationTest, ShutdownCanBeCutShortAndFinished) {
  TlsStream a = client();
  TlsStream b = server();
  bool answered = false;
  const auto closer = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    for (const auto type : {cancellation_type::partial, cancellation_type::terminal}) {
      Result result;
      a.async_shutdown(into(result));
      co_await pause();
      EXPECT_FALSE(result.done);
      co_await cancel(type);
      expect_aborted(result);
    }
    answered = true;
    co_await a.async_shutdown(use_awaitable);
  };
  const auto silent = [&]() -> awaitable<void> {
    co_await b.async_handshake(use_awaitable);
    while (!answered) co_await pause();
    co_await b.async_shutdown(use_awaitable);
  };
  run(closer(), silent());
}

// A reader that waits for the other's turn to read is cancelled alone, and the other goes on.
TEST_F(CancellationTest, OneThatWaitsForItsTurnIsCancelledAlone) {
  TlsStream a = client();
  TlsStream b = server();
  bool stopped = false;
  const auto one = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    std::array<char, 4> buffer{};
    Result read;
    Result shut;
    asio::cancellation_signal other;
    a.async_read_some(asio::buffer(buffer), into(read));
    a.async_shutdown(asio::bind_cancellation_slot(
        other.slot(), [&shut](error_code ec) { shut = {true, ec, 0}; }));
    co_await pause();
    other.emit(cancellation_type::terminal);
    co_await pause();
    expect_aborted(shut);
    EXPECT_FALSE(read.done);
    stopped = true;
    co_await pause(50);
    EXPECT_TRUE(read.done);
    EXPECT_EQ(read.size, 4U);
    EXPECT_EQ(std::string_view(buffer.data(), 4), "data");
  };
  const auto two = [&]() -> awaitable<void> {
    co_await b.async_handshake(use_awaitable);
    while (!stopped) co_await pause(1);
    co_await asio::async_write(b, asio::buffer("data", 4), use_awaitable);
  };
  run(one(), two());
}

// The reader's part of the work moves on to the one that waited.
TEST_F(CancellationTest, TheOneThatReadsHandsItsTurnOn) {
  TlsStream a = client();
  TlsStream b = server();
  bool stopped = false;
  const auto one = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    std::array<char, 4> buffer{};
    Result read;
    Result shut;
    a.async_read_some(asio::buffer(buffer), into(read));
    a.async_shutdown([&shut](error_code ec) { shut = {true, ec, 0}; });
    co_await pause();
    co_await cancel(cancellation_type::terminal);
    expect_aborted(read);
    EXPECT_FALSE(shut.done);
    stopped = true;
    co_await pause(50);
    EXPECT_TRUE(shut.done);
    EXPECT_FALSE(shut.ec) << shut.ec.message();
  };
  const auto two = [&]() -> awaitable<void> {
    co_await b.async_handshake(use_awaitable);
    while (!stopped) co_await pause(1);
    co_await b.async_shutdown_send(use_awaitable);
  };
  run(one(), two());
}

// The signal comes while a completion is already on its way: it must not be lost.
TEST_F(CancellationTest, ASignalBetweenTwoWaitsCounts) {
  TlsStream a = client();
  Result result;
  a.async_handshake(into(result));
  context.poll();  // the ClientHello is written, its completion perhaps queued
  signal.emit(cancellation_type::terminal);
  context.run_for(milliseconds(500));
  expect_aborted(result);
}

}  // namespace
}  // namespace nautilus::test
