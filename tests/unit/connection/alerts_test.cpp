// Alerts of a peer that has the keys, and the end of a connection (RFC 9846 §6).
#include "record/protection.hpp"
#include "support/deterministic.hpp"
#include "support/scene.hpp"

namespace nautilus::test {
namespace {

using enum AlertDescription;
using wire::ContentType;

/// A client after its handshake, and records as its server could send them next.
class ConnectedClient {
 public:
  ConnectedClient() {
    const auto log = std::make_shared<RecordingKeyLog>();
    scene_.client.key_log(log);
    scene_.server.ticket_count(0, 0);
    pipe.emplace(scene_.pipe());
    pipe->run();
    expect_connected(*pipe);
    const CipherSuiteId suite = client().negotiated().cipher_suite;
    keys_.emplace(record::Protection::from_secret(*default_provider()->find(suite), "tls13 ",
                                                  (*log)["SERVER_TRAFFIC_SECRET_0"])
                      .value());
  }
  Connection& client() { return pipe->client.connection; }
  void receive(ContentType type, ByteView content) {
    ByteBuffer record;
    ASSERT_TRUE(keys_->seal(sequence_++, type, {&content, 1}, 0, record));
    pipe->client.feed(record.view(), pipe->now, record.view().size());
  }
  void alert(std::uint8_t level, AlertDescription description) {
    receive(ContentType::alert, ByteVector{level, static_cast<std::uint8_t>(description)});
  }
  void data(std::string_view text) { receive(ContentType::application_data, as_bytes(text)); }

  std::optional<Pipe> pipe;

 private:
  Scene scene_;
  std::optional<record::Protection> keys_;
  std::uint64_t sequence_ = 0;
};

// RFC 9846 §6-1, §6-3, §6-4, §6.2-1: all but close_notify and user_canceled, of either level.
TEST(Alerts, EveryOtherEndsTheConnection) {
  for (int code = 1; code < 256; ++code) {
    const auto description = static_cast<AlertDescription>(code);
    if (description == user_canceled) continue;
    SCOPED_TRACE(code);
    ConnectedClient made;
    made.alert(static_cast<std::uint8_t>(1 + code % 2), description);
    made.data("too late");
    const Endpoint& client = made.pipe->client;
    ASSERT_TRUE(client.error);
    EXPECT_EQ(client.error->code, ErrorCode::PeerAlert);
    EXPECT_EQ(client.error->peer_alert, description);
    EXPECT_EQ(client.received, "");
    EXPECT_TRUE(made.client().output().empty()) << "an alert is not answered";
    EXPECT_FALSE(made.client().write(as_bytes("x"), kNow));
  }
}

// RFC 9846 §5.1-4, §6-6
TEST(Alerts, AreExactlyOneRecordEachAndOfAKnownLevel) {
  using Wrong = std::tuple<ByteVector, ErrorCode, AlertDescription>;
  for (const auto& [content, error, answer] :
       {Wrong{{1}, ErrorCode::MalformedAlert, decode_error},
        Wrong{{1, 0, 1}, ErrorCode::MalformedAlert, decode_error},
        Wrong{{1, 90, 1, 0}, ErrorCode::MalformedAlert, decode_error},
        Wrong{ByteVector(300, 1), ErrorCode::MalformedAlert, decode_error},
        Wrong{{0, 0}, ErrorCode::IllegalParameter, illegal_parameter},
        Wrong{{3, 80}, ErrorCode::IllegalParameter, illegal_parameter}}) {
    ConnectedClient made;
    made.receive(ContentType::alert, content);
    ASSERT_TRUE(made.pipe->client.error);
    EXPECT_EQ(made.pipe->client.error->code, error);
    EXPECT_EQ(made.client().sent_alert(), answer);
  }
}

// RFC 9846 §6.1-1
TEST(CloseNotify, WhatFollowsIsIgnored) {
  for (const std::uint8_t level : ByteVector{1, 2}) {
    ConnectedClient made;
    made.data("before");
    made.alert(level, close_notify);
    made.data("after");
    made.alert(2, internal_error);
    EXPECT_FALSE(made.pipe->client.error);
    EXPECT_TRUE(made.pipe->client.peer_closed);
    EXPECT_EQ(made.pipe->client.received, "before");
    // Our own direction stays open.
    EXPECT_TRUE(made.client().write(as_bytes("x"), kNow));
  }
}

// RFC 9846 §6.1-2
TEST(UserCanceled, IsAWarningUntilCloseNotify) {
  ConnectedClient made;
  made.alert(1, user_canceled);
  made.data("still here");
  EXPECT_FALSE(made.pipe->client.error);
  EXPECT_EQ(made.pipe->client.received, "still here");
  made.alert(1, close_notify);
  EXPECT_TRUE(made.pipe->client.peer_closed);
}

/// The alerts that one side sends.
class SentAlerts final : public Observer {
 public:
  void on_message(Direction, std::string_view, std::size_t) noexcept override {}
  void on_alert(Direction direction, AlertDescription alert) noexcept override {
    if (direction == Direction::Send) alerts.push_back(alert);
  }
  void on_key_update(Direction, std::uint64_t) noexcept override {}
  std::vector<AlertDescription> alerts;
};

// RFC 9846 §6.1-2, §6.1-3
TEST(CloseNotify, EndsOurDirectionOnceAndForAll) {
  for (const bool established : {true, false}) {
    Scene scene;
    Pipe pipe = scene.pipe();
    SentAlerts sent;
    pipe.client.connection =
        Connection::connect(scene.client.build().value(),
                            {ServerName::parse("server.test").value(), "target", &sent}, kNow)
            .value();
    if (established) {
      pipe.run();
      expect_connected(pipe);
    }
    ASSERT_TRUE(pipe.client.connection.close(kNow));
    (void)pipe.client.connection.close(kNow);
    pipe.run();
    EXPECT_EQ(sent.alerts, established ? (std::vector{close_notify})
                                       : (std::vector{user_canceled, close_notify}));
    EXPECT_FALSE(pipe.client.connection.write(as_bytes("x"), kNow));
    EXPECT_EQ(pipe.server.peer_closed, established);
  }
}

}  // namespace
}  // namespace nautilus::test
