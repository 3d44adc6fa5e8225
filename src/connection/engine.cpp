#include "connection/engine.hpp"

#include <algorithm>
#include <array>
#include <new>

namespace nautilus::inline v0 {
namespace {

using handshake::Epoch;
using wire::ContentType;

/// Warning alerts tolerated; user_canceled is the only one left in TLS 1.3 (RFC 9846 §6.1).
constexpr unsigned kMaxWarnings = 4;

/// The change_cipher_spec record and the headers of a flight's records, with a good margin.
constexpr std::size_t kCompatibilityRoom = 256;

/// Room made for a flight with its first message; it is given back with the flight.
constexpr std::size_t kUsualFlight = 2048;

std::string_view message_name(ByteView message) noexcept {
  using enum wire::HandshakeType;
  switch (static_cast<wire::HandshakeType>(message[0])) {
    case client_hello:
      return "ClientHello";
    case server_hello: {
      const ByteView random = message.size() >= 38 ? message.subspan(6, 32) : ByteView();
      return std::ranges::equal(random, wire::kHelloRetryRequestRandom) ? "HelloRetryRequest"
                                                                        : "ServerHello";
    }
    case new_session_ticket:
      return "NewSessionTicket";
    case end_of_early_data:
      return "EndOfEarlyData";
    case encrypted_extensions:
      return "EncryptedExtensions";
    case certificate:
      return "Certificate";
    case certificate_request:
      return "CertificateRequest";
    case certificate_verify:
      return "CertificateVerify";
    case finished:
      return "Finished";
    case key_update:
      return "KeyUpdate";
    case compressed_certificate:
      return "CompressedCertificate";
    case message_hash:
      return "message_hash";
  }
  return "unknown";
}

RequestKind kind_of(const Request& request) noexcept {
  return static_cast<RequestKind>(request.index());
}

}  // namespace

Connection::Engine::Engine(std::shared_ptr<const void> config,
                           const handshake::CommonSettings& settings, Observer* observer) noexcept
    : config_(std::move(config)),
      settings_(&settings),
      observer_(observer),
      joiner_(&settings.spares->output),
      input_(&settings.spares->input, ByteBuffer::Content::Secret, record::kHeaderSize),
      output_(&settings.spares->output, ByteBuffer::Content::Public, record::kHeaderSize),
      flight_(&settings.spares->output, ByteBuffer::Content::Secret, 0) {
  if (settings.max_record_content) sender_.set_max_content(*settings.max_record_content);
  sender_.set_padding(settings.padding_block);
}

Result<void> Connection::Engine::start_client(const handshake::ClientSettings& settings,
                                              ConnectOptions options, TimePoint now) {
  sender_.set_legacy_version(0x0301);  // for the first ClientHello only (RFC 9846 §5.1)
  handshake::Context cx = context(now);
  auto machine = handshake::make_client(settings, std::move(options.server_name),
                                        std::move(options.target), cx);
  if (!machine) return propagate(machine);
  machine_ = std::move(*machine);
  if (auto r = flush_flight(); !r) return r;
  sender_.set_legacy_version(0x0303);
  return {};
}

void Connection::Engine::start_server(const handshake::ServerSettings& settings) {
  server_settings_ = &settings;
  machine_ = handshake::make_server(settings);
}

ByteSpan Connection::Engine::prepare(std::size_t size) { return input_.prepare(size); }

void Connection::Engine::consume_output(std::size_t size) noexcept {
  output_.consume(size);
  output_.release_if_empty();
}

void Connection::Engine::consume_plaintext(std::size_t size) noexcept {
  size = std::min(size, plaintext_size_);
  plaintext_offset_ += size;
  plaintext_size_ -= size;
  if (plaintext_size_ != 0 || record_size_ == 0) return;
  input_.consume(record_size_);
  // After a full record more will follow: the memory stays for it, and is not wiped in between.
  if (record_size_ < record::kMaxPlaintext) input_.release_if_empty();
  record_size_ = 0;
}

Step Connection::Engine::advance(TimePoint now) {
  for (;;) {
    if (error_) return Failed{*error_};
    if (plaintext_size_ != 0) {
      return PlaintextReady{input_.view().subspan(plaintext_offset_, plaintext_size_),
                            plaintext_early_};
    }
    Request* const request = machine_->pending();
    if (request != nullptr && !deferred_ && !must_suspend(kind_of(*request))) {
      if (auto answer = answer_locally(*request, now)) {
        auto r = resume(next_request_id_, std::move(answer), now);
        if (!r && !error_) die(r.error());
        continue;
      }
    }
    // Nothing more joins the flight before somebody else has spoken.
    if (auto r = flush_flight(); !r) {
      die(r.error());
      continue;
    }
    if (request != nullptr) {
      deferred_ = true;
      return Suspended{next_request_id_, kind_of(*request)};
    }
    if (connected() && !announced_) {
      announced_ = true;
      return HandshakeDone{};
    }
    auto message = take_message(now);
    if (!message) {
      die(message.error());
      continue;
    }
    if (*message) continue;
    if (peer_closed_) return PeerClosed{};
    auto progress = receive_record(now);
    if (!progress) {
      die(progress.error());
    } else if (*progress == Progress::NeedsInput) {
      if (!eof_) return NeedInput{record::missing_octets(input_.view())};
      die(Error{ErrorCode::Truncated});
    }
  }
}

Result<bool> Connection::Engine::take_message(TimePoint now) {
  auto message = joiner_.next();
  if (!message) return propagate(message);
  if (!*message) return false;
  if (observer_) {
    observer_->on_message(Direction::Receive, message_name((*message)->encoded),
                          (*message)->encoded.size());
  }
  handshake::Context cx = context(now);
  cx.aligned = joiner_.aligned_after_first();
  if (auto r = machine_->receive(**message, cx); !r) return propagate(r);
  joiner_.pop();
  if (auto r = flush_flight(); !r) return propagate(r);
  return true;
}

Result<Connection::Engine::Progress> Connection::Engine::receive_record(TimePoint now) {
  auto received = receiver_.next(input_.readable());
  if (!received) return propagate(received);
  if (!*received) return Progress::NeedsInput;
  return take_record(**received, now);
}

Result<Connection::Engine::Progress> Connection::Engine::take_record(
    const record::Received& received, TimePoint) {
  if (received.type != ContentType::handshake && !joiner_.empty()) {
    return fail(ErrorCode::InterleavedMessages);
  }
  switch (received.type) {
    case ContentType::handshake:
      joiner_.add(received.content);
      break;
    case ContentType::alert:
      if (auto r = take_alert(received.content); !r) return propagate(r);
      break;
    case ContentType::change_cipher_spec:
      if (!machine_->change_cipher_spec_allowed()) {
        return fail(ErrorCode::UnexpectedChangeCipherSpec);
      }
      break;
    case ContentType::application_data: {
      if (received.skipped) break;
      handshake::ApplicationTraffic* traffic = machine_->traffic();
      plaintext_early_ = traffic == nullptr;
      if (plaintext_early_) {
        const std::size_t limit = machine_->early_data_limit();
        if (limit == 0) return fail(ErrorCode::UnexpectedMessage, "application data");
        if (received.content.size() > limit - early_data_) return fail(ErrorCode::TooMuchEarlyData);
        early_data_ += received.content.size();
      }
      if (received.content.empty()) break;
      if (traffic != nullptr) traffic->note_data();
      plaintext_offset_ =
          static_cast<std::size_t>(received.content.data() - input_.readable().data());
      plaintext_size_ = received.content.size();
      record_size_ = received.consumed;
      return Progress::Plaintext;
    }
    case ContentType::invalid:
      return fail(ErrorCode::UnexpectedRecordType);
  }
  input_.consume(received.consumed);
  input_.release_if_empty();
  return Progress::Made;
}

Result<void> Connection::Engine::take_alert(ByteView content) {
  auto alert = wire::decode_alert(content);
  if (!alert) return propagate(alert);
  if (observer_) observer_->on_alert(Direction::Receive, alert->description);
  if (alert->description == AlertDescription::close_notify && connected()) {
    peer_closed_ = true;
    return {};
  }
  if (alert->description == AlertDescription::user_canceled) {
    // Said before close_notify; it changes nothing by itself (RFC 9846 §6.1).
    if (++warnings_ > kMaxWarnings) return fail(ErrorCode::TooManyWarningAlerts);
    return {};
  }
  return std::unexpected(Error{ErrorCode::PeerAlert, "", alert->description});
}

std::uint64_t Connection::Engine::records_left() const noexcept {
  std::uint64_t left = sender_.remaining_records();
  if (settings_->max_records_per_key) {
    const std::uint64_t limit = *settings_->max_records_per_key;
    left = std::min(left, limit > sender_.sequence() ? limit - sender_.sequence() : 0);
  }
  return left;
}

Result<void> Connection::Engine::refresh_keys(TimePoint now) {
  // One record is kept for the KeyUpdate itself.
  if (records_left() > 1) return {};
  return update_keys(KeyUpdateMode::Own, now);
}

Result<void> Connection::Engine::write(std::span<const ByteView> parts, TimePoint now) {
  if (error_) return std::unexpected(*error_);
  if (!connected()) return fail(ErrorCode::NotConnected);
  if (write_closed_) return fail(ErrorCode::WriteClosed);
  std::size_t total = 0;
  for (const ByteView part : parts) total += part.size();
  if (total == 0) return {};
  // A requested KeyUpdate is answered before our next data and not earlier, so that any number of
  // requests costs one reply (RFC 9846 §4.7.3).
  if (machine_->traffic()->reply_due) {
    if (auto r = update_keys(KeyUpdateMode::Own, now); !r) return r;
  }
  const std::size_t per_record = sender_.max_content();
  // The usual case: everything fits under the current key.
  if (total / per_record + 2 < records_left()) {
    machine_->traffic()->note_own_data();
    return sender_.send(ContentType::application_data, parts, output_);
  }
  for (const ByteView part : parts) {
    for (std::size_t at = 0; at < part.size(); at += per_record) {
      if (auto r = refresh_keys(now); !r) return r;
      const ByteView piece = part.subspan(at, std::min(per_record, part.size() - at));
      if (auto r = sender_.send(ContentType::application_data, piece, output_); !r) return r;
      machine_->traffic()->note_own_data();
    }
  }
  return {};
}

std::size_t Connection::Engine::early_data_left() const noexcept {
  if (error_ || send_kind_ != Epoch::EarlyData) return 0;
  return facts_.early_data_limit - early_data_;
}

Result<void> Connection::Engine::write_early(std::span<const ByteView> parts) {
  if (error_) return std::unexpected(*error_);
  std::size_t total = 0;
  for (const ByteView part : parts) total += part.size();
  if (send_kind_ != Epoch::EarlyData)
    return fail(ErrorCode::NotConnected, "early data is not open");
  if (total > early_data_left()) {
    return fail(ErrorCode::ApiMisuse, "more early data than the server takes");
  }
  if (total == 0) return {};
  early_data_ += total;
  return sender_.send(ContentType::application_data, parts, output_);
}

bool Connection::Engine::can_write_half_rtt() const noexcept {
  return !error_ && !write_closed_ && machine_ && machine_->half_rtt_allowed();
}

Result<void> Connection::Engine::write_half_rtt(std::span<const ByteView> parts) {
  if (error_) return std::unexpected(*error_);
  if (!can_write_half_rtt()) return fail(ErrorCode::NotConnected, "not between the two flights");
  std::size_t total = 0;
  for (const ByteView part : parts) total += part.size();
  if (total == 0) return {};
  // Keys cannot be replaced yet, so the limit is final.
  if (total / sender_.max_content() + 2 >= records_left()) {
    return fail(ErrorCode::ApiMisuse, "more than one key may protect before the handshake is done");
  }
  return sender_.send(ContentType::application_data, parts, output_);
}

Result<void> Connection::Engine::close() {
  if (error_) return std::unexpected(*error_);
  if (write_closed_) return {};
  // Nothing follows close_notify (RFC 9846 §6.1), so a handshake cannot go on after it.
  if (!connected() && !can_write_half_rtt()) {
    cancel();
    return {};
  }
  write_closed_ = true;
  return send_alert(AlertDescription::close_notify);
}

void Connection::Engine::cancel() {
  if (error_) return;
  (void)send_alert(AlertDescription::user_canceled);
  (void)send_alert(AlertDescription::close_notify);
  error_ = Error{ErrorCode::Canceled};
  machine_->kill();
}

Result<void> Connection::Engine::update_keys(KeyUpdateMode mode, TimePoint now) {
  if (error_) return std::unexpected(*error_);
  if (!connected()) return fail(ErrorCode::NotConnected);
  if (write_closed_) return fail(ErrorCode::WriteClosed);
  handshake::ApplicationTraffic& traffic = *machine_->traffic();
  if (traffic.updated_often() && !traffic.reply_due) return {};
  handshake::Context cx = context(now);
  if (auto r =
          traffic.update(mode == KeyUpdateMode::Both ? wire::KeyUpdateRequest::update_requested
                                                     : wire::KeyUpdateRequest::update_not_requested,
                         cx);
      !r) {
    die(r.error());
    return r;
  }
  return flush_flight();
}

Result<void> Connection::Engine::export_keying_material(std::string_view label, ByteView context,
                                                        ByteSpan out) const noexcept {
  if (!connected()) return fail(ErrorCode::NotConnected);
  const handshake::ApplicationTraffic& traffic = *machine_->traffic();
  return state::export_keying_material(*traffic.suite->hash, traffic.labels,
                                       traffic.exporter_secret, label, context, out);
}

Result<void> Connection::Engine::send_alert(AlertDescription alert) {
  const bool warning =
      alert == AlertDescription::close_notify || alert == AlertDescription::user_canceled;
  const std::array<std::uint8_t, 2> content{static_cast<std::uint8_t>(warning ? 1 : 2),
                                            static_cast<std::uint8_t>(alert)};
  if (auto r = flush_flight(); !r) return r;
  if (auto r = sender_.send(ContentType::alert, content, output_); !r) return r;
  if (observer_) observer_->on_alert(Direction::Send, alert);
  return {};
}

void Connection::Engine::die(const Error& error) noexcept {
  if (error_) return;
  error_ = error;
  // A flight cut short does not go out: its last message may ask for keys we never came to use.
  flight_.clear();
  if (const auto alert = alert_for(error.code); alert && !write_closed_) {
    // Memory may be what we ran out of; then the peer learns from the closed transport.
    try {
      if (send_alert(*alert)) sent_alert_ = alert;
    } catch (const std::bad_alloc&) {
    }
  }
  if (machine_) machine_->kill();
  input_.clear();
  plaintext_size_ = record_size_ = 0;
}

Result<void> Connection::Engine::send(Epoch, ByteView message) {
  if (write_closed_) return {};  // a server's tickets, which nobody misses
  if (observer_) observer_->on_message(Direction::Send, message_name(message), message.size());
  if (flight_.empty()) (void)flight_.prepare(std::max(message.size(), kUsualFlight));
  flight_.append(message);
  return {};
}

void Connection::Engine::send_change_cipher_spec() {
  // Room for both first, so that memory cannot run out between them.
  (void)output_.prepare(flight_.size() + kCompatibilityRoom);
  (void)flush_flight();
  sender_.send_change_cipher_spec(output_);
}

Result<void> Connection::Engine::flush_flight() {
  if (flight_.empty()) return {};
  auto sent = sender_.send(ContentType::handshake, flight_.view(), output_);
  flight_.consume(flight_.size());
  flight_.release_if_empty();
  return sent;
}

Result<void> Connection::Engine::install_send(Epoch epoch, const CipherSuite& suite,
                                              const crypto::HashSecret& secret) {
  // The keys are made before the flight leaves: if that fails, the alert is still under the keys
  // the peer expects.
  auto protection =
      record::Protection::from_secret(suite, settings_->transport.labels.prefix, secret.expose());
  if (!protection) return propagate(protection);
  if (auto r = flush_flight(); !r) return r;
  sender_.install(++send_epoch_, std::move(*protection));
  send_kind_ = epoch;
  if (epoch == Epoch::Application && observer_ && announced_) {
    observer_->on_key_update(Direction::Send, send_epoch_);
  }
  return {};
}

void Connection::Engine::limit_send(std::uint16_t record_size_limit) noexcept {
  // The limit counts the type octet, our content does not.
  sender_.set_peer_limit(record_size_limit - 1U);
}

void Connection::Engine::uninstall_send() noexcept {
  sender_.uninstall();
  send_kind_ = Epoch::Initial;
}

Result<void> Connection::Engine::install_receive(Epoch epoch, const CipherSuite& suite,
                                                 const crypto::HashSecret& secret,
                                                 handshake::HandshakeAligned) {
  auto protection =
      record::Protection::from_secret(suite, settings_->transport.labels.prefix, secret.expose());
  if (!protection) return propagate(protection);
  receiver_.install(++receive_epoch_, std::move(*protection));
  if (epoch == Epoch::Application && observer_ && announced_) {
    observer_->on_key_update(Direction::Receive, receive_epoch_);
  }
  return {};
}

}  // namespace nautilus::inline v0
