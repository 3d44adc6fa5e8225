#include "crypto/openssl/random.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

namespace nautilus {
namespace {

TEST(LibcryptoRandom, FillsEverythingAndNeverRepeats) {
  const auto random = crypto::openssl::system_random();
  ByteVector a(4096);
  ByteVector b(4096);
  ASSERT_TRUE(random->fill(a));
  ASSERT_TRUE(random->fill(b));
  EXPECT_NE(a, b);
  // A run of 16 untouched octets would be a hole; by chance it has probability 2^-116.
  EXPECT_TRUE(std::ranges::search_n(a, 16, std::uint8_t{0}).empty());
  EXPECT_TRUE(random->fill({}));
}

TEST(LibcryptoRandom, AForkedChildDrawsSomethingElse) {
  const auto random = crypto::openssl::system_random();
  std::array<std::uint8_t, 32> warm_up{};
  ASSERT_TRUE(random->fill(warm_up));
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(::pipe(pipe_ends.data()), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  std::array<std::uint8_t, 32> drawn{};
  const bool filled = random->fill(drawn).has_value();
  if (child == 0) {
    const bool written = filled && ::write(pipe_ends[1], drawn.data(), drawn.size()) ==
                                       static_cast<ssize_t>(drawn.size());
    ::_exit(written ? 0 : 1);
  }
  ::close(pipe_ends[1]);
  std::array<std::uint8_t, 32> childs{};
  ssize_t size = ::read(pipe_ends[0], childs.data(), childs.size());
  ::close(pipe_ends[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(filled);
  EXPECT_EQ(size, static_cast<ssize_t>(childs.size()));
  EXPECT_EQ(status, 0);
  EXPECT_NE(drawn, childs);
}

}  // namespace
}  // namespace nautilus
