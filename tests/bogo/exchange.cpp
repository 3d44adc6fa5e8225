#include "bogo/exchange.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include <nautilus/connection.hpp>
#include <nautilus/pki/issue.hpp>

namespace nautilus::bogo {
namespace {

/// A failure that only the shim's own checks found.
Outcome complain(std::string text) { return {Exit::Failed, std::move(text)}; }
Outcome complain(const Error& error) {
  return {Exit::Failed, std::string(to_string(error.code)) + ": " + describe(error)};
}

class Socket {
 public:
  explicit Socket(const Options& options) {
    fd_ = ::socket(options.ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int status = -1;
    if (options.ipv6) {
      sockaddr_in6 address{};
      address.sin6_family = AF_INET6;
      address.sin6_port = htons(options.port);
      address.sin6_addr = in6addr_loopback;
      status = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    } else {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(options.port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      status = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    }
    connected_ = status == 0;
    const int on = 1;
    (void)::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    std::array<std::uint8_t, 8> id{};
    for (std::size_t i = 0; i < id.size(); ++i) {
      id[i] = static_cast<std::uint8_t>(options.shim_id >> (8 * i));
    }
    if (connected_) connected_ = send(id);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  /// Reads what is left, so that closing does not reset the connection before the runner has read
  /// our last alert.
  ~Socket() {
    (void)::shutdown(fd_, SHUT_WR);
    std::array<std::uint8_t, 4096> scratch;
    while (::recv(fd_, scratch.data(), scratch.size(), 0) > 0) {
    }
    ::close(fd_);
  }

  [[nodiscard]] bool connected() const noexcept { return connected_; }
  bool send(ByteView data) noexcept {
    while (!data.empty()) {
      const ssize_t size = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      data = data.subspan(static_cast<std::size_t>(size));
    }
    return true;
  }
  /// 0 at the end or on an error.
  std::size_t receive(ByteSpan room) noexcept {
    const ssize_t size = ::recv(fd_, room.data(), room.size(), 0);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }

 private:
  int fd_ = -1;
  bool connected_ = false;
};

class Exchange {
 public:
  Exchange(const Options& options, const Options& retry, int index, Shared& shared,
           std::chrono::seconds delay)
      : options_(&options),
        retry_(&retry),
        index_(index),
        shared_(&shared),
        delay_(delay),
        socket_(options) {
    shared.sessions->received = shared.sessions->with_early_data = 0;
  }

  Outcome run() {
    if (!socket_.connected()) return {Exit::AlwaysFails, "cannot connect to the runner"};
    if (auto r = start(); r.exit != Exit::Ok) return r;
    if (auto r = write_early(); r.exit != Exit::Ok) return r;
    if (auto r = shake_hands(); r.exit != Exit::Ok) return r;
    if (auto r = check_early_data(); r.exit != Exit::Ok) return r;
    if (auto r = check_facts(); r.exit != Exit::Ok) return r;
    if (auto r = play(); r.exit != Exit::Ok) return r;
    return shut_down();
  }

 private:
  /// Stands still within a process: the runner checks ticket ages to the millisecond.
  [[nodiscard]] TimePoint now() const {
    static const TimePoint start = system_clock().now();
    return start + delay_;
  }

  Outcome start() {
    Result<Connection> made = fail(ErrorCode::Unreachable);
    auto credentials = load_credentials(*options_);
    if (!credentials) return {Exit::Unimplemented, describe(credentials.error())};
    credentials_ = std::move(*credentials);
    if (options_->server) {
      auto config = server_config(*options_, credentials_, *shared_, &seen_);
      if (!config) return {Exit::Unimplemented, describe(config.error())};
      made = Connection::accept(*config, {}, now());
    } else {
      auto config = client_config(*options_, credentials_, *shared_, &seen_);
      if (!config) return {Exit::Unimplemented, describe(config.error())};
      std::optional<ServerName> name;
      if (!options_->host_name.empty()) {
        auto parsed = ServerName::parse(options_->host_name);
        if (!parsed) return complain(parsed.error());
        name = std::move(*parsed);
      }
      made = Connection::connect(*config, {std::move(name), "runner", nullptr}, now());
    }
    if (!made) return complain(made.error());
    connection_.emplace(std::move(*made));
    return {};
  }

  void flush() {
    while (!connection_->output().empty()) {
      const ByteView data = connection_->output();
      const std::size_t size = options_->async || hold_ == Hold::Begin ? 1 : data.size();
      if (hold_ == Hold::Rest) return;
      if (!socket_.send(data.first(size))) {
        connection_->consume_output(data.size());
        return;
      }
      connection_->consume_output(size);
      if (hold_ == Hold::Begin) hold_ = Hold::Rest;
    }
  }

  void receive() {
    const ByteSpan room = connection_->prepare(options_->async ? 1 : 16384);
    const std::size_t size = socket_.receive(options_->async ? room.first(1) : room);
    if (size == 0) {
      connection_->commit_eof();
    } else {
      connection_->commit(size);
    }
  }

  /// Until something other than missing input comes up; requests are left to the library.
  Step next() {
    for (;;) {
      Step step = connection_->advance(now());
      flush();
      if (const auto* suspended = std::get_if<Suspended>(&step)) {
        answer(suspended->id);
      } else if (std::holds_alternative<NeedInput>(step)) {
        receive();
      } else {
        return step;
      }
    }
  }

  /// Chooses the credential as the runner expects, notes which one signs, and leaves the rest to
  /// the library.
  void answer(std::uint64_t id) {
    const Request* request = connection_->pending();
    if (const auto* select = std::get_if<SelectIdentityRequest>(request)) {
      seen_.asked = *select;
      if (options_->fail_cert_callback) {
        (void)connection_->resume(
            id, Result<std::optional<Identity>>(fail(ErrorCode::StoreFailure, "told to fail")),
            now());
        return;
      }
      if (options_->server && options_->fail_ocsp_callback) {
        (void)connection_->resume(
            id, Result<std::optional<Identity>>(fail(ErrorCode::BadOcspResponse, "told to fail")),
            now());
        return;
      }
      auto chosen = credentials_.select(*select);
      if (chosen && *chosen && options_->decline_ocsp_callback) {
        *chosen = (*chosen)->with_ocsp_response({});
      }
      (void)connection_->resume(id, std::move(chosen), now());
      return;
    }
    if (const auto* sign = std::get_if<SignRequest>(request)) {
      for (const Credentials::Item& item : credentials_.items) {
        if (item.identity.chain() == sign->identity.chain()) {
          seen_.credential = item.number;
          break;
        }
      }
    }
    (void)connection_->resume(id, now());
  }

  /// A client's initial write goes out early if it can.
  Outcome write_early() {
    flush();
    if (!options_->shim_writes_first || connection_->early_data_left() == 0) return {};
    for (int i = 0; i < options_->repeat_shim_initial_write; ++i) {
      ByteView data = as_bytes(options_->shim_initial_write);
      data = data.first(std::min(data.size(), connection_->early_data_left()));
      if (auto r = connection_->write_early(data); !r) return complain(r.error());
      written_early_ += data.size();
    }
    flush();
    return {};
  }

  Outcome shake_hands() {
    for (;;) {
      const Step step = next();
      if (const auto* failed = std::get_if<Failed>(&step)) return complain(failed->error);
      if (std::holds_alternative<HandshakeDone>(step)) return {};
      const auto* ready = std::get_if<PlaintextReady>(&step);
      if (ready == nullptr || !ready->early) return complain("data before the handshake was done");
      // The runner waits for the echo before it goes on.
      ByteVector answer = take(ready->data);
      if (auto r = connection_->write_half_rtt(answer); !r) return complain(r.error());
      flush();
    }
  }

  /// Consumes some of the data and returns its complement.
  ByteVector take(ByteView data) {
    const std::size_t most =
        options_->read_size > 0 ? static_cast<std::size_t>(options_->read_size) : 512;
    ByteVector answer = to_vector(data.first(std::min(most, data.size())));
    connection_->consume_plaintext(answer.size());
    for (std::uint8_t& octet : answer) octet ^= 0xFF;
    return answer;
  }

  Outcome check_early_data() {
    const EarlyDataState state = connection_->negotiated().early_data;
    const Options& o = *options_;
    if (o.expect_no_offer_early_data && state != EarlyDataState::None) {
      return complain("early data was offered");
    }
    if (o.expect_accept_early_data && state != EarlyDataState::Accepted) {
      return complain("early data was not accepted");
    }
    if (o.expect_reject_early_data && state == EarlyDataState::Accepted) {
      return complain("early data was accepted");
    }
    if (!o.server && state == EarlyDataState::Rejected) {
      options_ = retry_;
      written_early_ = 0;
    }
    return {};
  }

  Outcome check_facts() {
    const Options& o = *options_;
    const Negotiated& facts = connection_->negotiated();
    if (o.expect_curve_id != 0 && facts.group != static_cast<NamedGroup>(o.expect_curve_id)) {
      return complain("another group");
    }
    if (o.expect_cipher != 0 && facts.cipher_suite != static_cast<CipherSuiteId>(o.expect_cipher)) {
      return complain("another cipher suite");
    }
    if (o.expect_peer_signature_algorithm != 0 && !facts.resumed &&
        facts.peer_signature != static_cast<SignatureScheme>(o.expect_peer_signature_algorithm)) {
      return complain("another signature scheme");
    }
    if (!facts.resumed) {
      if (auto r = check_credentials(); r.exit != Exit::Ok) return r;
    }
    if (o.expect_hrr && !facts.hello_retry_request) return complain("no HelloRetryRequest");
    if (o.expect_no_hrr && facts.hello_retry_request) return complain("HelloRetryRequest");
    if (!o.expect_server_name.empty() && facts.server_name != o.expect_server_name) {
      return complain("another server name");
    }
    if (o.expect_no_server_name && !facts.server_name.empty()) return complain("a server name");
    if (!o.expect_alpn.empty() && facts.application_protocol != o.expect_alpn) {
      return complain("another application protocol");
    }
    if (index_ > 0 && o.expect_ticket_age_skew) {
      const auto skew = facts.ticket_age_skew;
      if (!skew ||
          std::chrono::round<std::chrono::seconds>(*skew).count() != *o.expect_ticket_age_skew) {
        return complain("another skew of the ticket's age");
      }
    }
    const bool expect_resumed = index_ > 0 && !o.expect_session_miss;
    if (facts.resumed != expect_resumed) return complain(facts.resumed ? "resumed" : "not resumed");
    if (o.expect_no_peer_cert && facts.peer.kind == PeerIdentity::Kind::Application) {
      return complain("a peer certificate");
    }
    if (!o.expect_peer_cert_file.empty() && !facts.resumed) return check_peer_chain();
    return {};
  }

  Outcome check_credentials() {
    const Options& o = *options_;
    const Negotiated& facts = connection_->negotiated();
    if (facts.peer.kind == PeerIdentity::Kind::ExternalPsk) note_psk(facts.peer.application);
    if (o.expect_selected_credential && *o.expect_selected_credential != seen_.credential) {
      return complain("another credential");
    }
    if (!o.expect_ocsp_response.empty() && facts.ocsp_response != o.expect_ocsp_response) {
      return complain("another OCSP response");
    }
    if (!o.expect_signed_cert_timestamps.empty() &&
        facts.certificate_timestamps != o.expect_signed_cert_timestamps) {
      return complain("other certificate timestamps");
    }
    if (!o.expect_peer_verify_prefs.empty()) {
      std::vector<std::uint16_t> schemes;
      if (seen_.asked) {
        for (const SignatureScheme s : seen_.asked->signature_schemes) {
          schemes.push_back(static_cast<std::uint16_t>(s));
        }
      }
      if (schemes != o.expect_peer_verify_prefs) return complain("other signature schemes");
    }
    return {};
  }

  void note_psk(ByteView identity) {
    for (std::size_t i = 0; i < options_->credentials.size(); ++i) {
      const Credential& credential = options_->credentials[i];
      if (credential.kind == Credential::Kind::Psk &&
          std::ranges::equal(credential.psk_identity, identity)) {
        seen_.credential = static_cast<int>(i);
      }
    }
  }

  Outcome check_peer_chain() {
    std::string text;
    if (std::FILE* file = std::fopen(options_->expect_peer_cert_file.c_str(), "rb")) {
      std::array<char, 4096> buffer;
      for (std::size_t size; (size = std::fread(buffer.data(), 1, buffer.size(), file)) != 0;) {
        text.append(buffer.data(), size);
      }
      std::fclose(file);
    }
    auto expected = certificates_from_pem(text);
    if (!expected) return complain(expected.error());
    if (*expected != seen_.chain) return complain("another certificate chain");
    return {};
  }

  Outcome write(ByteView data) {
    if (auto r = connection_->write(data, now()); !r) return complain(r.error());
    flush();
    return {};
  }

  Outcome export_keys() {
    ByteVector exported(static_cast<std::size_t>(options_->export_keying_material));
    if (auto r = connection_->export_keying_material(options_->export_label,
                                                     as_bytes(options_->export_context), exported);
        !r) {
      return complain(r.error());
    }
    return write(exported);
  }

  Outcome play() {
    const Options& o = *options_;
    if (o.export_keying_material > 0) {
      if (auto r = export_keys(); r.exit != Exit::Ok) return r;
    }
    if (o.send_alert) {
      connection_->abort(ErrorCode::AccessDenied, now());
      flush();
      return complain("sent an alert on purpose");
    }
    if (o.read_with_unfinished_write) hold_ = Hold::Begin;
    if (o.shim_writes_first) {
      std::string all;
      for (int i = 0; i < o.repeat_shim_initial_write; ++i) all += o.shim_initial_write;
      // Record by record, as it was asked for; what went out early is done.
      const std::size_t step = o.shim_initial_write.size();
      for (std::size_t at = written_early_; at < all.size();) {
        const std::size_t size = std::min(step - at % step, all.size() - at);
        if (auto r = write(as_bytes(all).subspan(at, size)); r.exit != Exit::Ok) return r;
        at += size;
      }
    }
    if (o.shim_shuts_down) return {};
    return echo();
  }

  Outcome echo() {
    for (;;) {
      if (options_->key_update_before_read) {
        if (auto r = connection_->update_keys(KeyUpdateMode::Own, now()); !r) {
          return complain(r.error());
        }
        flush();
      }
      const Step step = next();
      if (std::holds_alternative<PeerClosed>(step)) return {};
      if (const auto* failed = std::get_if<Failed>(&step)) {
        // Without the flag the end of TCP is a clean end.
        if (failed->error.code == ErrorCode::Truncated && !options_->check_close_notify) return {};
        return complain(failed->error);
      }
      const auto* ready = std::get_if<PlaintextReady>(&step);
      if (ready == nullptr) continue;
      hold_ = Hold::No;
      if (options_->peek_then_read) {
        const Step again = next();
        const auto* same = std::get_if<PlaintextReady>(&again);
        if (same == nullptr || same->data.data() != ready->data.data()) {
          return complain("unread data is not there any more");
        }
      }
      const ByteVector answer = take(ready->data);
      if (options_->key_update) {
        if (auto r = connection_->update_keys(KeyUpdateMode::Own, now()); !r) {
          return complain(r.error());
        }
      }
      if (auto r = write(answer); r.exit != Exit::Ok) return r;
    }
  }

  Outcome shut_down() {
    if (!options_->check_close_notify && !options_->shim_shuts_down) return check_sessions();
    if (auto r = connection_->close(now()); !r) return complain(r.error());
    flush();
    for (;;) {
      const Step step = next();
      if (std::holds_alternative<PeerClosed>(step)) return check_sessions();
      if (const auto* ready = std::get_if<PlaintextReady>(&step)) {
        connection_->consume_plaintext(ready->data.size());
      } else if (const auto* failed = std::get_if<Failed>(&step)) {
        if (!options_->check_close_notify && failed->error.code == ErrorCode::Truncated) return {};
        if (failed->error.code == ErrorCode::Truncated) {
          return complain("Unexpected SSL_shutdown result: -1 != 1");
        }
        return complain(failed->error);
      }
    }
  }

  Outcome check_sessions() {
    const Options& o = *options_;
    if (o.server || o.shim_shuts_down) return {};
    const CountingStore& store = *shared_->sessions;
    if (o.expect_no_session) {
      return store.received == 0 ? Outcome() : complain("a session ticket");
    }
    if (store.received == 0) return complain("no session ticket");
    if (o.expect_ticket_supports_early_data && store.with_early_data == 0) {
      return complain("no ticket for early data");
    }
    return {};
  }

  /// A write that is to stay unfinished lets one octet out until the first read.
  enum class Hold : std::uint8_t { No, Begin, Rest };

  const Options* options_;
  const Options* retry_;
  Hold hold_ = Hold::No;
  std::size_t written_early_ = 0;
  int index_;
  Shared* shared_;
  std::chrono::seconds delay_;
  Socket socket_;
  Credentials credentials_;
  Seen seen_;
  std::optional<Connection> connection_;
};

}  // namespace

Outcome run_exchange(const CommandLine& line, int index, Shared& shared,
                     std::chrono::seconds delay) {
  return Exchange(index == 0 ? line.initial : line.resume, line.retry, index, shared, delay).run();
}

}  // namespace nautilus::bogo
