// A folder of its own for each test, and files as other processes would leave them there.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include <nautilus/bytes.hpp>

#include "unit/pki/temporary_folder.hpp"

namespace nautilus::test {

class Folder : public TemporaryFolder {
 public:
  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path() / name; }
};

inline ByteVector content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// As another process would: written beside it with mode `mode`, then renamed.
inline void replace_file(const std::filesystem::path& path, ByteView content, mode_t mode = 0600) {
  const std::filesystem::path beside = path.string() + ".test";
  {
    std::ofstream file(beside, std::ios::binary);
    file.write(reinterpret_cast<const char*>(content.data()),
               static_cast<std::streamsize>(content.size()));
    ASSERT_TRUE(file) << beside;
  }
  ASSERT_EQ(::chmod(beside.c_str(), mode), 0);
  std::filesystem::rename(beside, path);
}

inline mode_t mode_of(const std::filesystem::path& path) {
  struct stat info{};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

}  // namespace nautilus::test
