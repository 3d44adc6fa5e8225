#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstring>

#include <nautilus/net/tcp_stream.hpp>

#include "net/socket.hpp"

namespace nautilus::inline v0 {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Result<Address> make_address(std::string_view text, std::uint16_t port) {
  auto name = ServerName::parse(text);
  if (!name || name->is_dns()) return fail(ErrorCode::ApiMisuse, "not an IP address");
  Address address;
  const ByteView octets = name->address();
  if (name->kind() == ServerName::Kind::Ipv4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, octets.data(), sizeof(v4.sin_addr));
    std::memcpy(&address.storage, &v4, sizeof(v4));
    address.size = sizeof(v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, octets.data(), sizeof(v6.sin6_addr));
    std::memcpy(&address.storage, &v6, sizeof(v6));
    address.size = sizeof(v6);
  }
  return address;
}

Result<std::uint16_t> local_port(int fd) noexcept {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return std::unexpected(net::error_from_errno(errno));
  }
  // The port has the same place in both families.
  sockaddr_in address{};
  std::memcpy(&address, &storage, sizeof(address));
  return ntohs(address.sin_port);
}

/// Failures of one connection that was gone before it was accepted; the listener is unharmed
/// (accept(2)).
bool is_transient(int error) noexcept {
  switch (error) {
    case EAGAIN:
    case EINTR:
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<TcpListener> TcpListener::listen(std::uint16_t port, std::string_view address) {
  auto where = make_address(address, port);
  if (!where) return propagate(where);
  Descriptor fd(::socket(where->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return std::unexpected(net::error_from_errno(errno));
  const int on = 1;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where->storage), where->size) != 0 ||
      ::listen(fd.get(), SOMAXCONN) != 0) {
    return std::unexpected(net::error_from_errno(errno));
  }
  auto chosen = local_port(fd.get());
  if (!chosen) return propagate(chosen);
  return TcpListener(std::move(fd), *chosen);
}

Result<Descriptor> TcpListener::accept(std::optional<std::chrono::milliseconds> timeout) {
  const net::Deadline deadline = timeout ? net::deadline_after(*timeout) : net::Deadline();
  for (;;) {
    Descriptor fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd.valid()) return fd;
    if (!is_transient(errno)) return std::unexpected(net::error_from_errno(errno));
    if (auto r = net::wait_for(socket_.get(), POLLIN, deadline); !r) return propagate(r);
  }
}

}  // namespace nautilus::inline v0
