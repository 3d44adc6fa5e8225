// The choice among backends, on CPUs made up here.
#include "crypto/kernel_table.hpp"

#include <gmock/gmock.h>

#include "unit/crypto/cpu_needs.hpp"

namespace nautilus {
namespace {

using crypto::CpuFeature;
using crypto::CpuFeatures;

TEST(CpuFeatures, AreSets) {
  constexpr CpuFeatures kTwo{CpuFeature::Avx2, CpuFeature::Bmi2};
  EXPECT_TRUE(kTwo.include({}));
  EXPECT_TRUE(kTwo.include(kTwo));
  EXPECT_TRUE(kTwo.include({CpuFeature::Bmi2}));
  EXPECT_FALSE(kTwo.include({CpuFeature::Bmi1}));
  EXPECT_FALSE(kTwo.include({CpuFeature::Bmi2, CpuFeature::Popcnt}));
  EXPECT_EQ(kTwo.with(CpuFeature::Adx).without(CpuFeature::Adx), kTwo);
  EXPECT_EQ(kTwo.with(CpuFeature::Adx, false), kTwo);
  EXPECT_EQ(kTwo.without(CpuFeature::Adx), kTwo);
  EXPECT_FALSE(CpuFeatures{}.include(kTwo));
}

TEST(CpuFeatures, OfThisMachineAreTheSameEachTimeAndHoldTogether) {
  const CpuFeatures here = CpuFeatures::here();
  EXPECT_EQ(here, CpuFeatures::here());
  EXPECT_TRUE(test::every_feature().include(here));
  EXPECT_TRUE(!here.include({CpuFeature::Avx2}) || here.include({CpuFeature::Avx}));
  EXPECT_TRUE(!here.include({CpuFeature::Avx512F}) || here.include({CpuFeature::Avx2}));
}

struct Kernels {
  int number;
};
constexpr Kernels kFirst{1};
constexpr Kernels kSecond{2};
constexpr Kernels kFourth{4};
constexpr crypto::KernelTable<Kernels, 4> kTable{
    .entries = {{{"first", &kFirst, {}},
                 {"second", &kSecond, {CpuFeature::Avx2}},
                 {"third", nullptr, {}},
                 {"fourth", &kFourth, {CpuFeature::Avx2, CpuFeature::Bmi2}}}},
    .unknown = "unknown",
    .not_built = "not built",
    .not_on_this_cpu = "not on this CPU",
};
constexpr CpuFeatures kPlain{};
constexpr CpuFeatures kSome{CpuFeature::Avx2};
constexpr CpuFeatures kMore{CpuFeature::Avx2, CpuFeature::Bmi2, CpuFeature::Adx};

TEST(KernelTable, TheBestIsTheLastThatRuns) {
  EXPECT_EQ(kTable.portable().number, 1);
  EXPECT_EQ(kTable.best(kPlain).number, 1);
  EXPECT_EQ(kTable.best(kSome).number, 2);
  EXPECT_EQ(kTable.best({CpuFeature::Bmi2}).number, 1);
  EXPECT_EQ(kTable.best(kMore).number, 4);
}

TEST(KernelTable, ListsWhatRunsSlowestFirst) {
  struct Number {
    explicit Number(const Kernels& kernels) : value(kernels.number) {}
    int value;
  };
  const auto numbers = [](CpuFeatures cpu) {
    std::vector<int> found;
    for (const Number& number : kTable.all<Number>(cpu)) found.push_back(number.value);
    return found;
  };
  EXPECT_THAT(numbers(kPlain), testing::ElementsAre(1));
  EXPECT_THAT(numbers(kSome), testing::ElementsAre(1, 2));
  EXPECT_THAT(numbers(kMore), testing::ElementsAre(1, 2, 4));
}

TEST(KernelTable, FindsByName) {
  EXPECT_EQ(kTable.find("auto", kSome).value(), &kSecond);
  EXPECT_EQ(kTable.find("first", kPlain).value(), &kFirst);
  EXPECT_EQ(kTable.find("fourth", kMore).value(), &kFourth);
}

TEST(KernelTable, SaysWhyNot) {
  const auto refused = [](std::string_view name, CpuFeatures cpu) {
    const auto found = kTable.find(name, cpu);
    EXPECT_FALSE(found) << name;
    return found ? Error{} : found.error();
  };
  EXPECT_EQ(refused("fifth", kMore).code, ErrorCode::ConfigInvalid);
  EXPECT_STREQ(refused("", kMore).detail, "unknown");
  EXPECT_EQ(refused("third", kMore).code, ErrorCode::BackendUnavailable);
  EXPECT_STREQ(refused("third", kMore).detail, "not built");
  EXPECT_EQ(refused("fourth", kSome).code, ErrorCode::BackendUnavailable);
  EXPECT_STREQ(refused("fourth", kSome).detail, "not on this CPU");
}

}  // namespace
}  // namespace nautilus
