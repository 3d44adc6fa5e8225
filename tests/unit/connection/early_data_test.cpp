// Early data (0-RTT) and half-RTT: what is accepted, what is refused, and that refusing costs
// nothing but the early data (RFC 9846 §4.3.10, §8).
#include "support/scene.hpp"

namespace nautilus::test {
namespace {

/// Answers what it is told to.
class FixedRegister final : public ReplayRegister {
 public:
  explicit FixedRegister(Result<ReplayVerdict> verdict) : verdict_(std::move(verdict)) {}
  [[nodiscard]] ByteView domain() const noexcept override { return domain_; }
  [[nodiscard]] Eventually<ReplayVerdict> check(ByteView token, TimePoint,
                                                std::chrono::milliseconds) override {
    last_token = to_vector(token);
    return verdict_;
  }
  ByteVector last_token;

 private:
  Result<ReplayVerdict> verdict_;
  std::array<std::uint8_t, 4> domain_{1, 2, 3, 4};
};

/// A scene whose client holds a ticket for early data.
struct EarlyScene : Scene {
  EarlyDataOptions options;

  EarlyScene() {
    options.replay = make_memory_replay_register(*default_provider()->random).value();
    client.early_data();
    // Tickets outlive one build() of the configuration.
    server.early_data(options).ticketer(make_ticketer(default_provider()).value());
  }
  void get_ticket() {
    Pipe first = pipe();
    first.run();
    expect_connected(first);
  }
};

/// Writes early, runs, and returns the pipe for a look at both ends.
Pipe run_early(EarlyScene& scene, std::string_view text, TimePoint now = kNow) {
  Pipe pipe = scene.pipe(now);
  EXPECT_GE(pipe.client.connection.early_data_left(), text.size());
  EXPECT_TRUE(pipe.client.connection.write_early(as_bytes(text)));
  pipe.run();
  return pipe;
}

void expect_early(const Pipe& pipe, EarlyDataState state) {
  expect_connected(pipe);
  EXPECT_EQ(pipe.client.connection.negotiated().early_data, state);
  EXPECT_EQ(pipe.server.connection.negotiated().early_data, state);
}

// RFC 9846 §4.3.11.3-1, §4.6-1
TEST(EarlyData, IsDeliveredMarkedBeforeTheHandshakeIsDone) {
  EarlyScene scene;
  scene.get_ticket();
  Pipe pipe = scene.pipe();
  ASSERT_TRUE(pipe.client.connection.write_early(as_bytes("GET /")));
  const ByteVector flight = to_vector(pipe.client.connection.output());
  Connection& server = pipe.server.connection;
  const ByteSpan room = server.prepare(flight.size());
  std::copy(flight.begin(), flight.end(), room.begin());
  server.commit(flight.size());
  const Step step = server.advance(kNow);
  const auto* ready = std::get_if<PlaintextReady>(&step);
  ASSERT_NE(ready, nullptr);
  EXPECT_TRUE(ready->early);
  EXPECT_EQ(as_text(ready->data), "GET /");
  EXPECT_FALSE(server.connected());
  // The answer may go out at once, as half-RTT data.
  server.consume_plaintext(ready->data.size());
  EXPECT_FALSE(server.write(as_bytes("no"), kNow));
  ASSERT_TRUE(server.can_write_half_rtt());
  ASSERT_TRUE(server.write_half_rtt(as_bytes("200 OK")));
  pipe.client.connection.consume_output(flight.size());
  pipe.run();
  expect_early(pipe, EarlyDataState::Accepted);
  EXPECT_EQ(pipe.client.received, "200 OK");
  EXPECT_EQ(pipe.server.connection.negotiated().peer.common_name, "client");
  // From now on data is not early any more.
  ASSERT_TRUE(pipe.client.connection.write(as_bytes("more"), kNow));
  pipe.run();
  EXPECT_EQ(pipe.server.received, "more");
}

TEST(EarlyData, OneOctetAtATimeAndInManyRecords) {
  EarlyScene scene;
  scene.get_ticket();
  Pipe pipe = scene.pipe();
  pipe.chunk = 1;
  for (const char c : std::string_view("abcdef")) {
    ASSERT_TRUE(pipe.client.connection.write_early(as_bytes(std::string_view(&c, 1))));
  }
  pipe.run();
  expect_early(pipe, EarlyDataState::Accepted);
  EXPECT_EQ(pipe.server.received, "abcdef");
}

TEST(EarlyData, ReplayedFlightIsRefused) {
  EarlyScene scene;
  scene.get_ticket();
  const auto config = scene.server.build().value();
  Pipe resumed(scene.client.build().value(), config);
  ASSERT_TRUE(resumed.client.connection.write_early(as_bytes("pay 100")));
  const ByteVector flight = to_vector(resumed.client.connection.output());
  resumed.run();
  expect_early(resumed, EarlyDataState::Accepted);
  ASSERT_EQ(resumed.server.received, "pay 100");

  Endpoint again{Connection::accept(config, {}, kNow).value(), {}, false, false, {}};
  again.feed(flight, kNow, flight.size());
  EXPECT_EQ(again.received, "");
  EXPECT_EQ(again.connection.negotiated().early_data, EarlyDataState::Rejected);
  EXPECT_FALSE(again.error);
}

TEST(EarlyData, AnythingButFreshRefusesItAndNothingElse) {
  for (const Result<ReplayVerdict>& verdict :
       {Result<ReplayVerdict>(ReplayVerdict::Seen), Result<ReplayVerdict>(ReplayVerdict::Unsure),
        Result<ReplayVerdict>(fail(ErrorCode::StoreFailure))}) {
    EarlyScene scene;
    const auto ledger = std::make_shared<FixedRegister>(verdict);
    scene.options.replay = ledger;
    scene.server.early_data(scene.options);
    scene.get_ticket();
    Pipe pipe = run_early(scene, "lost");
    expect_early(pipe, EarlyDataState::Rejected);
    EXPECT_EQ(pipe.server.received, "");
    EXPECT_TRUE(pipe.server.connection.negotiated().resumed);
    EXPECT_EQ(ledger->last_token.size(), 32U);
  }
}

/// The names of the messages that one side sends.
class SentMessages final : public Observer {
 public:
  void on_message(Direction direction, std::string_view name, std::size_t) noexcept override {
    if (direction == Direction::Send) names.emplace_back(name);
  }
  void on_alert(Direction, AlertDescription) noexcept override {}
  void on_key_update(Direction, std::uint64_t) noexcept override {}
  std::vector<std::string> names;
};

// RFC 9846 §4.6-1, §4.6-2
TEST(EarlyData, ItsEndIsToldWhereItWasAccepted) {
  for (const auto verdict : {ReplayVerdict::Fresh, ReplayVerdict::Seen}) {
    EarlyScene scene;
    scene.options.replay = std::make_shared<FixedRegister>(verdict);
    scene.server.early_data(scene.options);
    scene.get_ticket();
    Pipe pipe = scene.pipe();
    SentMessages sent;
    pipe.client.connection =
        Connection::connect(scene.client.build().value(),
                            {ServerName::parse("server.test").value(), "target", &sent}, kNow)
            .value();
    ASSERT_TRUE(pipe.client.connection.write_early(as_bytes("x")));
    pipe.run();
    const bool accepted = verdict == ReplayVerdict::Fresh;
    expect_early(pipe, accepted ? EarlyDataState::Accepted : EarlyDataState::Rejected);
    EXPECT_EQ(sent.names,
              accepted ? (std::vector<std::string>{"ClientHello", "EndOfEarlyData", "Finished"})
                       : (std::vector<std::string>{"ClientHello", "Finished"}));
  }
}

/// One thing differs on the second connection.
class Difference {
 public:
  std::string name;
  std::function<void(EarlyScene&)> change;
  std::chrono::milliseconds later{0};
  bool resumed = true;
};
class EarlyDataDifference : public testing::TestWithParam<Difference> {};

// RFC 9846 §4.3.10-7, §4.3.10-8, §4.3.10-4, §4.3.10-10
TEST_P(EarlyDataDifference, RefusesIt) {
  EarlyScene scene;
  scene.client.application_protocols({"one", "two"});
  scene.server.application_protocols({"one"});
  scene.get_ticket();
  GetParam().change(scene);
  Pipe pipe = run_early(scene, "lost", kNow + GetParam().later);
  expect_early(pipe, EarlyDataState::Rejected);
  EXPECT_EQ(pipe.server.received, "");
  EXPECT_EQ(pipe.server.connection.negotiated().resumed, GetParam().resumed);
  // What was lost can be sent again, by the application's decision.
  ASSERT_TRUE(pipe.client.connection.write(as_bytes("again"), pipe.now));
  pipe.run();
  EXPECT_EQ(pipe.server.received, "again");
}

INSTANTIATE_TEST_SUITE_P(
    All, EarlyDataDifference,
    testing::Values(
        Difference{"protocol", [](EarlyScene& s) { s.server.application_protocols({"two"}); }},
        Difference{"register",
                   [](EarlyScene& s) {
                     s.options.replay =
                         make_memory_replay_register(*default_provider()->random).value();
                     s.server.early_data(s.options);
                   }},
        Difference{"group", [](EarlyScene& s) { s.server.groups({NamedGroup::secp384r1}); },
                   std::chrono::milliseconds(0),
                   false},  // another configuration: no resumption either
        Difference{"tickets", [](EarlyScene& s) { s.server.ticketer(nullptr); },
                   std::chrono::milliseconds(0), false}),
    [](const auto& test) { return test.param.name; });

// RFC 9846 §4.3.10-3
TEST(EarlyData, TicketAgeOutsideTheWindow) {
  EarlyScene scene;
  const auto config = scene.server.build().value();
  const auto client = scene.client.build().value();
  Pipe(client, config).run();
  // The server's clock is ahead of the client's by more than the window.
  for (const auto& [skew, state] :
       {std::pair(std::chrono::seconds(9), EarlyDataState::Accepted),
        std::pair(std::chrono::seconds(11), EarlyDataState::Rejected)}) {
    Pipe(client, config).run();
    Pipe pipe(client, config);
    ASSERT_TRUE(pipe.client.connection.write_early(as_bytes("x")));
    const ByteVector flight = to_vector(pipe.client.connection.output());
    pipe.client.connection.consume_output(flight.size());
    pipe.server.feed(flight, kNow + skew, flight.size());
    EXPECT_EQ(pipe.server.connection.negotiated().early_data, state) << skew.count();
    EXPECT_EQ(pipe.server.received, state == EarlyDataState::Accepted ? "x" : "");
  }
}

// RFC 9846 §4.3.10-5
TEST(EarlyData, HelloRetryRequestRefusesIt) {
  EarlyScene scene;
  scene.client.groups({NamedGroup::secp256r1, NamedGroup::x25519});
  scene.server.groups({NamedGroup::secp256r1, NamedGroup::x25519});
  scene.get_ticket();
  scene.client.key_shares({});  // a client without any share is made to retry
  Pipe pipe = run_early(scene, "lost");
  expect_early(pipe, EarlyDataState::Rejected);
  EXPECT_TRUE(pipe.client.connection.negotiated().hello_retry_request);
  EXPECT_TRUE(pipe.client.connection.negotiated().resumed);
  EXPECT_EQ(pipe.server.received, "");
}

TEST(EarlyData, ClientStaysWithinTheTicketsLimit) {
  EarlyScene scene;
  scene.options.max_size = 100;
  scene.server.early_data(scene.options);
  scene.get_ticket();
  Pipe pipe = scene.pipe();
  EXPECT_EQ(pipe.client.connection.early_data_left(), 100U);
  const std::string text(60, 'x');
  ASSERT_TRUE(pipe.client.connection.write_early(as_bytes(text)));
  EXPECT_EQ(pipe.client.connection.early_data_left(), 40U);
  EXPECT_EQ(pipe.client.connection.write_early(as_bytes(text)).error().code, ErrorCode::ApiMisuse);
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(pipe.client.connection.early_data_left(), 0U);
  EXPECT_EQ(pipe.client.connection.write_early(as_bytes("x")).error().code,
            ErrorCode::NotConnected);
}

TEST(EarlyData, ServerEnforcesItsLimit) {
  EarlyScene scene;
  scene.get_ticket();
  // The ticket says 16384; this server takes less by now.
  scene.options.max_size = 10;
  scene.server.early_data(scene.options);
  Pipe pipe = run_early(scene, "more than ten octets");
  ASSERT_TRUE(pipe.server.error);
  EXPECT_EQ(pipe.server.error->code, ErrorCode::TooMuchEarlyData);
  EXPECT_EQ(pipe.client.error->peer_alert, AlertDescription::unexpected_message);
  EXPECT_EQ(pipe.server.received, "");
}

TEST(EarlyData, IsOffUnlessBothSidesWantIt) {
  Scene scene;
  scene.pipe().run();
  Pipe pipe = scene.pipe();
  EXPECT_EQ(pipe.client.connection.early_data_left(), 0U);
  EXPECT_EQ(pipe.client.connection.write_early(as_bytes("x")).error().code,
            ErrorCode::NotConnected);
  EarlyScene unwilling;
  unwilling.client.early_data(false);
  unwilling.get_ticket();
  EXPECT_EQ(unwilling.pipe().client.connection.early_data_left(), 0U);
}

TEST(EarlyData, NeedsARegister) {
  Scene scene;
  scene.server.early_data({});
  EXPECT_EQ(scene.server.build().error().code, ErrorCode::ConfigInvalid);
}

TEST(HalfRtt, IsClosedWhereACertificateWasAskedFor) {
  Scene scene;
  Pipe pipe = scene.pipe();
  const ByteVector hello = to_vector(pipe.client.connection.output());
  pipe.server.feed(hello, kNow, hello.size());
  EXPECT_FALSE(pipe.server.connection.can_write_half_rtt());
  EXPECT_EQ(pipe.server.connection.write_half_rtt(as_bytes("x")).error().code,
            ErrorCode::NotConnected);
}

TEST(HalfRtt, ReachesAClientThatNeedNotProveItself) {
  Scene scene;
  scene.server.client_auth(ClientAuth::None);
  Pipe pipe = scene.pipe();
  const ByteVector hello = to_vector(pipe.client.connection.output());
  pipe.client.connection.consume_output(hello.size());
  pipe.server.feed(hello, kNow, hello.size());
  ASSERT_TRUE(pipe.server.connection.write_half_rtt(as_bytes("welcome")));
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(pipe.client.received, "welcome");
}

TEST(SkippedEarlyData, IsBounded) {
  // A server that takes no early data reads past what a client may send, and no further.
  for (const bool too_much : {false, true}) {
    EarlyScene scene;
    scene.get_ticket();
    scene.options.replay = make_memory_replay_register(*default_provider()->random).value();
    scene.server.early_data(scene.options);
    Pipe pipe = scene.pipe();
    const std::string text(16384, 'x');
    ASSERT_TRUE(pipe.client.connection.write_early(as_bytes(text)));
    if (too_much) {
      // Records of nobody's key, as they would come under the refused one.
      ByteVector flood{23, 3, 3, 0x40, 0};
      flood.resize(flood.size() + 0x4000, 0xAA);
      pipe.tamper_to_server = [flood, once = true](ByteVector& octets) mutable {
        if (std::exchange(once, false)) octets.insert(octets.end(), flood.begin(), flood.end());
      };
    }
    pipe.run();
    if (too_much) {
      ASSERT_TRUE(pipe.server.error);
      EXPECT_EQ(pipe.server.error->code, ErrorCode::TooMuchEarlyData);
    } else {
      expect_early(pipe, EarlyDataState::Rejected);
      EXPECT_EQ(pipe.server.received, "");
    }
  }
}

}  // namespace
}  // namespace nautilus::test
