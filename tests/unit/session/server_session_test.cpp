#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/session/session_support.hpp"

namespace nautilus::test {
namespace {

using session::Acceptance;
using session::judge;
using session::Refusal;
using session::ServerSession;

TEST(ServerSession, RoundTrip) {
  const ServerSession session = server_session();
  const auto decoded = ServerSession::decode(session.encode().expose());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->cipher_suite, session.cipher_suite);
  EXPECT_EQ(to_vector(decoded->psk.expose()), to_vector(session.psk.expose()));
  EXPECT_EQ(decoded->age_add, session.age_add);
  EXPECT_EQ(decoded->issued_at, session.issued_at);
  EXPECT_EQ(decoded->lifetime, session.lifetime);
  EXPECT_EQ(decoded->context, session.context);
  EXPECT_EQ(decoded->server_name, session.server_name);
  EXPECT_EQ(decoded->application_protocol, session.application_protocol);
  EXPECT_EQ(decoded->peer, session.peer);
  EXPECT_EQ(decoded->authenticated_at, session.authenticated_at);
  EXPECT_EQ(decoded->max_early_data_size, session.max_early_data_size);
  EXPECT_EQ(decoded->replay_domain, session.replay_domain);
}

TEST(ServerSession, EveryTruncationAndAnyTrailerIsRefused) {
  expect_exact(ServerSession::decode, server_session().encode());
}

TEST(ServerSession, OtherVersionsAreRefused) {
  ByteVector encoded = to_vector(server_session().encode().expose());
  const std::uint8_t version = encoded[0];
  for (unsigned other = 0; other <= 0xFF; ++other) {
    encoded[0] = static_cast<std::uint8_t>(other);
    EXPECT_EQ(ServerSession::decode(encoded).has_value(), other == version) << other;
  }
}

TEST(ServerSession, ADamagedIdentityIsRefused) {
  const ByteVector good = to_vector(server_session().encode().expose());
  const ByteVector identity = some_identity().encode();
  const auto at = std::search(good.begin(), good.end(), identity.begin(), identity.end());
  ASSERT_NE(at, good.end());
  ByteVector bad = good;
  bad[static_cast<std::size_t>(at - good.begin())] ^= 0xFF;
  EXPECT_FALSE(ServerSession::decode(bad));
}

/// What the config that issued `server_session()` demands a minute later.
Acceptance acceptance(const ServerSession& session) {
  return {session.context, session.server_name, true, kMoment + std::chrono::minutes(1)};
}

TEST(Judge, TheSameConfigurationAccepts) {
  const ServerSession session = server_session();
  EXPECT_EQ(judge(session, acceptance(session)), Refusal::None);
}

TEST(Judge, ExpiryIsExact) {
  const ServerSession session = server_session();
  Acceptance demand = acceptance(session);
  demand.now = session.issued_at;
  EXPECT_EQ(judge(session, demand), Refusal::None);
  demand.now = session.issued_at + session.lifetime - std::chrono::milliseconds(1);
  EXPECT_EQ(judge(session, demand), Refusal::None);
  demand.now = session.issued_at + session.lifetime;
  EXPECT_EQ(judge(session, demand), Refusal::Expired);
  demand.now = TimePoint::max();
  EXPECT_EQ(judge(session, demand), Refusal::Expired);
}

TEST(Judge, AClockThatRanBackwardsMeansExpired) {
  const ServerSession session = server_session();
  Acceptance demand = acceptance(session);
  demand.now = session.issued_at - std::chrono::milliseconds(1);
  EXPECT_EQ(judge(session, demand), Refusal::Expired);
  demand.now = TimePoint::min();
  EXPECT_EQ(judge(session, demand), Refusal::Expired);
}

TEST(Judge, TheClientsCertificateMustStillBeValid) {
  ServerSession session = server_session();
  session.peer.expires = kMoment + std::chrono::seconds(30);
  Acceptance demand = acceptance(session);
  EXPECT_EQ(judge(session, demand), Refusal::IdentityExpired);
  demand.now = session.peer.expires - std::chrono::milliseconds(1);
  EXPECT_EQ(judge(session, demand), Refusal::None);
  // Nobody's identity does not expire.
  session.peer = PeerIdentity{};
  session.peer.expires = kMoment;
  demand = acceptance(session);
  demand.identity_required = false;
  EXPECT_EQ(judge(session, demand), Refusal::None);
}

TEST(Judge, AnyDifferenceOfTheContextRefuses) {
  const ServerSession session = server_session();
  Acceptance demand = acceptance(session);
  for (std::size_t at = 0; at < session.context.size(); ++at) {
    ByteVector other = session.context;
    other[at] ^= 1;
    demand.context = other;
    EXPECT_EQ(judge(session, demand), Refusal::OtherContext) << at;
  }
  demand.context = ByteView(session.context).first(31);
  EXPECT_EQ(judge(session, demand), Refusal::OtherContext);
  demand.context = {};
  EXPECT_EQ(judge(session, demand), Refusal::OtherContext);
}

TEST(Judge, AnotherServerNameRefuses) {
  const ServerSession session = server_session();
  Acceptance demand = acceptance(session);
  for (const std::string_view name : {"", "other.test", "server.tes", "server.test.evil"}) {
    demand.server_name = name;
    EXPECT_EQ(judge(session, demand), Refusal::OtherServerName) << name;
  }
}

TEST(Judge, ARequiredIdentityMustBeThere) {
  ServerSession session = server_session();
  session.peer = PeerIdentity{};
  Acceptance demand = acceptance(session);
  EXPECT_EQ(judge(session, demand), Refusal::NoIdentity);
  demand.identity_required = false;
  EXPECT_EQ(judge(session, demand), Refusal::None);
}

TEST(TicketAge, IsPlainAgainModulo32Bits) {
  EXPECT_EQ(session::ticket_age(1000 + 7, 7), 1000u);
  // Age and mask wrap around together (RFC 9846 §4.3.11.1).
  EXPECT_EQ(session::ticket_age(0x00000010, 0xFFFFFFF0), 0x20u);
  static_assert(session::ticket_age(5, 5) == 0);
}

RC_GTEST_PROP(TicketAge, UndoesTheMask, ()) {
  const auto age = *rc::gen::arbitrary<std::uint32_t>();
  const auto mask = *rc::gen::arbitrary<std::uint32_t>();
  RC_ASSERT(session::ticket_age(age + mask, mask) == age);
}

/// Tickets come back from the network, sealed though they are; whatever their times, judging them
/// is well-defined.
RC_GTEST_PROP(Judge, AnyTimesHaveAnAnswer, ()) {
  ServerSession session = server_session();
  session.issued_at = TimePoint(std::chrono::milliseconds(*rc::gen::arbitrary<std::int64_t>()));
  Acceptance demand = acceptance(session);
  demand.now = *rc::gen::element(kMoment, TimePoint::max(), session.issued_at);
  const auto decoded = ServerSession::decode(session.encode().expose());
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(decoded->issued_at == session.issued_at);
  const Refusal refusal = judge(*decoded, demand);
  if (session.issued_at > demand.now) RC_ASSERT(refusal == Refusal::Expired);
}

}  // namespace
}  // namespace nautilus::test
