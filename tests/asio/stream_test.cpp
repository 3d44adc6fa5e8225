// The Asio stream: every way to wait, and every way to fail.
//
// What users of boost::asio::ssl::stream expect, and the tests that hold the stream to it (suites
// are StreamTest where none is named; TokensTest, CancellationTest and BeastTest stand beside):
//  1. AsyncStream's types and operations     TokensTest (static_asserts), SynchronousTwins,
//                                            TokensTest.ThrowingTwinsThrowTheSameErrors
//     moves, rebind_executor                 TokensTest.MovesBetweenOperations,
//                                            TokensTest.DefaultTokensOfAReboundExecutor
//     tokens: callback, future, awaitable,   Callbacks, Futures, most others,
//             deferred, as_tuple             TokensTest.DeferredStartsWhenCalled,
//                                            TokensTest.TuplesInsteadOfExceptions
//             yield_context                  TokensTest.StackfulCoroutines
//  2. executor of the user's handler         CompletionsHonourTheHandlersExecutor
//  3. no completion inside, empty buffers    TokensTest.NothingCompletesInsideEvenIfItIsThere-
//                                            Already, ZeroLengthReadsAndWritesComplete
//  4. a read and a write at once, a read     TenMebibytesBothWaysAtOnceWithKeyUpdates,
//     that must write, strands               KeyUpdateFloodWhileBothSidesReadAndWrite,
//                                            StrandsKeepTwoThreadsApart
//  5. cancellation wherever it waits         CancellationTest (one test per operation)
//  6. closing: eof, truncation, half-close   TruncationIsNotEof, SynchronousTwins,
//                                            WritingGoesOnAfterThePeersCloseNotify,
//                                            CancellationTest.ShutdownCanBeCutShortAndFinished
//  7. Beast: teardown, HTTP, WebSocket,      BeastTest
//     deadlines of tcp_stream
//  8. the cause for us, the alert for the    FatalErrorIsToldAndStays,
//     peer, the same error afterwards        RefusedClientLearnsWhyWhileItIsStreaming
//  9. early data apart from all other        EarlyDataTest
#include <future>
#include <thread>

#include "asio/loopback.hpp"

namespace nautilus::test {
namespace {

using asio::awaitable;
using asio::redirect_error;
using asio::use_awaitable;

class StreamTest : public LoopbackTest {
 protected:
  /// Runs both coroutines to their end and passes on what they threw.
  void run(awaitable<void> one, awaitable<void> other) {
    for (awaitable<void>* part : {&one, &other}) {
      asio::co_spawn(context, std::move(*part), [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
      });
    }
    context.run();
  }
};

TEST_F(StreamTest, Callbacks) {
  TlsStream a = client();
  TlsStream b = server();
  std::string received(5, '\0');
  bool inside = true;
  int done = 0;
  a.async_handshake([&](error_code ec) {
    EXPECT_FALSE(inside);  // never within the initiating function
    ASSERT_FALSE(ec) << ec.message();
    asio::async_write(a, asio::buffer("hello", 5), [&](error_code error, std::size_t size) {
      EXPECT_FALSE(error);
      EXPECT_EQ(size, 5U);
      ++done;
    });
  });
  b.async_handshake([&](error_code ec) {
    ASSERT_FALSE(ec) << ec.message();
    asio::async_read(b, asio::buffer(received), [&](error_code error, std::size_t) {
      EXPECT_FALSE(error);
      ++done;
    });
  });
  inside = false;
  context.run();
  EXPECT_EQ(done, 2);
  EXPECT_EQ(received, "hello");
  EXPECT_EQ(a.connection().negotiated().group, NamedGroup::X25519MLKEM768);
  EXPECT_EQ(b.connection().negotiated().peer.common_name, "client");
}

TEST_F(StreamTest, Futures) {
  auto work = asio::make_work_guard(context);
  std::thread runner([this] { context.run(); });
  TlsStream a = client();
  TlsStream b = server();
  auto shaken = a.async_handshake(asio::use_future);
  b.async_handshake(asio::use_future).get();
  shaken.get();
  std::string received(3, '\0');
  auto got = asio::async_read(b, asio::buffer(received), asio::use_future);
  EXPECT_EQ(asio::async_write(a, asio::buffer("abc", 3), asio::use_future).get(), 3U);
  EXPECT_EQ(got.get(), 3U);
  EXPECT_EQ(received, "abc");
  work.reset();
  runner.join();
}

awaitable<void> send_all(TlsStream& stream, const std::string& data, int key_updates) {
  const std::size_t step = data.size() / 16;
  for (std::size_t at = 0; at < data.size(); at += step) {
    if (key_updates-- > 0) {
      EXPECT_TRUE(stream.connection().update_keys(KeyUpdateMode::Both, kNow));
    }
    co_await asio::async_write(
        stream, asio::buffer(data.data() + at, std::min(step, data.size() - at)), use_awaitable);
  }
  co_await stream.async_shutdown_send(use_awaitable);
}

awaitable<void> receive_all(TlsStream& stream, std::string& data) {
  std::vector<char> buffer(70000);
  for (;;) {
    error_code ec;
    const std::size_t size =
        co_await stream.async_read_some(asio::buffer(buffer), redirect_error(use_awaitable, ec));
    data.append(buffer.data(), size);
    if (ec == asio::error::eof) co_return;
    if (ec) throw boost::system::system_error(ec);
  }
}

TEST_F(StreamTest, TenMebibytesBothWaysAtOnceWithKeyUpdates) {
  constexpr std::size_t kSize = std::size_t{10} << 20;
  std::string up(kSize, '\0');
  std::string down(kSize, '\0');
  for (std::size_t i = 0; i < kSize; ++i) {
    up[i] = static_cast<char>(i * 7);
    down[i] = static_cast<char>(i * 11);
  }
  std::string got_up;
  std::string got_down;
  TlsStream a = client();
  TlsStream b = server();
  const auto side = [this](TlsStream& stream, const std::string& out,
                           std::string& in) -> awaitable<void> {
    co_await stream.async_handshake(use_awaitable);
    // A reader and a writer at the same time.
    asio::co_spawn(context, send_all(stream, out, 12), asio::detached);
    co_await receive_all(stream, in);
  };
  run(side(a, up, got_down), side(b, down, got_up));
  EXPECT_TRUE(got_up == up);
  EXPECT_TRUE(got_down == down);
}

// Each update asks for the peer's: replies are written by whoever is reading, between the writes of
// the one who writes.
TEST_F(StreamTest, KeyUpdateFloodWhileBothSidesReadAndWrite) {
  constexpr int kRounds = 400;
  TlsStream a = client();
  TlsStream b = server();
  std::string got_a;
  std::string got_b;
  const auto flood = [](TlsStream& stream, char letter) -> awaitable<void> {
    const std::string line(100, letter);
    for (int i = 0; i < kRounds; ++i) {
      EXPECT_TRUE(stream.connection().update_keys(KeyUpdateMode::Both, kNow));
      co_await asio::async_write(stream, asio::buffer(line), use_awaitable);
    }
    co_await stream.async_shutdown_send(use_awaitable);
  };
  const auto side = [&](TlsStream& stream, char letter, std::string& in) -> awaitable<void> {
    co_await stream.async_handshake(use_awaitable);
    asio::co_spawn(context, flood(stream, letter), asio::detached);
    co_await receive_all(stream, in);
  };
  run(side(a, 'a', got_b), side(b, 'b', got_a));
  EXPECT_TRUE(got_a == std::string(100 * kRounds, 'a'));
  EXPECT_TRUE(got_b == std::string(100 * kRounds, 'b'));
}

// RFC 9846 §6.1: close_notify ends one direction; ours stays open.
TEST_F(StreamTest, WritingGoesOnAfterThePeersCloseNotify) {
  TlsStream a = client();
  TlsStream b = server();
  std::string late;
  const auto closer = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    co_await a.async_shutdown_send(use_awaitable);
    error_code ec;
    co_await asio::async_write(a, asio::buffer("no", 2), redirect_error(use_awaitable, ec));
    EXPECT_EQ(ec, net::to_error_code(Error{ErrorCode::WriteClosed}));
    co_await receive_all(a, late);
  };
  const auto other = [&]() -> awaitable<void> {
    co_await b.async_handshake(use_awaitable);
    std::string nothing;
    co_await receive_all(b, nothing);
    co_await asio::async_write(b, asio::buffer("still here", 10), use_awaitable);
    co_await b.async_shutdown(use_awaitable);
  };
  run(closer(), other());
  EXPECT_EQ(late, "still here");
}

// After a fatal error the peer has our alert, we have the cause, and so has every later operation.
// RFC 9846 §6-1, §6.2-2
TEST_F(StreamTest, FatalErrorIsToldAndStays) {
  TlsStream a = client();
  TlsStream b = server();
  const auto victim = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    std::array<char, 16> buffer{};
    error_code ec;
    co_await a.async_read_some(asio::buffer(buffer), redirect_error(use_awaitable, ec));
    const error_code cause = net::to_error_code(Error{ErrorCode::BadRecordMac});
    EXPECT_EQ(ec, cause);
    for (int i = 0; i < 2; ++i) {
      co_await a.async_read_some(asio::buffer(buffer), redirect_error(use_awaitable, ec));
      EXPECT_EQ(ec, cause);
      co_await a.async_write_some(asio::buffer(buffer), redirect_error(use_awaitable, ec));
      EXPECT_EQ(ec, cause);
    }
    a.lowest_layer().close();
  };
  const auto forger = [&]() -> awaitable<void> {
    co_await b.async_handshake(use_awaitable);
    // A record that nobody sealed.
    std::array<unsigned char, 5 + 32> forged{23, 3, 3, 0, 32};
    co_await asio::async_write(b.next_layer(), asio::buffer(forged), use_awaitable);
    std::array<char, 16> buffer{};
    error_code ec;
    co_await b.async_read_some(asio::buffer(buffer), redirect_error(use_awaitable, ec));
    EXPECT_EQ(ec.category(), net::alert_category());
    EXPECT_EQ(ec.value(), static_cast<int>(AlertDescription::bad_record_mac));
  };
  run(victim(), forger());
}

TEST_F(StreamTest, SynchronousTwins) {
  TlsStream a = client();
  TlsStream b = server();
  std::thread peer([&] {
    b.handshake();
    std::array<char, 16> buffer{};
    const std::size_t size = b.read_some(asio::buffer(buffer));
    EXPECT_EQ(std::string_view(buffer.data(), size), "ping");
    EXPECT_EQ(b.write_some(asio::buffer("pong", 4)), 4U);
    error_code ec;
    b.shutdown(ec);
    EXPECT_FALSE(ec) << ec.message();
  });
  a.handshake();
  EXPECT_EQ(a.write_some(asio::buffer("ping", 4)), 4U);
  std::array<char, 16> buffer{};
  EXPECT_EQ(a.read_some(asio::buffer(buffer)), 4U);
  error_code ec;
  EXPECT_EQ(a.read_some(asio::buffer(buffer), ec), 0U);
  EXPECT_EQ(ec, asio::error::eof);
  a.shutdown(ec);
  EXPECT_FALSE(ec) << ec.message();
  peer.join();
}

// RFC 9846 §6.1-4
TEST_F(StreamTest, TruncationIsNotEof) {
  TlsStream a = client();
  TlsStream b = server();
  const auto reader = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    std::array<char, 16> buffer{};
    error_code ec;
    const std::size_t size =
        co_await a.async_read_some(asio::buffer(buffer), redirect_error(use_awaitable, ec));
    EXPECT_EQ(size, 4U);
    co_await a.async_read_some(asio::buffer(buffer), redirect_error(use_awaitable, ec));
    EXPECT_EQ(ec, net::to_error_code(Error{ErrorCode::Truncated}));
    EXPECT_EQ(a.last_error()->code, ErrorCode::Truncated);
  };
  const auto writer = [&]() -> awaitable<void> {
    co_await b.async_handshake(use_awaitable);
    co_await asio::async_write(b, asio::buffer("half", 4), use_awaitable);
    b.lowest_layer().close();
  };
  run(reader(), writer());
}

TEST_F(StreamTest, CancelledReadLeavesTheStreamUsable) {
  TlsStream a = client();
  TlsStream b = server();
  asio::cancellation_signal stop;
  error_code cancelled;
  std::string received(4, '\0');
  const auto writer = [&]() -> awaitable<void> {
    co_await b.async_handshake(use_awaitable);
    std::array<char, 1> go{};
    co_await asio::async_read(b, asio::buffer(go), use_awaitable);
    co_await asio::async_write(b, asio::buffer("late", 4), use_awaitable);
  };
  const auto reader = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    std::array<char, 4> buffer{};
    asio::steady_timer pause(context, std::chrono::milliseconds(20));
    a.async_read_some(asio::buffer(buffer),
                      asio::bind_cancellation_slot(
                          stop.slot(), [&](error_code ec, std::size_t) { cancelled = ec; }));
    co_await pause.async_wait(use_awaitable);
    stop.emit(asio::cancellation_type::terminal);
    pause.expires_after(std::chrono::milliseconds(20));
    co_await pause.async_wait(use_awaitable);
    EXPECT_EQ(cancelled, asio::error::operation_aborted);
    co_await asio::async_write(a, asio::buffer("g", 1), use_awaitable);
    co_await asio::async_read(a, asio::buffer(received), use_awaitable);
  };
  run(reader(), writer());
  EXPECT_EQ(received, "late");
}

TEST_F(StreamTest, ClosingTheSocketEndsTheHandshake) {
  TlsStream a = client();
  error_code result;
  a.async_handshake([&](error_code ec) { result = ec; });
  asio::steady_timer pause(context, std::chrono::milliseconds(20));
  pause.async_wait([&](error_code) { a.lowest_layer().close(); });
  context.run();  // the server's side never answers
  EXPECT_TRUE(result);
}

TEST_F(StreamTest, WhatCannotBeginIsTheHandshakesError) {
  TlsStream a(std::move(client_socket), client_config.build().value(), "not a name");
  error_code result;
  a.async_handshake([&](error_code ec) { result = ec; });
  context.run();
  EXPECT_EQ(result, net::to_error_code(Error{ErrorCode::ApiMisuse}));
}

TEST_F(StreamTest, ZeroLengthReadsAndWritesComplete) {
  TlsStream a = client();
  TlsStream b = server();
  const auto one = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    EXPECT_EQ(co_await a.async_read_some(asio::mutable_buffer(), use_awaitable), 0U);
    EXPECT_EQ(co_await a.async_write_some(asio::const_buffer(), use_awaitable), 0U);
  };
  const auto other = [&]() -> awaitable<void> { co_await b.async_handshake(use_awaitable); };
  run(one(), other());
}

// The client is done before its certificate is judged and is streaming when the refusal comes.
TEST_F(StreamTest, RefusedClientLearnsWhyWhileItIsStreaming) {
  const TestAuthority stranger("Nobody's CA");
  client_config = ClientConfig::builder();
  client_config.trust(authority.trust()).identity(stranger.client());
  TlsStream a = client();
  TlsStream b = server();
  error_code heard;
  const auto sender = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    const std::string block(std::size_t{1} << 18, 'x');
    error_code ec;
    for (int i = 0; i < 64 && !ec; ++i) {
      co_await asio::async_write(a, asio::buffer(block), redirect_error(use_awaitable, ec));
    }
    std::array<char, 16> buffer{};
    co_await a.async_read_some(asio::buffer(buffer), redirect_error(use_awaitable, heard));
    a.lowest_layer().close();
  };
  const auto judge = [&]() -> awaitable<void> {
    error_code ec;
    co_await b.async_handshake(redirect_error(use_awaitable, ec));
    EXPECT_EQ(ec, net::to_error_code(Error{ErrorCode::UnknownCa}));
    co_await b.async_linger(std::chrono::seconds(2), use_awaitable);
    b.lowest_layer().close();
  };
  run(sender(), judge());
  EXPECT_EQ(heard.category(), net::alert_category());
  EXPECT_EQ(heard.value(), static_cast<int>(AlertDescription::unknown_ca));
}

TEST_F(StreamTest, LingeringEndsInTimeWithAPeerThatNeverCloses) {
  TlsStream b = server();
  bool ended = false;
  b.async_linger(std::chrono::milliseconds(50), [&](error_code ec) {
    EXPECT_FALSE(ec);
    ended = true;
  });
  context.run();
  EXPECT_TRUE(ended);
}

// What is held up by the peer's full buffers must not hold up the end.
TEST_F(StreamTest, LingeringEndsInTimeWithAPeerThatDoesNotRead) {
  TlsStream a = client();
  TlsStream b = server();
  const std::string text(std::size_t{32} << 20, 'x');
  std::size_t written = 0;
  bool ended = false;
  const auto silent = [&]() -> awaitable<void> { co_await a.async_handshake(use_awaitable); };
  const auto writer = [&]() -> awaitable<void> {
    co_await b.async_handshake(use_awaitable);
    asio::cancellation_signal stop;
    asio::steady_timer timer(context, std::chrono::milliseconds(200));
    timer.async_wait([&](error_code) { stop.emit(asio::cancellation_type::terminal); });
    error_code ec;
    written = co_await asio::async_write(
        b, asio::buffer(text),
        asio::bind_cancellation_slot(stop.slot(), redirect_error(use_awaitable, ec)));
    EXPECT_EQ(ec, asio::error::operation_aborted);
    co_await b.async_linger(std::chrono::milliseconds(50), use_awaitable);
    ended = true;
  };
  asio::co_spawn(context, silent(), asio::detached);
  asio::co_spawn(context, writer(), asio::detached);
  context.run_for(std::chrono::seconds(20));
  EXPECT_LT(written, text.size());
  EXPECT_TRUE(ended);
}

TEST_F(StreamTest, CompletionsHonourTheHandlersExecutor) {
  TlsStream a = client();
  TlsStream b = server();
  auto strand = asio::make_strand(context);
  bool right = false;
  a.async_handshake(
      asio::bind_executor(strand, [&](error_code) { right = strand.running_in_this_thread(); }));
  b.async_handshake([](error_code) {});
  context.run();
  EXPECT_TRUE(right);
}

// Two threads run the context; each stream lives on a strand of its own.
TEST_F(StreamTest, StrandsKeepTwoThreadsApart) {
  TlsStream a = client();
  TlsStream b = server();
  const std::string text(std::size_t{1} << 20, 's');
  std::string got;
  auto strand_a = asio::make_strand(context);
  auto strand_b = asio::make_strand(context);
  const auto sender = [&]() -> awaitable<void> {
    co_await a.async_handshake(use_awaitable);
    co_await asio::async_write(a, asio::buffer(text), use_awaitable);
    co_await a.async_shutdown(use_awaitable);
  };
  const auto receiver = [&]() -> awaitable<void> {
    co_await b.async_handshake(use_awaitable);
    co_await receive_all(b, got);
    co_await b.async_shutdown_send(use_awaitable);
  };
  asio::co_spawn(strand_a, sender(), asio::detached);
  asio::co_spawn(strand_b, receiver(), asio::detached);
  std::thread other([this] { context.run(); });
  context.run();
  other.join();
  EXPECT_TRUE(got == text);
}

}  // namespace
}  // namespace nautilus::test
