// One connection's work after the handshake: data both ways at once, keys replaced on the way.
#pragma once

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include <nautilus/asio.hpp>

#include "files.hpp"
#include "report.hpp"

namespace app {

using TlsStream = nautilus::net::Stream<boost::asio::ip::tcp::socket>;
using boost::asio::awaitable;

struct FileCloser {
  void operator()(std::FILE* file) const noexcept {
    if (file != stdin && file != stdout) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

/// How much went one way, and its digest.
struct Tally {
  std::uint64_t bytes = 0;
  nautilus::Hasher hasher = sha256();

  void add(nautilus::ByteView data) {
    bytes += data.size();
    hasher.update(data);
  }
  [[nodiscard]] nlohmann::json json() const {
    return {{"bytes", bytes}, {"sha256", hex(hasher.digest())}};
  }
};

/// The first error of either direction.
struct Trouble {
  boost::system::error_code ec;
  std::optional<nautilus::Error> rich;

  void note(const boost::system::error_code& error, const TlsStream& stream);
  /// A refusal by the peer says more than the broken pipe it caused.
  [[nodiscard]] Failure explain(const std::string& side) const;
};

/// Replaces the keys of both directions every so many octets that were sent; 0: never.
class Rekeying {
 public:
  explicit Rekeying(std::uint64_t every) : every_(every) {}
  void sent(TlsStream& stream, std::size_t size);

 private:
  std::uint64_t every_;
  std::uint64_t since_ = 0;
};

struct TransferOptions {
  std::FILE* send = nullptr;      ///< null: nothing is sent, only close_notify
  std::FILE* receive = nullptr;   ///< null: what arrives is counted and dropped
  std::uint64_t rekey_bytes = 0;  ///< 0: only the library's own limit
  bool progress = false;
  nautilus::ByteVector head;   ///< already read from `send`: goes before the rest of it
  bool head_sent = false;      ///< as early data
  nautilus::ByteVector early;  ///< already received, as early data
};

struct Transfer {
  Tally sent;
  Tally received;
  Trouble trouble;
};

/// Sends to the end of the file and receives to the peer's close_notify, both at once.
awaitable<void> transfer(TlsStream& stream, TransferOptions options, Transfer& result);

/// Sends everything back that arrives, what arrived early first.
awaitable<void> echo(TlsStream& stream, TransferOptions options, Transfer& result);

/// What `file` has ready for early data, at most `limit` octets: nothing from a pipe or terminal
/// that stays silent for a moment.
[[nodiscard]] nautilus::ByteVector read_ready(std::FILE* file, std::size_t limit);

/// After a failure: reads what is left for a bounded time and size, so that our alert is not lost
/// to a reset, and the peer's is not overlooked.
awaitable<void> linger(TlsStream& stream);

/// Ends a connection for a reason of ours, and sees to it that the peer learns it.
awaitable<Failure> give_up(TlsStream& stream, nautilus::ErrorCode code, const std::string& side);

/// Replaces the keys of every connection that takes part whenever SIGUSR1 arrives.
class KeyRotation {
 public:
  explicit KeyRotation(const boost::asio::any_io_executor& executor)
      : signals_(executor, SIGUSR1), wake_(executor) {
    wake_.expires_at(boost::asio::steady_timer::time_point::max());
  }
  /// Waits for the signal, for ever.
  awaitable<void> watch();
  /// One connection's part, until it is cancelled.
  awaitable<void> follow(TlsStream& stream);

 private:
  boost::asio::signal_set signals_;
  boost::asio::steady_timer wake_;
  unsigned wanted_ = 0;
};

/// Opens a file or "-"; null if it cannot be opened.
[[nodiscard]] File open_file(const std::string& path, bool write);

}  // namespace app
