// Serves many clients from one thread with epoll, echoing what they send: the engine without any of
// the library's drivers, as any event loop can drive it.
//   epoll_server PORT CA.pem IDENTITY.pem IDENTITY.key
// Left out for brevity: a deadline for each handshake and for idle clients.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <unordered_map>

#include <nautilus/nautilus.hpp>

namespace {

[[noreturn]] void die(const nautilus::Error& error) {
  std::cerr << describe(error) << '\n';
  std::exit(EXIT_FAILURE);
}

template <class T>
T must(nautilus::Result<T> result) {
  if (!result) die(result.error());
  return std::move(*result);
}

/// What a client needs before it can go on.
enum class Wait : std::uint32_t { Readable = EPOLLIN, Writable = EPOLLOUT, Never = 0 };

class Client {
 public:
  Client(nautilus::Descriptor socket, nautilus::Connection tls)
      : socket_(std::move(socket)), tls_(std::move(tls)) {}

  /// Goes as far as possible without blocking. `Never` means that the client is done with.
  Wait run() {
    for (;;) {
      while (!tls_.output().empty()) {
        const nautilus::ByteView out = tls_.output();
        const ssize_t size = ::send(socket_.get(), out.data(), out.size(), MSG_NOSIGNAL);
        // Not taking more from a client that does not read is the back-pressure.
        if (size < 0) return errno == EAGAIN ? Wait::Writable : Wait::Never;
        tls_.consume_output(static_cast<std::size_t>(size));
      }
      if (ending_) return drain();
      const auto now = nautilus::system_clock().now();
      const nautilus::Step step = tls_.advance(now);
      if (const auto* need = std::get_if<nautilus::NeedInput>(&step)) {
        if (!tls_.output().empty()) continue;  // the client may be waiting for it
        if (const auto wait = receive(need->hint)) return *wait;
      } else if (std::holds_alternative<nautilus::HandshakeDone>(step)) {
        std::cout << tls_.negotiated().peer.display_name() << std::endl;
      } else if (const auto* plaintext = std::get_if<nautilus::PlaintextReady>(&step)) {
        (void)tls_.write(plaintext->data, now);  // what fails here is the next step
        tls_.consume_plaintext(plaintext->data.size());
      } else if (const auto* suspended = std::get_if<nautilus::Suspended>(&step)) {
        (void)tls_.resume(suspended->id, now);  // this program answers nothing itself
      } else if (std::holds_alternative<nautilus::PeerClosed>(step)) {
        (void)tls_.close(now);
        ending_ = true;
      } else {
        std::cerr << describe(std::get<nautilus::Failed>(step).error) << std::endl;
        ending_ = true;  // the alert goes out first
      }
    }
  }

 private:
  /// Nothing if there is something new to look at.
  std::optional<Wait> receive(std::size_t hint) {
    const nautilus::ByteSpan room = tls_.prepare(hint);
    const ssize_t size = ::recv(socket_.get(), room.data(), room.size(), 0);
    if (size < 0) return errno == EAGAIN ? Wait::Readable : Wait::Never;
    if (size == 0) {
      tls_.commit_eof();
    } else {
      tls_.commit(static_cast<std::size_t>(size));
    }
    return std::nullopt;
  }

  /// Until the client closes: closing with octets unread would reset the connection, and our last
  /// words could be lost.
  Wait drain() {
    if (!std::exchange(sending_shut_, true)) ::shutdown(socket_.get(), SHUT_WR);
    std::array<std::uint8_t, 4096> dropped;
    for (;;) {
      const ssize_t size = ::recv(socket_.get(), dropped.data(), dropped.size(), 0);
      if (size < 0 && errno == EAGAIN) return Wait::Readable;
      drained_ += static_cast<std::size_t>(std::max<ssize_t>(size, 0));
      if (size <= 0 || drained_ > (std::size_t{1} << 20)) return Wait::Never;
    }
  }

  nautilus::Descriptor socket_;
  nautilus::Connection tls_;
  bool ending_ = false;
  bool sending_shut_ = false;
  std::size_t drained_ = 0;
};

void serve(nautilus::TcpListener& listener, std::shared_ptr<const nautilus::ServerConfig> config) {
  const nautilus::Descriptor poll(::epoll_create1(EPOLL_CLOEXEC));
  std::unordered_map<int, Client> clients;
  const auto watch = [&](int operation, int fd, Wait wait) {
    epoll_event event{static_cast<std::uint32_t>(wait), {.fd = fd}};
    ::epoll_ctl(poll.get(), operation, fd, &event);
  };
  watch(EPOLL_CTL_ADD, listener.native_handle(), Wait::Readable);
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count = ::epoll_wait(poll.get(), events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener.native_handle()) {
        auto socket = listener.accept(std::chrono::milliseconds(0));  // non-blocking
        auto tls = nautilus::Connection::accept(config, {}, nautilus::system_clock().now());
        if (!socket || !tls) continue;
        const int added = socket->get();
        clients.try_emplace(added, std::move(*socket), std::move(*tls));
        watch(EPOLL_CTL_ADD, added, Wait::Readable);
        continue;
      }
      const Wait wait = clients.at(fd).run();
      if (wait == Wait::Never) {
        clients.erase(fd);  // closing takes it out of the poll
      } else {
        watch(EPOLL_CTL_MOD, fd, wait);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: epoll_server PORT CA.pem IDENTITY.pem IDENTITY.key\n";
    return EXIT_FAILURE;
  }
  auto config = must(nautilus::ServerConfig::builder()
                         .trust(must(nautilus::TrustStore::from_pem_file(argv[2])))
                         .identity(must(nautilus::Identity::from_pem_files(argv[3], argv[4])))
                         .build());
  auto listener =
      must(nautilus::TcpListener::listen(static_cast<std::uint16_t>(std::atoi(argv[1]))));
  std::cout << "port " << listener.port() << std::endl;
  serve(listener, config);
}
