#include "core/ct.hpp"

#include <array>
#include <cstdint>

#include <gtest/gtest.h>

#include <nautilus/secret.hpp>

namespace nautilus {
namespace {

TEST(ConstantTime, MaskNonzeroIsZeroForZeroOnly) {
  EXPECT_EQ(ct::mask_nonzero(0), 0u);
  for (unsigned bit = 0; bit < 32; ++bit) {
    EXPECT_EQ(ct::mask_nonzero(std::uint32_t{1} << bit), 0xFFFFFFFFu) << bit;
  }
  EXPECT_EQ(ct::mask_nonzero(0xFFFFFFFFu), 0xFFFFFFFFu);
  EXPECT_EQ(ct::mask_nonzero(0x80000001u), 0xFFFFFFFFu);
}

TEST(ConstantTime, SelectTakesTheFirstUnderAFullMask) {
  EXPECT_EQ(ct::select(0xFFFFFFFFu, 0x12345678u, 0x9ABCDEF0u), 0x12345678u);
  EXPECT_EQ(ct::select(0, 0x12345678u, 0x9ABCDEF0u), 0x9ABCDEF0u);
}

TEST(ConstantTime, ConditionalCopyCopiesAllOrNothing) {
  const std::array<std::uint8_t, 5> from{1, 2, 3, 4, 255};
  const std::array<std::uint8_t, 5> before{9, 8, 7, 6, 0};
  auto to = before;
  ct::conditional_copy(0, to.data(), from.data(), to.size());
  EXPECT_EQ(to, before);
  ct::conditional_copy(0xFFFFFFFFu, to.data(), from.data(), 3);
  EXPECT_EQ(to, (std::array<std::uint8_t, 5>{1, 2, 3, 6, 0}));
  ct::conditional_copy(0xFFFFFFFFu, to.data(), from.data(), to.size());
  EXPECT_EQ(to, from);
}

TEST(ConstantTime, ValueBarrierKeepsTheValue) {
  EXPECT_EQ(ct::value_barrier(std::uint64_t{0x0123456789ABCDEF}), 0x0123456789ABCDEFu);
}

TEST(ConstantTime, EqualFindsADifferenceInEveryBit) {
  std::array<std::uint8_t, 48> a{};
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::uint8_t>(i * 5 + 1);
  auto b = a;
  EXPECT_TRUE(ct_equal(a, b));
  for (std::size_t i = 0; i < b.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      b[i] = static_cast<std::uint8_t>(b[i] ^ (1u << bit));
      EXPECT_FALSE(ct_equal(a, b)) << i << " " << bit;
      b[i] = a[i];
    }
  }
}

TEST(ConstantTime, EqualNeedsEqualLengths) {
  const std::array<std::uint8_t, 4> a{1, 2, 3, 4};
  EXPECT_FALSE(ct_equal(a, ByteView(a).first(3)));
  EXPECT_FALSE(ct_equal(ByteView(a).first(3), a));
  EXPECT_FALSE(ct_equal({}, a));
  EXPECT_TRUE(ct_equal({}, {}));
  EXPECT_TRUE(ct_equal(ByteView(a).first(0), {}));
}

}  // namespace
}  // namespace nautilus
