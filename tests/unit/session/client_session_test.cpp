#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/session/session_support.hpp"

namespace nautilus::test {
namespace {

void expect_equal(const ClientSession& a, const ClientSession& b) {
  EXPECT_EQ(a.cipher_suite, b.cipher_suite);
  EXPECT_EQ(to_vector(a.psk.expose()), to_vector(b.psk.expose()));
  EXPECT_EQ(a.ticket, b.ticket);
  EXPECT_EQ(a.lifetime, b.lifetime);
  EXPECT_EQ(a.age_add, b.age_add);
  EXPECT_EQ(a.received_at, b.received_at);
  EXPECT_EQ(a.max_early_data_size, b.max_early_data_size);
  EXPECT_EQ(a.application_protocol, b.application_protocol);
  EXPECT_EQ(a.peer, b.peer);
  EXPECT_EQ(a.authenticated_at, b.authenticated_at);
  EXPECT_EQ(a.context, b.context);
}

TEST(ClientSession, RoundTrip) {
  const ClientSession session = client_session();
  const auto decoded = ClientSession::decode(session.encode().expose());
  ASSERT_TRUE(decoded);
  expect_equal(*decoded, session);
}

TEST(ClientSession, CloneIsEqualAndIndependent) {
  ClientSession session = client_session();
  const ClientSession copy = session.clone();
  expect_equal(copy, session);
  session.psk.clear();
  session.ticket.clear();
  expect_equal(copy, client_session());
}

TEST(ClientSession, EveryTruncationAndAnyTrailerIsRefused) {
  expect_exact(ClientSession::decode, client_session().encode());
}

TEST(ClientSession, OtherVersionsAreRefused) {
  ByteVector encoded = to_vector(client_session().encode().expose());
  const std::uint8_t version = encoded[0];
  for (unsigned other = 0; other <= 0xFF; ++other) {
    encoded[0] = static_cast<std::uint8_t>(other);
    EXPECT_EQ(ClientSession::decode(encoded).has_value(), other == version) << other;
  }
}

TEST(ClientSession, WithoutSecretOrTicketItIsNone) {
  ClientSession no_psk = client_session();
  no_psk.psk.clear();
  EXPECT_FALSE(ClientSession::decode(no_psk.encode().expose()));
  ClientSession no_ticket = client_session();
  no_ticket.ticket.clear();
  EXPECT_FALSE(ClientSession::decode(no_ticket.encode().expose()));
}

// RFC 9846 §4.7.1-6
TEST(ClientSession, ALifetimeBeyondSevenDaysIsRefused) {
  ClientSession session = client_session();
  session.lifetime = kMaxTicketLifetime;
  EXPECT_TRUE(ClientSession::decode(session.encode().expose()));
  session.lifetime = kMaxTicketLifetime + std::chrono::seconds(1);
  const auto decoded = ClientSession::decode(session.encode().expose());
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::DecodeError);
}

TEST(ClientSession, ADamagedIdentityIsRefused) {
  const ByteVector good = to_vector(client_session().encode().expose());
  const ByteVector identity = some_identity().encode();
  const auto at = std::search(good.begin(), good.end(), identity.begin(), identity.end());
  ASSERT_NE(at, good.end());
  ByteVector bad = good;
  bad[static_cast<std::size_t>(at - good.begin())] ^= 0xFF;  // the identity's version
  EXPECT_FALSE(ClientSession::decode(bad));
}

// RFC 9846 §4.3.11.1-1
TEST(ClientSession, ExpiresWithItsLifetime) {
  const ClientSession session = client_session();
  using std::chrono::milliseconds;
  EXPECT_FALSE(session.expired(kMoment));
  EXPECT_FALSE(session.expired(kMoment + session.lifetime - milliseconds(1)));
  EXPECT_TRUE(session.expired(kMoment + session.lifetime));
  EXPECT_TRUE(session.expired(TimePoint::max()));
}

TEST(ClientSession, ExpiresWithTheServersCertificate) {
  ClientSession session = client_session();
  session.peer.expires = kMoment + std::chrono::minutes(1);
  EXPECT_FALSE(session.expired(session.peer.expires - std::chrono::milliseconds(1)));
  EXPECT_TRUE(session.expired(session.peer.expires));
}

TEST(ClientSession, FromTheFutureIsExpired) {
  EXPECT_TRUE(client_session().expired(kMoment - std::chrono::milliseconds(1)));
  EXPECT_TRUE(client_session().expired(TimePoint::min()));
}

TEST(ClientSession, ALifetimeOfZeroIsExpiredAtOnce) {
  ClientSession session = client_session();
  session.lifetime = std::chrono::seconds(0);
  EXPECT_TRUE(session.expired(kMoment));
}

RC_GTEST_PROP(ClientSession, TimesRoundTrip, ()) {
  ClientSession session = client_session();
  session.received_at = TimePoint(std::chrono::milliseconds(*rc::gen::arbitrary<std::int64_t>()));
  session.authenticated_at =
      TimePoint(std::chrono::milliseconds(*rc::gen::arbitrary<std::int64_t>()));
  session.peer.expires = TimePoint(std::chrono::milliseconds(*rc::gen::arbitrary<std::int64_t>()));
  const auto decoded = ClientSession::decode(session.encode().expose());
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(decoded->received_at == session.received_at);
  RC_ASSERT(decoded->authenticated_at == session.authenticated_at);
  RC_ASSERT(decoded->peer.expires == session.peer.expires);
}

RC_GTEST_PROP(ClientSession, ADamagedFileIsRefusedOrHasTheShapeOfASession, ()) {
  ByteVector encoded = to_vector(client_session().encode().expose());
  const auto at = *rc::gen::inRange<std::size_t>(0, encoded.size());
  encoded[at] = static_cast<std::uint8_t>(encoded[at] ^ *rc::gen::inRange(1, 256));
  const auto decoded = ClientSession::decode(encoded);
  if (!decoded) {
    RC_ASSERT(decoded.error().code == ErrorCode::DecodeError);
    return;
  }
  RC_ASSERT(!decoded->psk.empty());
  RC_ASSERT(!decoded->ticket.empty());
  RC_ASSERT(decoded->lifetime <= kMaxTicketLifetime);
}

/// A session file of anybody's making: whatever its times say, asking whether it has expired is
/// well-defined, and only a session from the past within its lifetime has not.
RC_GTEST_PROP(ClientSession, AnyTimesHaveAnAnswer, ()) {
  ClientSession session = client_session();
  session.received_at = TimePoint(std::chrono::milliseconds(*rc::gen::arbitrary<std::int64_t>()));
  session.peer.expires = TimePoint::max();
  const TimePoint now =
      *rc::gen::element(kMoment, TimePoint(), session.received_at, TimePoint::max());
  const bool usable =
      session.received_at <= now &&
      static_cast<std::uint64_t>(now.time_since_epoch().count()) -
              static_cast<std::uint64_t>(session.received_at.time_since_epoch().count()) <
          24 * 3600 * 1000;
  RC_ASSERT(session.expired(now) == (!usable || now >= session.peer.expires));
}

}  // namespace
}  // namespace nautilus::test
