#include "core/spare_blocks.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "core/byte_buffer.hpp"

namespace nautilus {
namespace {

Block block(std::size_t size) { return {std::make_unique<std::uint8_t[]>(size), size}; }

TEST(SpareBlocks, HandsOutWhatItWasGiven) {
  SpareBlocks spares;
  EXPECT_EQ(spares.take(1).data, nullptr);
  Block given = block(1000);
  const std::uint8_t* const where = given.data.get();
  spares.give(std::move(given));
  const Block taken = spares.take(1000);
  EXPECT_EQ(taken.data.get(), where);
  EXPECT_EQ(taken.size, 1000u);
  EXPECT_EQ(spares.take(1).data, nullptr);
}

TEST(SpareBlocks, NeverHandsOutLessThanAskedFor) {
  SpareBlocks spares;
  spares.give(block(1000));
  EXPECT_EQ(spares.take(1001).data, nullptr);
  spares.give(block(1000));
  spares.give(block(3000));
  EXPECT_EQ(spares.take(2000).size, 3000u);
}

TEST(SpareBlocks, KeepsABoundedNumberOfABoundedSize) {
  SpareBlocks spares;
  for (int i = 0; i < 20; ++i) spares.give(block(1000));
  std::size_t kept = 0;
  while (spares.take(1).data) ++kept;
  EXPECT_EQ(kept, 4u);
  spares.give(block(std::size_t{1} << 20));
  spares.give(block(8));
  EXPECT_EQ(spares.take(1).data, nullptr);
}

TEST(SpareBlocks, ForgetsWhenTold) {
  SpareBlocks spares;
  spares.give(block(1000));
  spares.clear();
  EXPECT_EQ(spares.take(1).data, nullptr);
}

/// Fills a buffer with `mark`, empties it, and looks at the memory it gave back.
std::size_t left_behind(ByteBuffer::Content content) {
  constexpr std::uint8_t kMark = 0xa7;
  SpareBlocks spares;
  ByteBuffer buffer(&spares, content, 5);
  const ByteVector text(3000, kMark);
  buffer.append(text);
  buffer.consume(text.size());
  buffer.release_if_empty();
  EXPECT_EQ(buffer.capacity(), 0u);
  const Block block = spares.take(1);
  EXPECT_NE(block.data, nullptr);
  return static_cast<std::size_t>(
      std::count(block.data.get(), block.data.get() + block.size, kMark));
}

TEST(SpareBlocks, BuffersWipeSecretsBeforeTheyGiveMemoryBack) {
  EXPECT_EQ(left_behind(ByteBuffer::Content::Secret), 0u);
  EXPECT_GT(left_behind(ByteBuffer::Content::Public), 2900u);
}

TEST(SpareBlocks, BuffersTakeFromThem) {
  SpareBlocks spares;
  spares.give(block(5000));
  ByteBuffer buffer(&spares, ByteBuffer::Content::Secret, 0);
  (void)buffer.prepare(100);
  EXPECT_EQ(buffer.capacity(), 5000u);
}

TEST(ByteBuffer, WhatFollowsTheHeaderStartsACacheLine) {
  SpareBlocks spares;
  ByteBuffer buffer(&spares, ByteBuffer::Content::Secret, 5);
  for (int round = 0; round < 3; ++round) {
    const ByteSpan room = buffer.prepare(100 + 1000 * static_cast<std::size_t>(round));
    EXPECT_EQ((reinterpret_cast<std::uintptr_t>(room.data()) + 5) % 64, 0u);
    buffer.commit(100);
    // Once more in the same memory.
    buffer.consume(100);
    EXPECT_EQ((reinterpret_cast<std::uintptr_t>(buffer.prepare(1).data()) + 5) % 64, 0u);
    buffer.release_if_empty();
  }
}

TEST(ByteBuffer, KeepsItsContentWhenItGrowsOutOfASpareBlock) {
  SpareBlocks spares;
  spares.give(block(500));
  ByteBuffer buffer(&spares, ByteBuffer::Content::Secret, 5);
  ByteVector text(300);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::uint8_t>(i);
  buffer.append(text);
  buffer.consume(100);
  buffer.append(ByteVector(5000, 9));
  ASSERT_EQ(buffer.size(), 5200u);
  EXPECT_TRUE(std::equal(text.begin() + 100, text.end(), buffer.view().begin()));
}

}  // namespace
}  // namespace nautilus
