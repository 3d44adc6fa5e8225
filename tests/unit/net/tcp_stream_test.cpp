// The blocking stream over real sockets on loopback.
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <future>
#include <thread>

#include <nautilus/nautilus.hpp>

#include "support/pki.hpp"

namespace nautilus::test {
namespace {

using std::chrono::milliseconds;

/// Certificates are made for `kNow`, so the streams live then.
class TestClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override { return kNow; }
};

class TcpStreamTest : public testing::Test {
 protected:
  TcpStreamTest() {
    client_.trust(authority_.trust())
        .identity(authority_.client())
        .session_store(make_memory_session_store());
    server_.trust(authority_.trust()).identity(authority_.server());
    options_.server_name = ServerName::parse("server.test").value();
    for (TcpOptions* options : {&options_, &server_options_}) {
      options->clock = &clock_;
      options->io_timeout = std::chrono::seconds(20);
    }
  }

  /// Runs `serve` with each accepted stream, or its error, in a thread of its own.
  template <class Serve>
  std::future<void> serve(Serve serve) {
    auto config = server_.build().value();
    return std::async(std::launch::async, [this, config, serve = std::move(serve)] {
      auto socket = listener_.accept(std::chrono::seconds(20));
      ASSERT_TRUE(socket);
      serve(TcpStream::accept(config, std::move(*socket), server_options_));
    });
  }
  Result<TcpStream> connect() { return connect(client_.build().value()); }
  Result<TcpStream> connect(std::shared_ptr<const ClientConfig> config) {
    return nautilus::connect(std::move(config), "127.0.0.1", listener_.port(), options_);
  }
  /// A raw connection, for peers that do not speak TLS.
  Descriptor raw() {
    Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(listener_.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  TestAuthority authority_;
  TestClock clock_;
  TcpOptions options_;
  TcpOptions server_options_;
  ClientConfigBuilder client_ = ClientConfig::builder();
  ServerConfigBuilder server_ = ServerConfig::builder();
  TcpListener listener_ = TcpListener::listen(0).value();
};

/// Reads until `size` octets are there or the stream ends.
std::string read_exactly(TcpStream& stream, std::size_t size) {
  std::string all;
  ByteVector buffer(65536);
  while (all.size() < size) {
    auto got = stream.read(buffer);
    EXPECT_TRUE(got) << describe(got.error());
    if (!got || *got == 0) break;
    all += as_text(ByteView(buffer).first(*got));
  }
  return all;
}

TEST_F(TcpStreamTest, MutualHandshakeAndEcho) {
  auto done = serve([](Result<TcpStream> stream) {
    ASSERT_TRUE(stream) << describe(stream.error());
    EXPECT_EQ(stream->session().peer().common_name, "client");
    const std::string text = read_exactly(*stream, 5);
    EXPECT_TRUE(stream->write(text));
    EXPECT_TRUE(stream->close());
  });
  auto stream = connect();
  ASSERT_TRUE(stream) << describe(stream.error());
  EXPECT_EQ(stream->session().group(), NamedGroup::X25519MLKEM768);
  EXPECT_EQ(stream->session().cipher_suite(), CipherSuiteId::TLS_AES_256_GCM_SHA384);
  EXPECT_EQ(stream->session().peer().common_name, "server");
  ASSERT_TRUE(stream->write("hello"));
  EXPECT_EQ(read_exactly(*stream, 5), "hello");
  std::array<std::uint8_t, 8> buffer{};
  EXPECT_EQ(stream->read(buffer).value(), 0U);  // close_notify
  EXPECT_TRUE(stream->close());
  EXPECT_TRUE(stream->close());
  EXPECT_EQ(stream->read(buffer).error().code, ErrorCode::ConnectionClosed);
  done.get();
}

TEST_F(TcpStreamTest, TenMebibytesBothWaysWithKeyUpdates) {
  constexpr std::size_t kSize = std::size_t{10} << 20;
  const std::string up(kSize, 'u');
  const std::string down(kSize, 'd');
  client_.max_records_per_key(100);
  auto done = serve([&](Result<TcpStream> stream) {
    ASSERT_TRUE(stream) << describe(stream.error());
    EXPECT_EQ(read_exactly(*stream, kSize), up);
    EXPECT_TRUE(stream->update_keys(KeyUpdateMode::Both));
    EXPECT_TRUE(stream->write(down));
    EXPECT_TRUE(stream->shutdown_send());
    EXPECT_TRUE(stream->close());
  });
  auto stream = connect();
  ASSERT_TRUE(stream) << describe(stream.error());
  ASSERT_TRUE(stream->write(up));
  EXPECT_EQ(read_exactly(*stream, kSize), down);
  EXPECT_TRUE(stream->close());
  done.get();
}

TEST_F(TcpStreamTest, HalfCloseLetsTheOtherSideFinish) {
  auto done = serve([](Result<TcpStream> stream) {
    ASSERT_TRUE(stream);
    EXPECT_EQ(read_exactly(*stream, 100), "request");  // up to close_notify
    EXPECT_TRUE(stream->write("answer"));
    EXPECT_TRUE(stream->close());
  });
  auto stream = connect();
  ASSERT_TRUE(stream);
  ASSERT_TRUE(stream->write("request"));
  ASSERT_TRUE(stream->shutdown_send());
  EXPECT_EQ(stream->write("more").error().code, ErrorCode::WriteClosed);
  EXPECT_EQ(read_exactly(*stream, 6), "answer");
  EXPECT_TRUE(stream->close());
  done.get();
}

TEST_F(TcpStreamTest, EndWithoutCloseNotifyIsTruncation) {
  auto done = serve([](Result<TcpStream> stream) {
    ASSERT_TRUE(stream);
    EXPECT_TRUE(stream->write("half"));
    // Destroyed without close().
  });
  auto stream = connect();
  ASSERT_TRUE(stream);
  EXPECT_EQ(read_exactly(*stream, 4), "half");
  std::array<std::uint8_t, 8> buffer{};
  EXPECT_EQ(stream->read(buffer).error().code, ErrorCode::Truncated);
  EXPECT_EQ(stream->error()->code, ErrorCode::Truncated);
  done.get();
}

TEST_F(TcpStreamTest, ReadTimeoutLosesNothing) {
  std::promise<void> go;
  auto done = serve([&](Result<TcpStream> stream) {
    ASSERT_TRUE(stream);
    go.get_future().wait();
    EXPECT_TRUE(stream->write("late"));
    EXPECT_TRUE(stream->close());
  });
  options_.io_timeout = milliseconds(50);
  auto stream = connect();
  ASSERT_TRUE(stream);
  std::array<std::uint8_t, 8> buffer{};
  EXPECT_EQ(stream->read(buffer).error().code, ErrorCode::Timeout);
  go.set_value();
  stream->set_io_timeout(std::chrono::seconds(20));
  EXPECT_EQ(read_exactly(*stream, 4), "late");
  EXPECT_TRUE(stream->close());
  done.get();
}

TEST_F(TcpStreamTest, SilentPeersRunIntoTheHandshakeTimeout) {
  options_.handshake_timeout = server_options_.handshake_timeout = milliseconds(100);
  // The listener's backlog accepts, and nobody answers.
  EXPECT_EQ(connect().error().code, ErrorCode::Timeout);
  auto silent = listener_.accept(std::chrono::seconds(20));
  auto done =
      serve([](Result<TcpStream> stream) { EXPECT_EQ(stream.error().code, ErrorCode::Timeout); });
  const Descriptor client = raw();
  done.get();
}

TEST_F(TcpStreamTest, StrangersAreNamed) {
  const std::pair<std::string_view, ErrorCode> cases[] = {
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", ErrorCode::PlaintextHttp},
      {"SSH-2.0-OpenSSH_9.2p1\r\n", ErrorCode::NotTls},
      {"", ErrorCode::Truncated}};
  for (const auto& [text, code] : cases) {
    auto done = serve([code](Result<TcpStream> stream) {
      ASSERT_FALSE(stream);
      EXPECT_EQ(stream.error().code, code);
    });
    Descriptor client = raw();
    ASSERT_EQ(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
    (void)::shutdown(client.get(), SHUT_WR);
    done.get();
  }
}

TEST_F(TcpStreamTest, PlaintextServerIsNamed) {
  auto done = std::async(std::launch::async, [this] {
    auto socket = listener_.accept(std::chrono::seconds(20));
    ASSERT_TRUE(socket);
    constexpr std::string_view kAnswer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    (void)::send(socket->get(), kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
    std::array<char, 4096> scratch{};
    while (::recv(socket->get(), scratch.data(), scratch.size(), 0) != 0 && errno != EAGAIN) {
    }
  });
  EXPECT_EQ(connect().error().code, ErrorCode::PlaintextHttp);
  done.get();
}

// A TLS 1.3 client is done before the server has judged its certificate, and may be in the middle
// of megabytes when the refusal comes: it must hear the reason all the same.
TEST_F(TcpStreamTest, RefusedClientLearnsWhyWhileItIsStreaming) {
  const TestAuthority stranger("Nobody's CA");
  auto config = ClientConfig::builder();
  config.trust(authority_.trust()).identity(stranger.client());
  for (int round = 0; round < 5; ++round) {
    auto done = serve([](Result<TcpStream> stream) {
      ASSERT_FALSE(stream);
      EXPECT_EQ(stream.error().code, ErrorCode::UnknownCa);
    });
    auto stream = connect(config.build().value());
    ASSERT_TRUE(stream) << describe(stream.error());
    const std::string block(std::size_t{1} << 20, 'x');
    Result<void> wrote;
    for (int i = 0; i < 64 && wrote; ++i) wrote = stream->write(block);
    std::array<std::uint8_t, 8> buffer{};
    const Error error = wrote ? stream->read(buffer).error() : wrote.error();
    EXPECT_EQ(error.code, ErrorCode::PeerAlert) << describe(error);
    EXPECT_EQ(error.peer_alert, AlertDescription::unknown_ca);
    done.get();
  }
}

TEST_F(TcpStreamTest, ServersCertificateIsRefusedWithItsAlert) {
  const TestAuthority other("Another CA");
  auto config = ClientConfig::builder();
  config.trust(other.trust()).identity(authority_.client());
  auto done = serve([](Result<TcpStream> stream) {
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().peer_alert, AlertDescription::unknown_ca);
  });
  EXPECT_EQ(connect(config.build().value()).error().code, ErrorCode::UnknownCa);
  done.get();
}

TEST_F(TcpStreamTest, ResumesThroughTheSharedStore) {
  const auto client = client_.build().value();
  server_.ticketer(make_ticketer(default_provider()).value());
  for (const bool resumed : {false, true}) {
    auto done = serve([resumed](Result<TcpStream> stream) {
      ASSERT_TRUE(stream);
      EXPECT_EQ(stream->session().resumed(), resumed);
      EXPECT_TRUE(stream->write("x"));
      EXPECT_TRUE(stream->close());
    });
    auto stream = connect(client);
    ASSERT_TRUE(stream);
    EXPECT_EQ(stream->session().resumed(), resumed);
    EXPECT_EQ(stream->session().peer().common_name, "server");
    EXPECT_EQ(read_exactly(*stream, 1), "x");
    EXPECT_TRUE(stream->close());
    done.get();
  }
}

TEST_F(TcpStreamTest, EarlyDataIsMarkedAndCanBeRefused) {
  client_.early_data();
  const auto client = client_.build().value();
  const auto ticketer = make_ticketer(default_provider()).value();
  const auto replay = make_memory_replay_register(*default_provider()->random).value();
  struct Round {
    bool taken;  // whether the server takes early data at all
    EarlyDataState expected;
  };
  // The first has no session yet; the last finds a server that takes none any more.
  for (const auto& [taken, expected] :
       {Round{true, EarlyDataState::None}, Round{true, EarlyDataState::Accepted},
        Round{false, EarlyDataState::Rejected}}) {
    ServerConfigBuilder server = ServerConfig::builder();
    server.trust(authority_.trust()).identity(authority_.server()).ticketer(ticketer);
    if (taken) server.early_data({.replay = replay, .max_size = 1000});
    server_ = std::move(server);
    const bool accepted = expected == EarlyDataState::Accepted;
    auto done = serve([&](Result<TcpStream> stream) {
      ASSERT_TRUE(stream) << describe(stream.error());
      EXPECT_EQ(as_text(stream->early_data()), accepted ? "early" : "");
      EXPECT_EQ(read_exactly(*stream, 4), "late");
      EXPECT_TRUE(stream->write("x"));
      EXPECT_TRUE(stream->close());
    });
    options_.early_data = as_bytes(std::string_view("early"));
    auto stream = connect(client);
    ASSERT_TRUE(stream) << describe(stream.error());
    EXPECT_EQ(stream->session().facts().early_data, expected);
    EXPECT_EQ(stream->early_data_accepted(), accepted);
    EXPECT_TRUE(stream->write("late"));
    EXPECT_EQ(read_exactly(*stream, 1), "x");
    EXPECT_TRUE(stream->close());
    done.get();
  }
}

TEST_F(TcpStreamTest, MoreEarlyDataThanTheTicketAllowsWaitsForTheHandshake) {
  client_.early_data();
  const auto client = client_.build().value();
  server_.ticketer(make_ticketer(default_provider()).value());
  server_.early_data(
      {.replay = make_memory_replay_register(*default_provider()->random).value(), .max_size = 4});
  for (const bool resumed : {false, true}) {
    auto done = serve([](Result<TcpStream> stream) {
      ASSERT_TRUE(stream) << describe(stream.error());
      EXPECT_TRUE(stream->early_data().empty());
      EXPECT_TRUE(stream->write("x"));
      EXPECT_TRUE(stream->close());
    });
    options_.early_data = as_bytes(std::string_view("12345"));
    auto stream = connect(client);
    ASSERT_TRUE(stream) << describe(stream.error());
    EXPECT_EQ(stream->session().resumed(), resumed);
    EXPECT_FALSE(stream->early_data_accepted());
    EXPECT_EQ(read_exactly(*stream, 1), "x");
    EXPECT_TRUE(stream->close());
    done.get();
  }
}

TEST_F(TcpStreamTest, ExportersAgree) {
  ByteVector theirs(32);
  auto done = serve([&](Result<TcpStream> stream) {
    ASSERT_TRUE(stream);
    EXPECT_TRUE(stream->export_keying_material("EXPERIMENTAL x", as_bytes("c"), theirs));
    EXPECT_TRUE(stream->close());
  });
  auto stream = connect();
  ASSERT_TRUE(stream);
  ByteVector ours(32);
  EXPECT_TRUE(stream->export_keying_material("EXPERIMENTAL x", as_bytes("c"), ours));
  EXPECT_TRUE(stream->close());
  done.get();
  EXPECT_EQ(ours, theirs);
}

TEST(TcpListenerTest, Addresses) {
  EXPECT_EQ(TcpListener::listen(0, "example.org").error().code, ErrorCode::ApiMisuse);
  EXPECT_EQ(TcpListener::listen(0, "not an address").error().code, ErrorCode::ApiMisuse);
  auto first = TcpListener::listen(0);
  ASSERT_TRUE(first);
  EXPECT_NE(first->port(), 0);
  EXPECT_EQ(TcpListener::listen(first->port()).error().code, ErrorCode::NetworkFailure);
  EXPECT_EQ(first->accept(milliseconds(10)).error().code, ErrorCode::Timeout);
}

TEST(TcpConnect, FailuresBeforeTls) {
  TestAuthority authority;
  auto builder = ClientConfig::builder();
  builder.trust(authority.trust());
  const auto config = builder.build().value();
  std::uint16_t closed = 0;
  {
    auto listener = TcpListener::listen(0);
    closed = listener->port();
  }
  EXPECT_EQ(connect(config, "127.0.0.1", closed).error().code, ErrorCode::NetworkFailure);
  EXPECT_EQ(connect(config, "no-such-host.invalid", 443).error().code, ErrorCode::NetworkFailure);
  EXPECT_EQ(connect(config, "not a name", 443).error().code, ErrorCode::ApiMisuse);
}

}  // namespace
}  // namespace nautilus::test
