// Several processes over one key file: they agree at the start, and while they rotate at once.
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <nautilus/providers/default.hpp>
#include <nautilus/session/file_ticketer.hpp>

#include "session/key_file.hpp"
#include "unit/session/folder.hpp"
#include "unit/session/session_support.hpp"

namespace nautilus::test {
namespace {

constexpr int kProcesses = 6;
const ByteVector kState{1, 2, 3};

/// Runs `work` in that many children that start together. Each returns octets; nothing from one
/// that failed.
std::vector<ByteVector> in_processes(const std::function<std::optional<ByteVector>(int)>& work) {
  int gate[2];
  EXPECT_EQ(::pipe(gate), 0);
  struct Child {
    pid_t id;
    int output;
  };
  std::vector<Child> children;
  for (int index = 0; index < kProcesses; ++index) {
    int output[2];
    EXPECT_EQ(::pipe(output), 0);
    const pid_t id = ::fork();
    if (id == 0) {
      ::close(gate[1]);
      char nothing = 0;
      (void)!::read(gate[0], &nothing, 1);  // until the parent lets go
      const auto result = work(index);
      if (!result) ::_exit(1);
      const bool written = ::write(output[1], result->data(), result->size()) ==
                           static_cast<ssize_t>(result->size());
      ::_exit(written ? 0 : 2);
    }
    ::close(output[1]);
    children.push_back({id, output[0]});
  }
  ::close(gate[0]);
  ::close(gate[1]);
  std::vector<ByteVector> results;
  for (const Child& child : children) {
    ByteVector all;
    std::array<std::uint8_t, 4096> buffer{};
    for (ssize_t got; (got = ::read(child.output, buffer.data(), buffer.size())) > 0;) {
      all.insert(all.end(), buffer.begin(), buffer.begin() + got);
    }
    ::close(child.output);
    int status = 0;
    EXPECT_EQ(::waitpid(child.id, &status, 0), child.id);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    results.push_back(std::move(all));
  }
  return results;
}

std::vector<ByteVector> split(const ByteVector& all, std::size_t size) {
  std::vector<ByteVector> parts;
  for (std::size_t at = 0; at + size <= all.size(); at += size) {
    parts.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(at),
                       all.begin() + static_cast<std::ptrdiff_t>(at + size));
  }
  EXPECT_EQ(parts.size() * size, all.size());
  return parts;
}

ByteVector name_of(const ByteVector& ticket) {
  return ByteVector(ticket.begin() + 1, ticket.begin() + 17);
}

const std::size_t kTicketSize = 1 + 16 + 24 + kState.size() + 16;

TEST(FileTicketerProcesses, ThoseThatStartAtOnceAgreeOnOneKey) {
  for (int round = 0; round < 5; ++round) {
    const Folder folder;
    const auto path = folder / "keys";
    const auto tickets = in_processes([&](int) -> std::optional<ByteVector> {
      const auto ticketer = make_file_ticketer(default_provider(), path, kMoment);
      if (!ticketer) return std::nullopt;
      auto ticket = (*ticketer)->seal(kState, kMoment);
      if (!ticket || !*ticket) return std::nullopt;
      return std::move(**ticket);
    });
    std::set<ByteVector> names;
    const auto ticketer = make_file_ticketer(default_provider(), path, kMoment).value();
    for (const ByteVector& ticket : tickets) {
      ASSERT_EQ(ticket.size(), kTicketSize);
      names.insert(name_of(ticket));
      const auto opened = ticketer->open(ticket, kMoment);
      EXPECT_TRUE(opened && *opened && **opened);
    }
    EXPECT_EQ(names.size(), 1u);
  }
}

TEST(FileTicketerProcesses, RotatingAtOnceLosesNoTicket) {
  constexpr int kTickets = 40;
  const Folder folder;
  const auto path = folder / "keys";
  // 240 tickets, each key good for 8 of each process: never more than 64 generations.
  const FileTicketerOptions options{.max_tickets_per_key = 8,
                                    .recheck = std::chrono::milliseconds(0)};
  const auto results = in_processes([&](int) -> std::optional<ByteVector> {
    const auto ticketer = make_file_ticketer(default_provider(), path, kMoment, options);
    if (!ticketer) return std::nullopt;
    ByteVector all;
    for (int i = 0; i < kTickets; ++i) {
      auto ticket = (*ticketer)->seal(kState, kMoment);
      if (!ticket || !*ticket) return std::nullopt;
      all.insert(all.end(), (*ticket)->begin(), (*ticket)->end());
    }
    return all;
  });
  const auto ticketer = make_file_ticketer(default_provider(), path, kMoment, options).value();
  std::set<ByteVector> names;
  for (const ByteVector& all : results) {
    const auto tickets = split(all, kTicketSize);
    EXPECT_EQ(tickets.size(), static_cast<std::size_t>(kTickets));
    for (const ByteVector& ticket : tickets) {
      names.insert(name_of(ticket));
      const auto opened = ticketer->open(ticket, kMoment);
      ASSERT_TRUE(opened && *opened);
      EXPECT_TRUE(**opened);
    }
  }
  EXPECT_GE(names.size(), static_cast<std::size_t>(kTickets / 8));
  const auto content = session::decode_key_file(*default_provider()->sha256, content_of(path));
  ASSERT_TRUE(content);
  EXPECT_EQ(mode_of(path), 0600u);
  EXPECT_FALSE(std::filesystem::exists(folder / "keys.new"));
}

TEST(FileTicketerProcesses, ADueRotationHappensOnceForAll) {
  const Folder folder;
  const auto path = folder / "keys";
  const FileTicketerOptions options{.rotation = std::chrono::hours(1)};
  ASSERT_TRUE(make_file_ticketer(default_provider(), path, kMoment, options));
  const TimePoint due = kMoment + std::chrono::hours(1);
  const auto results = in_processes([&](int) -> std::optional<ByteVector> {
    const auto ticketer = make_file_ticketer(default_provider(), path, due, options);
    if (!ticketer) return std::nullopt;
    // Who finds the lock taken goes on with the old key, and takes the new one a moment later.
    if (auto first = (*ticketer)->seal(kState, due); !first || !*first) return std::nullopt;
    ::usleep(100'000);
    auto ticket = (*ticketer)->seal(kState, due + std::chrono::seconds(1));
    if (!ticket || !*ticket) return std::nullopt;
    return std::move(**ticket);
  });
  std::set<ByteVector> names;
  for (const ByteVector& ticket : results) names.insert(name_of(ticket));
  EXPECT_EQ(names.size(), 1u);
  const auto content = session::decode_key_file(*default_provider()->sha256, content_of(path));
  ASSERT_TRUE(content);
  EXPECT_EQ(content->size(), 2u);
}

TEST(FileTicketerProcesses, AProcessThatDiedLeavesNoLock) {
  const Folder folder;
  const auto path = folder / "keys";
  const session::KeyFile file(*default_provider()->sha256, path);
  const pid_t id = ::fork();
  if (id == 0) {
    auto lock = file.try_lock();
    ::_exit(lock && *lock ? 0 : 1);  // without letting go
  }
  int status = 0;
  ASSERT_EQ(::waitpid(id, &status, 0), id);
  ASSERT_EQ(status, 0);
  EXPECT_TRUE(make_file_ticketer(default_provider(), path, kMoment));
}

}  // namespace
}  // namespace nautilus::test
