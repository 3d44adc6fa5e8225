// Whether ipsec-mb serves, on CPUs made up here.
#include <array>

#include <gtest/gtest.h>

#include "crypto/ipsecmb/manager.hpp"

namespace nautilus {
namespace {

using crypto::ipsecmb::Findings;
using crypto::ipsecmb::instructions_of;
using crypto::ipsecmb::reason_against;

constexpr std::uint64_t kAes = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
constexpr std::uint64_t kTested = IMB_FEATURE_SELF_TEST | IMB_FEATURE_SELF_TEST_PASS;
constexpr std::uint64_t kVaes = IMB_FEATURE_VAES | IMB_FEATURE_VPCLMULQDQ;

TEST(IpsecMbChoice, ServesWithVectorAes) {
  for (const std::uint64_t tested : {std::uint64_t{0}, kTested}) {
    EXPECT_EQ(reason_against({kAes | tested, IMB_ARCH_AVX2}), nullptr);
    EXPECT_EQ(reason_against({kAes | tested, IMB_ARCH_AVX512}), nullptr);
  }
}

TEST(IpsecMbChoice, AFailedSelfTestRulesItOut) {
  EXPECT_STREQ(reason_against({kAes | IMB_FEATURE_SELF_TEST, IMB_ARCH_AVX512}),
               "the library's self-test failed");
}

TEST(IpsecMbChoice, SoftwareAesRulesItOut) {
  for (const std::uint64_t features : std::array<std::uint64_t, 4>{
           0, IMB_FEATURE_AESNI, IMB_FEATURE_PCLMULQDQ, kAes | IMB_FEATURE_AESNI_EMU}) {
    EXPECT_STREQ(reason_against({features | kTested, IMB_ARCH_AVX2}),
                 "the CPU lacks AES-NI or PCLMULQDQ");
  }
}

TEST(IpsecMbChoice, NarrowVectorsRuleItOut) {
  for (const IMB_ARCH arch : {IMB_ARCH_NONE, IMB_ARCH_SSE, IMB_ARCH_AVX}) {
    EXPECT_STREQ(reason_against({kAes | kTested, arch}), "the CPU lacks AVX2");
  }
}

TEST(IpsecMbChoice, NamesTheInstructions) {
  EXPECT_STREQ(instructions_of({kAes, IMB_ARCH_AVX2}), "AVX2");
  EXPECT_STREQ(instructions_of({kAes | kVaes, IMB_ARCH_AVX2}), "AVX2 with VAES");
  EXPECT_STREQ(instructions_of({kAes, IMB_ARCH_AVX512}), "AVX-512");
  EXPECT_STREQ(instructions_of({kAes | kVaes, IMB_ARCH_AVX512}), "AVX-512 with VAES");
  EXPECT_STREQ(instructions_of({kAes | IMB_FEATURE_VAES, IMB_ARCH_AVX512}), "AVX-512");
}

}  // namespace
}  // namespace nautilus
