// Sessions kept by the server: tickets that are only handles.
#include <array>

#include <gtest/gtest.h>

#include <nautilus/providers/default.hpp>
#include <nautilus/session/server_store.hpp>
#include <nautilus/session/store.hpp>

#include "unit/session/session_support.hpp"

namespace nautilus::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const ByteVector kState{1, 2, 3};

std::shared_ptr<Ticketer> ticketer(std::shared_ptr<ServerSessionStore> store,
                                   seconds lifetime = hours(1)) {
  return make_store_ticketer(default_provider(), std::move(store), lifetime).value();
}
ByteVector seal(Ticketer& ticketer, TimePoint now = kMoment) {
  return ticketer.seal(kState, now).value().value();
}
/// The state, empty if there is none.
ByteVector open(Ticketer& ticketer, ByteView ticket, TimePoint now = kMoment) {
  const auto state = ticketer.open(ticket, now).value().value();
  return state ? to_vector(state->expose()) : ByteVector();
}

TEST(StoreTicketer, ATicketSaysNothingAndIsGoodOnce) {
  const auto made = ticketer(make_memory_server_store());
  const ByteVector ticket = seal(*made);
  EXPECT_EQ(ticket.size(), 32U);
  EXPECT_NE(ticket, seal(*made));
  EXPECT_EQ(open(*made, ticket), kState);
  EXPECT_TRUE(open(*made, ticket).empty());
}

TEST(StoreTicketer, UnknownTicketsOpenNothing) {
  const auto made = ticketer(make_memory_server_store());
  const ByteVector ticket = seal(*made);
  for (std::size_t at = 0; at < ticket.size(); ++at) {
    ByteVector altered = ticket;
    altered[at] ^= 1;
    EXPECT_TRUE(open(*made, altered).empty()) << at;
  }
  for (const std::size_t size : std::to_array<std::size_t>({0, 1, 31, 33, 64})) {
    EXPECT_TRUE(open(*made, ByteVector(size, 7)).empty()) << size;
  }
  EXPECT_EQ(open(*made, ticket), kState);
}

TEST(StoreTicketer, SessionsExpire) {
  const auto made = ticketer(make_memory_server_store(), seconds(10));
  const ByteVector before = seal(*made);
  const ByteVector after = seal(*made);
  EXPECT_EQ(open(*made, before, kMoment + seconds(10) - std::chrono::milliseconds(1)), kState);
  EXPECT_TRUE(open(*made, after, kMoment + seconds(10)).empty());
  // Asked for too late, it is gone: a clock that is set back does not revive it.
  EXPECT_TRUE(open(*made, after, kMoment).empty());
}

TEST(StoreTicketer, ExtremeTimesAreSafe) {
  const auto made = ticketer(make_memory_server_store());
  EXPECT_EQ(open(*made, seal(*made, TimePoint::max()), TimePoint::max() - seconds(1)), kState);
  EXPECT_EQ(open(*made, seal(*made, TimePoint::min()), TimePoint::min()), kState);
  EXPECT_TRUE(open(*made, seal(*made, TimePoint::min()), TimePoint::max()).empty());
}

TEST(StoreTicketer, TwoOverOneStoreShareSessions) {
  const auto store = make_memory_server_store();
  const auto one = ticketer(store);
  const auto other = ticketer(store);
  EXPECT_EQ(open(*other, seal(*one)), kState);
}

TEST(StoreTicketer, ImpossibleOptionsAreRefused) {
  const auto store = make_memory_server_store();
  for (const seconds lifetime : {seconds(0), seconds(-1), kMaxTicketLifetime + seconds(1)}) {
    EXPECT_EQ(make_store_ticketer(default_provider(), store, lifetime).error().code,
              ErrorCode::ConfigInvalid);
  }
  EXPECT_TRUE(make_store_ticketer(default_provider(), store, kMaxTicketLifetime));
  EXPECT_EQ(make_store_ticketer(nullptr, store).error().code, ErrorCode::ConfigInvalid);
  EXPECT_EQ(make_store_ticketer(default_provider(), nullptr).error().code,
            ErrorCode::ConfigInvalid);
  CryptoProvider silent = *default_provider();
  silent.random = nullptr;
  EXPECT_EQ(make_store_ticketer(std::make_shared<CryptoProvider>(silent), store).error().code,
            ErrorCode::ConfigInvalid);
}

TEST(StoreTicketer, AStoreThatFailsIsSaidTo) {
  const auto made = ticketer(make_memory_server_store(0));
  EXPECT_EQ(made->seal(kState, kMoment).value().error().code, ErrorCode::StoreFailure);
}

/// One whose entries must be fetched first.
class Remote final : public ServerSessionStore {
 public:
  Result<void> put(ByteView, SecretBytes, TimePoint) override { return {}; }
  Eventually<std::optional<SecretBytes>> take(ByteView handle, TimePoint) override {
    asked = to_vector(handle);
    return std::nullopt;
  }
  ByteVector asked;
};

TEST(StoreTicketer, AnAnswerMayComeLater) {
  const auto remote = std::make_shared<Remote>();
  const auto made = ticketer(remote);
  const ByteVector ticket = seal(*made);
  EXPECT_FALSE(made->open(ticket, kMoment).has_value());
  EXPECT_EQ(remote->asked, ticket);
  // What cannot be a handle is not asked for.
  remote->asked.clear();
  EXPECT_TRUE(made->open(ByteVector(31, 1), kMoment).has_value());
  EXPECT_TRUE(remote->asked.empty());
}

TEST(MemoryServerStore, TheOldestGoFirst) {
  const auto store = make_memory_server_store(2);
  const auto made = ticketer(store);
  const ByteVector first = seal(*made);
  const ByteVector second = seal(*made);
  const ByteVector third = seal(*made);
  EXPECT_TRUE(open(*made, first).empty());
  EXPECT_EQ(open(*made, second), kState);
  EXPECT_EQ(open(*made, third), kState);
}

TEST(MemoryServerStore, HandlesAreOfOneSizeAndUsedOnce) {
  const auto store = make_memory_server_store();
  const ByteVector handle(32, 5);
  EXPECT_TRUE(store->put(handle, SecretBytes(ByteView(kState)), kMoment + seconds(1)));
  EXPECT_EQ(store->put(handle, SecretBytes(ByteView(kState)), kMoment + seconds(1)).error().code,
            ErrorCode::StoreFailure);
  EXPECT_EQ(store->put(ByteVector(31, 5), SecretBytes(ByteView(kState)), kMoment).error().code,
            ErrorCode::ApiMisuse);
  EXPECT_TRUE(store->take(handle, kMoment).value().value());
  EXPECT_FALSE(store->take(handle, kMoment).value().value());
}

}  // namespace
}  // namespace nautilus::test
