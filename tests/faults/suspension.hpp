// Two connections of which one waits for its answers, and who can give them.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <nautilus/pki/verifier.hpp>

#include "support/scene.hpp"

namespace nautilus::test {

enum class Role : std::uint8_t { Client, Server };
enum class Course : std::uint8_t { Full, Retry, Resumed, Early, External };

inline const char* name_of(Role role) { return role == Role::Client ? "Client" : "Server"; }
inline const char* name_of(Course course) {
  constexpr std::array kNames{"Full", "Retry", "Resumed", "Early", "External"};
  return kNames[static_cast<std::size_t>(course)];
}

/// The alternatives by name; a new one without a line here does not compile.
struct KindOf {
  RequestKind operator()(const SelectIdentityRequest&) const { return RequestKind::SelectIdentity; }
  RequestKind operator()(const KeyExchangeRequest&) const { return RequestKind::KeyExchange; }
  RequestKind operator()(const SignRequest&) const { return RequestKind::Sign; }
  RequestKind operator()(const VerifyCertificateRequest&) const {
    return RequestKind::VerifyCertificate;
  }
  RequestKind operator()(const OpenTicketRequest&) const { return RequestKind::OpenTicket; }
  RequestKind operator()(const CheckReplayRequest&) const { return RequestKind::CheckReplay; }
};
inline const std::vector<RequestKind> kAllKinds{
    RequestKind::SelectIdentity,    RequestKind::KeyExchange, RequestKind::Sign,
    RequestKind::VerifyCertificate, RequestKind::OpenTicket,  RequestKind::CheckReplay};

/// One point at which one side waits.
struct Point {
  Course course;
  Role role;
  RequestKind kind;
  auto operator<=>(const Point&) const = default;
};

/// One end that is driven by hand: it stops where an answer is needed.
struct Side {
  Connection connection;
  std::string received = {};
  bool done = false;
  bool closed = false;
  std::optional<Error> error = {};
  std::optional<Suspended> suspended = {};

  void drive(TimePoint now = kNow) {
    suspended.reset();
    for (;;) {
      const Step step = connection.advance(now);
      if (const auto* data = std::get_if<PlaintextReady>(&step)) {
        EXPECT_FALSE(error);
        received += as_text(data->data);
        connection.consume_plaintext(data->data.size());
      } else if (std::holds_alternative<HandshakeDone>(step)) {
        EXPECT_FALSE(done) << "announced twice";
        done = true;
      } else {
        if (const auto* waits = std::get_if<Suspended>(&step)) suspended = *waits;
        closed = closed || std::holds_alternative<PeerClosed>(step);
        if (const auto* failed = std::get_if<Failed>(&step)) error = failed->error;
        return;
      }
    }
  }
  void put(ByteView octets) {
    const ByteSpan room = connection.prepare(octets.size());
    ASSERT_GE(room.size(), octets.size());
    std::ranges::copy(octets, room.begin());
    connection.commit(octets.size());
  }
  void feed(ByteView octets, std::size_t chunk) {
    for (; !octets.empty(); octets = octets.subspan(std::min(chunk, octets.size()))) {
      put(octets.first(std::min(chunk, octets.size())));
      drive();
    }
  }
};

/// What one can see of a side without changing it.
struct Snapshot {
  ByteVector output;
  bool connected;
  bool can_write;
  bool peer_closed;
  std::optional<Error> error;
  const Request* pending;
  explicit Snapshot(const Connection& c)
      : output(to_vector(c.output())),
        connected(c.connected()),
        can_write(c.can_write()),
        peer_closed(c.peer_closed()),
        error(c.error()),
        pending(c.pending()) {}
  bool operator==(const Snapshot&) const = default;
};

/// The cast, and the objects that answer outside the library.
struct Stage {
  TestAuthority authority;
  Identity client_identity = authority.client();
  Identity server_identity = authority.server();
  std::shared_ptr<const CertificateVerifier> verifier =
      make_x509_verifier(authority.trust(), default_provider()->keys);
  std::shared_ptr<Ticketer> ticketer = make_ticketer(default_provider()).value();
  std::shared_ptr<ReplayRegister> replay =
      make_memory_replay_register(*default_provider()->random).value();
  std::shared_ptr<ClientSessionStore> store = make_memory_session_store();
  std::shared_ptr<const ClientConfig> client;
  std::shared_ptr<const ServerConfig> server;
  Course course;

  Stage(Course which, std::optional<Role> role, const std::vector<RequestKind>& kinds)
      : course(which) {
    ClientConfigBuilder c = ClientConfig::builder();
    ServerConfigBuilder s = ServerConfig::builder();
    c.trust(authority.trust()).identity(client_identity).session_store(store).early_data();
    s.trust(authority.trust()).identity(server_identity).ticketer(ticketer);
    s.early_data({replay, 16384, std::chrono::seconds(10)});
    if (course == Course::Retry) {
      c.groups({NamedGroup::X25519MLKEM768, NamedGroup::secp256r1}).key_shares({});
    }
    if (course == Course::External) {
      for (int i = 0; i < 2; ++i) {
        ExternalPsk psk{to_vector(as_bytes("psk")), SecretBytes(ByteView(kPskKey)), {}, {}};
        if (i == 0) c.external_psk(std::move(psk));
        if (i == 1) s.external_psk(std::move(psk));
      }
    }
    if (!role || *role == Role::Client) c.suspend_on(kinds);
    if (!role || *role == Role::Server) s.suspend_on(kinds);
    client = c.build().value();
    server = s.build().value();
    if (course == Course::Resumed || course == Course::Early) {
      Pipe first(client, server);
      first.run();
      expect_connected(first);
    }
  }

  [[nodiscard]] Side make(Role role) const {
    return role == Role::Client
               ? Side{Connection::connect(
                          client, {ServerName::parse("server.test").value(), "target", nullptr},
                          kNow)
                          .value()}
               : Side{Connection::accept(server, {}, kNow).value()};
  }

  /// What the library itself would say, worked out from the request alone.
  [[nodiscard]] Answer right_answer(const Request& request, Role role) const {
    Random& random = *default_provider()->random;
    if (std::holds_alternative<SelectIdentityRequest>(request)) {
      return Result<std::optional<Identity>>(role == Role::Client ? client_identity
                                                                  : server_identity);
    }
    if (const auto* kx = std::get_if<KeyExchangeRequest>(&request)) {
      if (kx->group != nullptr) return kx->group->respond(kx->peer_share, random);
      auto secret = kx->component ? kx->active->complete_component(kx->peer_share)
                                  : kx->active->complete(kx->peer_share);
      return Result<KeyExchangeResult>(KeyExchangeResult{{}, std::move(secret.value())});
    }
    if (const auto* sign = std::get_if<SignRequest>(&request)) {
      return *sign->identity.key().sign(sign->scheme, sign->message, random);
    }
    if (const auto* verify = std::get_if<VerifyCertificateRequest>(&request)) {
      return *verifier->verify({verify->chain, verify->role,
                                verify->server_name ? &*verify->server_name : nullptr,
                                verify->ocsp_response, kNow, verify->certificate_timestamps});
    }
    if (const auto* open = std::get_if<OpenTicketRequest>(&request)) {
      return *ticketer->open(open->ticket, kNow);
    }
    const auto& check = std::get<CheckReplayRequest>(request);
    return *replay->check(check.token, kNow, check.window);
  }

  static constexpr std::array<std::uint8_t, 32> kPskKey{1, 2, 3, 4, 5};
};

/// An answer of that kind that is a failure.
inline Answer failed_answer(RequestKind kind, ErrorCode code) {
  switch (kind) {
    case RequestKind::SelectIdentity:
      return Result<std::optional<Identity>>(fail(code));
    case RequestKind::KeyExchange:
      return Result<KeyExchangeResult>(fail(code));
    case RequestKind::Sign:
      return Result<ByteVector>(fail(code));
    case RequestKind::VerifyCertificate:
      return Result<CertificateVerdict>(fail(code));
    case RequestKind::OpenTicket:
      return Result<std::optional<SecretBytes>>(fail(code));
    case RequestKind::CheckReplay:
      return Result<ReplayVerdict>(fail(code));
  }
  return Result<ByteVector>(fail(ErrorCode::Unreachable));
}

/// The two sides of one stage.
struct Play {
  Stage stage;
  Role role;  ///< whose answers come from outside
  Side client;
  Side server;
  std::size_t chunk;

  Play(Point point, std::size_t octets_at_once)
      : stage(point.course, point.role, {point.kind}),
        role(point.role),
        client(stage.make(Role::Client)),
        server(stage.make(Role::Server)),
        chunk(octets_at_once) {
    if (point.course == Course::Early) {
      EXPECT_TRUE(client.connection.write_early(as_bytes(kEarly)));
    }
  }
  Side& tested() { return role == Role::Client ? client : server; }
  Side& peer() { return role == Role::Client ? server : client; }

  bool move(Side& from, Side& to) {
    const ByteVector octets = to_vector(from.connection.output());
    if (octets.empty()) return false;
    from.connection.consume_output(octets.size());
    to.feed(octets, chunk);
    return true;
  }
  /// Octets both ways until nothing moves; requests stay open.
  void settle() {
    client.drive();
    server.drive();
    while (move(client, server) || move(server, client)) {
    }
  }
  Result<void> answer() {
    return tested().connection.resume(
        tested().suspended->id, stage.right_answer(*tested().connection.pending(), role), kNow);
  }
  /// Answers whatever is asked until nothing moves.
  void finish() {
    for (settle(); tested().suspended; settle()) ASSERT_TRUE(answer());
  }
  static constexpr std::string_view kEarly = "early";
};

}  // namespace nautilus::test
