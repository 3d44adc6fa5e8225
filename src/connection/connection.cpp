// The public face. Memory running out is caught here and becomes an error on a dead connection.
#include <new>

#include <nautilus/connection.hpp>

#include "connection/engine.hpp"

namespace nautilus::inline v0 {
namespace {

/// Runs `body`, or kills the connection where memory runs out.
template <class Engine, class Body, class Otherwise>
auto guarded(Engine& engine, Body body, Otherwise otherwise) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    engine.die(Error{ErrorCode::OutOfMemory});
  } catch (...) {
    engine.die(Error{ErrorCode::Unreachable, "exception"});
  }
  return otherwise();
}

}  // namespace

Connection::Connection(std::unique_ptr<Engine> engine) noexcept : engine_(std::move(engine)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::connect(std::shared_ptr<const ClientConfig> config,
                                       ConnectOptions options, TimePoint now) {
  try {
    const handshake::ClientSettings& settings = config->settings();
    if (settings.name_required && !options.server_name) {
      return fail(ErrorCode::ApiMisuse, "no server name to verify the certificate against");
    }
    auto engine = std::make_unique<Engine>(std::move(config), settings, options.observer);
    if (auto r = engine->start_client(settings, std::move(options), now); !r) return propagate(r);
    return Connection(std::move(engine));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::OutOfMemory);
  }
}

Result<Connection> Connection::accept(std::shared_ptr<const ServerConfig> config,
                                      AcceptOptions options, TimePoint) {
  try {
    const handshake::ServerSettings& settings = config->settings();
    auto engine = std::make_unique<Engine>(std::move(config), settings, options.observer);
    engine->start_server(settings);
    return Connection(std::move(engine));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::OutOfMemory);
  }
}

Connection Connection::failed(const Error& error) {
  static const handshake::CommonSettings kNone{};
  auto engine = std::make_unique<Engine>(nullptr, kNone, nullptr);
  engine->die(error);
  (void)engine->output();
  engine->consume_output(engine->output().size());  // there is nobody to alert
  return Connection(std::move(engine));
}

ByteSpan Connection::prepare(std::size_t size) noexcept {
  return guarded(*engine_, [&] { return engine_->prepare(size); }, [] { return ByteSpan(); });
}
void Connection::commit(std::size_t size) noexcept { engine_->commit(size); }
void Connection::commit_eof() noexcept { engine_->commit_eof(); }

Step Connection::advance(TimePoint now) noexcept {
  return guarded(
      *engine_, [&] { return engine_->advance(now); },
      [&]() -> Step { return Failed{*engine_->error()}; });
}

ByteView Connection::output() const noexcept { return engine_->output(); }
void Connection::consume_output(std::size_t size) noexcept { engine_->consume_output(size); }
void Connection::consume_plaintext(std::size_t size) noexcept { engine_->consume_plaintext(size); }

Result<void> Connection::write(std::span<const ByteView> parts, TimePoint now) noexcept {
  return guarded(
      *engine_, [&] { return engine_->write(parts, now); },
      [&]() -> Result<void> { return std::unexpected(*engine_->error()); });
}

Result<void> Connection::write_early(std::span<const ByteView> parts) noexcept {
  return guarded(
      *engine_, [&] { return engine_->write_early(parts); },
      [&]() -> Result<void> { return std::unexpected(*engine_->error()); });
}

Result<void> Connection::write_half_rtt(std::span<const ByteView> parts) noexcept {
  return guarded(
      *engine_, [&] { return engine_->write_half_rtt(parts); },
      [&]() -> Result<void> { return std::unexpected(*engine_->error()); });
}

Result<void> Connection::close(TimePoint) noexcept {
  return guarded(
      *engine_, [&] { return engine_->close(); },
      [&]() -> Result<void> { return std::unexpected(*engine_->error()); });
}

void Connection::cancel(TimePoint) noexcept {
  guarded(*engine_, [&] { engine_->cancel(); }, [] {});
}

void Connection::abort(ErrorCode code, TimePoint) noexcept { engine_->die(Error{code}); }

Result<void> Connection::update_keys(KeyUpdateMode mode, TimePoint now) noexcept {
  return guarded(
      *engine_, [&] { return engine_->update_keys(mode, now); },
      [&]() -> Result<void> { return std::unexpected(*engine_->error()); });
}

const Request* Connection::pending() const noexcept { return engine_->pending(); }

Result<void> Connection::resume(std::uint64_t id, Answer answer, TimePoint now) noexcept {
  return guarded(
      *engine_, [&] { return engine_->resume(id, std::move(answer), now); },
      [&]() -> Result<void> { return std::unexpected(*engine_->error()); });
}

Result<void> Connection::resume(std::uint64_t id, TimePoint now) noexcept {
  return guarded(
      *engine_, [&] { return engine_->resume(id, std::nullopt, now); },
      [&]() -> Result<void> { return std::unexpected(*engine_->error()); });
}

Result<void> Connection::export_keying_material(std::string_view label, ByteView context,
                                                ByteSpan out) const noexcept {
  return engine_->export_keying_material(label, context, out);
}

bool Connection::connected() const noexcept { return engine_->connected(); }
bool Connection::can_write() const noexcept { return engine_->can_write(); }
std::size_t Connection::early_data_left() const noexcept { return engine_->early_data_left(); }
bool Connection::can_write_half_rtt() const noexcept { return engine_->can_write_half_rtt(); }
bool Connection::peer_closed() const noexcept { return engine_->peer_closed(); }
std::optional<Error> Connection::error() const noexcept { return engine_->error(); }
std::optional<AlertDescription> Connection::sent_alert() const noexcept {
  return engine_->sent_alert();
}
const Negotiated& Connection::negotiated() const noexcept { return engine_->negotiated(); }

}  // namespace nautilus::inline v0
