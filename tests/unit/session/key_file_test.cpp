// The file of ticket keys: its exact content, and what is refused.
#include "session/key_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nautilus/providers/default.hpp>

#include "unit/session/folder.hpp"
#include "unit/session/session_support.hpp"

namespace nautilus::test {
namespace {

using session::KeyFile;
using session::KeyGeneration;

const HashAlgorithm& sha256() { return *default_provider()->sha256; }

KeyGeneration generation(std::uint8_t mark, TimePoint not_before = kMoment) {
  KeyGeneration generation;
  generation.name.fill(mark);
  for (std::uint8_t& octet : generation.secret.expose_mutable()) octet = mark;
  generation.not_before = not_before;
  generation.not_after = not_before + std::chrono::hours(1);
  return generation;
}

std::vector<KeyGeneration> generations(std::size_t count) {
  std::vector<KeyGeneration> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(generation(static_cast<std::uint8_t>(i + 1)));
  }
  return all;
}

ByteVector encode(const std::vector<KeyGeneration>& all) {
  return to_vector(session::encode_key_file(sha256(), all).expose());
}

/// The digest made right again after a change.
void sign(ByteVector& encoded) {
  encoded.resize(encoded.size() - 32);
  const Digest digest = hash(sha256(), encoded);
  encoded.insert(encoded.end(), digest.view().begin(), digest.view().end());
}

void expect_refused(const ByteVector& encoded) {
  const auto decoded = session::decode_key_file(sha256(), encoded);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::StoreFailure);
}

TEST(KeyFile, ItsContentIsFixed) {
  const ByteVector encoded = encode(generations(2));
  ASSERT_EQ(encoded.size(), 8u + 1 + 2 + 2 * 64 + 32);
  EXPECT_EQ(as_text(ByteView(encoded).first(8)), "NAUTKEYS");
  EXPECT_EQ(to_vector(ByteView(encoded).subspan(8, 3)), (ByteVector{1, 0, 2}));
  EXPECT_EQ(to_vector(ByteView(encoded).subspan(11 + 64, 48)), ByteVector(48, 2));
  // 1 790 000 000 123 ms, and one hour more.
  EXPECT_EQ(to_vector(ByteView(encoded).subspan(11 + 48, 16)),
            (ByteVector{0, 0, 0x01, 0xA0, 0xC4, 0x50, 0x6C, 0x7B, 0, 0, 0x01, 0xA0, 0xC4, 0x87,
                        0x5A, 0xFB}));
  const auto decoded = session::decode_key_file(sha256(), encoded);
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), 2u);
  EXPECT_EQ((*decoded)[1].name, generation(2).name);
  EXPECT_EQ(to_vector((*decoded)[1].secret.expose()), ByteVector(32, 2));
  EXPECT_EQ((*decoded)[0].not_before, kMoment);
  EXPECT_EQ((*decoded)[0].not_after, kMoment + std::chrono::hours(1));
}

TEST(KeyFile, EveryTruncationAndAnyTrailerIsRefused) {
  const ByteVector whole = encode(generations(2));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    expect_refused(ByteVector(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
  }
  ByteVector longer = whole;
  longer.push_back(0);
  expect_refused(longer);
}

TEST(KeyFile, EveryAlteredOctetIsRefused) {
  const ByteVector whole = encode(generations(1));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    SCOPED_TRACE(at);
    ByteVector altered = whole;
    altered[at] ^= 0x10;
    expect_refused(altered);
  }
}

TEST(KeyFile, OtherVersionsAreRefusedEvenIfWhole) {
  for (const std::uint8_t version : std::to_array<std::uint8_t>({0, 2, 255})) {
    ByteVector encoded = encode(generations(1));
    encoded[8] = version;
    sign(encoded);
    expect_refused(encoded);
  }
}

TEST(KeyFile, ImpossibleContentIsRefused) {
  expect_refused(encode({}));
  EXPECT_TRUE(session::decode_key_file(sha256(), encode(generations(64))));
  expect_refused(encode(generations(65)));

  std::vector<KeyGeneration> twice = generations(2);
  twice[1].name = twice[0].name;
  expect_refused(encode(twice));

  std::vector<KeyGeneration> never = generations(1);
  never[0].not_after = never[0].not_before;
  expect_refused(encode(never));
  never[0].not_after = never[0].not_before - std::chrono::hours(1);
  expect_refused(encode(never));
}

TEST(KeyFile, IsWrittenForThisUserAloneWhateverTheUmask) {
  for (const mode_t mask : {mode_t{0}, mode_t{077}, mode_t{0777}}) {
    const Folder folder;
    const KeyFile file(sha256(), folder / "keys");
    const mode_t before = ::umask(mask);
    auto lock = file.try_lock();
    const auto written = file.write(generations(1));
    ::umask(before);
    ASSERT_TRUE(lock && *lock);
    ASSERT_TRUE(written);
    EXPECT_EQ(mode_of(folder / "keys"), 0600u);
    EXPECT_EQ(mode_of(folder / "keys.lock") & ~0600u, 0u);
    EXPECT_EQ(file.identity(), *written);
    const auto content = file.read();
    EXPECT_TRUE(content.generations);
    EXPECT_EQ(content.identity, *written);
  }
}

TEST(KeyFile, WhatACrashLeftBehindIsNoObstacle) {
  const Folder folder;
  const KeyFile file(sha256(), folder / "keys");
  replace_file(folder / "keys.new", ByteVector(10, 1));
  ASSERT_TRUE(file.write(generations(1)));
  EXPECT_FALSE(std::filesystem::exists(folder / "keys.new"));
  EXPECT_TRUE(file.read().generations);
}

TEST(KeyFile, WiderPermissionsAreRefused) {
  const Folder folder;
  const KeyFile file(sha256(), folder / "keys");
  ASSERT_TRUE(file.write(generations(1)));
  for (const mode_t mode :
       std::to_array<mode_t>({0640, 0604, 0660, 0606, 0700, 0610, 0601, 0620, 0602, 04600, 0644})) {
    ASSERT_EQ(::chmod((folder / "keys").c_str(), mode), 0);
    const auto content = file.read();
    ASSERT_FALSE(content.generations) << std::oct << mode;
    EXPECT_EQ(content.generations.error().code, ErrorCode::FileUnreadable);
    EXPECT_THAT(content.generations.error().detail, testing::HasSubstr("wider than 0600"));
    EXPECT_FALSE(content.missing);
  }
  for (const mode_t mode : std::to_array<mode_t>({0600, 0400})) {
    ASSERT_EQ(::chmod((folder / "keys").c_str(), mode), 0);
    EXPECT_TRUE(file.read().generations) << std::oct << mode;
  }
}

TEST(KeyFile, SomebodyElsesFileIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const Folder folder;
  const KeyFile file(sha256(), folder / "keys");
  ASSERT_TRUE(file.write(generations(1)));
  ASSERT_EQ(::chown((folder / "keys").c_str(), 12345, 12345), 0);
  const auto content = file.read();
  ASSERT_FALSE(content.generations);
  EXPECT_EQ(content.generations.error().code, ErrorCode::FileUnreadable);
}

TEST(KeyFile, FoldersAndPipesAreNotFiles) {
  const Folder folder;
  std::filesystem::create_directory(folder / "folder");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  for (const char* name : {"folder", "pipe"}) {
    const auto content = KeyFile(sha256(), folder / name).read();
    ASSERT_FALSE(content.generations) << name;
    EXPECT_EQ(content.generations.error().code, ErrorCode::FileUnreadable) << name;
    EXPECT_FALSE(content.missing);
  }
}

TEST(KeyFile, AMissingFileIsToldFromABadOne) {
  const Folder folder;
  const KeyFile file(sha256(), folder / "keys");
  EXPECT_FALSE(file.identity());
  auto content = file.read();
  EXPECT_TRUE(content.missing);
  EXPECT_EQ(content.generations.error().code, ErrorCode::FileUnreadable);
  replace_file(folder / "keys", {});
  content = file.read();
  EXPECT_FALSE(content.missing);
  EXPECT_EQ(content.generations.error().code, ErrorCode::StoreFailure);
}

TEST(KeyFile, OnlyOneHoldsTheLock) {
  const Folder folder;
  const KeyFile one(sha256(), folder / "keys");
  const KeyFile two(sha256(), folder / "keys");
  {
    const auto held = one.try_lock();
    ASSERT_TRUE(held && *held);
    const auto refused = two.try_lock();
    ASSERT_TRUE(refused);
    EXPECT_FALSE(*refused);
  }
  const auto held = two.try_lock();
  ASSERT_TRUE(held);
  EXPECT_TRUE(*held);
}

TEST(KeyFile, AFolderThatCannotBeWrittenIsAnError) {
  const Folder folder;
  const KeyFile file(sha256(), folder / "none" / "keys");
  EXPECT_EQ(file.try_lock().error().code, ErrorCode::FileUnwritable);
  EXPECT_EQ(file.write(generations(1)).error().code, ErrorCode::FileUnwritable);
}

TEST(KeyFile, TheIdentityChangesWithEachReplacement) {
  const Folder folder;
  const KeyFile file(sha256(), folder / "keys");
  ASSERT_TRUE(file.write(generations(1)));
  const auto first = file.identity();
  ASSERT_TRUE(file.write(generations(1)));
  const auto second = file.identity();
  EXPECT_NE(first, second);
  // A corrected permission must be noticed too. Kernels count time in steps of some milliseconds.
  ::usleep(50'000);
  ASSERT_EQ(::chmod((folder / "keys").c_str(), 0400), 0);
  EXPECT_NE(file.identity(), second);
}

TEST(KeyFile, AnIdentityIsAllItsParts) {
  const session::FileIdentity identity{1, 2, 3, {4, 5}, {6, 7}};
  EXPECT_EQ(identity, (session::FileIdentity{1, 2, 3, {4, 5}, {6, 7}}));
  for (const session::FileIdentity& other : {session::FileIdentity{9, 2, 3, {4, 5}, {6, 7}},
                                             session::FileIdentity{1, 9, 3, {4, 5}, {6, 7}},
                                             session::FileIdentity{1, 2, 9, {4, 5}, {6, 7}},
                                             session::FileIdentity{1, 2, 3, {9, 5}, {6, 7}},
                                             session::FileIdentity{1, 2, 3, {4, 9}, {6, 7}},
                                             session::FileIdentity{1, 2, 3, {4, 5}, {9, 7}},
                                             session::FileIdentity{1, 2, 3, {4, 5}, {6, 9}}}) {
    EXPECT_NE(identity, other);
  }
}

}  // namespace
}  // namespace nautilus::test
