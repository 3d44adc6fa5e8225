// An answerer that takes its time, under the drivers: the Asio stream waits for it, the blocking
// ones say that nobody could ever answer.
#include <sys/socket.h>

#include <thread>

#include <nautilus/net/tcp_stream.hpp>

#include "asio/loopback.hpp"

namespace nautilus::test {
namespace {

/// Keeps the question and answers later.
class SlowVerifier final : public CertificateVerifier {
 public:
  explicit SlowVerifier(std::shared_ptr<const CertificateVerifier> real) : real_(std::move(real)) {}
  [[nodiscard]] Eventually<CertificateVerdict> verify(const CertificateQuestion&) const override {
    ++asked;
    return std::nullopt;
  }
  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return real_->schemes();
  }
  [[nodiscard]] ByteVector fingerprint() const override { return real_->fingerprint(); }
  [[nodiscard]] Result<CertificateVerdict> late(const Request& request) const {
    const auto& asked_for = std::get<VerifyCertificateRequest>(request);
    return *real_->verify({asked_for.chain, asked_for.role, &*asked_for.server_name, {}, kNow, {}});
  }
  mutable int asked = 0;

 private:
  std::shared_ptr<const CertificateVerifier> real_;
};

/// A socket that can send so many times and then no more, while it still could receive.
class Failing {
 public:
  using executor_type = tcp::socket::executor_type;
  using lowest_layer_type = tcp::socket::lowest_layer_type;
  Failing(tcp::socket socket, int sends, error_code error)
      : socket_(std::move(socket)), sends_(sends), error_(error) {}

  executor_type get_executor() { return socket_.get_executor(); }
  lowest_layer_type& lowest_layer() { return socket_.lowest_layer(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return socket_.async_read_some(buffers, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_compose<Token, void(error_code, std::size_t)>(
        [this, buffers, started = false](auto& self, error_code ec = {},
                                         std::size_t size = 0) mutable {
          if (started) return self.complete(size == 0 ? error_ : ec, size);
          started = true;
          if (sends_-- > 0) return socket_.async_write_some(buffers, std::move(self));
          asio::post(socket_.get_executor(), std::move(self));
        },
        token, socket_);
  }

 private:
  tcp::socket socket_;
  int sends_;
  error_code error_;
};

class FailingSends : public LoopbackTest {
 protected:
  /// What the handshake says, or the read beside a write after it, when only so many sends succeed.
  error_code play(int sends, error_code error) {
    net::Stream<Failing> a(Failing(std::move(client_socket), sends, error),
                           client_config.build().value(), "server.test", {}, kTestClock);
    TlsStream b = server();
    error_code result = asio::error::would_block;
    std::array<char, 8> buffer{};
    a.async_handshake([&](error_code shaken) {
      result = shaken;
      if (shaken) return;
      a.async_write_some(asio::buffer("octets"), [&](error_code written, std::size_t) {
        EXPECT_EQ(written, error);
        result = asio::error::would_block;
        a.async_read_some(asio::buffer(buffer), [&](error_code ec, std::size_t) { result = ec; });
      });
    });
    b.async_handshake([](error_code) {});
    context.run_for(std::chrono::milliseconds(300));
    return result;
  }
};

TEST_F(FailingSends, EndAHandshakeThatCannotBegin) {
  EXPECT_EQ(play(0, asio::error::no_buffer_space), asio::error::no_buffer_space);
}

TEST_F(FailingSends, EndTheReadsAfterwardsToo) {
  EXPECT_EQ(play(2, asio::error::no_buffer_space), asio::error::no_buffer_space);
}

TEST_F(FailingSends, LeaveTheLastWordToAPeerThatIsGone) {
  // Reading goes on, and would find it.
  EXPECT_EQ(play(0, asio::error::broken_pipe), asio::error::would_block);
}

class SlowAnswer : public LoopbackTest {
 protected:
  SlowAnswer() { client_config.dangerous().verifier(slow); }
  std::shared_ptr<SlowVerifier> slow = std::make_shared<SlowVerifier>(
      make_x509_verifier(authority.trust(), default_provider()->keys));
};

TEST_F(SlowAnswer, AsioWaitsForIt) {
  TlsStream a = client();
  TlsStream b = server();
  error_code shaken = asio::error::would_block;
  b.async_handshake([](error_code ec) { EXPECT_FALSE(ec) << ec.message(); });
  a.async_handshake([&](error_code ec) { shaken = ec; });
  // It idles instead of spinning: without an answer nothing is left to run.
  for (int i = 0; i < 1000 && slow->asked == 0; ++i) {
    context.run_one_for(std::chrono::milliseconds(10));
  }
  EXPECT_LE(context.run_for(std::chrono::milliseconds(100)), 10U);
  EXPECT_EQ(shaken, asio::error::would_block);
  EXPECT_LE(slow->asked, 2);
  const auto open = a.suspended();
  ASSERT_TRUE(open);
  EXPECT_EQ(open->kind, RequestKind::VerifyCertificate);
  // Wrong answers change nothing.
  EXPECT_EQ(
      a.resume(open->id + 1, Result<CertificateVerdict>(fail(ErrorCode::UnknownCa))).error().code,
      ErrorCode::UnknownRequest);
  EXPECT_EQ(a.resume(open->id, Result<ByteVector>(ByteVector())).error().code,
            ErrorCode::ApiMisuse);
  context.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(shaken, asio::error::would_block);
  ASSERT_TRUE(a.resume(open->id, slow->late(*a.connection().pending())));
  EXPECT_FALSE(a.suspended());
  context.run();
  EXPECT_FALSE(shaken) << shaken.message();
  EXPECT_TRUE(a.connection().connected() && b.connection().connected());
}

TEST_F(SlowAnswer, AsioFailsWithTheAnswer) {
  TlsStream a = client();
  TlsStream b = server();
  error_code shaken;
  error_code refused;
  b.async_handshake([&](error_code ec) { refused = ec; });
  a.async_handshake([&](error_code ec) { shaken = ec; });
  while (!a.suspended()) context.run_one();
  ASSERT_TRUE(a.resume(a.suspended()->id, Result<CertificateVerdict>(fail(ErrorCode::UnknownCa))));
  context.run();
  EXPECT_EQ(a.last_error()->code, ErrorCode::UnknownCa);
  EXPECT_TRUE(shaken);
  EXPECT_TRUE(refused);
}

TEST_F(SlowAnswer, AsioCanBeCanceledMeanwhile) {
  TlsStream a = client();
  TlsStream b = server();
  asio::cancellation_signal signal;
  error_code shaken;
  b.async_handshake([](error_code) {});
  a.async_handshake(asio::bind_cancellation_slot(signal.slot(), [&](error_code ec) {
    shaken = ec;
    b.lowest_layer().close();
  }));
  while (!a.suspended()) context.run_one();
  context.run_for(std::chrono::milliseconds(20));
  signal.emit(asio::cancellation_type::terminal);
  context.run();
  EXPECT_EQ(shaken, asio::error::operation_aborted);
}

/// An answer given to the engine itself is noticed with the next operation.
TEST_F(SlowAnswer, AsioGoesOnAfterAFlush) {
  TlsStream a = client();
  TlsStream b = server();
  bool shaken = false;
  b.async_handshake([](error_code ec) { EXPECT_FALSE(ec); });
  a.async_handshake([&](error_code ec) { shaken = !ec; });
  while (!a.suspended()) context.run_one();
  ASSERT_TRUE(
      a.connection().resume(a.suspended()->id, slow->late(*a.connection().pending()), kNow));
  a.async_flush([](error_code ec) { EXPECT_FALSE(ec); });
  context.run();
  EXPECT_TRUE(shaken);
}

TEST_F(SlowAnswer, BlockingAsioSaysThatNobodyAnswers) {
  TlsStream a = client();
  std::thread other([b = server()]() mutable {
    error_code ec;
    b.handshake(ec);
    EXPECT_TRUE(ec);
  });
  error_code ec;
  a.handshake(ec);
  EXPECT_TRUE(ec);
  ASSERT_TRUE(a.last_error());
  EXPECT_EQ(a.last_error()->code, ErrorCode::ApiMisuse);
  a.lowest_layer().close();
  other.join();
}

TEST_F(SlowAnswer, TcpStreamSaysThatNobodyAnswers) {
  std::array<int, 2> fds{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
  TcpOptions options;
  options.clock = &kTestClock;
  options.server_name = ServerName::parse("server.test").value();
  const auto server = server_config.build().value();
  std::thread other([&, fd = fds[1]] {
    TcpOptions theirs;
    theirs.clock = &kTestClock;
    const auto stream = TcpStream::accept(server, Descriptor(fd), theirs);
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().code, ErrorCode::PeerAlert);
  });
  const auto stream =
      TcpStream::connect(client_config.build().value(), Descriptor(fds[0]), options);
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::ApiMisuse);
  other.join();
}

}  // namespace
}  // namespace nautilus::test
