// The parts that lock inside: session store, ticketer, replay register.
#include <array>
#include <atomic>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <nautilus/providers/default.hpp>
#include <nautilus/session/replay.hpp>
#include <nautilus/session/store.hpp>
#include <nautilus/session/ticketer.hpp>

#include "support/pki.hpp"
#include "threads/run_threads.hpp"

namespace nautilus::test {
namespace {

ClientSession session(int thread, int number) {
  ClientSession session;
  session.psk = SecretBytes(32);
  session.ticket = {static_cast<std::uint8_t>(thread), static_cast<std::uint8_t>(number)};
  session.lifetime = std::chrono::hours(1);
  session.received_at = kNow;
  return session;
}

TEST(SessionThreads, TheStoreGivesEachSessionToOneTaker) {
  constexpr int kSessions = 200;
  const auto store = make_memory_session_store(4, 10'000);
  std::array<std::vector<ByteVector>, kThreads> taken;
  run_threads([&](int thread) {
    auto& mine = taken[static_cast<std::size_t>(thread)];
    for (int i = 0; i < kSessions; ++i) {
      store->put("server", session(thread, i));
      store->set_group("server", i % 2 == 0 ? NamedGroup::x25519 : NamedGroup::secp256r1);
      EXPECT_TRUE(store->group("server"));
      if (auto got = store->take("server", kNow)) mine.push_back(std::move(got->ticket));
    }
  });
  std::multiset<std::string> all;
  for (const auto& some : taken) {
    for (const ByteVector& ticket : some) all.emplace(as_text(ticket));
  }
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kThreads * kSessions));
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
  EXPECT_FALSE(store->take("server", kNow));
}

TEST(SessionThreads, TheStoreEvictsUnderLoad) {
  const auto store = make_memory_session_store(3, 2);
  std::atomic<int> got = 0;
  run_threads([&](int thread) {
    for (int i = 0; i < 500; ++i) {
      const std::string key = "server " + std::to_string((thread + i) % 7);
      store->put(key, session(thread, i % 250));
      if (store->take(key, kNow)) ++got;
    }
  });
  EXPECT_GE(got, 1);
  EXPECT_LE(got, kThreads * 500);
}

TEST(SessionThreads, TheTicketerSealsAndOpensWhileItRotates) {
  const auto ticketer = make_ticketer(default_provider(), {.rotation = std::chrono::hours(1),
                                                           .max_tickets_per_key = 1000})
                            .value();
  std::atomic<int> opened = 0;
  run_threads([&](int thread) {
    const ByteVector state(40, static_cast<std::uint8_t>(thread));
    for (int i = 0; i < 200; ++i) {
      auto ticket = ticketer->seal(state, kNow);
      ASSERT_TRUE(ticket && *ticket);
      const auto answer = ticketer->open(**ticket, kNow);
      ASSERT_TRUE(answer && *answer);
      // 1600 tickets are two keys' worth: current and previous open all of them.
      ASSERT_TRUE(**answer);
      EXPECT_EQ(to_vector((**answer)->expose()), state);
      ++opened;
    }
  });
  EXPECT_EQ(opened, kThreads * 200);
}

TEST(SessionThreads, AReplayedTokenIsFreshExactlyOnce) {
  constexpr int kTokens = 300;
  const auto replay = make_memory_replay_register(*default_provider()->random, kTokens).value();
  std::atomic<int> fresh = 0;
  run_threads([&](int) {
    for (int i = 0; i < kTokens; ++i) {
      ByteVector token(32);
      token[0] = static_cast<std::uint8_t>(i);
      token[1] = static_cast<std::uint8_t>(i >> 8);
      const auto verdict = replay->check(token, kNow, std::chrono::seconds(10));
      ASSERT_TRUE(verdict && *verdict);
      EXPECT_NE(**verdict, ReplayVerdict::Unsure);
      if (**verdict == ReplayVerdict::Fresh) ++fresh;
    }
  });
  EXPECT_EQ(fresh, kTokens);
}

}  // namespace
}  // namespace nautilus::test
