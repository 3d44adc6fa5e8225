#include "core/byte_buffer.hpp"

#include <algorithm>
#include <deque>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace nautilus {
namespace {

ByteVector counting(std::size_t size, std::uint8_t first = 0) {
  ByteVector bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(first + i);
  return bytes;
}

bool holds(const ByteBuffer& buffer, const ByteVector& expected) {
  return std::ranges::equal(buffer.view(), expected);
}

TEST(ByteBuffer, StartsEmptyAndWithoutMemory) {
  const ByteBuffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_EQ(buffer.capacity(), 0u);
  EXPECT_TRUE(buffer.view().empty());
}

TEST(ByteBuffer, GivesBackInOrderWhatWasAppended) {
  ByteBuffer buffer;
  buffer.append(counting(10));
  buffer.append({});
  buffer.append(counting(5, 10));
  EXPECT_TRUE(holds(buffer, counting(15)));
  buffer.consume(4);
  EXPECT_TRUE(holds(buffer, counting(11, 4)));
  buffer.consume(11);
  EXPECT_TRUE(buffer.empty());
}

TEST(ByteBuffer, PrepareOffersAtLeastWhatWasAskedFor) {
  ByteBuffer buffer;
  for (const std::size_t size : {1u, 17u, 300u, 5u, 20000u}) {
    EXPECT_GE(buffer.prepare(size).size(), size);
    auto room = buffer.prepare(size);
    std::ranges::fill(room.first(size), std::uint8_t{0x5A});
    buffer.commit(size);
  }
  EXPECT_EQ(buffer.size(), 1u + 17u + 300u + 5u + 20000u);
  EXPECT_TRUE(std::ranges::all_of(buffer.view(), [](std::uint8_t b) { return b == 0x5A; }));
}

TEST(ByteBuffer, UncommittedOctetsAreNotContent) {
  ByteBuffer buffer;
  buffer.append(counting(3));
  std::ranges::fill(buffer.prepare(8).first(8), std::uint8_t{0xFF});
  EXPECT_TRUE(holds(buffer, counting(3)));
}

TEST(ByteBuffer, ReusesTheFrontInsteadOfGrowing) {
  ByteBuffer buffer;
  buffer.append(counting(1000));
  const auto capacity = buffer.capacity();
  for (int round = 0; round < 200; ++round) {
    buffer.consume(900);
    buffer.append(counting(900));
  }
  EXPECT_EQ(buffer.size(), 1000u);
  EXPECT_LE(buffer.capacity(), 4 * capacity);
}

TEST(ByteBuffer, MovingLeavesTheSourceEmptyAndUsable) {
  ByteBuffer source;
  source.append(counting(8));
  ByteBuffer target(std::move(source));
  EXPECT_TRUE(holds(target, counting(8)));
  EXPECT_TRUE(source.empty());  // NOLINT(bugprone-use-after-move): specified as empty
  source.append(counting(2));
  target = std::move(source);
  EXPECT_TRUE(holds(target, counting(2)));
}

TEST(ByteBuffer, ReleasesItsMemoryOnlyWhenEmpty) {
  ByteBuffer buffer;
  buffer.append(counting(8));
  buffer.release_if_empty();
  EXPECT_EQ(buffer.size(), 8u);
  buffer.consume(8);
  EXPECT_NE(buffer.capacity(), 0u);
  buffer.release_if_empty();
  EXPECT_EQ(buffer.capacity(), 0u);
}

TEST(ByteBuffer, AgreesWithADequeOverRandomSteps) {
  std::mt19937 random(20260101);
  ByteBuffer buffer;
  std::deque<std::uint8_t> model;
  std::uint8_t next = 0;
  for (int step = 0; step < 5000; ++step) {
    if (random() % 2 == 0) {
      const auto bytes = counting(random() % 700, next);
      next = static_cast<std::uint8_t>(next + bytes.size());
      buffer.append(bytes);
      model.insert(model.end(), bytes.begin(), bytes.end());
    } else {
      const std::size_t size = std::min<std::size_t>(model.size(), random() % 900);
      buffer.consume(size);
      model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(size));
    }
    ASSERT_EQ(buffer.size(), model.size());
    ASSERT_TRUE(std::ranges::equal(buffer.view(), model)) << step;
  }
}

}  // namespace
}  // namespace nautilus
