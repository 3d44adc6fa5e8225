#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include <nautilus/net/tcp_stream.hpp>

#include "net/socket.hpp"

namespace nautilus::inline v0 {
namespace {

/// Octets asked of the transport at once: a few full records.
constexpr std::size_t kReadSize = std::size_t{64} * 1024;
/// Sealed before they are sent: bounds the memory of a large write.
constexpr std::size_t kWriteSize = std::size_t{128} * 1024;
/// The lingering close: how long and how much the peer's last data is listened to.
constexpr std::chrono::milliseconds kLingerTime = std::chrono::seconds(2);
constexpr std::size_t kLingerSize = std::size_t{1} << 20;

/// Reads and drops until the peer closes, so that closing does not reset the connection.
void drain(int fd, net::Deadline deadline) noexcept {
  std::array<std::uint8_t, 4096> scratch;
  for (std::size_t total = 0; total < kLingerSize;) {
    const auto got = net::try_receive(fd, scratch);
    if (!got || got->status == net::IoStatus::End) return;
    total += got->size;
    if (got->status == net::IoStatus::WouldBlock && !net::wait_for(fd, POLLIN, deadline)) return;
    // A peer that never pauses must not hold us beyond the deadline.
    if (deadline && std::chrono::steady_clock::now() >= *deadline) return;
  }
}

}  // namespace

Result<TcpStream> TcpStream::connect(std::shared_ptr<const ClientConfig> config,
                                     std::string_view host, std::uint16_t port,
                                     TcpOptions options) {
  auto name = ServerName::parse(host);
  if (!name) return propagate(name);
  if (options.target.empty()) options.target = name->text() + ":" + std::to_string(port);
  auto socket = net::connect_tcp(name->text(), port, net::deadline_after(options.connect_timeout));
  if (!socket) return propagate(socket);
  if (!options.server_name) options.server_name = std::move(*name);
  return connect(std::move(config), std::move(*socket), std::move(options));
}

Result<TcpStream> TcpStream::connect(std::shared_ptr<const ClientConfig> config, Descriptor socket,
                                     TcpOptions options) {
  auto connection = Connection::connect(std::move(config),
                                        {options.server_name, options.target, options.observer},
                                        options.clock->now());
  return start(std::move(socket), std::move(connection), std::move(options));
}

Result<TcpStream> TcpStream::accept(std::shared_ptr<const ServerConfig> config, Descriptor socket,
                                    TcpOptions options) {
  auto connection = Connection::accept(std::move(config), {options.observer}, options.clock->now());
  return start(std::move(socket), std::move(connection), std::move(options));
}

Result<TcpStream> TcpStream::accept(std::shared_ptr<const ServerConfig> config,
                                    TcpListener& listener, TcpOptions options) {
  auto socket = listener.accept();
  if (!socket) return propagate(socket);
  return accept(std::move(config), std::move(*socket), std::move(options));
}

Result<TcpStream> TcpStream::start(Descriptor socket, Result<Connection> connection,
                                   TcpOptions options) {
  if (!connection) return propagate(connection);
  if (auto r = net::prepare_socket(socket.get()); !r) return propagate(r);
  const Deadline deadline = net::deadline_after(options.handshake_timeout);
  TcpStream stream(std::move(socket), std::move(*connection), std::move(options));
  if (auto r = stream.handshake(deadline); !r) return propagate(r);
  return stream;
}

Result<void> TcpStream::handshake(Deadline deadline) {
  const ByteView early = std::exchange(options_.early_data, {});
  if (!early.empty() && early.size() <= connection_.early_data_left()) {
    if (auto r = connection_.write_early(early); !r) return die(r.error());
    early_sent_ = true;
  }
  for (;;) {
    const Step step = advance();
    if (const auto* failed = std::get_if<Failed>(&step)) return die(failed->error);
    if (const auto* ready = std::get_if<PlaintextReady>(&step); ready != nullptr && ready->early) {
      early_.insert(early_.end(), ready->data.begin(), ready->data.end());
      connection_.consume_plaintext(ready->data.size());
      continue;
    }
    if (!std::holds_alternative<NeedInput>(step)) return flush(deadline);
    if (auto r = receive(deadline); !r) return r;
  }
}

/// Advances past requests the library answers itself. Nobody can reach the connection to answer one
/// whose own answerer takes its time, so that ends it.
Step TcpStream::advance() {
  std::uint64_t asked = 0;
  for (;;) {
    Step step = connection_.advance(now());
    const auto* suspended = std::get_if<Suspended>(&step);
    if (suspended == nullptr) return step;
    if (suspended->id == asked) {
      connection_.cancel(now());
      return Failed{Error{ErrorCode::ApiMisuse, "an answer comes later: use Connection itself"}};
    }
    asked = suspended->id;
    (void)connection_.resume(asked, now());
  }
}

Result<std::size_t> TcpStream::read(ByteSpan buffer) {
  if (error_) return std::unexpected(*error_);
  if (buffer.empty()) return 0;
  if (!socket_.valid()) return fail(ErrorCode::ConnectionClosed, "the stream is closed");
  const Deadline deadline = io_deadline();
  for (;;) {
    const Step step = advance();
    if (const auto* ready = std::get_if<PlaintextReady>(&step)) {
      const std::size_t size = std::min(buffer.size(), ready->data.size());
      std::copy_n(ready->data.begin(), size, buffer.begin());
      connection_.consume_plaintext(size);
      return size;
    }
    if (std::holds_alternative<PeerClosed>(step)) return 0;
    if (const auto* failed = std::get_if<Failed>(&step)) return die(failed->error);
    if (std::holds_alternative<HandshakeDone>(step)) continue;
    if (auto r = receive(deadline); !r) return propagate(r);
  }
}

/// Gets more octets from the peer. What the engine has to say (a KeyUpdate's reply) leaves on the
/// way but is not waited for: the peer may be busy sending. If sending fails, what the peer said
/// last is still worth reading, but nothing is worth waiting for.
Result<void> TcpStream::receive(Deadline deadline) {
  std::optional<Error> unsent;
  for (;;) {
    while (!unsent && !connection_.output().empty()) {
      const auto sent = net::try_send(socket_.get(), connection_.output());
      if (!sent) {
        unsent = sent.error();
      } else if (sent->status == net::IoStatus::WouldBlock) {
        break;
      } else {
        connection_.consume_output(sent->size);
      }
    }
    const ByteSpan room = connection_.prepare(kReadSize);
    if (room.empty()) return {};  // the next advance says why
    const auto got = net::try_receive(socket_.get(), room);
    if (!got) return die(got.error());
    if (got->status == net::IoStatus::End) {
      connection_.commit_eof();
      return {};
    }
    if (got->status == net::IoStatus::Done) {
      connection_.commit(got->size);
      return {};
    }
    if (unsent) return die(last_words(*unsent));
    const bool more = !connection_.output().empty();
    const auto events = static_cast<short>(more ? POLLIN | POLLOUT : POLLIN);
    if (auto r = net::wait_for(socket_.get(), events, deadline); !r) return fail_with(r.error());
  }
}

Result<void> TcpStream::flush(Deadline deadline) {
  while (!connection_.output().empty()) {
    const auto sent = net::try_send(socket_.get(), connection_.output());
    if (!sent) return die(last_words(sent.error()));
    if (sent->status == net::IoStatus::WouldBlock) {
      if (auto r = net::wait_for(socket_.get(), POLLOUT, deadline); !r) {
        return fail_with(r.error());
      }
      continue;
    }
    connection_.consume_output(sent->size);
  }
  return {};
}

Result<void> TcpStream::write(ByteView data) {
  if (error_) return std::unexpected(*error_);
  if (!socket_.valid()) return fail(ErrorCode::ConnectionClosed, "the stream is closed");
  const Deadline deadline = io_deadline();
  // Leftovers of an earlier timeout go first: memory stays bounded.
  if (auto r = flush(deadline); !r) return r;
  while (!data.empty()) {
    const ByteView part = data.first(std::min(data.size(), kWriteSize));
    if (auto r = connection_.write(part, now()); !r) {
      return connection_.error() ? Result<void>(die(r.error())) : r;
    }
    data = data.subspan(part.size());
    if (auto r = flush(deadline); !r) return r;
  }
  return {};
}

Result<void> TcpStream::shutdown_send() {
  if (error_) return std::unexpected(*error_);
  if (!socket_.valid()) return {};
  if (auto r = connection_.close(now()); !r) return die(r.error());
  return flush(io_deadline());
}

Result<void> TcpStream::close() {
  if (!socket_.valid()) return {};
  Result<void> result;
  const Deadline deadline = net::deadline_after(options_.close_timeout);
  if (error_) {
    result = std::unexpected(*error_);
  } else if (result = connection_.close(now()); result) {
    result = flush(deadline);
  }
  if (result) {
    (void)::shutdown(socket_.get(), SHUT_WR);
    result = wait_for_close(deadline);
  }
  socket_.reset();
  return result;
}

Result<void> TcpStream::wait_for_close(Deadline deadline) {
  for (;;) {
    const Step step = advance();
    if (std::holds_alternative<PeerClosed>(step)) return {};
    if (const auto* failed = std::get_if<Failed>(&step)) return die(failed->error);
    if (const auto* ready = std::get_if<PlaintextReady>(&step)) {
      connection_.consume_plaintext(ready->data.size());
    } else if (std::holds_alternative<NeedInput>(step)) {
      if (auto r = receive(deadline); !r) return r;
    }
    // Data that never stops must not hold us beyond the deadline.
    if (deadline && std::chrono::steady_clock::now() >= *deadline) return fail(ErrorCode::Timeout);
  }
}

Result<void> TcpStream::update_keys(KeyUpdateMode mode) {
  if (error_) return std::unexpected(*error_);
  if (!socket_.valid()) return fail(ErrorCode::ConnectionClosed, "the stream is closed");
  if (auto r = connection_.update_keys(mode, now()); !r) {
    return connection_.error() ? Result<void>(die(r.error())) : r;
  }
  return flush(io_deadline());
}

Result<void> TcpStream::export_keying_material(std::string_view label, ByteView context,
                                               ByteSpan out) const noexcept {
  return connection_.export_keying_material(label, context, out);
}

Error TcpStream::last_words(const Error& otherwise) {
  if (otherwise.code != ErrorCode::ConnectionClosed) return otherwise;
  const Deadline deadline = net::deadline_after(kLingerTime);
  for (;;) {
    const Step step = advance();
    if (const auto* failed = std::get_if<Failed>(&step)) return failed->error;
    if (std::holds_alternative<HandshakeDone>(step)) continue;
    if (!std::holds_alternative<NeedInput>(step)) return otherwise;
    const ByteSpan room = connection_.prepare(kReadSize);
    if (room.empty()) return otherwise;
    const auto got = net::try_receive(socket_.get(), room);
    if (!got || got->status == net::IoStatus::End) return otherwise;
    connection_.commit(got->size);
    if (got->status == net::IoStatus::WouldBlock &&
        !net::wait_for(socket_.get(), POLLIN, deadline)) {
      return otherwise;
    }
  }
}

std::unexpected<Error> TcpStream::die(const Error& error) {
  error_ = error;
  const Deadline deadline = net::deadline_after(kLingerTime);
  while (!connection_.output().empty()) {
    const auto sent = net::try_send(socket_.get(), connection_.output());
    if (!sent) break;
    connection_.consume_output(sent->size);
    if (sent->status == net::IoStatus::WouldBlock &&
        !net::wait_for(socket_.get(), POLLOUT, deadline)) {
      break;
    }
  }
  if (connection_.sent_alert()) {
    (void)::shutdown(socket_.get(), SHUT_WR);
    drain(socket_.get(), deadline);
  }
  socket_.reset();
  return std::unexpected(error);
}

/// A timeout leaves the stream alive, everything else ends it.
std::unexpected<Error> TcpStream::fail_with(const Error& error) {
  if (error.code == ErrorCode::Timeout) return std::unexpected(error);
  return die(error);
}

TcpStream::Deadline TcpStream::io_deadline() const noexcept {
  return options_.io_timeout ? net::deadline_after(*options_.io_timeout) : Deadline();
}

}  // namespace nautilus::inline v0
