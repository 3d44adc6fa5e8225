#include "load/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace load {
namespace {

constexpr std::size_t kMessage = 100;
constexpr std::chrono::milliseconds kLorisPause(200);
/// A nuisance keeps this much under way at most, or it would only measure its own memory.
constexpr std::size_t kBacklog = 16 * 1024;
constexpr int kTurns = 64;
constexpr std::size_t kGarbage = 256 * 1024;

nautilus::Descriptor open_socket(std::uint32_t number, std::uint16_t port) {
  nautilus::Descriptor socket(
      ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket.valid()) return socket;
  const int yes = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  ::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes));
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + number % 64);
  sockaddr_in to = from;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  const bool bound =
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&from), sizeof(from)) == 0;
  if (!bound || (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0 &&
                 errno != EINPROGRESS)) {
    return nautilus::Descriptor();
  }
  return socket;
}

}  // namespace

Client::Client(std::uint32_t number, std::uint16_t port, Manner manner, const Configs& configs,
               bool resume)
    : socket_(open_socket(number, port)),
      manner_(manner),
      started_(std::chrono::steady_clock::now()),
      last_octet_(started_) {
  if (!socket_.valid()) trouble_ = "no socket";
  if (manner == Manner::Garbage) garbage_left_ = kGarbage;
  if (manner == Manner::Silent || manner == Manner::Garbage) return;
  auto config = resume ? configs.resuming : configs.fresh;
  if (manner == Manner::KeyUpdates || manner == Manner::Empty) {
    forged_ = std::make_shared<ForgedFlood>(manner == Manner::KeyUpdates
                                                ? ForgedFlood::Kind::KeyUpdates
                                                : ForgedFlood::Kind::EmptyRecords);
    config = configs.logged(forged_);
  }
  auto tls = nautilus::Connection::connect(
      std::move(config), {nautilus::ServerName::parse("localhost").value(), "load", nullptr},
      nautilus::system_clock().now());
  if (tls) {
    tls_.emplace(std::move(*tls));
  } else {
    trouble_ = describe(tls.error());
  }
  message_ = std::string(kMessage, static_cast<char>('a' + number % 26));
}

State Client::fail(std::string why) {
  trouble_ = std::move(why);
  return State::Failed;
}

bool Client::flush(Moment now) {
  blocked_ = false;
  while (!tls_->output().empty()) {
    nautilus::ByteView out = tls_->output();
    if (manner_ == Manner::Loris) {
      if (now - last_octet_ < kLorisPause) return false;
      last_octet_ = now;
      out = out.first(1);
    }
    const ssize_t size = ::send(socket_.get(), out.data(), out.size(), MSG_NOSIGNAL);
    if (size < 0) {
      blocked_ = errno == EAGAIN || errno == ENOTCONN;
      gone_ = !blocked_;
      return false;
    }
    tls_->consume_output(static_cast<std::size_t>(size));
  }
  return !forged_ || !shook_hands_ || flush_forged();
}

bool Client::flush_forged() {
  const bool ready = forged_->begun() || forged_->begin(tls_->negotiated().cipher_suite);
  if (!ready || !forged_->fill(kBacklog)) return false;
  nautilus::ByteBuffer& out = forged_->output();
  while (!out.empty()) {
    const ssize_t size = ::send(socket_.get(), out.view().data(), out.size(), MSG_NOSIGNAL);
    if (size < 0) {
      blocked_ = errno == EAGAIN;
      gone_ = !blocked_;
      return false;
    }
    out.consume(static_cast<std::size_t>(size));
  }
  return true;
}

bool Client::receive(std::size_t hint) {
  const nautilus::ByteSpan room = tls_->prepare(hint);
  const ssize_t size = ::recv(socket_.get(), room.data(), room.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == ENOTCONN)) return false;
  if (size <= 0) {
    tls_->commit_eof();
  } else {
    tls_->commit(static_cast<std::size_t>(size));
  }
  return true;
}

/// What has no TLS at all: the server must get rid of it by itself.
State Client::harmless() {
  std::array<char, 4096> buffer{};
  buffer.fill('G');
  while (garbage_left_ > 0) {
    const ssize_t size =
        ::send(socket_.get(), buffer.data(), std::min(buffer.size(), garbage_left_), MSG_NOSIGNAL);
    if (size < 0) {
      blocked_ = errno == EAGAIN || errno == ENOTCONN;
      if (blocked_) break;
      return State::Refused;
    }
    garbage_left_ -= static_cast<std::size_t>(size);
  }
  const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (size > 0 || (size < 0 && (errno == EAGAIN || errno == ENOTCONN))) return State::Working;
  return State::Refused;
}

/// Keeps a nuisance's backlog full.
std::optional<State> Client::harass() {
  const auto now = nautilus::system_clock().now();
  const std::array<std::uint8_t, 1> octet{'.'};
  while (tls_->output().size() < kBacklog) {
    const std::size_t before = tls_->output().size();
    if (manner_ == Manner::Rekeying && !tls_->update_keys(nautilus::KeyUpdateMode::Both, now)) {
      return State::Refused;
    }
    // Our engine sends a limited number of KeyUpdates without data in between.
    if (tls_->output().size() == before && !tls_->write(octet, now)) return State::Refused;
  }
  return std::nullopt;
}

std::optional<State> Client::on(const nautilus::Step& step) {
  const auto now = nautilus::system_clock().now();
  if (std::holds_alternative<nautilus::HandshakeDone>(step)) {
    shook_hands_ = true;
    resumed_ = tls_->negotiated().resumed;
    if (manner_ != Manner::Stay && manner_ != Manner::Leave) return std::nullopt;
    if (!tls_->write(nautilus::as_bytes(message_), now)) return fail("cannot write");
  } else if (const auto* ready = std::get_if<nautilus::PlaintextReady>(&step)) {
    if (manner_ == Manner::Stay || manner_ == Manner::Leave) {
      echoed_ += nautilus::as_text(ready->data);
      if (!message_.starts_with(echoed_)) return fail("another client's echo");
    }
    tls_->consume_plaintext(ready->data.size());
    if (echoed_.size() == message_.size() && manner_ == Manner::Leave) leaving_ = true;
  } else if (std::holds_alternative<nautilus::PeerClosed>(step)) {
    if (!closing_) return fail("closed by the server");
    return State::Done;
  } else if (const auto* failed = std::get_if<nautilus::Failed>(&step)) {
    const bool nuisance = manner_ != Manner::Stay && manner_ != Manner::Leave;
    return nuisance ? State::Refused : fail(describe(failed->error));
  } else if (const auto* suspended = std::get_if<nautilus::Suspended>(&step)) {
    (void)tls_->resume(suspended->id, now);
  }
  return std::nullopt;
}

State Client::run(Moment now) {
  if (!trouble_.empty()) return State::Failed;
  if (!tls_) return manner_ == Manner::Garbage ? harmless() : State::Working;
  if (shook_hands_ && (manner_ == Manner::Rekeying || manner_ == Manner::Trickle)) {
    if (const auto end = harass()) return *end;
  }
  // Others have their turn too: a flood that is answered would never end.
  for (int turn = 0; turn < kTurns; ++turn) {
    if (leaving_ && !closing_) {
      closing_ = true;
      if (!tls_->close(nautilus::system_clock().now())) return fail("cannot close");
    }
    const bool flushed = flush(now);
    if (gone_ && (manner_ != Manner::Stay && manner_ != Manner::Leave)) return State::Refused;
    const nautilus::Step step = tls_->advance(nautilus::system_clock().now());
    if (const auto* need = std::get_if<nautilus::NeedInput>(&step)) {
      if (flushed && !tls_->output().empty()) continue;
      if (receive(need->hint)) continue;
      const bool idle = manner_ == Manner::Stay && echoed_.size() == message_.size() && !leaving_;
      return idle ? State::Idle : State::Working;
    }
    if (const auto end = on(step)) {
      if (*end == State::Done) (void)flush(now);
      return *end;
    }
  }
  return State::Working;
}

}  // namespace load
