// The ticketer whose keys are in a file, through its public face.
#include <sys/stat.h>

#include <functional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nautilus/providers/default.hpp>
#include <nautilus/session/file_ticketer.hpp>

#include "session/key_file.hpp"
#include "unit/session/folder.hpp"
#include "unit/session/session_support.hpp"

namespace nautilus::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const ByteVector kState{9, 8, 7};

/// A folder, and ticketers over the one file in it, as many processes would have them.
struct Keys {
  Folder folder;
  std::filesystem::path path = folder / "keys";
  std::vector<Error> errors;

  [[nodiscard]] FileTicketerOptions options() {
    FileTicketerOptions options{.rotation = hours(12), .ticket_lifetime = hours(6)};
    options.recheck = milliseconds(0);
    options.on_error = [this](const Error& error) { errors.push_back(error); };
    return options;
  }
  [[nodiscard]] std::shared_ptr<FileTicketer> open(TimePoint now = kMoment) {
    return open(options(), now);
  }
  [[nodiscard]] std::shared_ptr<FileTicketer> open(FileTicketerOptions options,
                                                   TimePoint now = kMoment) const {
    auto made = make_file_ticketer(default_provider(), path, now, std::move(options));
    EXPECT_TRUE(made) << describe(made.error());
    return *made;
  }
  [[nodiscard]] ErrorCode refusal(TimePoint now = kMoment) {
    const auto made = make_file_ticketer(default_provider(), path, now, options());
    EXPECT_FALSE(made);
    return made ? ErrorCode{} : made.error().code;
  }
  [[nodiscard]] std::vector<session::KeyGeneration> generations() const {
    return session::decode_key_file(*default_provider()->sha256, content_of(path)).value();
  }
  void write(const std::vector<session::KeyGeneration>& all) const {
    replace_file(path, session::encode_key_file(*default_provider()->sha256, all).expose());
  }
};

ByteVector seal(Ticketer& ticketer, TimePoint now = kMoment) {
  auto ticket = ticketer.seal(kState, now);
  EXPECT_TRUE(ticket.has_value() && ticket->has_value());
  return ticket && *ticket ? std::move(**ticket) : ByteVector();
}

bool opens(Ticketer& ticketer, const ByteVector& ticket, TimePoint now = kMoment) {
  const auto answer = ticketer.open(ticket, now);
  EXPECT_TRUE(answer.has_value() && answer->has_value()) << "a ticket is never an error";
  if (!**answer) return false;
  EXPECT_EQ(to_vector((**answer)->expose()), kState);
  return true;
}

ByteVector name_of(const ByteVector& ticket) {
  return ByteVector(ticket.begin() + 1, ticket.begin() + 17);
}

TEST(FileTicketer, MakesTheFileAndOpensWhatItSeals) {
  Keys keys;
  const auto ticketer = keys.open();
  EXPECT_EQ(mode_of(keys.path), 0600u);
  ASSERT_EQ(keys.generations().size(), 1u);
  EXPECT_EQ(keys.generations()[0].not_before, kMoment);
  EXPECT_EQ(keys.generations()[0].not_after, kMoment + hours(18));
  const ByteVector ticket = seal(*ticketer);
  EXPECT_TRUE(opens(*ticketer, ticket));
  EXPECT_TRUE(keys.errors.empty());
}

TEST(FileTicketer, SharesKeysWithOthersAndAcrossRestarts) {
  Keys keys;
  const auto one = keys.open();
  const auto two = keys.open();
  EXPECT_TRUE(opens(*two, seal(*one)));
  EXPECT_TRUE(opens(*one, seal(*two)));
  const ByteVector ticket = seal(*one);
  EXPECT_TRUE(opens(*keys.open(kMoment + hours(1)), ticket, kMoment + hours(1)));
  EXPECT_EQ(keys.generations().size(), 1u);
}

TEST(FileTicketer, AlteredAndForeignTicketsAreUnknown) {
  Keys keys;
  Keys other;
  const auto ticketer = keys.open();
  EXPECT_FALSE(opens(*ticketer, seal(*other.open())));
  EXPECT_FALSE(opens(*ticketer, {}));
  const ByteVector ticket = seal(*ticketer);
  for (std::size_t at = 0; at < ticket.size(); ++at) {
    ByteVector altered = ticket;
    altered[at] ^= 1;
    EXPECT_FALSE(opens(*ticketer, altered)) << at;
  }
  EXPECT_FALSE(opens(*ticketer, ByteVector(ticket.begin(), ticket.end() - 1)));
}

TEST(FileTicketer, RotatesByTimeAndKeepsOldKeysUntilTheirTicketsExpired) {
  Keys keys;
  const auto one = keys.open();
  const auto two = keys.open();
  const ByteVector first = seal(*one, kMoment + hours(12) - milliseconds(1));
  const ByteVector second = seal(*one, kMoment + hours(12));
  EXPECT_NE(name_of(first), name_of(second));
  ASSERT_EQ(keys.generations().size(), 2u);
  EXPECT_EQ(keys.generations()[0].not_after, kMoment + hours(18));
  // The other takes the new key over instead of making its own.
  EXPECT_EQ(name_of(seal(*two, kMoment + hours(12))), name_of(second));
  EXPECT_EQ(keys.generations().size(), 2u);
  for (const auto& ticketer : {one, two}) {
    EXPECT_TRUE(opens(*ticketer, first, kMoment + hours(18) - milliseconds(1)));
    EXPECT_FALSE(opens(*ticketer, first, kMoment + hours(18)));
    EXPECT_TRUE(opens(*ticketer, second, kMoment + hours(18)));
  }
  // The next rotation drops it from the file.
  (void)seal(*two, kMoment + hours(24));
  ASSERT_EQ(keys.generations().size(), 2u);
  EXPECT_EQ(to_vector(keys.generations()[0].name), name_of(second));
  EXPECT_TRUE(keys.errors.empty());
}

TEST(FileTicketer, RotatesByCount) {
  Keys keys;
  auto options = keys.options();
  options.max_tickets_per_key = 3;
  const auto one = keys.open(options);
  const auto two = keys.open(options);
  std::vector<ByteVector> tickets;
  std::set<ByteVector> names;
  for (int i = 0; i < 7; ++i) {
    tickets.push_back(seal(*one, kMoment + minutes(i)));
    names.insert(name_of(tickets.back()));
  }
  EXPECT_EQ(names.size(), 3u);
  ASSERT_EQ(keys.generations().size(), 3u);
  // A key that stopped early needs to open no longer than its last ticket lives.
  EXPECT_EQ(keys.generations()[0].not_after, kMoment + minutes(3) + hours(6));
  for (const ByteVector& ticket : tickets) EXPECT_TRUE(opens(*two, ticket, kMoment + minutes(7)));
  // Each process counts for itself.
  EXPECT_EQ(name_of(seal(*two, kMoment + minutes(7))), name_of(tickets.back()));
}

TEST(FileTicketer, TheFileDoesNotGrowWithoutEnd) {
  Keys keys;
  auto options = keys.options();
  options.max_tickets_per_key = 1;
  const auto ticketer = keys.open(options);
  const ByteVector first = seal(*ticketer);
  ByteVector last;
  for (int i = 0; i < 100; ++i) last = seal(*ticketer);
  EXPECT_EQ(keys.generations().size(), 64u);
  EXPECT_FALSE(opens(*ticketer, first));
  EXPECT_TRUE(opens(*ticketer, last));
}

TEST(FileTicketer, RotatesOnDemand) {
  Keys keys;
  const auto one = keys.open();
  const auto two = keys.open();
  const ByteVector before = seal(*one);
  ASSERT_TRUE(one->rotate(kMoment + minutes(1)));
  const ByteVector after = seal(*two, kMoment + minutes(1));
  EXPECT_NE(name_of(before), name_of(after));
  EXPECT_TRUE(opens(*one, after, kMoment + minutes(1)));
  EXPECT_TRUE(opens(*two, before, kMoment + minutes(1)));
}

TEST(FileTicketer, LooksAtTheFileOnceInAWhileOrForAnUnknownKey) {
  Keys keys;
  auto options = keys.options();
  options.recheck = seconds(10);
  const auto one = keys.open(options);
  const auto two = keys.open(options);
  const ByteVector before = seal(*two);
  ASSERT_TRUE(one->rotate(kMoment));
  const ByteVector after = seal(*one);
  EXPECT_EQ(name_of(seal(*two, kMoment + seconds(10) - milliseconds(1))), name_of(before));
  EXPECT_TRUE(opens(*two, after, kMoment + seconds(1))) << "unknown, so looked up at once";
  ASSERT_TRUE(one->rotate(kMoment + seconds(2)));
  EXPECT_EQ(name_of(seal(*two, kMoment + seconds(20))), name_of(seal(*one, kMoment + seconds(20))));
}

TEST(FileTicketer, ABrokenNewFileKeepsTheOldKeysAndIsReportedOnce) {
  struct Case {
    const char* what;
    ErrorCode code;
    std::function<void(const std::filesystem::path&)> damage;
  };
  const std::vector<Case> cases{
      {"truncated", ErrorCode::StoreFailure,
       [](const auto& path) {
         ByteVector content = content_of(path);
         content.pop_back();
         replace_file(path, content);
       }},
      {"empty", ErrorCode::StoreFailure, [](const auto& path) { replace_file(path, {}); }},
      {"of a newer version", ErrorCode::StoreFailure,
       [](const auto& path) {
         ByteVector content = content_of(path);
         content[8] = 2;
         replace_file(path, content);
       }},
      {"open to others", ErrorCode::FileUnreadable,
       [](const auto& path) { replace_file(path, content_of(path), 0644); }},
      {"gone", ErrorCode::FileUnreadable, [](const auto& path) { std::filesystem::remove(path); }},
  };
  for (const Case& broken : cases) {
    SCOPED_TRACE(broken.what);
    Keys keys;
    const auto ticketer = keys.open();
    const ByteVector ticket = seal(*ticketer);
    const ByteVector good = content_of(keys.path);
    broken.damage(keys.path);
    EXPECT_TRUE(opens(*ticketer, ticket, kMoment + minutes(1)));
    EXPECT_EQ(name_of(seal(*ticketer, kMoment + minutes(1))), name_of(ticket));
    ASSERT_EQ(keys.errors.size(), 1u);
    EXPECT_EQ(keys.errors[0].code, broken.code);
    const auto reloaded = ticketer->reload(kMoment + minutes(1));
    ASSERT_FALSE(reloaded);
    EXPECT_EQ(reloaded.error().code, broken.code);
    EXPECT_TRUE(opens(*ticketer, ticket, kMoment + minutes(2)));
    // Put right, it counts again.
    replace_file(keys.path, good);
    EXPECT_TRUE(ticketer->reload(kMoment + minutes(3)));
    EXPECT_TRUE(opens(*ticketer, ticket, kMoment + minutes(3)));
    EXPECT_EQ(keys.errors.size(), 1u);
  }
}

TEST(FileTicketer, AFileThatCannotBeReadIsNotOverwritten) {
  Keys keys;
  const auto ticketer = keys.open();
  const ByteVector ticket = seal(*ticketer);
  ByteVector newer = content_of(keys.path);
  newer[8] = 2;
  replace_file(keys.path, newer);
  // The rotation that is due fails; the old key goes on until its last tickets would expire.
  EXPECT_EQ(name_of(seal(*ticketer, kMoment + hours(13))), name_of(ticket));
  EXPECT_EQ(content_of(keys.path), newer);
  EXPECT_EQ(ticketer->rotate(kMoment + hours(13)).error().code, ErrorCode::StoreFailure);
  const auto late = ticketer->seal(kState, kMoment + hours(18));
  ASSERT_TRUE(late);
  EXPECT_EQ(late->error().code, ErrorCode::StoreFailure);
  EXPECT_EQ(content_of(keys.path), newer);
}

TEST(FileTicketer, AMissingFileIsMadeAnewFromTheKnownKeysWhenRotationIsDue) {
  Keys keys;
  const auto ticketer = keys.open();
  const ByteVector ticket = seal(*ticketer);
  std::filesystem::remove(keys.path);
  EXPECT_NE(name_of(seal(*ticketer, kMoment + hours(12))), name_of(ticket));
  EXPECT_EQ(keys.generations().size(), 2u);
  EXPECT_TRUE(opens(*keys.open(kMoment + hours(12)), ticket, kMoment + hours(12)));
}

TEST(FileTicketer, AFileThatCannotBeReplacedStopsRotationNotSealing) {
  Keys keys;
  auto options = keys.options();
  options.max_tickets_per_key = 2;
  const auto ticketer = keys.open(options);
  // A folder in the lock's place stops root as well, unlike permissions.
  std::filesystem::remove(keys.folder / "keys.lock");
  std::filesystem::create_directory(keys.folder / "keys.lock");
  const ByteVector ticket = seal(*ticketer);
  // By time: goes on, and says so.
  EXPECT_EQ(name_of(seal(*ticketer, kMoment + hours(12))), name_of(ticket));
  ASSERT_EQ(keys.errors.size(), 1u);
  EXPECT_EQ(keys.errors[0].code, ErrorCode::FileUnwritable);
  // By count: no more tickets under this key.
  const auto over = ticketer->seal(kState, kMoment + hours(12));
  ASSERT_TRUE(over);
  EXPECT_EQ(over->error().code, ErrorCode::FileUnwritable);
  EXPECT_TRUE(opens(*ticketer, ticket, kMoment + hours(13)));
  // Until it works again.
  std::filesystem::remove(keys.folder / "keys.lock");
  EXPECT_NE(name_of(seal(*ticketer, kMoment + hours(12))), name_of(ticket));
}

TEST(FileTicketer, AFailedRotationIsNotTriedAgainAtOnce) {
  Keys keys;
  auto options = keys.options();
  options.recheck = seconds(10);
  const auto ticketer = keys.open(options);
  std::filesystem::remove(keys.folder / "keys.lock");
  std::filesystem::create_directory(keys.folder / "keys.lock");
  const TimePoint late = kMoment + hours(12);
  for (int i = 0; i < 5; ++i) (void)seal(*ticketer, late + seconds(i));
  EXPECT_EQ(keys.errors.size(), 1u);
  (void)seal(*ticketer, late + seconds(10));
  EXPECT_EQ(keys.errors.size(), 2u);
}

TEST(FileTicketer, WhileAnotherRotatesTheOldKeySeals) {
  Keys keys;
  const auto ticketer = keys.open();
  const ByteVector ticket = seal(*ticketer);
  const session::KeyFile file(*default_provider()->sha256, keys.path);
  {
    const auto lock = file.try_lock();
    ASSERT_TRUE(lock && *lock);
    EXPECT_EQ(name_of(seal(*ticketer, kMoment + hours(12))), name_of(ticket));
    EXPECT_EQ(ticketer->rotate(kMoment + hours(12)).error().code, ErrorCode::StoreFailure);
    EXPECT_TRUE(keys.errors.empty());
  }
  EXPECT_NE(name_of(seal(*ticketer, kMoment + hours(12))), name_of(ticket));
}

TEST(FileTicketer, ABadFileRefusesToStart) {
  {
    Keys keys;
    replace_file(keys.path, ByteVector(100, 'x'));
    EXPECT_EQ(keys.refusal(), ErrorCode::StoreFailure);
  }
  {
    Keys keys;
    (void)keys.open();
    ASSERT_EQ(::chmod(keys.path.c_str(), 0640), 0);
    EXPECT_EQ(keys.refusal(), ErrorCode::FileUnreadable);
  }
  {
    Keys keys;
    keys.path = keys.folder / "none" / "keys";
    EXPECT_EQ(keys.refusal(), ErrorCode::FileUnwritable);
  }
  {
    Keys keys;
    std::filesystem::create_directory(keys.path);
    EXPECT_EQ(keys.refusal(), ErrorCode::FileUnreadable);
  }
}

TEST(FileTicketer, AFileThatHasExpiredIsRenewedAtTheStart) {
  Keys keys;
  const ByteVector ticket = seal(*keys.open());
  const auto later = keys.open(kMoment + hours(100));
  EXPECT_EQ(keys.generations().size(), 1u);
  EXPECT_FALSE(opens(*later, ticket, kMoment + hours(100)));
  EXPECT_TRUE(opens(*later, seal(*later, kMoment + hours(100)), kMoment + hours(100)));
}

TEST(FileTicketer, AClockThatRunsBackwardsChangesNothing) {
  Keys keys;
  const auto ticketer = keys.open();
  const ByteVector ticket = seal(*ticketer);
  for (const auto back : {seconds(1), seconds(hours(11))}) {
    EXPECT_EQ(name_of(seal(*ticketer, kMoment - back)), name_of(ticket));
    EXPECT_TRUE(opens(*ticketer, ticket, kMoment - back));
  }
  EXPECT_EQ(keys.generations().size(), 1u);
}

TEST(FileTicketer, AKeyFromAWrongClockDoesNotSealForever) {
  Keys keys;
  // The clock was ten years ahead when the file was made.
  const TimePoint wrong = kMoment + hours(24 * 3650);
  const ByteVector ticket = seal(*keys.open(wrong), wrong);
  const auto ticketer = keys.open();
  EXPECT_NE(name_of(seal(*ticketer)), name_of(ticket));
  ASSERT_EQ(keys.generations().size(), 1u);
  EXPECT_EQ(keys.generations()[0].not_before, kMoment);
  // And once more by time, as ever.
  (void)seal(*ticketer, kMoment + hours(12));
  EXPECT_EQ(keys.generations().size(), 2u);
}

TEST(FileTicketer, TheKeyOfAClockALittleAheadIsUsed) {
  Keys keys;
  const TimePoint ahead = kMoment + minutes(5);
  const ByteVector ticket = seal(*keys.open(ahead), ahead);
  const auto ticketer = keys.open();
  EXPECT_TRUE(opens(*ticketer, ticket));
  EXPECT_EQ(name_of(seal(*ticketer)), name_of(ticket));
}

TEST(FileTicketer, ExtremeTimesAreSafe) {
  for (const TimePoint at : {TimePoint::min(), TimePoint(), TimePoint::max() - hours(1)}) {
    Keys keys;
    const auto ticketer = keys.open(at);
    const ByteVector ticket = seal(*ticketer, at);
    EXPECT_TRUE(opens(*ticketer, ticket, at));
    (void)ticketer->seal(kState, TimePoint::min());
    (void)ticketer->seal(kState, TimePoint::max());
    (void)ticketer->open(ticket, TimePoint::max());
    EXPECT_FALSE(keys.generations().empty());
  }
  Keys keys;
  EXPECT_EQ(keys.refusal(TimePoint::max()), ErrorCode::StoreFailure);
}

TEST(FileTicketer, ImpossibleOptionsAreRefused) {
  Keys keys;
  std::vector<FileTicketerOptions> all(7, keys.options());
  all[0].rotation = seconds(0);
  all[1].rotation = seconds(-1);
  all[2].max_tickets_per_key = 0;
  all[3].max_tickets_per_key = kMaxTicketsPerKey + 1;
  all[4].ticket_lifetime = seconds(0);
  all[5].ticket_lifetime = kMaxTicketLifetime + seconds(1);
  all[6].recheck = milliseconds(-1);
  for (const FileTicketerOptions& options : all) {
    const auto made = make_file_ticketer(default_provider(), keys.path, kMoment, options);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::ConfigInvalid);
  }
  EXPECT_EQ(make_file_ticketer(nullptr, keys.path, kMoment).error().code, ErrorCode::ConfigInvalid);
  EXPECT_FALSE(std::filesystem::exists(keys.path));
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

TEST(FileTicketer, WithoutRandomnessNoKeyIsMadeAndTheFileStays) {
  Keys keys;
  const auto random = std::make_shared<FailingRandom>();
  CryptoProvider provider = *default_provider();
  provider.random = random;
  const auto shared = std::make_shared<CryptoProvider>(provider);
  random->broken = true;
  EXPECT_EQ(make_file_ticketer(shared, keys.path, kMoment).error().code, ErrorCode::RandomFailure);
  EXPECT_FALSE(std::filesystem::exists(keys.path));
  random->broken = false;
  const auto ticketer = make_file_ticketer(shared, keys.path, kMoment, keys.options()).value();
  const ByteVector before = content_of(keys.path);
  random->broken = true;
  EXPECT_EQ(ticketer->rotate(kMoment).error().code, ErrorCode::RandomFailure);
  const auto sealed = ticketer->seal(kState, kMoment);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->error().code, ErrorCode::RandomFailure);
  EXPECT_EQ(content_of(keys.path), before);
}

}  // namespace
}  // namespace nautilus::test
