// Every point at which a handshake waits, and every way an answer can come: at once, late, twice,
// after the end, as a failure, or of the wrong kind.
#include "faults/suspension.hpp"

namespace nautilus::test {
namespace {

// NOLINTNEXTLINE(cert-err58-cpp): a test's own table.
const std::vector<Point> kPoints{
    {Course::Full, Role::Client, RequestKind::SelectIdentity},
    {Course::Full, Role::Client, RequestKind::KeyExchange},
    {Course::Full, Role::Client, RequestKind::Sign},
    {Course::Full, Role::Client, RequestKind::VerifyCertificate},
    {Course::Full, Role::Server, RequestKind::SelectIdentity},
    {Course::Full, Role::Server, RequestKind::KeyExchange},
    {Course::Full, Role::Server, RequestKind::Sign},
    {Course::Full, Role::Server, RequestKind::VerifyCertificate},
    {Course::Retry, Role::Client, RequestKind::SelectIdentity},
    {Course::Retry, Role::Client, RequestKind::KeyExchange},
    {Course::Retry, Role::Client, RequestKind::Sign},
    {Course::Retry, Role::Client, RequestKind::VerifyCertificate},
    {Course::Retry, Role::Server, RequestKind::SelectIdentity},
    {Course::Retry, Role::Server, RequestKind::KeyExchange},
    {Course::Retry, Role::Server, RequestKind::Sign},
    {Course::Retry, Role::Server, RequestKind::VerifyCertificate},
    {Course::Resumed, Role::Client, RequestKind::KeyExchange},
    {Course::Resumed, Role::Server, RequestKind::OpenTicket},
    {Course::Resumed, Role::Server, RequestKind::CheckReplay},
    {Course::Resumed, Role::Server, RequestKind::KeyExchange},
    {Course::Early, Role::Client, RequestKind::KeyExchange},
    {Course::Early, Role::Server, RequestKind::OpenTicket},
    {Course::Early, Role::Server, RequestKind::CheckReplay},
    {Course::Early, Role::Server, RequestKind::KeyExchange},
    {Course::External, Role::Client, RequestKind::KeyExchange},
    {Course::External, Role::Server, RequestKind::OpenTicket},
    {Course::External, Role::Server, RequestKind::KeyExchange},
};

/// What is asked when everything is asked.
std::set<Point> points_of(Course course) {
  const Stage stage(course, std::nullopt, kAllKinds);
  Side client = stage.make(Role::Client);
  Side server = stage.make(Role::Server);
  std::set<Point> seen;
  const auto drive = [&](Side& side, Role role) {
    for (side.drive(); side.suspended; side.drive()) {
      const Request* request = side.connection.pending();
      EXPECT_EQ(side.suspended->kind, std::visit(KindOf(), *request));
      seen.insert({course, role, side.suspended->kind});
      EXPECT_TRUE(
          side.connection.resume(side.suspended->id, stage.right_answer(*request, role), kNow));
    }
  };
  for (bool moved = true; moved;) {
    moved = false;
    for (const Role role : {Role::Client, Role::Server}) {
      Side& from = role == Role::Client ? client : server;
      Side& to = role == Role::Client ? server : client;
      drive(from, role);
      const ByteVector octets = to_vector(from.connection.output());
      from.connection.consume_output(octets.size());
      if (octets.empty()) continue;
      moved = true;
      to.put(octets);
    }
  }
  EXPECT_TRUE(client.done && server.done) << name_of(course);
  return seen;
}

TEST(SuspensionTable, HasARowForEveryPoint) {
  std::set<Point> seen;
  for (const Course course :
       {Course::Full, Course::Retry, Course::Resumed, Course::Early, Course::External}) {
    seen.merge(points_of(course));
  }
  EXPECT_EQ(seen, std::set<Point>(kPoints.begin(), kPoints.end()));
}

TEST(SuspensionTable, HasARowForEveryAlternativeOfRequest) {
  static_assert(std::variant_size_v<Request> == 6, "a new kind needs rows and a line in KindOf");
  std::set<std::size_t> covered;
  for (const Point& point : kPoints) covered.insert(static_cast<std::size_t>(point.kind));
  for (std::size_t i = 0; i < std::variant_size_v<Request>; ++i) {
    EXPECT_TRUE(covered.contains(i)) << "request alternative " << i;
  }
}

using Case = std::tuple<Point, std::size_t>;

class Suspension : public testing::TestWithParam<Case> {
 protected:
  [[nodiscard]] Point point() const { return std::get<0>(GetParam()); }
  [[nodiscard]] std::size_t chunk() const { return std::get<1>(GetParam()); }
  /// A play whose tested side waits at the point.
  [[nodiscard]] Play waiting() const {
    Play play(point(), chunk());
    play.settle();
    EXPECT_TRUE(play.tested().suspended) << "never asked";
    EXPECT_EQ(play.tested().suspended->kind, point().kind);
    return play;
  }
  [[nodiscard]] bool harmless() const {
    return point().kind == RequestKind::OpenTicket || point().kind == RequestKind::CheckReplay;
  }
  static void expect_both_connected(Play& play) {
    for (Side* side : {&play.client, &play.server}) {
      EXPECT_FALSE(side->error) << describe(*side->error);
      EXPECT_TRUE(side->done);
      ASSERT_TRUE(side->connection.write(as_bytes("data"), kNow));
    }
    play.settle();
    EXPECT_EQ(play.client.received, "data");
    EXPECT_TRUE(play.server.received.ends_with("data"));
  }
};

TEST_P(Suspension, AnsweredAtOnce) {
  Play play = waiting();
  play.finish();
  expect_both_connected(play);
  const bool resumed = point().course == Course::Resumed || point().course == Course::Early;
  EXPECT_EQ(play.tested().connection.negotiated().resumed, resumed);
  EXPECT_EQ(play.server.received, point().course == Course::Early ? "earlydata" : "data");
}

TEST_P(Suspension, AnsweredByTheLibraryWhenAsked) {
  Play play = waiting();
  for (; play.tested().suspended; play.settle()) {
    ASSERT_TRUE(play.tested().connection.resume(play.tested().suspended->id, kNow));
  }
  expect_both_connected(play);
}

TEST_P(Suspension, AnsweredAfterManyAdvances) {
  Play play = waiting();
  Connection& connection = play.tested().connection;
  const std::uint64_t id = play.tested().suspended->id;
  const Snapshot before(connection);
  for (int i = 0; i < 100; ++i) {
    const Step step = connection.advance(kNow + std::chrono::milliseconds(i));
    const auto* suspended = std::get_if<Suspended>(&step);
    ASSERT_NE(suspended, nullptr);
    EXPECT_EQ(suspended->id, id);
    EXPECT_EQ(suspended->kind, point().kind);
  }
  EXPECT_EQ(Snapshot(connection), before);
  // Nor may anything be written meanwhile.
  EXPECT_EQ(connection.write(as_bytes("x"), kNow).error().code, ErrorCode::NotConnected);
  EXPECT_EQ(connection.update_keys(KeyUpdateMode::Both, kNow).error().code,
            ErrorCode::NotConnected);
  EXPECT_EQ(Snapshot(connection), before);
  play.finish();
  expect_both_connected(play);
}

/// How both ends stand when the dust has settled.
struct Ending {
  std::string received;
  bool done;
  bool closed;
  std::optional<Error> error;
  bool operator==(const Ending&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Ending& e) {
    return out << '"' << e.received << "\" " << e.done << e.closed << ' '
               << (e.error ? describe(*e.error) : std::string("-"));
  }
};

enum class Further : std::uint8_t { Data, CloseNotify, Eof, Garbage };

/// The peer says more, before or after the answer; the outcome must be the same.
Ending ending(Play play, Further further, bool answer_first) {
  Side& tested = play.tested();
  Side& peer = play.peer();
  const auto say = [&] {
    if (further == Further::Garbage) {
      const std::array<std::uint8_t, 7> garbage{22, 3, 3, 0, 2, 1, 1};
      tested.put(garbage);
      return;
    }
    (void)peer.connection.write(as_bytes("more"), kNow);
    if (further != Further::Data) (void)peer.connection.close(kNow);
    const ByteVector octets = to_vector(peer.connection.output());
    peer.connection.consume_output(octets.size());
    // Octet by octet, with an advance in between, where that is how they arrive.
    if (answer_first || play.chunk != 1) {
      tested.put(octets);
    } else {
      tested.feed(octets, 1);
    }
    if (further == Further::Eof) tested.connection.commit_eof();
  };
  if (!answer_first) {
    say();
    tested.drive();
    EXPECT_TRUE(tested.suspended) << "an answer is due whatever arrives";
    EXPECT_FALSE(tested.connection.error());
  }
  EXPECT_TRUE(play.answer());
  if (answer_first) say();
  for (tested.drive(); tested.suspended; tested.drive()) EXPECT_TRUE(play.answer());
  return {tested.received, tested.done, tested.closed, tested.error};
}

TEST_P(Suspension, WhatArrivesMeanwhileCountsAfterwards) {
  for (const Further further :
       {Further::Data, Further::CloseNotify, Further::Eof, Further::Garbage}) {
    SCOPED_TRACE(static_cast<int>(further));
    const Ending late = ending(waiting(), further, false);
    EXPECT_EQ(late, ending(waiting(), further, true));
    EXPECT_TRUE(further != Further::Garbage || late.error);
    // Whatever the transport did before the handshake was complete, it was not a clean end.
    EXPECT_TRUE(further != Further::Eof || late.closed || late.error);
  }
}

TEST_P(Suspension, SecondAnswerHasNoEffect) {
  Play play = waiting();
  Connection& connection = play.tested().connection;
  const std::uint64_t id = play.tested().suspended->id;
  ASSERT_TRUE(play.answer());
  const auto repeat = [&] {
    const Snapshot before(connection);
    for (const std::uint64_t stale : {id, id - 1, id + 1000, std::uint64_t{0}}) {
      const auto right =
          connection.resume(stale, failed_answer(point().kind, ErrorCode::AccessDenied), kNow);
      EXPECT_EQ(right.error().code, ErrorCode::UnknownRequest);
      EXPECT_EQ(connection.resume(stale, kNow).error().code, ErrorCode::UnknownRequest);
    }
    EXPECT_EQ(Snapshot(connection), before);
  };
  repeat();
  play.tested().drive();
  repeat();
  play.finish();
  repeat();
  expect_both_connected(play);
}

TEST_P(Suspension, WrongKindIsMisuseAndNothingElse) {
  Play play = waiting();
  Connection& connection = play.tested().connection;
  const std::uint64_t id = play.tested().suspended->id;
  for (const RequestKind kind : kAllKinds) {
    if (kind == point().kind) continue;
    const Snapshot before(connection);
    const auto result = connection.resume(id, failed_answer(kind, ErrorCode::AccessDenied), kNow);
    EXPECT_EQ(result.error().code, ErrorCode::ApiMisuse);
    EXPECT_EQ(Snapshot(connection), before);
  }
  play.tested().drive();
  ASSERT_TRUE(play.tested().suspended);
  EXPECT_EQ(play.tested().suspended->id, id);
  play.finish();
  expect_both_connected(play);
}

TEST_P(Suspension, FailureEndsItCleanlyOrCostsTheShortcutOnly) {
  Play play = waiting();
  Side& tested = play.tested();
  for (; tested.suspended; play.settle()) {
    ASSERT_TRUE(tested.connection.resume(
        tested.suspended->id, failed_answer(point().kind, ErrorCode::AccessDenied), kNow));
  }
  if (harmless()) {
    EXPECT_EQ(play.server.received, "");
    EXPECT_NE(tested.connection.negotiated().early_data, EarlyDataState::Accepted);
    if (point().course != Course::External) {
      EXPECT_EQ(tested.connection.negotiated().resumed, point().kind == RequestKind::CheckReplay);
    }
    return expect_both_connected(play);
  }
  ASSERT_TRUE(tested.error);
  EXPECT_EQ(tested.error->code, ErrorCode::AccessDenied);
  EXPECT_FALSE(tested.done);
  EXPECT_EQ(tested.connection.sent_alert(), alert_for(ErrorCode::AccessDenied));
  ASSERT_TRUE(play.peer().error);
  EXPECT_EQ(play.peer().error->peer_alert, AlertDescription::access_denied);
  EXPECT_EQ(tested.received, "");
}

/// Every way to end a connection from its own side.
TEST_P(Suspension, AnswerAfterTheEndIsUnknown) {
  for (const bool abort : {true, false}) {
    Play play = waiting();
    Connection& connection = play.tested().connection;
    const std::uint64_t id = play.tested().suspended->id;
    Answer answer = play.stage.right_answer(*connection.pending(), play.role);
    if (abort) {
      connection.abort(ErrorCode::AccessDenied, kNow);
    } else {
      connection.cancel(kNow);
    }
    EXPECT_EQ(connection.pending(), nullptr);
    const Snapshot before(connection);
    EXPECT_EQ(connection.resume(id, std::move(answer), kNow).error().code,
              ErrorCode::UnknownRequest);
    EXPECT_EQ(connection.resume(id, kNow).error().code, ErrorCode::UnknownRequest);
    EXPECT_EQ(Snapshot(connection), before);
    EXPECT_TRUE(std::holds_alternative<Failed>(connection.advance(kNow)));
    play.settle();
    EXPECT_FALSE(play.tested().done);
    // A peer that had finished its part sees an orderly end.
    EXPECT_TRUE(play.peer().error || (!abort && play.peer().closed));
  }
}

/// An answer outlives the connection it was for, and another connection does not take it.
TEST_P(Suspension, AnswerForADestroyedConnectionIsNobodys) {
  std::optional<Play> play(waiting());
  const std::uint64_t id = play->tested().suspended->id;
  Answer answer = play->stage.right_answer(*play->tested().connection.pending(), play->role);
  Connection other = play->stage.make(point().role).connection;
  play->tested().connection = std::move(other);
  const Snapshot before(play->tested().connection);
  EXPECT_EQ(play->tested().connection.resume(id, std::move(answer), kNow).error().code,
            ErrorCode::UnknownRequest);
  EXPECT_EQ(Snapshot(play->tested().connection), before);
  play.reset();
}

/// What a careless application may put into an answer of the right kind.
TEST_P(Suspension, RubbishOfTheRightKindFailsCleanly) {
  Play play = waiting();
  Side& tested = play.tested();
  const auto rubbish = [&]() -> Answer {
    switch (point().kind) {
      case RequestKind::SelectIdentity:
        return Result<std::optional<Identity>>(std::optional<Identity>());
      case RequestKind::KeyExchange:
        return Result<KeyExchangeResult>(KeyExchangeResult{});
      case RequestKind::Sign:
        return Result<ByteVector>(ByteVector());
      case RequestKind::VerifyCertificate:
        return Result<CertificateVerdict>(CertificateVerdict{});
      case RequestKind::OpenTicket:
        return Result<std::optional<SecretBytes>>(SecretBytes(std::size_t{3}));
      case RequestKind::CheckReplay:
        return Result<ReplayVerdict>(static_cast<ReplayVerdict>(99));
    }
    return Result<ByteVector>(ByteVector());
  };
  for (; tested.suspended; play.settle()) {
    ASSERT_TRUE(tested.connection.resume(tested.suspended->id, rubbish(), kNow));
  }
  if (harmless()) {
    EXPECT_EQ(play.server.received, "");
    return expect_both_connected(play);
  }
  EXPECT_TRUE(play.client.error);
  EXPECT_TRUE(play.server.error);
  EXPECT_FALSE(play.server.done);
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  const auto& [point, chunk] = info.param;
  constexpr std::array kKinds{"SelectIdentity",    "KeyExchange", "Sign",
                              "VerifyCertificate", "OpenTicket",  "CheckReplay"};
  return std::string(name_of(point.course)) + name_of(point.role) +
         kKinds[static_cast<std::size_t>(point.kind)] + (chunk == 1 ? "Octets" : "Coalesced");
}

INSTANTIATE_TEST_SUITE_P(Points, Suspension,
                         testing::Combine(testing::ValuesIn(kPoints),
                                          testing::Values(std::size_t{1} << 20, std::size_t{1})),
                         case_name);

}  // namespace
}  // namespace nautilus::test
