// The operating system refuses every single call on a socket, of a client's life and a server's:
// what is harmless goes unnoticed, everything else is an error and leaves no descriptor open.
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <filesystem>
#include <future>

#include <gtest/gtest.h>

#include <nautilus/nautilus.hpp>

#include "net/socket.hpp"
#include "support/call_faults.hpp"
#include "support/pki.hpp"

namespace nautilus::test {
namespace {

/// What a call that strikes says.
thread_local int fault = EIO;

template <class T>
T refused() noexcept {
  errno = fault;
  return static_cast<T>(-1);
}

/// A connection that was reset has nothing more to read.
ssize_t refused_send(int fd) noexcept {
  if (fault == ECONNRESET) ::shutdown(fd, SHUT_RDWR);
  return refused<ssize_t>();
}

}  // namespace
}  // namespace nautilus::test

using nautilus::test::refused;
NAUTILUS_FAULTY_CALL(int, socket, refused<int>(), (int domain, int type, int protocol),
                     (domain, type, protocol));
NAUTILUS_FAULTY_CALL(int, getsockopt, refused<int>(),
                     (int fd, int level, int name, void* value, socklen_t* size),
                     (fd, level, name, value, size));
NAUTILUS_FAULTY_CALL(int, getsockname, refused<int>(), (int fd, sockaddr* address, socklen_t* size),
                     (fd, address, size));
NAUTILUS_FAULTY_CALL(int, bind, refused<int>(), (int fd, const sockaddr* address, socklen_t size),
                     (fd, address, size));
NAUTILUS_FAULTY_CALL(int, listen, refused<int>(), (int fd, int backlog), (fd, backlog));
NAUTILUS_FAULTY_CALL(int, accept4, refused<int>(),
                     (int fd, sockaddr* address, socklen_t* size, int flags),
                     (fd, address, size, flags));
NAUTILUS_FAULTY_CALL(int, poll, refused<int>(), (pollfd * entries, nfds_t count, int timeout),
                     (entries, count, timeout));
NAUTILUS_FAULTY_CALL(ssize_t, send, nautilus::test::refused_send(fd),
                     (int fd, const void* data, size_t size, int flags), (fd, data, size, flags));
NAUTILUS_FAULTY_CALL(ssize_t, recv, refused<ssize_t>(),
                     (int fd, void* data, size_t size, int flags), (fd, data, size, flags));
NAUTILUS_FAULTY_CALL(int, getaddrinfo, EAI_SYSTEM,
                     (const char* host, const char* service, const addrinfo* hints,
                      addrinfo** list),
                     (host, service, hints, list));

// An interrupted connect goes on in the background, so it has to be made before it is denied.
extern "C" int __real_connect(int fd, const sockaddr* address, socklen_t size);
extern "C" int __wrap_connect(int fd, const sockaddr* address, socklen_t size);
int __wrap_connect(int fd, const sockaddr* address, socklen_t size) {
  const int result = __real_connect(fd, address, size);
  return nautilus::test::call_faults.strikes("connect") ? refused<int>() : result;
}

namespace nautilus::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class TestClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override { return kNow; }
};

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

class SocketFaults : public testing::Test {
 protected:
  SocketFaults() {
    options_.clock = &clock_;
    options_.server_name = ServerName::parse("server.test").value();
    options_.io_timeout = seconds(10);
    client_ = [&] {
      ClientConfigBuilder builder = ClientConfig::builder();
      builder.trust(authority_.trust()).identity(authority_.client());
      return builder.build().value();
    }();
    server_ = [&] {
      ServerConfigBuilder builder = ServerConfig::builder();
      builder.trust(authority_.trust()).identity(authority_.server());
      return builder.build().value();
    }();
  }

  /// Sends, rotates the keys, says that it is done, and reads the answer.
  Result<std::string> play_client(std::uint16_t port) {
    auto stream = nautilus::connect(client_, "127.0.0.1", port, options_);
    if (!stream) return propagate(stream);
    if (auto r = stream->write(as_bytes(question_)); !r) return propagate(r);
    if (auto r = stream->update_keys(KeyUpdateMode::Both); !r) return propagate(r);
    if (auto r = stream->write(as_bytes(question_)); !r) return propagate(r);
    if (auto r = stream->shutdown_send(); !r) return propagate(r);
    auto answer = read_all(*stream);
    if (!answer) return propagate(answer);
    if (auto r = stream->close(); !r) return propagate(r);
    return answer;
  }
  /// Reads to the end and answers with what it read.
  Result<std::string> play_server(TcpListener& listener) {
    auto socket = listener.accept(seconds(10));
    if (!socket) return propagate(socket);
    auto stream = TcpStream::accept(server_, std::move(*socket), options_);
    if (!stream) return propagate(stream);
    auto question = read_all(*stream);
    if (!question) return propagate(question);
    if (auto r = stream->write(as_bytes(*question)); !r) return propagate(r);
    if (auto r = stream->close(); !r) return propagate(r);
    return question;
  }
  static Result<std::string> read_all(TcpStream& stream) {
    std::string all;
    ByteVector buffer(65536);
    for (;;) {
      const auto got = stream.read(buffer);
      if (!got) return propagate(got);
      if (*got == 0) return all;
      all += as_text(ByteView(buffer).first(*got));
    }
  }

  /// Both lives at once, the faults in this thread's.
  enum class Role : std::uint8_t { Client, Server };
  Result<std::string> play(Role role) {
    auto listener = TcpListener::listen(0);
    if (!listener) return propagate(listener);
    const std::uint16_t port = listener->port();
    if (role == Role::Client) {
      auto other = std::async(std::launch::async, [&] { (void)play_server(*listener); });
      Result<std::string> result = play_client(port);
      // Lets go of a server that nobody came to.
      if (!result) (void)net::connect_tcp("127.0.0.1", port, net::deadline_after(seconds(1)));
      return result;
    }
    auto other = std::async(std::launch::async, [&] { (void)play_client(port); });
    Result<std::string> result = play_server(*listener);
    listener = fail(ErrorCode::ConnectionClosed);  // resets whom nobody accepted
    return result;
  }

  /// Refuses each call in turn with `number` and hands the outcome to `judge`.
  template <class Judge>
  void sweep(int number, Judge judge) {
    for (const Role role : {Role::Client, Role::Server}) {
      const std::size_t before = open_descriptors();
      fault = number;
      const std::uint64_t failed = sweep_calls([&](const Strike& strike) {
        const Result<std::string> result = play(role);
        if (strike.function() == nullptr) {
          EXPECT_TRUE(result) << describe(result.error());
        } else {
          judge(strike.function(), result);
        }
        if (result) {
          EXPECT_EQ(*result, question_ + question_);
        }
      });
      EXPECT_GE(failed, 12U);
      EXPECT_EQ(open_descriptors(), before) << "a descriptor stays open";
    }
  }

  TestAuthority authority_;
  TestClock clock_;
  TcpOptions options_;
  std::shared_ptr<const ClientConfig> client_;
  std::shared_ptr<const ServerConfig> server_;
  std::string question_ = std::string(100'000, 'q');
};

TEST_F(SocketFaults, InterruptionsGoUnnoticed) {
  sweep(EINTR, [](std::string_view function, const Result<std::string>& result) {
    // These cannot be interrupted.
    for (const char* other :
         {"socket", "bind", "listen", "getsockname", "getsockopt", "getaddrinfo"}) {
      if (function == other) return;
    }
    EXPECT_TRUE(result) << function << ": " << describe(result.error());
  });
}

TEST_F(SocketFaults, ACallThatWouldBlockIsRepeated) {
  sweep(EAGAIN, [](std::string_view function, const Result<std::string>& result) {
    if (function != "send" && function != "recv" && function != "accept4") return;
    EXPECT_TRUE(result) << function << ": " << describe(result.error());
  });
}

TEST_F(SocketFaults, EverythingElseEndsTheStream) {
  sweep(EIO, [](std::string_view function, const Result<std::string>& result) {
    if (result) return;  // the last words were said already, or need not be
    EXPECT_EQ(result.error().code, ErrorCode::NetworkFailure) << function;
  });
}

TEST_F(SocketFaults, AResetIsAReset) {
  sweep(ECONNRESET, [](std::string_view function, const Result<std::string>& result) {
    if (result) return;
    const ErrorCode code = result.error().code;
    if (function == "getaddrinfo") {
      EXPECT_EQ(code, ErrorCode::NetworkFailure);
    } else {  // or the end that was read first
      EXPECT_TRUE(code == ErrorCode::ConnectionClosed || code == ErrorCode::Truncated)
          << function << ": " << describe(result.error());
    }
  });
}

TEST_F(SocketFaults, AConnectionThatIsGoneDoesNotHarmTheListener) {
  auto listener = TcpListener::listen(0).value();
  for (const int gone : {EAGAIN, EINTR, ECONNABORTED, ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN,
                         ENONET, EHOSTUNREACH, ENETUNREACH}) {
    const auto peer =
        net::connect_tcp("127.0.0.1", listener.port(), net::deadline_after(seconds(10)));
    ASSERT_TRUE(peer);
    fault = gone;
    const Strike strike(1);
    EXPECT_TRUE(listener.accept(seconds(10))) << gone;
    EXPECT_STREQ(strike.function(), "accept4");
  }
  for (const int serious : {EMFILE, EBADF, ENOMEM}) {
    fault = serious;
    const Strike strike(1);
    EXPECT_FALSE(listener.accept(milliseconds(10))) << serious;
  }
}

TEST(SocketErrors, HaveTheirMeaning) {
  struct Meaning {
    int number;
    ErrorCode code;
    const char* detail;
  };
  for (const Meaning& meaning : {
           Meaning{ECONNRESET, ErrorCode::ConnectionClosed, "connection reset by the peer"},
           {EPIPE, ErrorCode::ConnectionClosed, "the peer no longer receives"},
           {ECONNABORTED, ErrorCode::ConnectionClosed, "connection aborted"},
           {ETIMEDOUT, ErrorCode::Timeout, "the network gave up"},
           {ECONNREFUSED, ErrorCode::NetworkFailure, "connection refused"},
           {ENETUNREACH, ErrorCode::NetworkFailure, "no route to the host"},
           {EHOSTUNREACH, ErrorCode::NetworkFailure, "no route to the host"},
           {EADDRINUSE, ErrorCode::NetworkFailure, "address in use"},
           {EADDRNOTAVAIL, ErrorCode::NetworkFailure, "address not available"},
           {EACCES, ErrorCode::NetworkFailure, "not permitted"},
           {EPERM, ErrorCode::NetworkFailure, "not permitted"},
           {EMFILE, ErrorCode::NetworkFailure, "too many open files"},
           {ENFILE, ErrorCode::NetworkFailure, "too many open files"},
           {EBADF, ErrorCode::ApiMisuse, "not an open socket"},
           {ENOTSOCK, ErrorCode::ApiMisuse, "not an open socket"},
           {ENOMEM, ErrorCode::NetworkFailure, "the socket failed"},
       }) {
    const Error error = net::error_from_errno(meaning.number);
    EXPECT_EQ(error.code, meaning.code) << meaning.number;
    EXPECT_STREQ(error.detail, meaning.detail);
  }
}

TEST(SocketErrors, OfWhatIsNoSocket) {
  std::array<std::uint8_t, 4> octets{};
  EXPECT_EQ(net::try_send(-1, octets).error().code, ErrorCode::ApiMisuse);
  EXPECT_EQ(net::try_receive(-1, octets).error().code, ErrorCode::ApiMisuse);
  EXPECT_EQ(net::prepare_socket(-1).error().code, ErrorCode::ApiMisuse);
}

TEST(SocketAddresses, OfBothFamiliesAreListenedOnAndFound) {
  auto listener = TcpListener::listen(0, "::1");
  if (!listener) GTEST_SKIP() << "no IPv6 loopback here: " << describe(listener.error());
  const auto peer = net::connect_tcp("::1", listener->port(), net::deadline_after(seconds(10)));
  ASSERT_TRUE(peer) << describe(peer.error());
  EXPECT_TRUE(listener->accept(seconds(10)));
}

TEST(SocketAddresses, AHostWhoseFirstAddressRefusesIsTriedAtTheNext) {
  auto listener = TcpListener::listen(0).value();
  const auto list = net::connect_tcp("localhost", listener.port(), net::deadline_after(seconds(5)));
  EXPECT_TRUE(list) << describe(list.error());  // ::1, where there is one, refuses
}

}  // namespace
}  // namespace nautilus::test
