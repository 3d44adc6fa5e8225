// After the handshake, and just before its end: KeyUpdate and its bounds (RFC 9846 §4.7.3, §5.5,
// §7.2), exporters (§7.5), and what a server holds back until a client has proved itself.
#include "handshake/traffic.hpp"

#include <map>

#include "record/protection.hpp"
#include "support/scene.hpp"
#include "unit/handshake/machine_fixture.hpp"

namespace nautilus::test {
namespace {

using enum AlertDescription;
using wire::KeyUpdateRequest;

ByteVector key_update(std::uint8_t request) { return {24, 0, 0, 1, request}; }

Duet connected(Parts& parts) {
  Duet duet = parts.duet();
  duet.run();
  EXPECT_TRUE(duet.client.connected() && duet.server.connected());
  return duet;
}

TEST(KeyUpdate, FloodIsBounded) {
  Parts parts;
  for (const bool requested : {false, true}) {
    Duet duet = connected(parts);
    for (Actor* actor : {&duet.client, &duet.server}) {
      for (unsigned i = 0; i < handshake::kMaxKeyUpdatesInARow; ++i) {
        ASSERT_TRUE(actor->receive(key_update(requested ? 1 : 0))) << i;
      }
      const auto r = actor->receive(key_update(requested ? 1 : 0));
      ASSERT_FALSE(r);
      expect_refused(r.error(), {"one more", ErrorCode::TooManyKeyUpdates, unexpected_message});
      EXPECT_FALSE(actor->connected());
    }
  }
}

TEST(KeyUpdate, ApplicationDataEndsARow) {
  Parts parts;
  Duet duet = connected(parts);
  for (int round = 0; round < 3; ++round) {
    for (unsigned i = 0; i < handshake::kMaxKeyUpdatesInARow; ++i) {
      ASSERT_TRUE(duet.server.receive(key_update(0))) << i;
    }
    duet.server.traffic()->note_data();
  }
  EXPECT_TRUE(duet.server.connected());
}

TEST(NewSessionTicket, FloodIsBoundedAndApplicationDataEndsARow) {
  const ByteVector ticket{4, 0, 0, 15, 0, 0, 0, 60, 1, 2, 3, 4, 1, 9, 0, 1, 7, 0, 0};
  Parts parts;
  parts.server.ticket_count(0, 0);
  Duet duet = connected(parts);
  Actor& client = duet.client;
  for (unsigned round = 0; round < 2; ++round) {
    for (unsigned i = 0; i < handshake::kMaxTicketsInARow; ++i) {
      ASSERT_TRUE(client.receive(ticket)) << i;
    }
    if (round == 0) client.traffic()->note_data();
  }
  const auto r = client.receive(ticket);
  ASSERT_FALSE(r);
  expect_refused(r.error(), {"one more", ErrorCode::TooManyTickets, unexpected_message});
  EXPECT_FALSE(client.connected());
}

// A flood is what the peer ends the connection for: our own side never sends one, however often it
// is told to replace its keys while it has nothing to say.
TEST(KeyUpdate, OursInARowAreBounded) {
  for (const KeyUpdateMode mode : {KeyUpdateMode::Own, KeyUpdateMode::Both}) {
    Scene scene;
    Pipe pipe = scene.pipe();
    pipe.run();
    expect_connected(pipe);
    std::string said;
    for (int round = 0; round < 4; ++round) {
      const std::size_t before = pipe.to_server.size();
      for (unsigned i = 0; i < 2 * handshake::kMaxKeyUpdatesInARow; ++i) {
        ASSERT_TRUE(pipe.client.connection.update_keys(mode, pipe.now));
        pipe.run();
      }
      EXPECT_EQ(pipe.to_server.size() - before, 27U * handshake::kMaxOwnKeyUpdatesInARow);
      ASSERT_TRUE(pipe.client.connection.write(as_bytes("up"), pipe.now));
      ASSERT_TRUE(pipe.server.connection.write(as_bytes("down"), pipe.now));
      pipe.run();
      ASSERT_FALSE(pipe.server.error) << describe(*pipe.server.error);
      ASSERT_FALSE(pipe.client.error) << describe(*pipe.client.error);
      said += "up";
    }
    EXPECT_EQ(pipe.server.received, said);
    EXPECT_EQ(pipe.client.received, "downdowndowndown");
  }
}

// RFC 9846 §4.7.3-3
TEST(KeyUpdate, OtherValuesAndLengthsAreRefused) {
  Parts parts;
  const std::array<std::tuple<ByteVector, ErrorCode, AlertDescription>, 4> cases{
      {{key_update(2), ErrorCode::IllegalParameter, illegal_parameter},
       {key_update(255), ErrorCode::IllegalParameter, illegal_parameter},
       {{24, 0, 0, 0}, ErrorCode::DecodeError, decode_error},
       {{24, 0, 0, 2, 0, 0}, ErrorCode::DecodeError, decode_error}}};
  for (const auto& [message, error, alert] : cases) {
    Duet duet = connected(parts);
    const auto r = duet.server.receive(message);
    ASSERT_FALSE(r);
    expect_refused(r.error(), {"key update", error, alert});
  }
}

// RFC 9846 §4.7.3-2, §4.7.3-4
TEST(KeyUpdate, ChangesOneDirectionAndARequestIsDueUntilAnswered) {
  Parts parts;
  Duet duet = connected(parts);
  handshake::ApplicationTraffic& traffic = *duet.server.machine().traffic();
  const ByteVector send = to_vector(traffic.send_secret.expose());
  const ByteVector receive = to_vector(traffic.receive_secret.expose());
  const std::size_t installed = duet.server.out.receive_epochs.size();

  ASSERT_TRUE(duet.server.receive(key_update(0)));
  // The machine may have moved its state.
  handshake::ApplicationTraffic* now = duet.server.machine().traffic();
  EXPECT_FALSE(now->reply_due);
  EXPECT_EQ(to_vector(now->send_secret.expose()), send);
  EXPECT_EQ(
      to_vector(now->receive_secret.expose()),
      to_vector(
          state::next_traffic_secret(*now->suite->hash, {}, crypto::HashSecret(receive)).expose()));
  EXPECT_EQ(duet.server.out.receive_epochs.size(), installed + 1);

  ASSERT_TRUE(duet.server.receive(key_update(1)));
  now = duet.server.machine().traffic();
  EXPECT_TRUE(now->reply_due);
  EXPECT_EQ(to_vector(now->send_secret.expose()), send) << "a reply is the engine's to send";
  handshake::Context cx = duet.server.context();
  ASSERT_TRUE(now->update(KeyUpdateRequest::update_not_requested, cx));
  EXPECT_FALSE(now->reply_due);
  EXPECT_EQ(duet.server.out.sent.back(), key_update(0));
  EXPECT_EQ(duet.server.out.send_epochs.back(), Epoch::Application);
  EXPECT_NE(to_vector(now->send_secret.expose()), send);
}

// RFC 9846 §4.7.3-5
TEST(KeyUpdate, OneRequestIsOutstandingAtATime) {
  Parts parts;
  Duet duet = connected(parts);
  Actor& client = duet.client;
  const auto update = [&](KeyUpdateRequest request) {
    handshake::Context cx = client.context();
    EXPECT_TRUE(client.machine().traffic()->update(request, cx));
    return client.out.sent.back();
  };
  EXPECT_EQ(update(KeyUpdateRequest::update_requested), key_update(1));
  EXPECT_EQ(update(KeyUpdateRequest::update_requested), key_update(0));
  EXPECT_EQ(update(KeyUpdateRequest::update_requested), key_update(0));
  // Whatever the peer sends answers it, and both may ask at once without an endless exchange.
  ASSERT_TRUE(client.receive(key_update(1)));
  EXPECT_TRUE(client.machine().traffic()->reply_due);
  EXPECT_EQ(update(KeyUpdateRequest::update_requested), key_update(1));
  EXPECT_FALSE(client.machine().traffic()->reply_due);
}

TEST(KeyUpdate, BothAskingAtOnceComesToRest) {
  Scene scene;
  Pipe pipe = scene.pipe();
  pipe.run();
  const std::size_t before = pipe.to_server.size();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(pipe.client.connection.update_keys(KeyUpdateMode::Both, pipe.now));
    ASSERT_TRUE(pipe.server.connection.update_keys(KeyUpdateMode::Both, pipe.now));
    pipe.run();
    ASSERT_TRUE(pipe.client.connection.write(as_bytes("a"), pipe.now));
    ASSERT_TRUE(pipe.server.connection.write(as_bytes("b"), pipe.now));
    pipe.run();
  }
  EXPECT_EQ(pipe.server.received, "aaaaa");
  EXPECT_EQ(pipe.client.received, "bbbbb");
  // Each round: our request, one reply at most, one octet of data; 27, 27 and 23 octets.
  EXPECT_LE(pipe.to_server.size() - before, 5U * (27 + 27 + 23));
}

/// Counts the records under each of the client's application keys, by following its KeyUpdates.
class KeyCounter {
 public:
  KeyCounter(const CipherSuite& suite, ByteView secret) : suite_(suite), secret_(secret) {}
  void take(ByteView octets) {
    for (std::size_t at = 0; at < octets.size();) {
      const std::size_t size =
          5 + ((static_cast<std::size_t>(octets[at + 3]) << 8) | octets[at + 4]);
      ByteVector record = to_vector(octets.subspan(at, size));
      at += size;
      auto keys = record::Protection::from_secret(suite_, "tls13 ", secret_.expose());
      auto inner = keys->open(per_key.back()++, record);
      ASSERT_TRUE(inner) << "record " << per_key.back() << " of key " << per_key.size();
      if (inner->type != wire::ContentType::handshake) continue;
      EXPECT_EQ(to_vector(inner->content), key_update(0));
      secret_ = state::next_traffic_secret(*suite_.hash, {}, secret_);
      per_key.push_back(0);
    }
  }
  std::vector<std::uint64_t> per_key{0};

 private:
  const CipherSuite& suite_;
  crypto::HashSecret secret_;
};

class RecordLimit : public testing::TestWithParam<std::uint64_t> {};
// RFC 9846 §5.5-1, §4.7.3-6, §4.7.3-7
TEST_P(RecordLimit, KeysAreReplacedBeforeIt) {
  Scene scene;
  const auto log = std::make_shared<RecordingKeyLog>();
  scene.client.max_records_per_key(GetParam()).max_record_content(100).key_log(log);
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  const std::size_t handshake = pipe.to_server.size();
  std::string said;
  // One octet at a time, exactly a record, many records at once, gathered.
  for (const std::size_t size : {1U, 1U, 1U, 100U, 101U, 5000U, 99U, 100U, 3333U}) {
    const std::string data(size, static_cast<char>('a' + size % 26));
    ASSERT_TRUE(pipe.client.connection.write(as_bytes(data), pipe.now));
    said += data;
    pipe.run();
  }
  ASSERT_FALSE(pipe.server.error) << describe(*pipe.server.error);
  EXPECT_EQ(pipe.server.received, said);
  KeyCounter counter(*default_provider()->find(pipe.client.connection.negotiated().cipher_suite),
                     (*log)["CLIENT_TRAFFIC_SECRET_0"]);
  counter.take(ByteView(pipe.to_server).subspan(handshake));
  EXPECT_GT(counter.per_key.size(), 90U / GetParam());
  for (const std::uint64_t records : counter.per_key) EXPECT_LE(records, GetParam());
}
INSTANTIATE_TEST_SUITE_P(Records, RecordLimit, testing::Values(4, 5, 8, 50));

TEST(KeyUpdate, ObserverHearsOfEveryNewKey) {
  struct Counter final : Observer {
    void on_message(Direction, std::string_view, std::size_t) noexcept override {}
    void on_alert(Direction, AlertDescription) noexcept override {}
    void on_key_update(Direction direction, std::uint64_t) noexcept override {
      ++(direction == Direction::Send ? sent : received);
    }
    int sent = 0;
    int received = 0;
  } counter;
  Scene scene;
  Pipe pipe = scene.pipe();
  pipe.server.connection =
      Connection::accept(scene.server.build().value(), {&counter}, kNow).value();
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(counter.sent + counter.received, 0);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pipe.client.connection.update_keys(KeyUpdateMode::Own, pipe.now));
  }
  ASSERT_TRUE(pipe.server.connection.update_keys(KeyUpdateMode::Own, pipe.now));
  pipe.run();
  EXPECT_EQ(counter.sent, 1);
  EXPECT_EQ(counter.received, 3);
}

ByteVector exported(const Connection& connection, std::string_view label, ByteView context,
                    std::size_t size) {
  ByteVector out(size);
  EXPECT_TRUE(connection.export_keying_material(label, context, out));
  return out;
}

TEST(Exporter, EqualOnBothSidesAndDifferentOtherwise) {
  Scene scene;
  Pipe pipe = scene.pipe();
  ByteVector out(32);
  EXPECT_EQ(pipe.client.connection.export_keying_material("EXPORTER-a", {}, out).error().code,
            ErrorCode::NotConnected);
  pipe.run();
  expect_connected(pipe);
  std::map<ByteVector, std::string> seen;
  const ByteVector contexts[]{{}, {0}, {0, 0}, ByteVector(300, 1)};
  for (const std::string_view label : {"EXPORTER-a", "EXPORTER-b", "EXPORTER-Channel-Binding"}) {
    for (const ByteVector& context : contexts) {
      for (const std::size_t size : {16U, 32U, 100U}) {
        const ByteVector client = exported(pipe.client.connection, label, context, size);
        EXPECT_EQ(client, exported(pipe.server.connection, label, context, size));
        // The length is part of what is derived.
        const auto [at, fresh] =
            seen.try_emplace(ByteVector(client.begin(), client.begin() + 16), std::string(label));
        EXPECT_TRUE(fresh) << label << " gives what " << at->second << " gave";
      }
    }
  }
}

// RFC 9846 §6-2
TEST(Exporter, OutlivesKeyUpdatesAndNotTheConnection) {
  Scene scene;
  Pipe pipe = scene.pipe();
  pipe.run();
  const ByteVector before = exported(pipe.client.connection, "EXPORTER-a", {}, 32);
  ASSERT_TRUE(pipe.client.connection.update_keys(KeyUpdateMode::Both, pipe.now));
  pipe.run();
  EXPECT_EQ(exported(pipe.client.connection, "EXPORTER-a", {}, 32), before);
  EXPECT_EQ(exported(pipe.server.connection, "EXPORTER-a", {}, 32), before);

  Pipe other = scene.pipe();
  other.run();
  EXPECT_NE(exported(other.client.connection, "EXPORTER-a", {}, 32), before);

  pipe.client.connection.abort(ErrorCode::AccessDenied, pipe.now);
  ByteVector out(32);
  EXPECT_EQ(pipe.client.connection.export_keying_material("EXPORTER-a", {}, out).error().code,
            ErrorCode::NotConnected);
}

TEST(Exporter, WhatCannotBeExpressedIsRefused) {
  Scene scene;
  Pipe pipe = scene.pipe();
  pipe.run();
  ByteVector out(32);
  EXPECT_EQ(
      pipe.client.connection.export_keying_material(std::string(250, 'x'), {}, out).error().code,
      ErrorCode::ApiMisuse);
  ByteVector huge(255 * 48 + 1);
  EXPECT_EQ(pipe.client.connection.export_keying_material("EXPORTER-a", {}, huge).error().code,
            ErrorCode::ApiMisuse);
}

bool sent_ticket(const Actor& server) {
  return std::ranges::any_of(server.out.sent, [](const ByteVector& message) {
    return type_of(message) == HandshakeType::new_session_ticket;
  });
}

/// A server that asked for a certificate writes nothing and issues no ticket before the client's
/// Finished, whichever way the client answers.
class HeldBack : public testing::TestWithParam<std::tuple<ClientAuth, bool>> {};
TEST_P(HeldBack, UntilTheClientsFinished) {
  const auto [mode, shows] = GetParam();
  Parts parts;
  parts.client.session_store(make_memory_session_store());
  if (shows) parts.client.identity(parts.authority.client(KeyType::Ed25519));
  parts.server.trust(parts.authority.trust()).client_auth(mode);
  Duet duet = parts.duet();
  const bool asked = mode != ClientAuth::None;
  int messages = 0;
  duet.to_server = [&](ByteVector&) {
    EXPECT_FALSE(sent_ticket(duet.server));
    EXPECT_FALSE(duet.server.connected());
    EXPECT_EQ(duet.server.machine().half_rtt_allowed(), !asked && messages > 0);
    ++messages;
  };
  duet.run();
  const bool refused = mode == ClientAuth::Required && !shows;
  EXPECT_EQ(messages, asked ? (shows ? 4 : refused ? 2 : 3) : 2);
  EXPECT_EQ(duet.server.connected(), !refused);
  EXPECT_EQ(sent_ticket(duet.server), !refused);
  EXPECT_FALSE(duet.server.machine().half_rtt_allowed());
  // And every ticket under application keys.
  for (std::size_t i = 0; i < duet.server.out.sent.size(); ++i) {
    const bool ticket = type_of(duet.server.out.sent[i]) == HandshakeType::new_session_ticket;
    EXPECT_EQ(duet.server.out.sent_under[i] == Epoch::Application, ticket);
  }
}
INSTANTIATE_TEST_SUITE_P(Modes, HeldBack,
                         testing::Combine(testing::Values(ClientAuth::None, ClientAuth::Optional,
                                                          ClientAuth::Required),
                                          testing::Bool()));

TEST(HeldBackEngine, NeitherWriteNorHalfRttBeforeTheProof) {
  for (const ClientAuth mode : {ClientAuth::Optional, ClientAuth::Required}) {
    Scene scene;
    scene.server.client_auth(mode);
    Pipe pipe = scene.pipe();
    std::size_t seen = 0;
    pipe.tamper_to_server = [&](ByteVector&) {
      // Before the hello, and before the client's flight: its own flight is out by then.
      Connection& server = pipe.server.connection;
      EXPECT_FALSE(server.can_write());
      EXPECT_FALSE(server.can_write_half_rtt());
      const std::size_t before = server.output().size();
      EXPECT_EQ(server.write(as_bytes("early"), pipe.now).error().code, ErrorCode::NotConnected);
      EXPECT_EQ(server.write_half_rtt(as_bytes("early")).error().code, ErrorCode::NotConnected);
      EXPECT_EQ(server.update_keys(KeyUpdateMode::Own, pipe.now).error().code,
                ErrorCode::NotConnected);
      EXPECT_EQ(server.output().size(), before);
      ++seen;
    };
    pipe.run();
    EXPECT_EQ(seen, 2U);
    expect_connected(pipe);
    EXPECT_TRUE(pipe.server.connection.can_write());
    EXPECT_EQ(pipe.client.received, "");
  }
}

}  // namespace
}  // namespace nautilus::test
