#include "engine_cast.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "fixed_certificate.hpp"
#include "support.hpp"

namespace nautilus::fuzz {
namespace {

/// Gives out the first session again and again, so that every connection is the same.
class RepeatingStore final : public ClientSessionStore {
 public:
  void put(std::string_view, ClientSession session) override {
    if (!kept_ && !sealed_) kept_ = std::move(session);
  }
  std::optional<ClientSession> take(std::string_view, TimePoint now) override {
    if (!kept_ || kept_->expired(now)) return std::nullopt;
    return kept_->clone();
  }
  void set_group(std::string_view, NamedGroup) override {}
  std::optional<NamedGroup> group(std::string_view) override { return std::nullopt; }
  [[nodiscard]] bool empty() const { return !kept_; }
  /// From now on it stays as it is: no input leaves anything behind for the next.
  void seal() { sealed_ = true; }

 private:
  bool sealed_ = false;
  std::optional<ClientSession> kept_;
};

class AlwaysFresh final : public ReplayRegister {
 public:
  ByteView domain() const noexcept override { return domain_; }
  Eventually<ReplayVerdict> check(ByteView, TimePoint, std::chrono::milliseconds) override {
    return Result<ReplayVerdict>(ReplayVerdict::Fresh);
  }

 private:
  std::array<std::uint8_t, 1> domain_{1};
};

const Identity& identity() {
  static const Identity made = [] {
    auto parts = Identity::from_parts({ByteVector(kCertificate.begin(), kCertificate.end())},
                                      fake_signing_key(to_vector(certificate_spki())));
    require(parts.has_value(), "the fixed certificate");
    return parts->with_ocsp_response(ByteVector(20, 0x0C))
        .with_certificate_timestamps({0x00, 0x03, 0x00, 0x01, 0x5C});
  }();
  return made;
}

const std::vector<RequestKind>& every_kind() {
  static const std::vector<RequestKind> kinds{
      RequestKind::SelectIdentity,    RequestKind::KeyExchange, RequestKind::Sign,
      RequestKind::VerifyCertificate, RequestKind::OpenTicket,  RequestKind::CheckReplay};
  return kinds;
}

ExternalPsk external_psk() {
  return {to_vector(as_bytes("external")), SecretBytes(ByteView(ByteVector(32, 0x77))), {}, {}};
}

/// What both builders have in common.
template <class Builder>
void common(Builder& builder, const Shape& shape) {
  if (shape.small_records) builder.record_size_limit(64);
  if (shape.suspend) builder.suspend_on(every_kind());
  if (shape.short_keys) builder.max_records_per_key(4);
  if (shape.resume == Resume::ExternalPsk) builder.external_psk(external_psk());
  builder.grease(shape.extras);
  if (shape.extras) builder.application_protocols({"h2", "http/1.1"}).pad_records(32);
}

std::shared_ptr<const ClientConfig> client_config(const Cast& cast, const Shape& shape,
                                                  std::shared_ptr<ClientSessionStore> store) {
  auto client = ClientConfig::builder(fake_provider(shape.strength, cast.client_random));
  common(client, shape);
  client.dangerous().verifier(fake_verifier());
  using enum NamedGroup;
  if (shape.hybrid) {
    client.groups({X25519MLKEM768, x25519, secp256r1});
  } else {
    client.groups({x25519, secp256r1}).key_shares({x25519});
  }
  if (shape.client_identity) client.identity(identity());
  if (shape.resume == Resume::Ticket || shape.resume == Resume::EarlyData) {
    client.session_store(std::move(store));
  }
  if (shape.resume == Resume::EarlyData) client.early_data();
  if (shape.extras) {
    client.request_ocsp_response().request_certificate_timestamps().ticket_request(3, 2);
  }
  auto built = client.build();
  require(built.has_value(), "a client's config");
  return *built;
}

std::shared_ptr<const ServerConfig> server_config(const Cast& cast, const Shape& shape,
                                                  std::shared_ptr<Ticketer> ticketer) {
  auto server = ServerConfig::builder(fake_provider(shape.strength, cast.server_random));
  common(server, shape);
  server.identity(identity()).client_auth(shape.auth);
  if (shape.auth != ClientAuth::None) server.dangerous().verifier(fake_verifier());
  using enum NamedGroup;
  server.groups(shape.retry ? std::vector{secp256r1} : std::vector{x25519, secp256r1});
  if (shape.resume == Resume::EarlyData && !shape.refuse_early) {
    server.early_data({std::make_shared<AlwaysFresh>(), 1024});
  }
  server.ticketer(std::move(ticketer));
  if (!shape.tickets) server.ticket_count(0, 0);
  auto built = server.build();
  require(built.has_value(), "a server's config");
  return *built;
}

/// Carries octets both ways until nothing moves; requests are answered at once.
void shake_hands(Connection& client, Connection& server) {
  const auto drive = [](Connection& connection) {
    for (;;) {
      const Step step = connection.advance(kNow);
      if (const auto* suspended = std::get_if<Suspended>(&step)) {
        (void)connection.resume(suspended->id, kNow);
      } else if (!std::holds_alternative<HandshakeDone>(step)) {
        return;
      }
    }
  };
  const auto move = [&](Connection& from, Connection& to) {
    drive(from);
    const ByteVector octets = to_vector(from.output());
    from.consume_output(octets.size());
    if (!octets.empty()) std::ranges::copy(octets, to.prepare(octets.size()).begin());
    to.commit(octets.size());
    drive(to);
    return !octets.empty();
  };
  while (move(client, server) || move(server, client)) {
  }
}

Cast make_cast(std::uint16_t bits) {
  const Shape shape(bits);
  Cast cast;
  cast.client_random->seed(bits);
  cast.server_random->seed(~std::uint64_t{bits});
  const auto store = std::make_shared<RepeatingStore>();
  auto ticketer = make_ticketer(fake_provider(shape.strength, cast.server_random));
  require(ticketer.has_value(), "a ticketer");
  cast.client = client_config(cast, shape, store);
  cast.server = server_config(cast, shape, *ticketer);
  if (shape.resume == Resume::Ticket || shape.resume == Resume::EarlyData) {
    // The same server while it still gives out tickets and takes early data.
    Shape generous = shape;
    generous.tickets = true;
    generous.refuse_early = false;
    Cast first = cast;
    first.server = server_config(cast, generous, *ticketer);
    Connection client = connect(first, nullptr);
    Connection server = accept(first, nullptr);
    shake_hands(client, server);
    require(store->empty() != shape.sound(), "a session to resume");
  }
  store->seal();
  return cast;
}

}  // namespace

Shape::Shape(std::uint16_t bits) noexcept
    : strength((bits & 1) != 0 ? Strength::Open : Strength::Bound),
      retry((bits & 2) != 0),
      hybrid((bits & 4) != 0),
      auth(static_cast<ClientAuth>(((bits >> 3) & 3) % 3)),
      client_identity((bits & 0x20) != 0),
      resume(static_cast<Resume>((bits >> 6) & 3)),
      refuse_early((bits & 0x100) != 0),
      small_records((bits & 0x200) != 0),
      suspend((bits & 0x400) != 0),
      extras((bits & 0x800) != 0),
      short_keys((bits & 0x1000) != 0),
      tickets((bits & 0x2000) == 0) {}

const Cast& Cast::of(std::uint16_t bits) {
  static std::map<std::uint16_t, Cast> casts;
  constexpr std::size_t kMostKept = 1024;
  bits &= 0x3FFF;
  const auto found = casts.find(bits);
  if (found != casts.end()) return found->second;
  if (casts.size() == kMostKept) casts.clear();
  return casts.emplace(bits, make_cast(bits)).first->second;
}

Connection connect(const Cast& cast, Observer* observer) {
  cast.client_random->seed(1);
  auto made = Connection::connect(
      cast.client, {ServerName::parse("server.test").value(), "target", observer}, kNow);
  require(made.has_value(), "a client");
  return std::move(*made);
}

Connection accept(const Cast& cast, Observer* observer) {
  cast.server_random->seed(2);
  auto made = Connection::accept(cast.server, {observer}, kNow);
  require(made.has_value(), "a server");
  return std::move(*made);
}

}  // namespace nautilus::fuzz
