#include "crypto/pq/sensitive.hpp"

#include <array>
#include <utility>

#include <gtest/gtest.h>

namespace nautilus {
namespace {

using Values = std::array<std::int16_t, 4>;
using crypto::pq::Sensitive;

constexpr Values kValues{1, -2, 3, -4};

Sensitive<Values> made() {
  Sensitive<Values> value;
  *value = kValues;
  return value;
}

TEST(Sensitive, MovingLeavesNothingBehind) {
  Sensitive<Values> first = made();
  Sensitive<Values> second(std::move(first));
  EXPECT_EQ(*second, kValues);
  EXPECT_EQ(*first, Values{});  // NOLINT(bugprone-use-after-move): that is the point
  Sensitive<Values> third;
  third = std::move(second);
  EXPECT_EQ(*third, kValues);
  EXPECT_EQ(*second, Values{});  // NOLINT(bugprone-use-after-move)
}

TEST(Sensitive, MovingToItselfKeepsTheValue) {
  Sensitive<Values> value = made();
  Sensitive<Values>& same = value;
  value = std::move(same);
  EXPECT_EQ(*value, kValues);
}

TEST(Sensitive, ClearingWipes) {
  Sensitive<Values> value = made();
  EXPECT_EQ((*value)[3], -4);
  value.clear();
  EXPECT_EQ(*value, Values{});
}

}  // namespace
}  // namespace nautilus
