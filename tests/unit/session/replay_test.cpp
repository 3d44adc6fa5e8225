#include <gtest/gtest.h>

#include <nautilus/providers/default.hpp>
#include <nautilus/session/replay.hpp>

#include "unit/session/session_support.hpp"

namespace nautilus::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kWindow = seconds(10);

std::shared_ptr<ReplayRegister> make_register(std::size_t capacity = 1000) {
  return make_memory_replay_register(*default_provider()->random, capacity).value();
}

ByteVector token(std::uint8_t mark) {
  ByteVector octets(32, 0xEE);
  octets[31] = mark;  // what differs need not be what is hashed
  return octets;
}

ReplayVerdict check(ReplayRegister& replay, std::uint8_t mark, TimePoint now) {
  const auto verdict = replay.check(token(mark), now, kWindow);
  EXPECT_TRUE(verdict.has_value() && verdict->has_value());
  return **verdict;
}

TEST(ReplayRegister, SeesATokenTheSecondTime) {
  const auto replay = make_register();
  EXPECT_EQ(check(*replay, 1, kMoment), ReplayVerdict::Fresh);
  EXPECT_EQ(check(*replay, 1, kMoment), ReplayVerdict::Seen);
  EXPECT_EQ(check(*replay, 2, kMoment), ReplayVerdict::Fresh);
  EXPECT_EQ(check(*replay, 1, kMoment + kWindow), ReplayVerdict::Seen);
}

TEST(ReplayRegister, RemembersForAsLongAsATicketsAgeMayBeOff) {
  const auto replay = make_register();
  EXPECT_EQ(check(*replay, 1, kMoment), ReplayVerdict::Fresh);
  EXPECT_EQ(check(*replay, 1, kMoment + 2 * kWindow - milliseconds(1)), ReplayVerdict::Seen);
  EXPECT_EQ(check(*replay, 1, kMoment + 2 * kWindow), ReplayVerdict::Fresh);
}

TEST(ReplayRegister, ARepeatDoesNotProlongTheMemory) {
  const auto replay = make_register();
  EXPECT_EQ(check(*replay, 1, kMoment), ReplayVerdict::Fresh);
  EXPECT_EQ(check(*replay, 1, kMoment + kWindow), ReplayVerdict::Seen);
  EXPECT_EQ(check(*replay, 1, kMoment + 2 * kWindow), ReplayVerdict::Fresh);
  EXPECT_EQ(check(*replay, 1, kMoment + 3 * kWindow), ReplayVerdict::Seen);
}

TEST(ReplayRegister, IsUnsureWhileFull) {
  const auto replay = make_register(2);
  EXPECT_EQ(check(*replay, 1, kMoment), ReplayVerdict::Fresh);
  EXPECT_EQ(check(*replay, 2, kMoment + seconds(1)), ReplayVerdict::Fresh);
  EXPECT_EQ(check(*replay, 3, kMoment + seconds(1)), ReplayVerdict::Unsure);
  EXPECT_EQ(check(*replay, 1, kMoment + seconds(1)), ReplayVerdict::Seen);
  // The first is forgotten, and makes room for one.
  EXPECT_EQ(check(*replay, 3, kMoment + 2 * kWindow), ReplayVerdict::Fresh);
  EXPECT_EQ(check(*replay, 4, kMoment + 2 * kWindow), ReplayVerdict::Unsure);
  const auto none = make_register(0);
  EXPECT_EQ(check(*none, 1, kMoment), ReplayVerdict::Unsure);
}

TEST(ReplayRegister, AClockThatRunsBackwardsForgetsNothing) {
  const auto replay = make_register();
  EXPECT_EQ(check(*replay, 1, kMoment), ReplayVerdict::Fresh);
  EXPECT_EQ(check(*replay, 2, kMoment - seconds(100)), ReplayVerdict::Fresh);
  EXPECT_EQ(check(*replay, 1, kMoment - seconds(100)), ReplayVerdict::Seen);
  EXPECT_EQ(check(*replay, 2, kMoment), ReplayVerdict::Seen);
}

TEST(ReplayRegister, TokensOfAnotherSizeAreNotVouchedFor) {
  const auto replay = make_register();
  for (const std::size_t size : {0u, 1u, 31u, 33u, 64u}) {
    const auto verdict = replay->check(ByteVector(size, 1), kMoment, kWindow);
    ASSERT_TRUE(verdict.has_value());
    EXPECT_EQ(**verdict, ReplayVerdict::Unsure) << size;
  }
}

TEST(ReplayRegister, EachHasADomainOfItsOwn) {
  const auto a = make_register();
  const auto b = make_register();
  EXPECT_EQ(a->domain().size(), 16u);
  EXPECT_NE(to_vector(a->domain()), to_vector(b->domain()));
  EXPECT_EQ(to_vector(a->domain()), to_vector(a->domain()));
}

class NoRandom final : public Random {
 public:
  [[nodiscard]] Result<void> fill(ByteSpan) noexcept override {
    return nautilus::fail(ErrorCode::RandomFailure);
  }
};

TEST(ReplayRegister, WithoutRandomnessThereIsNone) {
  NoRandom random;
  EXPECT_EQ(make_memory_replay_register(random).error().code, ErrorCode::RandomFailure);
}

}  // namespace
}  // namespace nautilus::test
