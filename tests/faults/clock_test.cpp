// The clock goes back, jumps ahead, or reads something absurd at any step: nothing lives longer
// than it may, and no sum of times wraps around.
#include "support/scene.hpp"

namespace nautilus::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::array kAbsurd{TimePoint::min(),
                         TimePoint::min() + milliseconds(1),
                         TimePoint(milliseconds(-1)),
                         TimePoint(milliseconds(0)),
                         kNow - hours(24 * 365 * 30),
                         kNow + hours(24 * 365 * 30),
                         TimePoint::max() - milliseconds(1),
                         TimePoint::max()};

struct ClockScene : Scene {
  std::shared_ptr<ReplayRegister> replay =
      make_memory_replay_register(*default_provider()->random).value();
  std::shared_ptr<const ClientConfig> client_config;
  std::shared_ptr<const ServerConfig> server_config;

  ClockScene() {
    client.early_data();
    server.early_data({replay, 16384, seconds(10)});
    client_config = client.build().value();
    server_config = server.build().value();
  }
  void get_ticket(TimePoint now = kNow) {
    Pipe first(client_config, server_config, "server.test", now);
    first.run();
    expect_connected(first);
  }
  /// A resumption in which each side reads its own clock.
  struct Result {
    bool resumed;
    EarlyDataState early;
    std::string received;
  };
  Result resume(TimePoint client_time, TimePoint server_time) {
    Endpoint a{Connection::connect(client_config,
                                   {ServerName::parse("server.test").value(), "target", nullptr},
                                   client_time)
                   .value(),
               {},
               false,
               false,
               {}};
    Endpoint b{Connection::accept(server_config, {}, server_time).value(), {}, false, false, {}};
    if (a.connection.early_data_left() != 0) {
      EXPECT_TRUE(a.connection.write_early(as_bytes("early")));
    }
    const auto move = [](Endpoint& from, Endpoint& to, TimePoint now) {
      const ByteVector octets = to_vector(from.connection.output());
      if (octets.empty()) return false;
      from.connection.consume_output(octets.size());
      to.feed(octets, now, octets.size());
      return true;
    };
    while (move(a, b, server_time) || move(b, a, client_time)) {
    }
    return {b.connection.negotiated().resumed, b.connection.negotiated().early_data, b.received};
  }
};

TEST(Clock, SteadyOneResumesWithEarlyData) {
  ClockScene scene;
  scene.get_ticket();
  const auto result = scene.resume(kNow + seconds(1), kNow + seconds(1));
  EXPECT_TRUE(result.resumed);
  EXPECT_EQ(result.early, EarlyDataState::Accepted);
  EXPECT_EQ(result.received, "early");
}

TEST(Clock, SessionsFromTheFutureAreRefused) {
  for (const milliseconds back :
       {milliseconds(1), milliseconds(seconds(1)), milliseconds(hours(24))}) {
    ClockScene scene;
    scene.get_ticket();
    // The client's clock went back: the session is not offered.
    EXPECT_FALSE(scene.resume(kNow - back, kNow).resumed);
    scene.get_ticket();
    // The server's did: the ticket does not count.
    const auto result = scene.resume(kNow, kNow - std::min(back, milliseconds(seconds(1800))));
    EXPECT_FALSE(result.resumed);
    EXPECT_EQ(result.received, "");
  }
}

TEST(Clock, LifetimeEndsForEachSideByItsOwnClock) {
  const hours day(24);
  ClockScene scene;
  scene.get_ticket();
  EXPECT_TRUE(scene.resume(kNow + day - milliseconds(1), kNow + day - milliseconds(1)).resumed);
  scene.get_ticket();
  EXPECT_FALSE(scene.resume(kNow, kNow + day).resumed);
  scene.get_ticket();
  EXPECT_FALSE(scene.resume(kNow + day, kNow).resumed);
}

TEST(Clock, ResumptionDoesNotProlongTheIdentity) {
  ClockScene scene;
  CertificateSpec spec;
  spec.purpose = CertificatePurpose::Client;
  spec.common_name = "brief";
  spec.dns_names = {"client.test"};
  spec.not_before = kNow - hours(1);
  spec.not_after = kNow + hours(2);
  ClientConfigBuilder client = ClientConfig::builder();
  client.trust(scene.authority.trust()).identity(scene.authority.issue(spec));
  client.session_store(scene.store);
  scene.client_config = client.build().value();
  scene.get_ticket();
  // Resumed again and again, each ticket fresh, up to the end and not beyond.
  for (int minutes = 30; minutes < 120; minutes += 30) {
    const TimePoint now = kNow + std::chrono::minutes(minutes);
    EXPECT_TRUE(scene.resume(now, now).resumed) << minutes;
  }
  const TimePoint end = spec.not_after;
  EXPECT_FALSE(scene.resume(end, end).resumed);
}

TEST(Clock, EarlyDataIsBoundToItsWindow) {
  const milliseconds window = seconds(10);
  for (const milliseconds skew : {window, -window, window + milliseconds(1),
                                  -window - milliseconds(1), milliseconds(hours(1))}) {
    ClockScene scene;
    scene.get_ticket(kNow);
    const TimePoint client_time = kNow + hours(2);
    const auto result = scene.resume(client_time, client_time + skew);
    EXPECT_TRUE(result.resumed);
    const bool within = skew <= window && -skew <= window;
    EXPECT_EQ(result.early, within ? EarlyDataState::Accepted : EarlyDataState::Rejected)
        << skew.count();
    EXPECT_EQ(result.received, within ? "early" : "");
  }
}

/// A copy of the client's flight, brought back when the server's clock has made a trip ahead.
TEST(Clock, JumpAheadAndBackDoesNotReopenTheReplayWindow) {
  ClockScene scene;
  scene.get_ticket();
  Pipe pipe(scene.client_config, scene.server_config);
  ASSERT_TRUE(pipe.client.connection.write_early(as_bytes("pay")));
  const ByteVector flight = to_vector(pipe.client.connection.output());
  pipe.run();
  ASSERT_EQ(pipe.server.received, "pay");

  const auto replayed_at = [&](TimePoint now) {
    Endpoint again{Connection::accept(scene.server_config, {}, now).value(), {}, false, false, {}};
    again.feed(flight, now, flight.size());
    return again.received;
  };
  for (const milliseconds ahead : {milliseconds(seconds(20)), milliseconds(hours(1))}) {
    // Another client's early data makes the register look at the clock.
    ByteVector token(32, 7);
    (void)scene.replay->check(token, kNow + ahead, seconds(10));
    EXPECT_EQ(replayed_at(kNow), "");
    EXPECT_EQ(replayed_at(kNow + seconds(9)), "");
  }
}

TEST(Clock, ReplayRegisterHoldsWhateverTheClockDoes) {
  const auto replay = make_memory_replay_register(*default_provider()->random).value();
  const auto check = [&](std::uint8_t id, TimePoint now, milliseconds window) {
    return **replay->check(ByteVector(32, id), now, window);
  };
  EXPECT_EQ(check(1, kNow, seconds(10)), ReplayVerdict::Fresh);
  EXPECT_EQ(check(1, kNow - hours(1), seconds(10)), ReplayVerdict::Seen);
  EXPECT_EQ(check(1, kNow + seconds(20) - milliseconds(1), seconds(10)), ReplayVerdict::Seen);
  // Ahead: token 1 is forgotten, and back: it is not taken for fresh.
  EXPECT_EQ(check(2, kNow + hours(1), seconds(10)), ReplayVerdict::Fresh);
  EXPECT_EQ(check(1, kNow, seconds(10)), ReplayVerdict::Unsure);
  EXPECT_EQ(check(3, kNow + seconds(19), seconds(10)), ReplayVerdict::Unsure);
  // From where nothing forgotten is good any more, all is as usual.
  EXPECT_EQ(check(4, kNow + seconds(20), seconds(10)), ReplayVerdict::Fresh);
  for (const TimePoint now : kAbsurd) {
    for (const milliseconds window : {milliseconds::max(), milliseconds::min(), milliseconds(0)}) {
      (void)check(5, now, window);
    }
  }
  EXPECT_NE(check(2, kNow, seconds(10)), ReplayVerdict::Fresh);
}

/// A clock that was put back leaves the keys as they are: what a ticket is worth is told by the
/// session inside, which does not count before it was issued.
TEST(Clock, TicketKeysNeverOpenForMoreThanTwoPeriods) {
  const TicketerOptions options{hours(1), 1000};
  for (const TimePoint then : kAbsurd) {
    for (const TimePoint now : kAbsurd) {
      const auto ticketer = make_ticketer(default_provider(), options).value();
      const ByteVector ticket = **ticketer->seal(ByteVector(50, 7), then);
      const bool opened = (*ticketer->open(ticket, now))->has_value();
      const bool over = then <= TimePoint::max() - hours(2) && now >= then + hours(2);
      EXPECT_EQ(opened, !over);
    }
  }
}

TEST(Clock, ClientSessionsDoNotWrapAround) {
  for (const TimePoint received : kAbsurd) {
    for (const TimePoint now : kAbsurd) {
      for (const seconds lifetime :
           {seconds(0), seconds(1), kMaxTicketLifetime, kMaxTicketLifetime + seconds(1),
            seconds::max(), seconds::min()}) {
        ClientSession session;
        session.received_at = received;
        session.lifetime = lifetime;
        session.peer.expires = TimePoint::max();
        if (lifetime <= seconds(0) || lifetime > kMaxTicketLifetime || now < received) {
          EXPECT_TRUE(session.expired(now));
        }
        EXPECT_TRUE(session.expired(TimePoint::max()));
      }
    }
  }
}

/// Every call of a handshake with a clock of its own.
TEST(Clock, JumpsAtEveryStepOfAHandshake) {
  const auto play = [](std::size_t jump_at, TimePoint there, bool stays) {
    ClockScene scene;
    scene.get_ticket();
    std::size_t steps = 0;
    const auto now = [&] {
      const std::size_t step = steps++;
      return step == jump_at || (stays && step > jump_at) ? there : kNow;
    };
    auto client = Connection::connect(
        scene.client_config, {ServerName::parse("server.test").value(), "target", nullptr}, now());
    Endpoint a{std::move(*client), {}, false, false, {}};
    Endpoint b{Connection::accept(scene.server_config, {}, now()).value(), {}, false, false, {}};
    for (bool moved = true; moved;) {
      moved = false;
      for (Endpoint* from : {&a, &b}) {
        Endpoint& to = from == &a ? b : a;
        const ByteVector octets = to_vector(from->connection.output());
        from->connection.consume_output(octets.size());
        if (octets.empty()) continue;
        moved = true;
        to.feed(octets, now(), octets.size());
      }
    }
    // Both or neither; and who refuses says why.
    for (const Endpoint* end : {&a, &b}) {
      if (!end->error) continue;
      const ErrorCode code = end->error->code;
      EXPECT_TRUE(code == ErrorCode::CertificateExpired ||
                  code == ErrorCode::CertificateNotYetValid || code == ErrorCode::BadCertificate ||
                  code == ErrorCode::PeerAlert)
          << describe(*end->error);
    }
    (void)a.connection.write(as_bytes("x"), now());
    (void)a.connection.update_keys(KeyUpdateMode::Both, now());
    (void)a.connection.close(now());
    // A peer whose certificate is over by then is not resumed either.
    if (!stays) return steps;
    const auto again = scene.resume(there, there);
    EXPECT_FALSE(again.resumed && there >= kNow + hours(24 * 30));
    return steps;
  };
  const std::size_t total = play(std::size_t{1} << 30, kNow, false);
  ASSERT_GE(total, 5U);
  for (std::size_t at = 0; at < total; ++at) {
    for (const TimePoint there : kAbsurd) {
      for (const bool stays : {false, true}) (void)play(at, there, stays);
    }
  }
}

}  // namespace
}  // namespace nautilus::test
