#include "session.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/core.h>

namespace app {
namespace {

namespace asio = boost::asio;
using namespace boost::asio::experimental::awaitable_operators;

constexpr std::size_t kChunk = 64 * 1024;
constexpr auto kLinger = std::chrono::seconds(2);
constexpr int kHeadPatience = 100;  // milliseconds

/// A line that redraws itself on a terminal.
class Progress {
 public:
  explicit Progress(bool shown) : shown_(shown && ::isatty(STDERR_FILENO) == 1) {}
  ~Progress() {
    if (drawn_) fmt::print(stderr, "\n");
  }
  void at(std::uint64_t bytes) {
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    drawn_ = true;
    const double seconds = std::chrono::duration<double>(now - started_).count();
    const double mebibytes = static_cast<double>(bytes) / (1024.0 * 1024.0);
    fmt::print(stderr, "\r{:10.1f} MiB sent, {:8.1f} MiB/s ", mebibytes, mebibytes / seconds);
  }

 private:
  bool shown_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_{};
};

/// Reads the file to send without holding up the connection: a terminal or pipe is waited for.
class Source {
 public:
  Source(const asio::any_io_executor& executor, std::FILE* file) : file_(file), ready_(executor) {
    struct stat facts{};
    const int fd = ::fileno(file);
    if (::fstat(fd, &facts) != 0 || S_ISREG(facts.st_mode)) return;
    flags_ = ::fcntl(fd, F_GETFL);
    boost::system::error_code ec;
    ready_.assign(fd, ec);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  ~Source() {
    if (!ready_.is_open()) return;
    // Others hold the same terminal or pipe: leave it as it was.
    ::fcntl(ready_.release(), F_SETFL, flags_);
  }

  /// 0 at the end of the file.
  awaitable<std::size_t> read(std::span<std::uint8_t> buffer) {
    for (;;) {
      boost::system::error_code ec;
      if (ready_.is_open()) {
        co_await ready_.async_wait(ready_.wait_read, asio::redirect_error(asio::use_awaitable, ec));
      }
      // Devices that are always ready cannot be waited for.
      if (ec && ec != asio::error::operation_not_supported) throw boost::system::system_error(ec);
      const ssize_t size = ::read(::fileno(file_), buffer.data(), buffer.size());
      if (size >= 0) co_return static_cast<std::size_t>(size);
      if (errno != EAGAIN && errno != EINTR) co_return 0;
    }
  }

 private:
  std::FILE* file_;
  asio::posix::stream_descriptor ready_;
  int flags_ = 0;
};

awaitable<void> send_all(TlsStream& stream, const TransferOptions& options, Transfer& result) {
  std::array<std::uint8_t, kChunk> buffer{};
  Rekeying rekeying(options.rekey_bytes);
  boost::system::error_code ec;
  Progress progress(options.progress);
  std::optional<Source> source;
  if (options.send != nullptr) source.emplace(stream.get_executor(), options.send);
  if (!options.head.empty()) {
    if (!options.head_sent) {
      co_await asio::async_write(stream, asio::buffer(options.head),
                                 asio::redirect_error(asio::use_awaitable, ec));
      if (ec) {
        result.trouble.note(ec, stream);
        co_return;
      }
    }
    result.sent.add(options.head);
  }
  while (source) {
    const std::size_t size = co_await source->read(buffer);
    if (size == 0) break;
    co_await asio::async_write(stream, asio::buffer(buffer.data(), size),
                               asio::redirect_error(asio::use_awaitable, ec));
    if (ec) {
      result.trouble.note(ec, stream);
      co_return;
    }
    result.sent.add(nautilus::ByteView(buffer).first(size));
    progress.at(result.sent.bytes);
    rekeying.sent(stream, size);
  }
  co_await stream.async_shutdown_send(asio::redirect_error(asio::use_awaitable, ec));
  if (ec) result.trouble.note(ec, stream);
}

/// Where data arrives: small while little comes at a time, since it is held while waiting; in the
/// end as large as a record, of which a read returns one at most.
class Inbox {
 public:
  [[nodiscard]] asio::mutable_buffer room() { return asio::buffer(octets_); }
  /// The `size` octets that came; valid until the next call.
  [[nodiscard]] nautilus::ByteView take(std::size_t size) {
    if (!spare_.empty()) spare_ = {};
    if (size < octets_.size() || size >= kRecord) return nautilus::ByteView(octets_).first(size);
    spare_ = std::exchange(octets_, nautilus::ByteVector(4 * size));
    return spare_;
  }

 private:
  static constexpr std::size_t kRecord = 16 * 1024;
  nautilus::ByteVector octets_ = nautilus::ByteVector(1024);
  nautilus::ByteVector spare_;
};

/// Counts what arrived and puts it where it belongs; throws if there is no room for it.
void keep(nautilus::ByteView data, std::FILE* file, Transfer& result) {
  result.received.add(data);
  if (file != nullptr && std::fwrite(data.data(), 1, data.size(), file) != data.size()) {
    result.trouble.rich = nautilus::Error{nautilus::ErrorCode::FileUnwritable};
    result.trouble.ec = nautilus::net::to_error_code(*result.trouble.rich);
    throw boost::system::system_error(result.trouble.ec);
  }
  if (file == stdout) std::fflush(stdout);
}

/// Throws when the connection is over: there is nobody left to send to.
awaitable<void> receive_all(TlsStream& stream, const TransferOptions& options, Transfer& result) {
  Inbox inbox;
  boost::system::error_code ec;
  keep(options.early, options.receive, result);
  for (;;) {
    const std::size_t size = co_await stream.async_read_some(
        inbox.room(), asio::redirect_error(asio::use_awaitable, ec));
    if (ec == asio::error::eof) break;
    if (ec) {
      result.trouble.note(ec, stream);
      throw boost::system::system_error(ec);
    }
    keep(inbox.take(size), options.receive, result);
  }
  if (options.receive != nullptr) std::fflush(options.receive);
}

}  // namespace

void Trouble::note(const boost::system::error_code& error, const TlsStream& stream) {
  const auto& last = stream.last_error();
  if (ec && rich) return;
  if (ec && !last) return;
  ec = error;
  rich = last;
}

void Rekeying::sent(TlsStream& stream, std::size_t size) {
  since_ += size;
  if (every_ == 0 || since_ < every_) return;
  since_ = 0;
  // The messages go out with what is sent next.
  (void)stream.connection().update_keys(nautilus::KeyUpdateMode::Both,
                                        nautilus::system_clock().now());
}

Failure Trouble::explain(const std::string& side) const {
  return app::explain(ec, rich ? &*rich : nullptr, side);
}

awaitable<void> transfer(TlsStream& stream, TransferOptions options, Transfer& result) {
  try {
    co_await (send_all(stream, options, result) && receive_all(stream, options, result));
  } catch (const std::exception&) {  // both sides fail when one does: multiple_exceptions
    // Noted where it happened.
  }
}

awaitable<void> echo(TlsStream& stream, TransferOptions options, Transfer& result) {
  Inbox inbox;
  Rekeying rekeying(options.rekey_bytes);
  boost::system::error_code ec;
  nautilus::ByteView data = options.early;
  for (;;) {
    if (!data.empty()) {
      result.received.add(data);
      co_await asio::async_write(stream, asio::buffer(data.data(), data.size()),
                                 asio::redirect_error(asio::use_awaitable, ec));
      if (ec) break;
      result.sent.add(data);
      rekeying.sent(stream, data.size());
    }
    const std::size_t size = co_await stream.async_read_some(
        inbox.room(), asio::redirect_error(asio::use_awaitable, ec));
    if (ec) break;
    data = inbox.take(size);
  }
  if (ec == asio::error::eof) {
    co_await stream.async_shutdown_send(asio::redirect_error(asio::use_awaitable, ec));
  }
  if (ec) result.trouble.note(ec, stream);
}

nautilus::ByteVector read_ready(std::FILE* file, std::size_t limit) {
  nautilus::ByteVector head(limit);
  pollfd ready{::fileno(file), POLLIN, 0};
  if (limit == 0 || ::poll(&ready, 1, kHeadPatience) != 1) return {};
  const ssize_t size = ::read(::fileno(file), head.data(), head.size());
  head.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return head;
}

awaitable<void> linger(TlsStream& stream) {
  boost::system::error_code ec;
  co_await stream.async_linger(kLinger, asio::redirect_error(asio::use_awaitable, ec));
}

awaitable<Failure> give_up(TlsStream& stream, nautilus::ErrorCode code, const std::string& side) {
  stream.connection().abort(code, nautilus::system_clock().now());
  co_await linger(stream);
  co_return explain(nautilus::Error{code}, side);
}

awaitable<void> KeyRotation::watch() {
  for (;;) {
    co_await signals_.async_wait(asio::use_awaitable);
    ++wanted_;
    wake_.cancel();
  }
}

awaitable<void> KeyRotation::follow(TlsStream& stream) {
  for (unsigned done = wanted_;;) {
    boost::system::error_code ec;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (done == wanted_) co_return;  // the connection is over
    done = wanted_;
    if (stream.connection().update_keys(nautilus::KeyUpdateMode::Both,
                                        nautilus::system_clock().now())) {
      co_await stream.async_flush(asio::redirect_error(asio::use_awaitable, ec));
    }
  }
}

File open_file(const std::string& path, bool write) {
  if (path == "-") return File(write ? stdout : stdin);
  return File(std::fopen(path.c_str(), write ? "wbe" : "rbe"));
}

}  // namespace app
