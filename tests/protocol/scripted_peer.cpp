#include "protocol/scripted_peer.hpp"

#include <gtest/gtest.h>

#include "record/framing.hpp"
#include "support/pki.hpp"
#include "wire/handshake_framing.hpp"

namespace nautilus::test {
namespace {

constexpr CipherSuiteId kSuite = CipherSuiteId::TLS_AES_128_GCM_SHA256;

/// Gives out the same session again and again, so that every handshake is the same.
class RepeatingStore final : public ClientSessionStore {
 public:
  void put(std::string_view, ClientSession session) override {
    if (!kept_) kept_ = std::move(session);
  }
  std::optional<ClientSession> take(std::string_view, TimePoint) override {
    if (!kept_) return std::nullopt;
    return kept_->clone();
  }
  void set_group(std::string_view, NamedGroup) override {}
  std::optional<NamedGroup> group(std::string_view) override { return std::nullopt; }

 private:
  std::optional<ClientSession> kept_;
};

class AlwaysFresh final : public ReplayRegister {
 public:
  [[nodiscard]] ByteView domain() const noexcept override { return domain_; }
  [[nodiscard]] Eventually<ReplayVerdict> check(ByteView, TimePoint,
                                                std::chrono::milliseconds) override {
    return ReplayVerdict::Fresh;
  }

 private:
  std::array<std::uint8_t, 1> domain_{1};
};

struct Authority {
  TestAuthority authority{"Test CA", KeyType::Ed25519};
  Identity client = authority.client(KeyType::Ed25519);
  Identity server = authority.server(KeyType::Ed25519);
};
const Authority& authority() {
  static const Authority made;
  return made;
}

Connection connect(const Cast& cast) {
  return Connection::connect(cast.client, {ServerName::parse("server.test").value(), "", nullptr},
                             kNow)
      .value();
}

Cast make_cast(Shape shape) {
  Cast cast;
  auto client = ClientConfig::builder(provider_with(cast.client_random));
  auto server = ServerConfig::builder(provider_with(cast.server_random));
  client.trust(authority().authority.trust()).cipher_suites({kSuite}).key_log(cast.client_log);
  client.groups({NamedGroup::x25519, NamedGroup::secp256r1}).key_shares({NamedGroup::x25519});
  server.identity(authority().server).cipher_suites({kSuite}).key_log(cast.server_log);
  server.groups({shape == Shape::Retry ? NamedGroup::secp256r1 : NamedGroup::x25519});
  if (shape == Shape::ClientAuth || shape == Shape::Retry) {
    client.identity(authority().client);
    server.trust(authority().authority.trust());
  }
  if (shape == Shape::EmptyCertificate) {
    server.trust(authority().authority.trust()).client_auth(ClientAuth::Optional);
  }
  const bool resumed = shape == Shape::Psk || shape == Shape::EarlyData;
  if (resumed) client.session_store(std::make_shared<RepeatingStore>());
  if (shape == Shape::EarlyData) {
    client.early_data();
    server.early_data({std::make_shared<AlwaysFresh>()});
  }
  cast.client = client.build().value();
  cast.server = server.build().value();
  return cast;
}

}  // namespace

std::string secret_label(Side sender, Keys keys) {
  const std::string who = sender == Side::Client ? "CLIENT_" : "SERVER_";
  switch (keys) {
    case Keys::None:
      break;
    case Keys::Early:
      return who + "EARLY_TRAFFIC_SECRET";
    case Keys::Handshake:
      return who + "HANDSHAKE_TRAFFIC_SECRET";
    case Keys::Application:
      return who + "TRAFFIC_SECRET_0";
  }
  return "";
}

const CipherSuite& scripted_suite() { return *default_provider()->find(kSuite); }

Cast& Cast::of(Shape shape) {
  static std::map<Shape, Cast> casts;
  const auto found = casts.find(shape);
  if (found != casts.end()) return found->second;
  Cast& cast = casts.emplace(shape, make_cast(shape)).first->second;
  if (shape == Shape::Psk || shape == Shape::EarlyData) {
    // The handshake that leaves the session behind.
    ScriptedPeer first(shape, Side::Client);
    EXPECT_TRUE(first.deliver(6)) << "to the server's first ticket";
  }
  return cast;
}

void Tap::take(ByteView octets) {
  octets_.insert(octets_.end(), octets.begin(), octets.end());
  while (octets_.size() >= record::kHeaderSize) {
    const std::size_t size =
        record::kHeaderSize + (static_cast<std::size_t>(octets_[3]) << 8) + octets_[4];
    if (octets_.size() < size) return;
    const auto end = octets_.begin() + static_cast<std::ptrdiff_t>(size);
    open_record(ByteVector(octets_.begin(), end));
    octets_.erase(octets_.begin(), end);
  }
}

void Tap::open_record(ByteVector record) {
  ByteView content = ByteView(record).subspan(record::kHeaderSize);
  auto type = static_cast<wire::ContentType>(record[0]);
  if (type == wire::ContentType::application_data) {
    const ByteVector original = record;
    for (;;) {
      if (protection_) {
        record = original;
        if (auto inner = protection_->open(sequence_, record)) {
          ++sequence_;
          type = inner->type;
          content = inner->content;
          break;
        }
      }
      // The next keys, if there are any.
      ASSERT_NE(keys_, Keys::Application) << "a record that cannot be opened";
      keys_ = static_cast<Keys>(static_cast<int>(keys_) + 1);
      const ByteVector secret = (*log_)[secret_label(sender_, keys_)];
      if (secret.empty()) continue;
      protection_ = std::move(*record::Protection::from_secret(scripted_suite(), "tls13 ", secret));
      sequence_ = 0;
    }
  }
  if (type != wire::ContentType::handshake) return;
  content_.insert(content_.end(), content.begin(), content.end());
  while (content_.size() >= wire::kHandshakeHeaderSize) {
    const std::size_t size = wire::kHandshakeHeaderSize +
                             (static_cast<std::size_t>(content_[1]) << 16) +
                             (static_cast<std::size_t>(content_[2]) << 8) + content_[3];
    if (content_.size() < size) return;
    const auto end = content_.begin() + static_cast<std::ptrdiff_t>(size);
    messages_.emplace_back(content_.begin(), end);
    content_.erase(content_.begin(), end);
  }
}

ScriptedPeer::ScriptedPeer(Shape shape, Side tested)
    : cast_(Cast::of(shape)),
      tested_side_(tested),
      peer_tap_(tested == Side::Client ? cast_.server_log : cast_.client_log,
                tested == Side::Client ? Side::Server : Side::Client),
      own_tap_(tested == Side::Client ? cast_.client_log : cast_.server_log, tested) {
  cast_.client_random->seed(1);
  cast_.server_random->seed(2);
  cast_.client_log->clear();
  cast_.server_log->clear();
  auto& client = tested == Side::Client ? tested_ : peer_;
  auto& server = tested == Side::Client ? peer_ : tested_;
  client.emplace(connect(cast_));
  server.emplace(Connection::accept(cast_.server, {}, kNow).value());
  exchange();
}

/// The engine's octets to its peer as they are, and the peer's into the tap.
void ScriptedPeer::exchange() {
  (void)drive(*tested_);
  const ByteVector own = to_vector(tested_->output());
  tested_->consume_output(own.size());
  own_tap_.take(own);
  if (!own.empty()) {
    const ByteSpan room = peer_->prepare(own.size());
    std::copy(own.begin(), own.end(), room.begin());
    peer_->commit(own.size());
  }
  (void)drive(*peer_);
  peer_tap_.take(peer_->output());
  peer_->consume_output(peer_->output().size());
}

bool ScriptedPeer::drive(Connection& connection) {
  for (;;) {
    const Step step = connection.advance(kNow);
    if (const auto* data = std::get_if<PlaintextReady>(&step)) {
      connection.consume_plaintext(data->data.size());
    } else if (std::holds_alternative<HandshakeDone>(step)) {
      if (&connection == &*tested_) done_ = true;
    } else {
      return !std::holds_alternative<Failed>(step);
    }
  }
}

Keys ScriptedPeer::keys_of(ByteView message) {
  using enum wire::HandshakeType;
  switch (static_cast<wire::HandshakeType>(message[0])) {
    case client_hello:
    case server_hello:
      return Keys::None;
    case end_of_early_data:
      return Keys::Early;
    case new_session_ticket:
    case key_update:
      return Keys::Application;
    default:
      return Keys::Handshake;
  }
}

bool ScriptedPeer::deliver(std::size_t count) {
  for (; delivered_ < count; ++delivered_) {
    if (delivered_ >= peer_messages().size()) return false;
    const ByteVector message = peer_messages()[delivered_];
    inject(keys_of(message), wire::ContentType::handshake, message);
    exchange();
    if (tested_->error()) return false;
  }
  return true;
}

void ScriptedPeer::inject(Keys keys, wire::ContentType type, ByteView content) {
  if (keys == Keys::None) {
    ByteVector record(record::kHeaderSize);
    record::encode_header(record.data(), type, 0x0303, content.size());
    record.insert(record.end(), content.begin(), content.end());
    inject_raw(record);
    return;
  }
  auto found = sealing_.find(keys);
  if (found == sealing_.end()) {
    const auto& log = tested_side_ == Side::Client ? cast_.client_log : cast_.server_log;
    const Side sender = tested_side_ == Side::Client ? Side::Server : Side::Client;
    const ByteVector secret = (*log)[secret_label(sender, keys)];
    ASSERT_FALSE(secret.empty()) << secret_label(sender, keys);
    found = sealing_
                .emplace(keys, Opened{std::move(*record::Protection::from_secret(scripted_suite(),
                                                                                 "tls13 ", secret)),
                                      0})
                .first;
  }
  ByteBuffer out;
  ASSERT_TRUE(found->second.protection.seal(found->second.sequence++, type, {&content, 1}, 0, out));
  inject_raw(out.view());
}

void ScriptedPeer::inject_raw(ByteView octets) {
  const ByteSpan room = tested_->prepare(octets.size());
  ASSERT_GE(room.size(), octets.size());
  std::copy(octets.begin(), octets.end(), room.begin());
  tested_->commit(octets.size());
  (void)drive(*tested_);
}

}  // namespace nautilus::test
