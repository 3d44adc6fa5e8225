#include "net/socket.hpp"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <memory>

namespace nautilus::inline v0 {

void Descriptor::reset(int fd) noexcept {
  // Not repeated when interrupted: on Linux the descriptor is gone either way.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace nautilus::inline v0

namespace nautilus::inline v0::net {
namespace {

/// poll()'s argument: rounded up, so that it does not return just before the deadline.
int milliseconds_left(Deadline deadline) noexcept {
  if (!deadline) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
  return static_cast<int>(
      std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, std::numeric_limits<int>::max()));
}

struct AddressListFree {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListFree>;

Result<AddressList> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
  // AI_ADDRCONFIG ignores loopback interfaces, so a literal address must not depend on it.
  if (host.find(':') != std::string::npos) hints.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST;
  addrinfo* list = nullptr;
  const std::string service = std::to_string(port);
  int status = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
  if (status != 0 && (hints.ai_flags & AI_ADDRCONFIG) != 0) {
    hints.ai_flags = AI_NUMERICSERV;
    status = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
  }
  if (status != 0) return fail(ErrorCode::NetworkFailure, "the host name cannot be resolved");
  return AddressList(list);
}

Result<Descriptor> connect_one(const addrinfo& address, Deadline deadline) noexcept {
  Descriptor fd(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                         address.ai_protocol));
  if (!fd.valid()) return std::unexpected(error_from_errno(errno));
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return fd;
  // An interrupted connect goes on in the background, like one in progress.
  if (errno != EINPROGRESS && errno != EINTR) return std::unexpected(error_from_errno(errno));
  if (auto r = wait_for(fd.get(), POLLOUT, deadline); !r) return propagate(r);
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return std::unexpected(error_from_errno(error));
  return fd;
}

}  // namespace

Error error_from_errno(int value) noexcept {
  switch (value) {
    case ECONNRESET:
      return {ErrorCode::ConnectionClosed, "connection reset by the peer"};
    case EPIPE:
      return {ErrorCode::ConnectionClosed, "the peer no longer receives"};
    case ECONNABORTED:
      return {ErrorCode::ConnectionClosed, "connection aborted"};
    case ETIMEDOUT:
      return {ErrorCode::Timeout, "the network gave up"};
    case ECONNREFUSED:
      return {ErrorCode::NetworkFailure, "connection refused"};
    case ENETUNREACH:
    case EHOSTUNREACH:
      return {ErrorCode::NetworkFailure, "no route to the host"};
    case EADDRINUSE:
      return {ErrorCode::NetworkFailure, "address in use"};
    case EADDRNOTAVAIL:
      return {ErrorCode::NetworkFailure, "address not available"};
    case EACCES:
    case EPERM:
      return {ErrorCode::NetworkFailure, "not permitted"};
    case EMFILE:
    case ENFILE:
      return {ErrorCode::NetworkFailure, "too many open files"};
    case EBADF:
    case ENOTSOCK:
      return {ErrorCode::ApiMisuse, "not an open socket"};
    default:
      return {ErrorCode::NetworkFailure, "the socket failed"};
  }
}

Result<void> wait_for(int fd, short events, Deadline deadline) noexcept {
  pollfd entry{fd, events, 0};
  for (;;) {
    const int count = ::poll(&entry, 1, milliseconds_left(deadline));
    if (count > 0) return {};
    if (count == 0) return fail(ErrorCode::Timeout);
    if (errno != EINTR) return std::unexpected(error_from_errno(errno));
  }
}

Result<IoResult> try_send(int fd, ByteView data) noexcept {
  for (;;) {
    const ssize_t size = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size >= 0) return IoResult{IoStatus::Done, static_cast<std::size_t>(size)};
    if (errno == EAGAIN || errno == EWOULDBLOCK) return IoResult{IoStatus::WouldBlock};
    if (errno != EINTR) return std::unexpected(error_from_errno(errno));
  }
}

Result<IoResult> try_receive(int fd, ByteSpan room) noexcept {
  for (;;) {
    const ssize_t size = ::recv(fd, room.data(), room.size(), MSG_DONTWAIT);
    if (size > 0) return IoResult{IoStatus::Done, static_cast<std::size_t>(size)};
    if (size == 0) return IoResult{IoStatus::End};
    if (errno == EAGAIN || errno == EWOULDBLOCK) return IoResult{IoStatus::WouldBlock};
    if (errno != EINTR) return std::unexpected(error_from_errno(errno));
  }
}

Result<void> prepare_socket(int fd) noexcept {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
    return std::unexpected(error_from_errno(errno));
  }
  // Fails on sockets that are not TCP, where there is nothing to turn off.
  const int on = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return {};
}

Result<Descriptor> connect_tcp(const std::string& host, std::uint16_t port, Deadline deadline) {
  auto list = resolve(host, port);
  if (!list) return propagate(list);
  int left = 0;
  for (const addrinfo* at = list->get(); at != nullptr; at = at->ai_next) ++left;
  Error error{ErrorCode::NetworkFailure, "the host has no address"};
  for (const addrinfo* at = list->get(); at != nullptr; at = at->ai_next, --left) {
    // An address that does not answer must leave time for the others.
    Deadline own = deadline;
    if (deadline) {
      const auto now = std::chrono::steady_clock::now();
      own = now + (*deadline - now) / left;
    }
    auto fd = connect_one(*at, own);
    if (fd) return fd;
    error = fd.error();
  }
  return std::unexpected(error);
}

}  // namespace nautilus::inline v0::net
