#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/config.hpp>
#include <nautilus/connection.hpp>
#include <nautilus/export.hpp>
#include <nautilus/negotiated.hpp>
#include <nautilus/net/descriptor.hpp>
#include <nautilus/observer.hpp>
#include <nautilus/result.hpp>
#include <nautilus/server_name.hpp>

namespace nautilus::inline v0 {

struct TcpOptions {
  /// For TCP to connect, all addresses together. The name look-up before it is the system's and has
  /// its own limits.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  std::chrono::milliseconds handshake_timeout = std::chrono::seconds(10);
  /// For each later read or write; nothing means to wait as long as it takes.
  std::optional<std::chrono::milliseconds> io_timeout;
  /// How long `close` waits for the peer's close_notify.
  std::chrono::milliseconds close_timeout = std::chrono::seconds(5);
  /// Whom to verify, where that is not the host connected to. Clients only.
  std::optional<ServerName> server_name;
  /// Tells this target from others in the session store; "host:port" where empty. Clients only.
  std::string target;
  /// Sent before the server has answered (0-RTT), if the session resumed allows that much. Unless
  /// `early_data_accepted()` says that it arrived, write it again. Needs
  /// `ClientConfigBuilder::early_data`, and should be a request that is safe to repeat. Clients
  /// only; used until `connect` returns.
  ByteView early_data;
  /// Watches the connection; not owned, must outlive the stream. May be null.
  Observer* observer = nullptr;
  /// Certificates and tickets are judged by this clock; not owned, must outlive the stream.
  const Clock* clock = &system_clock();
};

/// A readable view of what a handshake agreed on. Valid as long as its stream stays in place.
class SessionView {
 public:
  explicit SessionView(const Negotiated& facts) noexcept : facts_(&facts) {}
  [[nodiscard]] NamedGroup group() const noexcept { return facts_->group; }
  [[nodiscard]] CipherSuiteId cipher_suite() const noexcept { return facts_->cipher_suite; }
  /// Who the peer proved to be; `authenticated()` is false if it proved nothing.
  [[nodiscard]] const PeerIdentity& peer() const noexcept { return facts_->peer; }
  [[nodiscard]] std::string_view application_protocol() const noexcept {
    return facts_->application_protocol;
  }
  [[nodiscard]] bool resumed() const noexcept { return facts_->resumed; }
  /// Everything there is to know.
  [[nodiscard]] const Negotiated& facts() const noexcept { return *facts_; }

 private:
  const Negotiated* facts_;
};

/// Accepts TCP connections; the TLS handshake is `TcpStream::accept`'s. Descriptors are
/// non-blocking and close-on-exec.
class NAUTILUS_API TcpListener {
 public:
  /// Listens on an IP address, loopback unless told otherwise; port 0 lets the system choose.
  /// `NetworkFailure` if the address cannot be had, `ApiMisuse` if it is not an IP address.
  [[nodiscard]] static Result<TcpListener> listen(std::uint16_t port,
                                                  std::string_view address = "127.0.0.1");

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] int native_handle() const noexcept { return socket_.get(); }
  /// The next connection's socket, without TLS yet. `Timeout` if none comes in time.
  [[nodiscard]] Result<Descriptor> accept(
      std::optional<std::chrono::milliseconds> timeout = std::nullopt);

 private:
  TcpListener(Descriptor socket, std::uint16_t port) noexcept
      : socket_(std::move(socket)), port_(port) {}
  Descriptor socket_;
  std::uint16_t port_;
};

/// TLS 1.3 over a blocking TCP connection. One thread at a time; movable, not copyable.
///
/// Errors are `Result`s: the connection's own, and `Timeout`, `ConnectionClosed` (reset by the
/// peer) or `NetworkFailure` from the transport. After `Timeout` the stream can go on: nothing is
/// lost, and what was not sent yet leaves with the next call. After any other error it is dead.
/// When this side gives up, the alert is sent and what the peer still has under way is read and
/// dropped for at most two seconds and 1 MiB, so that the alert is not lost to a reset. When
/// writing fails because the peer has gone, what it said last is read first: a client whose
/// certificate is refused while it is already sending gets `PeerAlert` with the reason, not a
/// broken pipe.
///
/// SIGPIPE is never raised. Destroying an open stream closes TCP without close_notify, which the
/// peer sees as truncation: call `close()`.
class NAUTILUS_API TcpStream {
 public:
  /// Resolves `host` (a DNS name or an IP address), tries its addresses in turn and shakes hands.
  /// Success does not yet mean that the server accepts our certificate: a refusal is the error of a
  /// later read or write.
  [[nodiscard]] static Result<TcpStream> connect(std::shared_ptr<const ClientConfig> config,
                                                 std::string_view host, std::uint16_t port,
                                                 TcpOptions options = {});
  /// A client's handshake over a connected stream socket. `options.server_name` says whom to
  /// verify.
  [[nodiscard]] static Result<TcpStream> connect(std::shared_ptr<const ClientConfig> config,
                                                 Descriptor socket, TcpOptions options = {});
  /// A server's handshake over an accepted socket.
  [[nodiscard]] static Result<TcpStream> accept(std::shared_ptr<const ServerConfig> config,
                                                Descriptor socket, TcpOptions options = {});
  /// Waits for the listener's next connection (without limit), then as above.
  [[nodiscard]] static Result<TcpStream> accept(std::shared_ptr<const ServerConfig> config,
                                                TcpListener& listener, TcpOptions options = {});

  TcpStream(TcpStream&&) noexcept = default;
  TcpStream& operator=(TcpStream&&) noexcept = default;
  ~TcpStream() = default;

  /// A server's: early data (0-RTT) that came with the handshake. It may be a replay, and is not
  /// part of what `read` returns. Bounded by `EarlyDataOptions::max_size`.
  [[nodiscard]] ByteView early_data() const noexcept { return early_; }
  /// A client's: whether `TcpOptions::early_data` was sent, and the server has taken it.
  [[nodiscard]] bool early_data_accepted() const noexcept {
    return early_sent_ && connection_.negotiated().early_data == EarlyDataState::Accepted;
  }

  /// Waits for data and returns how much was put into `buffer`: 0 once the peer has sent
  /// close_notify (or if the buffer is empty). `Truncated` if TCP ends without it.
  [[nodiscard]] Result<std::size_t> read(ByteSpan buffer);
  /// Sends everything. After `Timeout` all of `data` up to some point was accepted; resending is
  /// not possible.
  Result<void> write(ByteView data);
  Result<void> write(std::string_view text) { return write(as_bytes(text)); }
  /// Sends close_notify; reading goes on (RFC 9846 §6.1).
  Result<void> shutdown_send();
  /// Sends close_notify, waits for the peer's and closes TCP in any case. Data that still arrives
  /// is dropped. `Timeout` or `Truncated` if the peer's close_notify did not come. Idempotent.
  Result<void> close();

  /// Replaces our sending keys, with `Both` the peer's as well (RFC 9846 §4.7.3).
  Result<void> update_keys(KeyUpdateMode mode);
  /// Exported keying material (RFC 9846 §7.5).
  [[nodiscard]] Result<void> export_keying_material(std::string_view label, ByteView context,
                                                    ByteSpan out) const noexcept;

  /// The channel binding "tls-exporter" (RFC 9266).
  [[nodiscard]] Result<std::array<std::uint8_t, 32>> channel_binding() const noexcept {
    return connection_.channel_binding();
  }

  /// What the handshake agreed on.
  [[nodiscard]] SessionView session() const noexcept {
    return SessionView(connection_.negotiated());
  }
  /// The error the stream died of, if any.
  [[nodiscard]] std::optional<Error> error() const noexcept { return error_; }
  void set_io_timeout(std::optional<std::chrono::milliseconds> timeout) noexcept {
    options_.io_timeout = timeout;
  }
  /// The socket, for its options; -1 once closed. Reading or writing it breaks the connection.
  [[nodiscard]] int native_handle() const noexcept { return socket_.get(); }

 private:
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;

  TcpStream(Descriptor socket, Connection connection, TcpOptions options) noexcept
      : socket_(std::move(socket)),
        connection_(std::move(connection)),
        options_(std::move(options)) {}
  static Result<TcpStream> start(Descriptor socket, Result<Connection> connection,
                                 TcpOptions options);
  Result<void> handshake(Deadline deadline);
  Step advance();
  Result<void> receive(Deadline deadline);
  Result<void> flush(Deadline deadline);
  Result<void> wait_for_close(Deadline deadline);
  /// What the peer said before it went away, else `otherwise`.
  Error last_words(const Error& otherwise);
  /// Ends the stream with `error` after our alert had its chance, and returns it.
  std::unexpected<Error> die(const Error& error);
  std::unexpected<Error> fail_with(const Error& error);
  [[nodiscard]] Deadline io_deadline() const noexcept;
  [[nodiscard]] TimePoint now() const noexcept { return options_.clock->now(); }

  Descriptor socket_;
  Connection connection_;
  TcpOptions options_;
  std::optional<Error> error_;
  ByteVector early_;
  bool early_sent_ = false;
};

/// `TcpStream::connect`.
[[nodiscard]] inline Result<TcpStream> connect(std::shared_ptr<const ClientConfig> config,
                                               std::string_view host, std::uint16_t port,
                                               TcpOptions options = {}) {
  return TcpStream::connect(std::move(config), host, port, std::move(options));
}

}  // namespace nautilus::inline v0
