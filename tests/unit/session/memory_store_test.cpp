#include <gtest/gtest.h>

#include <nautilus/session/store.hpp>

#include "unit/session/session_support.hpp"

namespace nautilus::test {
namespace {

using std::chrono::hours;

/// The mark of the session taken, 0 if there is none.
int take(ClientSessionStore& store, std::string_view key, TimePoint now = kMoment) {
  const auto session = store.take(key, now);
  return session ? session->ticket.front() : 0;
}

TEST(MemoryStore, GivesASessionOnce) {
  const auto store = make_memory_session_store();
  store->put("a", client_session(7));
  EXPECT_EQ(take(*store, "a"), 7);
  EXPECT_EQ(take(*store, "a"), 0);
}

TEST(MemoryStore, NewestFirst) {
  const auto store = make_memory_session_store();
  for (const std::uint8_t mark : ByteVector{1, 2, 3}) store->put("a", client_session(mark));
  EXPECT_EQ(take(*store, "a"), 3);
  EXPECT_EQ(take(*store, "a"), 2);
  EXPECT_EQ(take(*store, "a"), 1);
  EXPECT_EQ(take(*store, "a"), 0);
}

TEST(MemoryStore, KeysAreApartToTheLastOctet) {
  const auto store = make_memory_session_store();
  // Keys are opaque: the library makes them of target and config digest, any octets.
  const std::string_view key("a\0b", 3);
  store->put(key, client_session(1));
  for (const std::string_view other :
       {std::string_view("a"), std::string_view("a\0c", 3), std::string_view("a\0", 2),
        std::string_view("a\0b\0", 4), std::string_view("")}) {
    EXPECT_EQ(take(*store, other), 0);
  }
  EXPECT_EQ(take(*store, key), 1);
}

TEST(MemoryStore, KeepsAFewSessionsAServer) {
  const auto store = make_memory_session_store(8, 2);
  for (const std::uint8_t mark : ByteVector{1, 2, 3}) store->put("a", client_session(mark));
  EXPECT_EQ(take(*store, "a"), 3);
  EXPECT_EQ(take(*store, "a"), 2);
  EXPECT_EQ(take(*store, "a"), 0);
}

TEST(MemoryStore, TheServerUsedLongestAgoGoesFirst) {
  const auto store = make_memory_session_store(2, 4);
  store->put("a", client_session(1));
  store->put("b", client_session(2));
  store->put("a", client_session(3));  // a is the newer one now
  store->put("c", client_session(4));
  EXPECT_EQ(take(*store, "b"), 0);
  EXPECT_EQ(take(*store, "a"), 3);
  EXPECT_EQ(take(*store, "c"), 4);
}

TEST(MemoryStore, GroupsCountAsUse) {
  const auto store = make_memory_session_store(2, 4);
  store->put("a", client_session(1));
  store->put("b", client_session(2));
  store->set_group("a", NamedGroup::x25519);
  store->set_group("c", NamedGroup::secp256r1);
  EXPECT_EQ(take(*store, "b"), 0);
  EXPECT_EQ(take(*store, "a"), 1);
  EXPECT_EQ(store->group("a"), NamedGroup::x25519);
  EXPECT_EQ(store->group("b"), std::nullopt);
  EXPECT_EQ(store->group("c"), NamedGroup::secp256r1);
}

TEST(MemoryStore, TheLastGroupCounts) {
  const auto store = make_memory_session_store();
  EXPECT_EQ(store->group("a"), std::nullopt);
  store->put("a", client_session(1));
  EXPECT_EQ(store->group("a"), std::nullopt);
  store->set_group("a", NamedGroup::x25519);
  store->set_group("a", NamedGroup::X25519MLKEM768);
  EXPECT_EQ(store->group("a"), NamedGroup::X25519MLKEM768);
  EXPECT_EQ(take(*store, "a"), 1);
  EXPECT_EQ(store->group("a"), NamedGroup::X25519MLKEM768);  // outlives the sessions
}

TEST(MemoryStore, ManyServersStayWithinTheBound) {
  const auto store = make_memory_session_store(16, 1);
  for (int i = 0; i < 1000; ++i) store->put("server " + std::to_string(i), client_session(1));
  int kept = 0;
  for (int i = 0; i < 1000; ++i) kept += take(*store, "server " + std::to_string(i));
  EXPECT_EQ(kept, 16);
}

TEST(MemoryStore, ACapacityOfNothingKeepsNothing) {
  const auto no_servers = make_memory_session_store(0, 4);
  no_servers->put("a", client_session(1));
  no_servers->set_group("a", NamedGroup::x25519);
  EXPECT_EQ(take(*no_servers, "a"), 0);
  EXPECT_EQ(no_servers->group("a"), std::nullopt);
  const auto no_sessions = make_memory_session_store(4, 0);
  no_sessions->put("a", client_session(1));
  no_sessions->set_group("a", NamedGroup::x25519);
  EXPECT_EQ(take(*no_sessions, "a"), 0);
  EXPECT_EQ(no_sessions->group("a"), NamedGroup::x25519);
}

TEST(MemoryStore, ExpiredSessionsAreSkippedAndDropped) {
  const auto store = make_memory_session_store();
  ClientSession longer = client_session(1);
  longer.lifetime = hours(48);
  store->put("a", std::move(longer));
  store->put("a", client_session(2));  // 24 hours
  EXPECT_EQ(take(*store, "a", kMoment + hours(24)), 1);
  store->put("b", client_session(3));
  EXPECT_EQ(take(*store, "b", kMoment + hours(24)), 0);
  // It was dropped then, and an earlier clock does not bring it back.
  EXPECT_EQ(take(*store, "b", kMoment), 0);
}

TEST(MemoryStore, AServersCertificateEndsItsSessions) {
  const auto store = make_memory_session_store();
  ClientSession session = client_session(1);
  session.peer.expires = kMoment + hours(1);
  store->put("a", std::move(session));
  EXPECT_EQ(take(*store, "a", kMoment + hours(1)), 0);
}

TEST(MemoryStore, AClockBeforeTheSessionMeansNone) {
  const auto store = make_memory_session_store();
  store->put("a", client_session(1));
  EXPECT_EQ(take(*store, "a", kMoment - hours(1)), 0);
}

}  // namespace
}  // namespace nautilus::test
