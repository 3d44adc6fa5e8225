#include "engine_end.hpp"

#include <algorithm>

namespace nautilus::fuzz {
namespace {

/// The longest that may wait in `output` without the application having written: a flight with the
/// longest chain of this cast, in the smallest records, and a few alerts.
constexpr std::size_t kMaxFlight = 8192;
/// Octets of plaintext that an end writes before it falls silent.
constexpr std::size_t kMostSent = 32768;
/// The longest octets asked for: a protected record.
constexpr std::size_t kMaxHint = 5 + (1U << 14) + 256;

/// An answer that helps no handshake on, as far as its kind has one.
Answer refusal(RequestKind kind) {
  switch (kind) {
    case RequestKind::SelectIdentity:
      return Answer(Result<std::optional<Identity>>(std::optional<Identity>()));
    case RequestKind::KeyExchange:
      return Answer(Result<KeyExchangeResult>(fail(ErrorCode::InvalidKeyShare)));
    case RequestKind::Sign:
      return Answer(Result<ByteVector>(fail(ErrorCode::CryptoFailure)));
    case RequestKind::VerifyCertificate:
      return Answer(Result<CertificateVerdict>(fail(ErrorCode::AccessDenied)));
    case RequestKind::OpenTicket:
      return Answer(Result<std::optional<SecretBytes>>(std::optional<SecretBytes>()));
    case RequestKind::CheckReplay:
      break;
  }
  return Answer(Result<ReplayVerdict>(ReplayVerdict::Unsure));
}

}  // namespace

void Witness::on_message(Direction, std::string_view name, std::size_t size) noexcept {
  require(!name.empty() && size >= 4, "a message has a name and a header");
}
void Witness::on_alert(Direction, AlertDescription) noexcept {}
void Witness::on_key_update(Direction direction, std::uint64_t epoch) noexcept {
  std::uint64_t& last = epochs_[direction == Direction::Send ? 0 : 1];
  require(epoch > last, "epochs count upwards");
  last = epoch;
}

End::End(Side side, const Cast& cast, bool early_data_allowed)
    : side_(side),
      connection_(side == Side::Client ? connect(cast, &witness_) : accept(cast, &witness_)),
      early_data_allowed_(early_data_allowed),
      unsent_limit_(kMaxFlight) {}

void End::feed(ByteView octets) {
  if (!octets.empty()) {
    const ByteSpan room = connection_.prepare(octets.size());
    require(room.size() >= octets.size(), "room for what was asked");
    std::ranges::copy(octets, room.begin());
    connection_.commit(octets.size());
  }
  drive();
}

void End::drive() {
  for (;;) {
    const Step step = connection_.advance(now_);
    if (const auto* data = std::get_if<PlaintextReady>(&step)) {
      take(*data);
      if (appetite != 0) return;  // the rest stays until the next call
      continue;
    }
    if (std::holds_alternative<HandshakeDone>(step)) {
      finish_handshake();
      continue;
    }
    if (const auto* suspended = std::get_if<Suspended>(&step)) {
      require(connection_.pending() != nullptr, "a request to answer");
      require(static_cast<std::size_t>(suspended->kind) == connection_.pending()->index(),
              "of the kind it says");
      if (hold) return;
      require(connection_.resume(suspended->id, now_).has_value(), "the library answers");
      continue;
    }
    if (const auto* need = std::get_if<NeedInput>(&step)) {
      require(need->hint >= 1 && need->hint <= kMaxHint, "a sensible number to read");
    }
    if (std::holds_alternative<PeerClosed>(step)) {
      require(done_ && connection_.peer_closed(), "closed after the handshake");
    }
    if (const auto* failed = std::get_if<Failed>(&step)) {
      if (!error_) error_ = failed->error;
      require(*error_ == failed->error, "the first error counts");
      require(connection_.error().has_value(), "and is kept");
    }
    return;
  }
}

void End::take(const PlaintextReady& data) {
  require(!data.data.empty(), "plaintext is not empty");
  if (data.early) {
    require(side_ == Side::Server && early_data_allowed_, "early data where it is allowed");
    require(!done_, "early data before the handshake's end");
  } else {
    require(done_, "no plaintext before the handshake's end");
  }
  const std::size_t size = appetite == 0 ? data.data.size() : std::min(appetite, data.data.size());
  ByteVector& log = data.early ? received_early_ : received_;
  log.insert(log.end(), data.data.begin(), data.data.begin() + static_cast<std::ptrdiff_t>(size));
  connection_.consume_plaintext(size);
}

void End::finish_handshake() {
  require(!done_, "HandshakeDone comes once");
  done_ = true;
  require(connection_.connected() && connection_.can_write() != closed_, "connected");
  exporter_.emplace(32);
  require(connection_.export_keying_material("EXPORTER-fuzz", {}, *exporter_).has_value(),
          "an exporter");
}

ByteVector End::take_output() {
  check();
  ByteVector out = to_vector(connection_.output());
  connection_.consume_output(out.size());
  unsent_limit_ = kMaxFlight;
  return out;
}

/// Octets whose order can be told from each other's.
ByteVector End::content(std::size_t size, const ByteVector& before) const {
  ByteVector out(size);
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t at = before.size() + i;
    out[i] = static_cast<std::uint8_t>(at ^ (at >> 8) ^ (side_ == Side::Client ? 0x43 : 0x53));
  }
  return out;
}

void End::write(std::size_t size) {
  if (sent_.size() > kMostSent) size = 0;
  const ByteVector data = content(size, sent_);
  const bool open = connection_.can_write();
  const auto result = connection_.write(data, now_);
  // A key update within may find its own end.
  require(result.has_value() == open || dead(), "as can_write said");
  if (!result) return;
  sent_.insert(sent_.end(), data.begin(), data.end());
  unsent_limit_ += 4 * size + 256;
}

void End::write_early(std::size_t size) {
  const std::size_t left = connection_.early_data_left();
  const ByteVector data = content(size, sent_early_);
  const auto result = connection_.write_early(data);
  if (result.has_value() && size != 0) require(size <= left, "no more than is left");
  if (!result) {
    require(dead() || left < size || left == 0, "as early_data_left said");
    return;
  }
  require(connection_.early_data_left() == left - size, "counted");
  sent_early_.insert(sent_early_.end(), data.begin(), data.end());
  unsent_limit_ += 4 * size + 256;
}

void End::write_half_rtt(std::size_t size) {
  const bool open = connection_.can_write_half_rtt();
  require(!open || side_ == Side::Server, "a server's");
  const ByteVector data = content(size, sent_);
  const auto result = connection_.write_half_rtt(data);
  require(open || !result.has_value(), "as can_write_half_rtt said");
  if (!result) return;
  sent_.insert(sent_.end(), data.begin(), data.end());
  unsent_limit_ += 4 * size + 256;
}

void End::update_keys(KeyUpdateMode mode) {
  const bool open = connection_.can_write();
  const auto result = connection_.update_keys(mode, now_);
  require(result.has_value() == open || dead(), "as can_write said");
  unsent_limit_ += 256;
}

void End::close() {
  const bool was_dead = dead();
  closed_ = true;
  require(connection_.close(now_).has_value() != was_dead, "closing works while alive");
  require(!connection_.can_write(), "and ends writing");
  // Before the handshake is done, closing is giving up.
  require(connection_.close(now_).has_value() != dead(), "twice, too");
}

void End::cancel() {
  connection_.cancel(now_);
  require(dead(), "given up");
}

void End::abort(ErrorCode code) {
  connection_.abort(code, now_);
  require(dead(), "ended");
}

void End::eof() {
  connection_.commit_eof();
  drive();
}

void End::answer(std::uint8_t how) {
  const Request* const request = connection_.pending();
  if (request == nullptr) {
    const auto late = connection_.resume(how, now_);
    require(!late && late.error().code == ErrorCode::UnknownRequest, "an answer to nothing");
    return;
  }
  const Step step = connection_.advance(now_);
  const auto* suspended = std::get_if<Suspended>(&step);
  if (suspended == nullptr) return;  // early plaintext comes first
  const std::uint64_t id = suspended->id;
  const RequestKind kind = suspended->kind;
  switch (how % 4) {
    case 0: {
      const auto wrong = connection_.resume(id + 1, now_);
      require(!wrong && wrong.error().code == ErrorCode::UnknownRequest, "another's answer");
      break;
    }
    case 1: {
      const RequestKind other =
          kind == RequestKind::Sign ? RequestKind::CheckReplay : RequestKind::Sign;
      const auto wrong = connection_.resume(id, refusal(other), now_);
      require(!wrong && wrong.error().code == ErrorCode::ApiMisuse, "of another kind");
      break;
    }
    case 2:
      require(connection_.resume(id, refusal(kind), now_).has_value(), "a refusal is an answer");
      break;
    default: {
      require(connection_.resume(id, now_).has_value(), "the library answers");
      const auto twice = connection_.resume(id, now_);
      require(!twice && twice.error().code == ErrorCode::UnknownRequest, "but once");
      break;
    }
  }
  drive();
}

void End::relocate() {
  Connection elsewhere(std::move(connection_));
  connection_ = std::move(elsewhere);
}

void End::check_dead() const {
  require(!connection_.connected() && !connection_.can_write(), "dead is not connected");
  require(connection_.early_data_left() == 0 && !connection_.can_write_half_rtt(), "nor early");
  require(connection_.pending() == nullptr, "nothing to answer");
  ByteVector out(8);
  const auto exported = connection_.export_keying_material("EXPORTER-fuzz", {}, out);
  require(!exported && exported.error().code == ErrorCode::NotConnected, "nothing to export");
}

void End::check() const {
  require(connection_.output().size() <= unsent_limit_, "no more output than there is reason for");
  if (dead()) check_dead();
  if (connection_.connected())
    require(!connection_.can_write_half_rtt() || done_, "no longer half");
}

}  // namespace nautilus::fuzz
