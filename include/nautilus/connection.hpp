#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/config.hpp>
#include <nautilus/export.hpp>
#include <nautilus/negotiated.hpp>
#include <nautilus/observer.hpp>
#include <nautilus/request.hpp>
#include <nautilus/result.hpp>
#include <nautilus/server_name.hpp>

namespace nautilus::inline v0 {

/// Nothing can be done until more octets arrive; `hint` is a sensible number to read.
struct NeedInput {
  std::size_t hint;
};
/// Application data. `data` stays valid, and the same step is returned again, until it is consumed
/// with `consume_plaintext`: nothing is buffered beyond one record, so not consuming is
/// backpressure.
struct PlaintextReady {
  ByteView data;
  /// Early data (0-RTT): it may be a replay of an earlier connection's, and the client has not
  /// proved yet that it is alive.
  bool early = false;
};
/// The handshake has just finished; returned once. For a client this does not yet mean that the
/// server has accepted its certificate.
struct HandshakeDone {};
/// Waiting for an answer to `Connection::pending()`.
struct Suspended {
  std::uint64_t id;
  RequestKind kind;
};
/// The peer sent close_notify: it will send nothing more. Our side may go on writing.
struct PeerClosed {};
/// The connection is dead; an alert may be waiting in `output()`. Returned from now on.
struct Failed {
  Error error;
};

/// The outcome of `Connection::advance`.
using Step = std::variant<NeedInput, PlaintextReady, HandshakeDone, Suspended, PeerClosed, Failed>;

/// How a key update is asked for (RFC 9846 §4.7.3).
enum class KeyUpdateMode : std::uint8_t {
  Own,   ///< replace our sending keys
  Both,  ///< and ask the peer to replace its own
};

struct ConnectOptions {
  /// Whom to reach; decides server_name and certificate verification. Nothing only with a verifier
  /// of the application's, or with external PSKs; the standard verifier makes it `ApiMisuse`.
  std::optional<ServerName> server_name;
  /// What tells this target from others in the session store, e.g. "host:port"; the server name is
  /// used where this is empty.
  std::string target;
  /// Watches the connection; not owned, must outlive it. May be null.
  Observer* observer = nullptr;
};

struct AcceptOptions {
  Observer* observer = nullptr;
};

/// A TLS 1.3 connection without I/O (RFC 9846): octets from the network go in through
/// `prepare`/`commit`, octets for the network come out of `output`, and `advance` says what to do
/// next. It knows no sockets, threads or clocks, so any event loop can drive it:
///
///     loop:  step = advance(now)
///            write output() to the peer, consume_output(n): before anything waits
///            NeedInput       -> read from the peer into prepare(n), commit(n); at EOF commit_eof()
///            PlaintextReady  -> use data, consume_plaintext(n)
///            HandshakeDone   -> write() is allowed
///            Suspended       -> answer pending() with resume()
///            PeerClosed      -> no more data will come
///            Failed          -> flush output() (the alert), then close
///
/// After every call `output()` may have grown. One thread at a time may use a connection; different
/// connections are independent. Movable, not copyable.
class NAUTILUS_API Connection {
 public:
  /// A client's side; the ClientHello is in `output()` right away.
  [[nodiscard]] static Result<Connection> connect(std::shared_ptr<const ClientConfig> config,
                                                  ConnectOptions options, TimePoint now);
  /// A server's side.
  [[nodiscard]] static Result<Connection> accept(std::shared_ptr<const ServerConfig> config,
                                                 AcceptOptions options, TimePoint now);
  /// A connection that died of `error` before it began, for drivers whose constructors cannot fail.
  [[nodiscard]] static Connection failed(const Error& error);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// Room for at least `size` octets from the network, not zeroed; valid until the next call.
  /// Empty if memory ran out: the connection is then dead.
  [[nodiscard]] ByteSpan prepare(std::size_t size) noexcept;
  /// Says how many octets were written into the prepared room.
  void commit(std::size_t size) noexcept;
  /// The transport ended. Unless close_notify came first the next `advance` fails with `Truncated`.
  void commit_eof() noexcept;

  /// Processes as much input as possible.
  [[nodiscard]] Step advance(TimePoint now) noexcept;

  /// Octets for the network; valid until the next call.
  [[nodiscard]] ByteView output() const noexcept;
  void consume_output(std::size_t size) noexcept;
  /// Marks `size` octets of the last `PlaintextReady` as used.
  void consume_plaintext(std::size_t size) noexcept;

  /// Seals the concatenation of `parts` as application data into `output()`. Everything or nothing.
  /// `NotConnected` before `HandshakeDone`, `WriteClosed` after `close()`. Keys are replaced
  /// automatically before their limit.
  [[nodiscard]] Result<void> write(std::span<const ByteView> parts, TimePoint now) noexcept;
  [[nodiscard]] Result<void> write(ByteView data, TimePoint now) noexcept {
    return write(std::span<const ByteView>(&data, 1), now);
  }
  /// A client's early data (0-RTT): sent before the server has answered, under the keys of the
  /// session it resumes, and lost if the server refuses it (`Negotiated::early_data`).
  /// `NotConnected` unless `early_data_left()` says that some may be written, `ApiMisuse` for more
  /// than that.
  [[nodiscard]] Result<void> write_early(std::span<const ByteView> parts) noexcept;
  [[nodiscard]] Result<void> write_early(ByteView data) noexcept {
    return write_early(std::span<const ByteView>(&data, 1));
  }
  /// Octets of early data that may still be written; 0 from the server's answer on.
  [[nodiscard]] std::size_t early_data_left() const noexcept;
  /// A server's data after its own flight and before the client's (half-RTT, RFC 9846 §4.5.3):
  /// nobody has proved to be there to read it. `NotConnected` unless `can_write_half_rtt()`, which
  /// is never true when a certificate was asked for.
  [[nodiscard]] Result<void> write_half_rtt(std::span<const ByteView> parts) noexcept;
  [[nodiscard]] Result<void> write_half_rtt(ByteView data) noexcept {
    return write_half_rtt(std::span<const ByteView>(&data, 1));
  }
  [[nodiscard]] bool can_write_half_rtt() const noexcept;
  /// Queues close_notify: we will send nothing more; receiving goes on (RFC 9846 §6.1). Idempotent.
  /// Before the handshake is done there is nothing to receive either: then it is `cancel`.
  [[nodiscard]] Result<void> close(TimePoint now) noexcept;
  /// Gives up before the handshake is done: queues user_canceled and close_notify.
  void cancel(TimePoint now) noexcept;
  /// Ends the connection with the alert that belongs to `code`, e.g. `AccessDenied` from an
  /// application that does not want this peer.
  void abort(ErrorCode code, TimePoint now) noexcept;
  /// Queues a KeyUpdate. With `Both` only one request is outstanding at a time; another while it is
  /// still unanswered updates our own keys only. After sixteen without application data of ours in
  /// between it does nothing until there is some: peers take more for a flood.
  [[nodiscard]] Result<void> update_keys(KeyUpdateMode mode, TimePoint now) noexcept;

  /// The open request while suspended, else null; valid until the next call.
  [[nodiscard]] const Request* pending() const noexcept;
  /// Answers request `id`. An answer to a request that is not open any more (late, twice, after a
  /// failure) is `UnknownRequest` and has no effect; one of the wrong alternative is `ApiMisuse`.
  Result<void> resume(std::uint64_t id, Answer answer, TimePoint now) noexcept;
  /// Lets the library answer request `id` itself, now.
  Result<void> resume(std::uint64_t id, TimePoint now) noexcept;

  /// Exported keying material (RFC 9846 §7.5), from the end of the handshake on.
  [[nodiscard]] Result<void> export_keying_material(std::string_view label, ByteView context,
                                                    ByteSpan out) const noexcept;

  /// The channel binding "tls-exporter" (RFC 9266), from the end of the handshake on: both ends
  /// have the same, nobody else has it, so an authentication above TLS that covers it holds for
  /// this connection only.
  [[nodiscard]] Result<std::array<std::uint8_t, 32>> channel_binding() const noexcept {
    std::array<std::uint8_t, 32> binding{};
    if (auto r = export_keying_material("EXPORTER-Channel-Binding", {}, binding); !r) {
      return propagate(r);
    }
    return binding;
  }

  /// Whether the handshake is done and the connection alive.
  [[nodiscard]] bool connected() const noexcept;
  /// Whether `write` would be accepted now.
  [[nodiscard]] bool can_write() const noexcept;
  /// Whether close_notify arrived.
  [[nodiscard]] bool peer_closed() const noexcept;
  /// The error that ended the connection, if any.
  [[nodiscard]] std::optional<Error> error() const noexcept;
  /// The alert we sent because of it, if any.
  [[nodiscard]] std::optional<AlertDescription> sent_alert() const noexcept;
  /// The facts so far; complete after `HandshakeDone`. Valid as long as the connection.
  [[nodiscard]] const Negotiated& negotiated() const noexcept;

 private:
  class Engine;
  explicit Connection(std::unique_ptr<Engine> engine) noexcept;
  std::unique_ptr<Engine> engine_;
};

}  // namespace nautilus::inline v0
