#pragma once

#include <chrono>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>

#include <nautilus/asio/detail/blocking.hpp>
#include <nautilus/asio/detail/goals.hpp>
#include <nautilus/asio/detail/linger.hpp>
#include <nautilus/asio/error.hpp>
#include <nautilus/connection.hpp>

namespace nautilus::inline v0::net {

/// A TLS stream over any Asio stream: what boost::asio::ssl::stream is used for, on the Nautilus
/// engine. Models AsyncStream.
///
/// One read and one write may be outstanding at a time, together; all calls and completions belong
/// on one strand. Operations never complete inside their initiating function and run on the next
/// layer's executor unless the handler has its own. Movable while nothing is outstanding; a
/// moved-from stream may only be assigned to or destroyed.
///
/// Per-operation cancellation completes with `operation_aborted` and leaves the stream as usable as
/// before: octets stay in the engine, in either direction. `async_handshake`, `async_read_some` and
/// `async_flush` honour all three types, since nothing is lost when they start again.
/// `async_write_some` and the shutdowns honour partial and terminal: what they report as accepted
/// (close_notify included) cannot be taken back, and leaves with the next operation. An operation
/// that has already failed reports that failure instead. `async_linger` honours terminal.
///
/// The role is the config's, so `async_handshake` takes none; octets that were read from the
/// transport before go into `connection().prepare`.
///
/// After a failed write a read is still worth a try: a peer that went away may have said why, and
/// its alert is then the read's error.
///
/// Errors: the peer's close_notify is `boost::asio::error::eof`; an end of the transport without it
/// is `ErrorCode::Truncated` in `error_category()`; the peer's alerts are in `alert_category()`.
template <class NextLayer>
class Stream {
 public:
  using next_layer_type = NextLayer;
  /// Of a next layer that is the lowest by itself, like boost::beast::tcp_stream, that one.
  using lowest_layer_type =
      std::remove_reference_t<decltype(detail::lowest(std::declval<NextLayer&>()))>;
  using executor_type = typename NextLayer::executor_type;
  template <class Executor>
  struct rebind_executor {
    using other = Stream<typename NextLayer::template rebind_executor<Executor>::other>;
  };

  /// What an operation without a token completes with, if the executor has such a thing
  /// (boost::asio::as_default_on).
  using DefaultToken = boost::asio::default_completion_token_t<executor_type>;

  /// Over an engine the caller made. `clock` must outlive the stream.
  Stream(NextLayer next, Connection connection, const Clock& clock = system_clock())
      : core_(std::make_unique<detail::Core<NextLayer>>(std::move(next), std::move(connection),
                                                        clock)) {}

  /// A client's stream to `host`, a DNS name or an IP address, which the server's certificate must
  /// carry. A name that is neither, like any other reason not to begin, is `async_handshake`'s
  /// error.
  Stream(NextLayer next, std::shared_ptr<const ClientConfig> config, std::string_view host,
         std::string target = {}, const Clock& clock = system_clock())
      : Stream(std::move(next), begin(std::move(config), host, std::move(target), clock), clock) {}

  /// A server's stream over an accepted transport.
  Stream(NextLayer next, std::shared_ptr<const ServerConfig> config,
         const Clock& clock = system_clock())
      : Stream(std::move(next), begin(std::move(config), clock), clock) {}

  [[nodiscard]] executor_type get_executor() noexcept { return core_->next.get_executor(); }
  [[nodiscard]] NextLayer& next_layer() noexcept { return core_->next; }
  [[nodiscard]] const NextLayer& next_layer() const noexcept { return core_->next; }
  [[nodiscard]] lowest_layer_type& lowest_layer() noexcept { return detail::lowest(core_->next); }
  [[nodiscard]] const lowest_layer_type& lowest_layer() const noexcept {
    return detail::lowest(core_->next);
  }

  /// The engine, for what a stream has no words for: `negotiated`, `update_keys`, exporters. Output
  /// it produces leaves with the next operation, or with `async_flush`.
  [[nodiscard]] Connection& connection() noexcept { return core_->connection; }
  [[nodiscard]] const Connection& connection() const noexcept { return core_->connection; }
  /// Answers the open request `id` (`Connection::pending`, and the id in the `Suspended` step) and
  /// lets the operation go on that waits for it: the answer of a verifier, key or store that takes
  /// its time. Such a wait ends with the answer, or is canceled; the synchronous operations end
  /// with `ApiMisuse` instead. Errors as `Connection::resume`.
  Result<void> resume(std::uint64_t id, Answer answer) {
    auto result = core_->connection.resume(id, std::move(answer), core_->now());
    core_->answer_turn.cancel();
    return result;
  }
  /// The request an operation waits for, if any.
  [[nodiscard]] std::optional<Suspended> suspended() {
    const Request* request = core_->connection.pending();
    if (request == nullptr) return std::nullopt;
    return Suspended{core_->asked, static_cast<RequestKind>(request->index())};
  }
  /// The rich form of the last error an operation completed with.
  [[nodiscard]] const std::optional<Error>& last_error() const noexcept {
    return core_->last_error;
  }

  /// Signature `void(error_code)`. For a client, success does not yet mean that the server accepts
  /// its certificate: a refusal arrives as an alert with the first read. Early data that arrives
  /// meanwhile is set aside for `take_early_data` or `async_read_early_some`.
  template <class Token = DefaultToken>
  auto async_handshake(Token&& token = DefaultToken()) {
    return start<void(boost::system::error_code)>(detail::HandshakeGoal{},
                                                  std::forward<Token>(token));
  }

  // Early data (0-RTT). A client writes it with `connection().write_early` before the handshake
  // begins, and looks at `negotiated().early_data` after it: what was rejected is lost. A server
  // whose config takes it reads it apart from everything else: it may be a replay.

  /// Reads early data while the handshake goes on; answers may be written meanwhile with
  /// `connection().write_half_rtt` and `async_flush`. Ends with `boost::asio::error::eof` once the
  /// handshake is done (RFC 9846 §4.3.10), which makes `async_handshake` unnecessary. Instead of,
  /// not beside `async_handshake`. Signature `void(error_code, size_t)`.
  template <class Buffers, class Token = DefaultToken>
  auto async_read_early_some(const Buffers& buffers, Token&& token = DefaultToken()) {
    return start<void(boost::system::error_code, std::size_t)>(
        detail::ReadEarlyGoal<Buffers>{buffers}, std::forward<Token>(token));
  }
  /// What arrived early and was not read yet. Bounded by `EarlyDataOptions::max_size`.
  [[nodiscard]] std::vector<std::uint8_t> take_early_data() noexcept {
    return std::exchange(core_->early, {});
  }

  // The synchronous twins block the thread on the next layer's blocking operations. Not to be mixed
  // with outstanding asynchronous ones.

  void handshake(boost::system::error_code& ec) {
    ec = detail::run(*core_, detail::HandshakeGoal{}).error;
  }
  void handshake() {
    boost::system::error_code ec;
    handshake(ec);
    if (ec) throw boost::system::system_error(ec);
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& buffers, boost::system::error_code& ec) {
    const detail::Outcome outcome = detail::run(*core_, detail::ReadGoal<Buffers>{buffers});
    ec = outcome.error;
    return outcome.size;
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& buffers) {
    boost::system::error_code ec;
    const std::size_t size = read_some(buffers, ec);
    if (ec) throw boost::system::system_error(ec);
    return size;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, boost::system::error_code& ec) {
    const detail::Outcome outcome = detail::run(*core_, detail::WriteGoal<Buffers>{buffers});
    ec = outcome.error;
    return outcome.size;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    boost::system::error_code ec;
    const std::size_t size = write_some(buffers, ec);
    if (ec) throw boost::system::system_error(ec);
    return size;
  }
  void shutdown(boost::system::error_code& ec) {
    ec = detail::run(*core_, detail::ShutdownGoal{true}).error;
  }
  void shutdown() {
    boost::system::error_code ec;
    shutdown(ec);
    if (ec) throw boost::system::system_error(ec);
  }

  /// Signature `void(error_code, size_t)`. A zero-length read completes with 0.
  template <class Buffers, class Token = DefaultToken>
  auto async_read_some(const Buffers& buffers, Token&& token = DefaultToken()) {
    return start<void(boost::system::error_code, std::size_t)>(detail::ReadGoal<Buffers>{buffers},
                                                               std::forward<Token>(token));
  }

  /// Signature `void(error_code, size_t)`: the octets accepted, once they are written.
  template <class Buffers, class Token = DefaultToken>
  auto async_write_some(const Buffers& buffers, Token&& token = DefaultToken()) {
    return start<void(boost::system::error_code, std::size_t)>(detail::WriteGoal<Buffers>{buffers},
                                                               std::forward<Token>(token));
  }

  /// Writes whatever the engine has to say. Signature `void(error_code)`.
  template <class Token = DefaultToken>
  auto async_flush(Token&& token = DefaultToken()) {
    return start<void(boost::system::error_code)>(detail::FlushGoal{}, std::forward<Token>(token));
  }

  /// close_notify both ways; success once the peer's has arrived. Signature `void(error_code)`.
  /// Give it a deadline: a peer may never answer.
  template <class Token = DefaultToken>
  auto async_shutdown(Token&& token = DefaultToken()) {
    return start<void(boost::system::error_code)>(detail::ShutdownGoal{true},
                                                  std::forward<Token>(token));
  }

  /// close_notify our way only; reading goes on (RFC 9846 §6.1). Signature `void(error_code)`.
  template <class Token = DefaultToken>
  auto async_shutdown_send(Token&& token = DefaultToken()) {
    return start<void(boost::system::error_code)>(detail::ShutdownGoal{false},
                                                  std::forward<Token>(token));
  }

  /// What to do after an error of ours, before the transport is closed: sends the alert, shuts down
  /// sending and drops what the peer still has under way, for at most `time` and 1 MiB, so that the
  /// alert is not lost to a reset. Never fails. Signature `void(error_code)`.
  template <class Token = DefaultToken>
  auto async_linger(std::chrono::milliseconds time, Token&& token = DefaultToken()) {
    return boost::asio::async_compose<Token, void(boost::system::error_code)>(
        detail::LingerOp<Stream>(*this, time), token, core_->next.get_executor());
  }

 private:
  template <class Signature, class Goal, class Token>
  auto start(Goal goal, Token&& token) {
    constexpr bool kSized = std::is_same_v<Signature, void(boost::system::error_code, std::size_t)>;
    return boost::asio::async_compose<Token, Signature>(
        detail::Op<NextLayer, Goal, kSized>(*core_, std::move(goal)), token,
        core_->next.get_executor());
  }

  static Connection begin(std::shared_ptr<const ClientConfig> config, std::string_view host,
                          std::string target, const Clock& clock) {
    auto name = ServerName::parse(host);
    if (!name) return Connection::failed(name.error());
    auto connection = Connection::connect(
        std::move(config), {std::move(*name), std::move(target), nullptr}, clock.now());
    return connection ? std::move(*connection) : Connection::failed(connection.error());
  }
  static Connection begin(std::shared_ptr<const ServerConfig> config, const Clock& clock) {
    auto connection = Connection::accept(std::move(config), {}, clock.now());
    return connection ? std::move(*connection) : Connection::failed(connection.error());
  }

  std::unique_ptr<detail::Core<NextLayer>> core_;
};

}  // namespace nautilus::inline v0::net
