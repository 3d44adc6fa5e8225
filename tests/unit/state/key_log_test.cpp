#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <nautilus/key_log.hpp>

namespace nautilus {
namespace {

class KeyLogFile : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path(::testing::TempDir()) /
            ("nautilus_key_log_" + std::to_string(::getpid()));
    std::filesystem::remove(path_);
  }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string content() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::filesystem::path path_;
};

TEST_F(KeyLogFile, AppendsLinesToAPrivateFile) {
  const ByteVector random(32, 0x0A);
  const ByteVector secret(2, 0xFF);
  const std::string line =
      "EXPORTER_SECRET " + std::string(
                               "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
                               "0a0a0a0a0a0a0a0a ffff\n");
  for (int i = 0; i < 2; ++i) {
    auto log = make_file_key_log(path_);
    ASSERT_TRUE(log);
    (*log)->log("EXPORTER_SECRET", random, secret);
  }
  EXPECT_EQ(content(), line + line);
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(KeyLogFile, LinesOfSeveralThreadsDoNotMix) {
  auto log = make_file_key_log(path_);
  ASSERT_TRUE(log);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const ByteVector octets(48, 0x55);
      for (int i = 0; i < 50; ++i) (*log)->log("L", octets, octets);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::ifstream file(path_);
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines)
    EXPECT_EQ(line.size(), 2u + 96 + 1 + 96);
  EXPECT_EQ(lines, 200u);
}

TEST_F(KeyLogFile, UnwritablePathFails) {
  const auto log = make_file_key_log(path_ / "missing" / "file");
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, ErrorCode::FileUnwritable);
}

}  // namespace
}  // namespace nautilus
