#include <algorithm>
#include <set>
#include <span>

#include <gtest/gtest.h>

#include <nautilus/providers/default.hpp>
#include <nautilus/session/ticketer.hpp>

#include "unit/session/session_support.hpp"

namespace nautilus::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const ByteVector kState{1, 2, 3, 4, 5};

std::shared_ptr<Ticketer> ticketer(TicketerOptions options = {}) {
  return make_ticketer(default_provider(), options).value();
}

ByteVector seal(Ticketer& ticketer, TimePoint now, const ByteVector& state = kState) {
  auto ticket = ticketer.seal(state, now);
  EXPECT_TRUE(ticket.has_value() && ticket->has_value());
  return std::move(**ticket);
}

/// The state inside, or nothing. Opening answers at once and is never an error.
std::optional<ByteVector> open(Ticketer& ticketer, const ByteVector& ticket, TimePoint now) {
  const auto answer = ticketer.open(ticket, now);
  EXPECT_TRUE(answer.has_value()) << "the memory ticketer answers at once";
  EXPECT_TRUE(answer->has_value()) << "a ticket is never an error";
  if (!**answer) return std::nullopt;
  return to_vector((**answer)->expose());
}

/// Delegates to the real generator until told to fail.
class FailingRandom final : public Random {
 public:
  [[nodiscard]] Result<void> fill(ByteSpan out) noexcept override {
    if (broken) return nautilus::fail(ErrorCode::RandomFailure);
    return default_provider()->random->fill(out);
  }
  bool broken = false;
};

TEST(Ticketer, RoundTrip) {
  const auto t = ticketer();
  const ByteVector ticket = seal(*t, kMoment);
  EXPECT_EQ(open(*t, ticket, kMoment), kState);
  // More than once: statelessness is what the tickets are for.
  EXPECT_EQ(open(*t, ticket, kMoment), kState);
  EXPECT_EQ(open(*t, ticket, kMoment + hours(1)), kState);
}

TEST(Ticketer, StatesOfEverySize) {
  const auto t = ticketer();
  for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 1000u, 60000u}) {
    const ByteVector state(size, 0x42);
    EXPECT_EQ(open(*t, seal(*t, kMoment, state), kMoment), state) << size;
  }
}

TEST(Ticketer, TicketsHideTheirStateAndDifferEachTime) {
  const auto t = ticketer();
  const ByteVector state(64, 0x42);
  std::set<ByteVector> seen;
  for (int i = 0; i < 50; ++i) {
    const ByteVector ticket = seal(*t, kMoment, state);
    EXPECT_TRUE(seen.insert(ticket).second);
    EXPECT_EQ(std::search_n(ticket.begin(), ticket.end(), 4, std::uint8_t{0x42}), ticket.end());
  }
}

TEST(Ticketer, EveryAlteredOctetMeansNoTicket) {
  const auto t = ticketer();
  const ByteVector ticket = seal(*t, kMoment);
  for (std::size_t at = 0; at < ticket.size(); ++at) {
    for (unsigned change = 1; change <= 0xFF; change = change < 0x80 ? change * 2 : change + 0x7F) {
      ByteVector altered = ticket;
      altered[at] = static_cast<std::uint8_t>(altered[at] ^ change);
      EXPECT_FALSE(open(*t, altered, kMoment)) << at << " ^ " << change;
    }
  }
  EXPECT_EQ(open(*t, ticket, kMoment), kState);
}

TEST(Ticketer, EveryOtherLengthMeansNoTicket) {
  const auto t = ticketer();
  const ByteVector ticket = seal(*t, kMoment);
  for (std::size_t size = 0; size < ticket.size(); ++size) {
    const ByteVector cut(ticket.begin(), ticket.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(open(*t, cut, kMoment)) << size;
  }
  for (std::size_t more = 1; more <= 32; ++more) {
    ByteVector longer = ticket;
    longer.insert(longer.end(), more, 0);
    EXPECT_FALSE(open(*t, longer, kMoment)) << more;
  }
  EXPECT_FALSE(open(*t, ByteVector(4096, 0x01), kMoment));
}

TEST(Ticketer, TicketsOfAnotherAreUnknown) {
  const auto a = ticketer();
  const auto b = ticketer();
  EXPECT_FALSE(open(*b, seal(*a, kMoment), kMoment));
}

TEST(Ticketer, AKeyOpensForTwoPeriods) {
  const auto t = ticketer({.rotation = hours(12)});
  const ByteVector ticket = seal(*t, kMoment);
  EXPECT_EQ(open(*t, ticket, kMoment + hours(12) - milliseconds(1)), kState);
  EXPECT_EQ(open(*t, ticket, kMoment + hours(12)), kState);  // previous key now
  EXPECT_EQ(open(*t, ticket, kMoment + hours(24) - milliseconds(1)), kState);
  EXPECT_FALSE(open(*t, ticket, kMoment + hours(24)));
}

TEST(Ticketer, AnOldKeyDiesEvenIfNobodyAskedInBetween) {
  const auto t = ticketer({.rotation = hours(12)});
  const ByteVector ticket = seal(*t, kMoment);
  EXPECT_FALSE(open(*t, ticket, kMoment + hours(24)));
  EXPECT_FALSE(open(*t, ticket, kMoment + hours(24 * 365)));
  // It does not come back with an earlier clock either: the key is gone after one more rotation.
  (void)seal(*t, kMoment + hours(24 * 366));
  EXPECT_FALSE(open(*t, ticket, kMoment));
}

TEST(Ticketer, RotatesByTime) {
  const auto t = ticketer({.rotation = seconds(10)});
  const ByteVector first = seal(*t, kMoment);
  const ByteVector second = seal(*t, kMoment + seconds(10));
  const ByteVector third = seal(*t, kMoment + seconds(20));
  // Each under a key of its own, named in octets 1 to 16.
  const auto name = [](const ByteVector& ticket) {
    return ByteVector(ticket.begin() + 1, ticket.begin() + 17);
  };
  EXPECT_NE(name(first), name(second));
  EXPECT_NE(name(second), name(third));
  EXPECT_NE(name(first), name(third));
  const TimePoint now = kMoment + seconds(20);
  EXPECT_FALSE(open(*t, first, now));
  EXPECT_EQ(open(*t, second, now), kState);
  EXPECT_EQ(open(*t, third, now), kState);
}

TEST(Ticketer, RotatesByCount) {
  const auto t = ticketer({.rotation = hours(12), .max_tickets_per_key = 3});
  std::vector<ByteVector> tickets;
  std::set<ByteVector> names;
  for (int i = 0; i < 8; ++i) {
    tickets.push_back(seal(*t, kMoment));
    names.insert(ByteVector(tickets.back().begin() + 1, tickets.back().begin() + 17));
  }
  EXPECT_EQ(names.size(), 3u);
  // Three of the oldest key are gone; those of the previous and the current one open.
  for (std::size_t i = 0; i < tickets.size(); ++i) {
    EXPECT_EQ(open(*t, tickets[i], kMoment).has_value(), i >= 3) << i;
  }
}

TEST(Ticketer, AClockThatRunsBackwardsChangesNothing) {
  const auto t = ticketer({.rotation = hours(12)});
  const ByteVector ticket = seal(*t, kMoment);
  EXPECT_EQ(open(*t, ticket, kMoment - hours(1000)), kState);
  const ByteVector earlier = seal(*t, kMoment - hours(1000));
  EXPECT_EQ(open(*t, earlier, kMoment), kState);
}

TEST(Ticketer, ExtremeTimesAreSafe) {
  const auto t = ticketer();
  for (const TimePoint at : {TimePoint(), kMoment, TimePoint::max()}) {
    const ByteVector ticket = seal(*t, at);
    EXPECT_EQ(open(*t, ticket, at), kState);
  }
}

TEST(Ticketer, LongRotationsDoNotOverflow) {
  const auto t = ticketer({.rotation = seconds::max()});
  const ByteVector ticket = seal(*t, kMoment);
  EXPECT_EQ(open(*t, ticket, kMoment + hours(24 * 365)), kState);
}

TEST(Ticketer, ImpossibleOptionsAreRefused) {
  for (const TicketerOptions options :
       {TicketerOptions{.rotation = seconds(0)}, TicketerOptions{.rotation = seconds(-1)},
        TicketerOptions{.max_tickets_per_key = 0}}) {
    const auto made = make_ticketer(default_provider(), options);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::ConfigInvalid);
  }
}

TEST(Ticketer, AnIncompleteProviderIsRefused) {
  EXPECT_EQ(make_ticketer(nullptr).error().code, ErrorCode::ConfigInvalid);
  CryptoProvider provider = *default_provider();
  provider.ticket_aead = nullptr;
  EXPECT_EQ(make_ticketer(std::make_shared<CryptoProvider>(provider)).error().code,
            ErrorCode::ConfigInvalid);
  provider = *default_provider();
  provider.sha256 = nullptr;
  EXPECT_EQ(make_ticketer(std::make_shared<CryptoProvider>(provider)).error().code,
            ErrorCode::ConfigInvalid);
  provider = *default_provider();
  provider.random = nullptr;
  EXPECT_EQ(make_ticketer(std::make_shared<CryptoProvider>(provider)).error().code,
            ErrorCode::ConfigInvalid);
}

TEST(Ticketer, WithoutRandomnessItSealsNothing) {
  const auto random = std::make_shared<FailingRandom>();
  CryptoProvider provider = *default_provider();
  provider.random = random;
  const auto shared = std::make_shared<CryptoProvider>(provider);
  random->broken = true;
  EXPECT_EQ(make_ticketer(shared).error().code, ErrorCode::RandomFailure);

  random->broken = false;
  const auto t = make_ticketer(shared, {.rotation = seconds(10)}).value();
  const ByteVector ticket = seal(*t, kMoment);
  random->broken = true;
  const auto sealed = t->seal(kState, kMoment);
  ASSERT_TRUE(sealed.has_value());
  EXPECT_EQ(sealed->error().code, ErrorCode::RandomFailure);
  // What was sealed still opens, and still ages, though no new key can be drawn.
  EXPECT_EQ(open(*t, ticket, kMoment), kState);
  EXPECT_EQ(open(*t, ticket, kMoment + seconds(15)), kState);
  EXPECT_FALSE(open(*t, ticket, kMoment + seconds(20)));
}

}  // namespace
}  // namespace nautilus::test
