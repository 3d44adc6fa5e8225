// The file system refuses every single call on the file of ticket keys, or does less than it was
// asked for: what stands there is the old content or the new one, whole, and nothing lies beside.
#include <errno.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include <gtest/gtest.h>

#include <nautilus/providers/default.hpp>

#include "session/key_file.hpp"
#include "support/call_faults.hpp"
#include "unit/session/folder.hpp"

namespace nautilus::test {
namespace {

/// What a call that strikes says.
int fault = EIO;
/// How much a call reads or writes at most.
std::size_t most = SIZE_MAX;

template <class T = int>
T refused() noexcept {
  errno = fault;
  return static_cast<T>(-1);
}
std::size_t bounded(std::size_t size) noexcept { return std::min(size, most); }

}  // namespace
}  // namespace nautilus::test

using nautilus::test::bounded;
using nautilus::test::refused;
NAUTILUS_FAULTY_CALL(ssize_t, read, refused<ssize_t>(), (int fd, void* data, size_t size),
                     (fd, data, bounded(size)));
NAUTILUS_FAULTY_CALL(ssize_t, write, refused<ssize_t>(), (int fd, const void* data, size_t size),
                     (fd, data, bounded(size)));
NAUTILUS_FAULTY_CALL(int, fsync, refused(), (int fd), (fd));
NAUTILUS_FAULTY_CALL(int, fchmod, refused(), (int fd, mode_t mode), (fd, mode));
NAUTILUS_FAULTY_CALL(int, fstat, refused(), (int fd, struct stat* info), (fd, info));
NAUTILUS_FAULTY_CALL(int, flock, refused(), (int fd, int operation), (fd, operation));
NAUTILUS_FAULTY_CALL(int, rename, refused(), (const char* from, const char* to), (from, to));

namespace nautilus::test {
namespace {

using session::KeyFile;
using session::KeyGeneration;

const HashAlgorithm& sha256() { return *default_provider()->sha256; }

std::vector<KeyGeneration> keys(std::uint8_t mark) {
  std::vector<KeyGeneration> all(1);
  all[0].name.fill(mark);
  for (std::uint8_t& octet : all[0].secret.expose_mutable()) octet = mark;
  all[0].not_before = TimePoint(std::chrono::hours(1));
  all[0].not_after = TimePoint(std::chrono::hours(2));
  return all;
}

class FileFaults : public testing::Test {
 protected:
  FileFaults() : file_(sha256(), folder_ / "keys") {
    fault = EIO;
    most = SIZE_MAX;
  }
  ~FileFaults() override { most = SIZE_MAX; }

  /// The mark of the keys that stand in the file.
  [[nodiscard]] int mark() const {
    const KeyFile::Content content = file_.read();
    EXPECT_TRUE(content.generations) << describe(content.generations.error());
    return content.generations ? content.generations->at(0).name[0] : -1;
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }

  Folder folder_;
  KeyFile file_;
};

TEST_F(FileFaults, AFailedReplacementLeavesTheOldFile) {
  for (const int number : {EIO, ENOSPC}) {
    fault = number;
    ASSERT_TRUE(file_.write(keys(1)));
    std::uint64_t refusals = 0;
    const std::uint64_t failed = sweep_calls([&](const Strike& strike) {
      const auto written = file_.write(keys(2));
      strike.disarm();
      EXPECT_EQ(mark(), written ? 2 : 1) << strike.function();
      EXPECT_EQ(files(), 1U) << strike.function();
      if (!written) {
        ++refusals;
        EXPECT_EQ(written.error().code, ErrorCode::FileUnwritable);
      }
      ASSERT_TRUE(file_.write(keys(1)));
    });
    EXPECT_GE(failed, 4U);
    EXPECT_GE(refusals, 4U);
  }
}

TEST_F(FileFaults, AFailedReadingSaysSo) {
  ASSERT_TRUE(file_.write(keys(1)));
  EXPECT_GE(sweep_calls([&](const Strike& strike) {
              const KeyFile::Content content = file_.read();
              ASSERT_EQ(content.generations.has_value(), strike.function() == nullptr);
              EXPECT_FALSE(content.missing);
              if (!content.generations) {
                EXPECT_EQ(content.generations.error().code, ErrorCode::FileUnreadable);
              }
            }),
            2U);
}

TEST_F(FileFaults, InterruptionsGoUnnoticed) {
  fault = EINTR;
  ASSERT_TRUE(file_.write(keys(1)));
  const auto interruptible = [](const char* function) {
    const std::string_view name = function == nullptr ? "read" : function;
    return name == "read" || name == "write" || name == "flock";
  };
  sweep_calls([&](const Strike& strike) {
    const auto lock = file_.try_lock();
    const auto written = file_.write(keys(2));
    const auto content = file_.read();
    if (!interruptible(strike.function())) return;
    EXPECT_TRUE(lock && *lock && written && content.generations) << strike.function();
  });
}

TEST_F(FileFaults, HalfDoneCallsAreFinished) {
  most = 7;
  ASSERT_TRUE(file_.write(keys(3)));
  EXPECT_EQ(mark(), 3);
}

TEST_F(FileFaults, AFolderWithoutLocksIsNamed) {
  fault = ENOLCK;
  const Strike strike(1);
  const auto lock = file_.try_lock();
  ASSERT_STREQ(strike.function(), "flock");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, ErrorCode::FileUnwritable);
}

}  // namespace
}  // namespace nautilus::test
