#include "crypto/pq/keccak.hpp"

#include <cstring>
#include <functional>
#include <new>

#include <gtest/gtest.h>

#include "unit/crypto_pq/hex.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;
using test::to_hex;

template <std::size_t Size>
std::string sha3_hex(ByteView message) {
  std::array<std::uint8_t, Size> digest;
  if constexpr (Size == 32) {
    sha3_256(message, digest);
  } else {
    sha3_512(message, digest);
  }
  return to_hex(digest);
}

std::string shake128_hex(ByteView message, std::size_t size) {
  ByteVector out(size);
  shake128(message, out);
  return to_hex(out);
}

std::string shake256_hex(ByteView message, std::size_t size) {
  ByteVector out(size);
  shake256(message, out);
  return to_hex(out);
}

ByteVector pattern(std::size_t size) {
  ByteVector message(size);
  for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<std::uint8_t>(i * 7 + size);
  return message;
}

const ByteVector kTwoHundred(200, 0xa3);
const ByteVector kMillion(1'000'000, 'a');

TEST(Sha3, KnownAnswers256) {
  EXPECT_EQ(sha3_hex<32>({}), "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
  EXPECT_EQ(sha3_hex<32>(as_bytes("abc")),
            "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
  EXPECT_EQ(sha3_hex<32>(kTwoHundred),
            "79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787");
  EXPECT_EQ(sha3_hex<32>(kMillion),
            "5c8875ae474a3634ba4fd55ec85bffd661f32aca75c6d699d0cdcb6c115891c1");
}

TEST(Sha3, KnownAnswers512) {
  EXPECT_EQ(sha3_hex<64>({}),
            "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a6"
            "15b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26");
  EXPECT_EQ(sha3_hex<64>(as_bytes("abc")),
            "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
            "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0");
  EXPECT_EQ(sha3_hex<64>(kTwoHundred),
            "e76dfad22084a8b1467fcf2ffa58361bec7628edf5f3fdc0e4805dc48caeeca8"
            "1b7c13c30adf52a3659584739a2df46be589c51ca1a4a8416df6545a1ce8ba00");
  EXPECT_EQ(sha3_hex<64>(kMillion),
            "3c3a876da14034ab60627c077bb98f7e120a2a5370212dffb3385a18d4f38859"
            "ed311d0a9d5141ce9cc5c66ee689b266a8aa18ace8282a0e0db596c90b0a7b87");
}

TEST(Shake, KnownAnswers) {
  EXPECT_EQ(shake128_hex({}, 32),
            "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26");
  EXPECT_EQ(shake128_hex(as_bytes("abc"), 32),
            "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc8");
  EXPECT_EQ(shake128_hex(kTwoHundred, 32),
            "131ab8d2b594946b9c81333f9bb6e0ce75c3b93104fa3469d3917457385da037");
  EXPECT_EQ(shake256_hex({}, 32),
            "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f");
  EXPECT_EQ(shake256_hex(as_bytes("abc"), 32),
            "483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739");
  EXPECT_EQ(shake256_hex(kTwoHundred, 32),
            "cd8a920ed141aa0407a22d59288652e9d9f1a7ee0c1e7c1ca699424da84a904d");
}

TEST(Shake, LongOutput) {
  EXPECT_EQ(shake128_hex({}, 1000).substr(2 * 968),
            "6bc9d29f799bbb2d76a0a5f138b8c73ba484d6588764e331d70c378c0641f2d9");
  EXPECT_EQ(shake256_hex({}, 1000).substr(2 * 968),
            "ad4be10c744ac33d9e92a23bdee6e14d470ee7dc142fe4eff4182a49beeec8e4");
}

// One digest over the digests of every length across several blocks, computed with another
// implementation: each residue of the padding occurs.
TEST(Sha3, EveryLengthUpTo400) {
  Sha3_256 all_256;
  Sha3_512 all_512;
  for (std::size_t size = 0; size <= 400; ++size) {
    std::array<std::uint8_t, 32> short_digest;
    std::array<std::uint8_t, 64> long_digest;
    sha3_256(pattern(size), short_digest);
    sha3_512(pattern(size), long_digest);
    all_256.absorb(short_digest);
    all_512.absorb(long_digest);
  }
  std::array<std::uint8_t, 32> result_256;
  std::array<std::uint8_t, 64> result_512;
  all_256.finish(result_256);
  all_512.finish(result_512);
  EXPECT_EQ(to_hex(result_256), "82cc357ecce5ab3860135ced892c73217b47a35a8d8916ac689bed1ce7fd1336");
  EXPECT_EQ(to_hex(result_512),
            "3132c9c3fe7cd08fa3f352589a758b1e3ad56b0acdc6ca198ccc24fe2e559c89"
            "16f0a7767a6250f1efa178fb2a90491b563d0c95eb84bd1dda14e15c16b0fcf7");
}

std::string digest_of_outputs(const std::function<void(ByteView, ByteSpan)>& xof) {
  Sha3_256 all;
  for (std::size_t size = 0; size <= 400; ++size) {
    ByteVector out(size + 1);
    xof(pattern(size), out);
    all.absorb(out);
  }
  std::array<std::uint8_t, 32> result;
  all.finish(result);
  return to_hex(result);
}

TEST(Shake, EveryLengthUpTo400) {
  EXPECT_EQ(digest_of_outputs(shake128),
            "24dc42cf33e94547d870a633b869d18212e682c677046e84d610599b77a8329e");
  EXPECT_EQ(digest_of_outputs(shake256),
            "39b967dc95a8d367490dc9150f1fcd5f1bd7530e28657483455c0d64b7cb9ce7");
}

// The sponge's interface is the same for all four functions.
template <class Function>
class SpongeTest : public testing::Test {
 public:
  static std::string output_of(Function& function) {
    std::array<std::uint8_t, 64> out{};
    if constexpr (requires { function.squeeze(out); }) {
      function.squeeze(out);
    } else if constexpr (std::is_same_v<Function, Sha3_256>) {
      function.finish(std::span(out).template first<32>());
    } else {
      function.finish(out);
    }
    return to_hex(out);
  }
};
using Functions = testing::Types<Sha3_256, Sha3_512, Shake128, Shake256>;
TYPED_TEST_SUITE(SpongeTest, Functions);

TYPED_TEST(SpongeTest, IncrementalEqualsOneShotAtEverySplitAroundTheRate) {
  constexpr std::size_t kRate = TypeParam::kRate;
  for (const std::size_t size : {kRate - 1, kRate, kRate + 1, 2 * kRate, 2 * kRate + 3}) {
    const ByteVector message = pattern(size);
    TypeParam whole;
    whole.absorb(message);
    const std::string expected = TestFixture::output_of(whole);
    for (std::size_t split = 0; split <= size; ++split) {
      TypeParam parts;
      parts.absorb(ByteView(message).first(split));
      parts.absorb(ByteView(message).subspan(split));
      ASSERT_EQ(TestFixture::output_of(parts), expected) << size << " split at " << split;
    }
    TypeParam octets;
    for (const std::uint8_t& octet : message) octets.absorb({&octet, 1});
    EXPECT_EQ(TestFixture::output_of(octets), expected);
  }
}

template <class Xof>
void check_split_output() {
  constexpr std::size_t kSize = 2 * Xof::kRate + 5;
  const ByteVector message = pattern(50);
  ByteVector expected(kSize);
  Xof whole;
  whole.absorb(message);
  whole.squeeze(expected);
  for (std::size_t split = 0; split <= kSize; ++split) {
    ByteVector out(kSize);
    Xof parts;
    parts.absorb(message);
    parts.squeeze(ByteSpan(out).first(split));
    parts.squeeze(ByteSpan(out).subspan(split));
    ASSERT_EQ(out, expected) << "split at " << split;
  }
}

TEST(Shake, OutputMayBeTakenInParts) {
  check_split_output<Shake128>();
  check_split_output<Shake256>();
}

TEST(Shake, ResetStartsANewMessage) {
  Shake128 xof;
  std::array<std::uint8_t, 32> out;
  xof.absorb(as_bytes("something else"));
  xof.squeeze(out);
  xof.reset();
  xof.absorb(as_bytes("abc"));
  xof.squeeze(out);
  EXPECT_EQ(to_hex(out), "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc8");
}

TEST(Shake, StateIsWiped) {
  alignas(Shake256) std::array<std::uint8_t, sizeof(Shake256)> storage{};
  auto* xof = new (storage.data()) Shake256;
  ByteVector secret(64, 0x5a);
  xof->absorb(secret);
  const volatile std::uint8_t* memory = storage.data();
  const auto count = [&] {
    std::size_t found = 0;
    for (std::size_t i = 0; i < storage.size(); ++i) found += memory[i] == 0x5a ? 1U : 0U;
    return found;
  };
  ASSERT_GE(count(), 64U);  // the state starts as the message itself
  xof->~Shake256();
  EXPECT_LT(count(), 8U);
}

}  // namespace
}  // namespace nautilus
