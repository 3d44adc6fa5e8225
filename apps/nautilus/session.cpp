#include "session.hpp"

#include <unistd.h>

#include <array>
#include <chrono>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <fmt/core.h>

namespace app {
namespace {

namespace asio = boost::asio;
using namespace boost::asio::experimental::awaitable_operators;

constexpr std::size_t kChunk = 64 * 1024;
constexpr auto kLinger = std::chrono::seconds(2);
constexpr std::size_t kLingerBytes = 1 << 20;

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

awaitable<std::size_t> read_some(std::FILE* file, std::span<std::uint8_t> buffer,
                                 asio::thread_pool* blocking) {
  if (blocking == nullptr) co_return std::fread(buffer.data(), 1, buffer.size(), file);
  co_return co_await asio::co_spawn(
      *blocking,
      [file, buffer]() -> awaitable<std::size_t> {
        const ssize_t size = ::read(::fileno(file), buffer.data(), buffer.size());
        co_return size > 0 ? static_cast<std::size_t>(size) : 0;
      },
      asio::use_awaitable);
}

awaitable<void> send_all(TlsStream& stream, const TransferOptions& options, Transfer& result) {
  std::array<std::uint8_t, kChunk> buffer{};
  std::uint64_t since_rekey = 0;
  boost::system::error_code ec;
  Progress progress(options.progress);
  std::optional<asio::thread_pool> pool;
  if (options.interactive) pool.emplace(1);
  while (options.send != nullptr) {
    const std::size_t size = co_await read_some(options.send, buffer, pool ? &*pool : nullptr);
    if (size == 0) break;
    co_await asio::async_write(stream, asio::buffer(buffer.data(), size),
                               asio::redirect_error(asio::use_awaitable, ec));
    if (ec) {
      result.trouble.note(ec, stream);
      co_return;
    }
    result.sent.add(nautilus::ByteView(buffer).first(size));
    progress.at(result.sent.bytes);
    since_rekey += size;
    if (options.rekey_bytes != 0 && since_rekey >= options.rekey_bytes) {
      since_rekey = 0;
      (void)stream.connection().update_keys(nautilus::KeyUpdateMode::Both,
                                            nautilus::system_clock().now());
    }
  }
  co_await stream.async_shutdown_send(asio::redirect_error(asio::use_awaitable, ec));
  if (ec) result.trouble.note(ec, stream);
}

awaitable<void> receive_all(TlsStream& stream, std::FILE* file, Transfer& result) {
  std::array<std::uint8_t, kChunk> buffer{};
  boost::system::error_code ec;
  for (;;) {
    const std::size_t size = co_await stream.async_read_some(
        asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, ec));
    if (ec == asio::error::eof) break;
    if (ec) {
      result.trouble.note(ec, stream);
      co_return;
    }
    const nautilus::ByteView data = nautilus::ByteView(buffer).first(size);
    result.received.add(data);
    if (file != nullptr && std::fwrite(data.data(), 1, data.size(), file) != data.size()) {
      result.trouble.rich = nautilus::Error{nautilus::ErrorCode::FileUnwritable};
      result.trouble.ec = nautilus::net::to_error_code(*result.trouble.rich);
      co_return;
    }
    if (file == stdout) std::fflush(stdout);
  }
  if (file != nullptr) std::fflush(file);
}

awaitable<void> expire(std::chrono::steady_clock::duration after) {
  asio::steady_timer timer(co_await asio::this_coro::executor, after);
  co_await timer.async_wait(asio::use_awaitable);
}

awaitable<void> drain(TlsStream& stream) {
  std::array<std::uint8_t, 16 * 1024> buffer{};
  boost::system::error_code ec;
  for (std::size_t total = 0; total < kLingerBytes && !ec;) {
    total += co_await stream.next_layer().async_read_some(
        asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, ec));
  }
}

}  // namespace

void Trouble::note(const boost::system::error_code& error, const TlsStream& stream) {
  const auto& last = stream.last_error();
  if (ec && rich) return;
  if (ec && !last) return;
  ec = error;
  rich = last;
}

Failure Trouble::explain(const std::string& side) const {
  return app::explain(ec, rich ? &*rich : nullptr, side);
}

awaitable<void> transfer(TlsStream& stream, TransferOptions options, Transfer& result) {
  co_await (send_all(stream, options, result) && receive_all(stream, options.receive, result));
}

awaitable<void> echo(TlsStream& stream, Transfer& result) {
  std::array<std::uint8_t, kChunk> buffer{};
  boost::system::error_code ec;
  for (;;) {
    const std::size_t size = co_await stream.async_read_some(
        asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, ec));
    if (ec == asio::error::eof) break;
    if (!ec) {
      result.received.add(nautilus::ByteView(buffer).first(size));
      co_await asio::async_write(stream, asio::buffer(buffer.data(), size),
                                 asio::redirect_error(asio::use_awaitable, ec));
      if (!ec) result.sent.add(nautilus::ByteView(buffer).first(size));
    }
    if (ec) {
      result.trouble.note(ec, stream);
      co_return;
    }
  }
  co_await stream.async_shutdown_send(asio::redirect_error(asio::use_awaitable, ec));
  if (ec) result.trouble.note(ec, stream);
}

awaitable<void> linger(TlsStream& stream) {
  boost::system::error_code ec;
  co_await stream.async_flush(asio::redirect_error(asio::use_awaitable, ec));
  stream.next_layer().shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  if (!ec) co_await (drain(stream) || expire(kLinger));
}

File open_file(const std::string& path, bool write) {
  if (path == "-") return File(write ? stdout : stdin);
  return File(std::fopen(path.c_str(), write ? "wbe" : "rbe"));
}

}  // namespace app
