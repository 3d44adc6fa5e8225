// The kernels of every backend against the portable ones, over edge coefficients and random ones.
#include "crypto/pq/mldsa_kernels.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "crypto/pq/mldsa_encode.hpp"
#include "crypto/pq/mldsa_field.hpp"
#include "unit/crypto_pq_mldsa/mldsa_cases.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;
using crypto::pq::mldsa::kN;
using crypto::pq::mldsa::kQ;
using crypto::pq::mldsa::Poly;

constexpr std::array<std::int32_t, 11> kEdges = {
    0,      1,    -1, kQ - 1, 1 - kQ, (kQ - 1) / 2, (kQ + 1) / 2, -(kQ - 1) / 2, -(kQ + 1) / 2,
    261888, 95232};

/// Polynomials with |coefficients| < bound, a third of them edges.
class Source {
 public:
  std::vector<Poly> polys(std::size_t count, std::int64_t bound, bool positive = false) {
    std::vector<Poly> made(count);
    for (Poly& poly : made) {
      for (std::int32_t& c : poly.c) c = next(bound, positive);
    }
    return made;
  }
  ByteVector octets(std::size_t count) {
    ByteVector made(count);
    stream_.squeeze(made);
    return made;
  }

 private:
  std::int32_t next(std::int64_t bound, bool positive) {
    std::array<std::uint8_t, 8> octets;
    stream_.squeeze(octets);
    std::uint64_t bits = 0;
    std::memcpy(&bits, octets.data(), sizeof bits);
    auto value = static_cast<std::int64_t>((bits >> 8) % static_cast<std::uint64_t>(bound));
    if ((bits & 0xff) < 85) value = kEdges[(bits >> 8) % kEdges.size()] % bound;
    if ((bits >> 63) != 0) value = -value;
    return static_cast<std::int32_t>(positive && value < 0 ? -value : value);
  }

  Shake128 stream_;
};

struct EachBackend : testing::TestWithParam<const char*> {
  void SetUp() override {
    const auto found = PqBackend::find(GetParam());
    if (!found && found.error().code == ErrorCode::BackendUnavailable) {
      GTEST_SKIP() << GetParam() << ": " << found.error().detail << "; NOT run";
    }
    ASSERT_TRUE(found);
    ASSERT_EQ(found->name(), GetParam());
    ASSERT_NE(found->parts().mldsa, nullptr);
    ASSERT_NE(found->parts().mldsa, &kMlDsaPortable);
    kernels_ = found->parts().mldsa;
  }
  [[nodiscard]] const MlDsaKernels& kernels() const { return *kernels_; }

  static std::int32_t* data(std::vector<Poly>& polys) { return polys.front().c.data(); }
  static const std::int32_t* data(const std::vector<Poly>& polys) { return polys.front().c.data(); }
  static bool same(const std::vector<Poly>& a, const std::vector<Poly>& b) {
    return std::ranges::equal(a, b, {}, &Poly::c, &Poly::c);
  }

  Source source_;

 private:
  const MlDsaKernels* kernels_ = nullptr;
};
INSTANTIATE_TEST_SUITE_P(MlDsaKernels, EachBackend, testing::Values("avx2", "avx512"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST_P(EachBackend, TransformsAgree) {
  for (int round = 0; round < 50; ++round) {
    auto ours = source_.polys(3, kQ);
    auto theirs = ours;
    kernels().ntt(data(ours), 3);
    kMlDsaPortable.ntt(data(theirs), 3);
    EXPECT_TRUE(same(ours, theirs));
    ours = source_.polys(3, kQ);
    theirs = ours;
    kernels().ntt_inverse(data(ours), 3);
    kMlDsaPortable.ntt_inverse(data(theirs), 3);
    EXPECT_TRUE(same(ours, theirs));
  }
}

TEST_P(EachBackend, ProductsAgree) {
  const std::int64_t bound = std::int64_t{9} * kQ;
  for (const auto& [k, l] : {std::pair{4U, 4U}, {6U, 5U}, {8U, 7U}}) {
    for (int round = 0; round < 20; ++round) {
      const auto a = source_.polys(std::size_t{k} * l, kQ, true);
      const auto v = source_.polys(l, bound);
      const auto c = source_.polys(1, bound);
      const auto t = source_.polys(k, bound);
      std::vector<Poly> ours(k);
      std::vector<Poly> theirs(k);
      for (const bool minus : {false, true}) {
        const std::int32_t* const c_hat = minus ? data(c) : nullptr;
        const std::int32_t* const t_hat = minus ? data(t) : nullptr;
        kernels().multiply(data(a), k, l, data(v), c_hat, t_hat, data(ours));
        kMlDsaPortable.multiply(data(a), k, l, data(v), c_hat, t_hat, data(theirs));
        EXPECT_TRUE(same(ours, theirs));
      }
      kernels().scale(data(c), data(t), k, data(ours));
      kMlDsaPortable.scale(data(c), data(t), k, data(theirs));
      EXPECT_TRUE(same(ours, theirs));
    }
  }
}

TEST_P(EachBackend, ExtremeSumsStayInRange) {
  std::vector<Poly> a(7);
  std::vector<Poly> v(7);
  for (Poly& poly : a) poly.c.fill(kQ - 1);
  for (Poly& poly : v) poly.c.fill(9 * kQ - 1);
  std::vector<Poly> t(1);
  t.front().c.fill(1 - 9 * kQ);
  std::vector<Poly> ours(1);
  kernels().multiply(data(a), 1, 7, data(v), data(v), data(t), data(ours));
  for (const std::int32_t c : ours.front().c) {
    ASSERT_LT(c, kQ);
    ASSERT_GT(c, -kQ);
  }
}

TEST_P(EachBackend, DecompositionsAgreeForEveryResidue) {
  constexpr std::size_t kCount = 64;
  std::vector<Poly> w(kCount);
  for (const std::int32_t m : {16, 44}) {
    const std::int32_t gamma2 = (kQ - 1) / (2 * m);
    for (std::int32_t from = 0; from < kQ; from += kCount * kN) {
      for (std::size_t i = 0; i < kCount * kN; ++i) {
        const std::int32_t r = from + static_cast<std::int32_t>(i);
        w[i / kN].c[i % kN] = r < kQ ? r : r - 2 * kQ + 1;
      }
      std::vector<Poly> high(kCount), low(kCount), portable_high(kCount), portable_low(kCount);
      kernels().decompose(data(w), kCount, m, data(high), data(low));
      kMlDsaPortable.decompose(data(w), kCount, m, data(portable_high), data(portable_low));
      ASSERT_TRUE(same(high, portable_high));
      ASSERT_TRUE(same(low, portable_low));
      for (std::size_t i = 0; i < kCount * kN; ++i) {
        // FIPS 204 algorithm 36, as it stands there.
        const std::int32_t r = mldsa::to_positive(w[i / kN].c[i % kN]);
        std::int32_t r0 = r % (2 * gamma2);
        if (r0 > gamma2) r0 -= 2 * gamma2;
        std::int32_t r1 = (r - r0) / (2 * gamma2);
        if (r - r0 == kQ - 1) {
          r1 = 0;
          --r0;
        }
        ASSERT_EQ(high[i / kN].c[i % kN], r1) << r;
        ASSERT_EQ(low[i / kN].c[i % kN], r0) << r;
      }
    }
  }
}

TEST_P(EachBackend, SumsAndVerdictsAgree) {
  for (int round = 0; round < 50; ++round) {
    const auto a = source_.polys(2, kQ);
    const auto b = source_.polys(2, 1 << 20);
    std::int32_t largest = 0;
    std::vector<Poly> ours(2);
    std::vector<Poly> theirs(2);
    for (const auto operation : {&MlDsaKernels::add, &MlDsaKernels::subtract}) {
      const auto mine = kernels().*operation;
      const auto reference = kMlDsaPortable.*operation;
      (void)reference(data(a), data(b), 2, 1, data(theirs));
      largest = 0;
      for (const Poly& poly : theirs) {
        for (const std::int32_t c : poly.c) largest = std::max(largest, std::abs(c));
      }
      for (const std::int32_t bound : {largest, largest + 1}) {
        const std::uint32_t expected = bound == largest ? 0xffffffffU : 0;
        EXPECT_EQ(mine(data(a), data(b), 2, bound, data(ours)), expected);
        EXPECT_EQ(reference(data(a), data(b), 2, bound, data(theirs)), expected);
        EXPECT_TRUE(same(ours, theirs));
      }
    }
  }
}

TEST_P(EachBackend, SamplingAgrees) {
  for (int round = 0; round < 20; ++round) {
    const ByteVector seed = source_.octets(64);
    for (const auto& [k, l] : {std::pair{4U, 4U}, {6U, 5U}, {8U, 7U}}) {
      std::vector<Poly> ours(std::size_t{k} * l);
      std::vector<Poly> theirs(std::size_t{k} * l);
      kernels().expand_a(seed.data(), k, l, data(ours));
      kMlDsaPortable.expand_a(seed.data(), k, l, data(theirs));
      EXPECT_TRUE(same(ours, theirs));
    }
    for (const std::size_t count : {1U, 3U, 8U, 11U, 15U}) {
      std::vector<Poly> ours(count);
      std::vector<Poly> theirs(count);
      for (const std::size_t eta : {2U, 4U}) {
        kernels().expand_s(seed.data(), eta, count, data(ours));
        kMlDsaPortable.expand_s(seed.data(), eta, count, data(theirs));
        EXPECT_TRUE(same(ours, theirs));
      }
      for (const std::size_t bits : {18U, 20U}) {
        kernels().expand_mask(seed.data(), 250, bits, count, data(ours));
        kMlDsaPortable.expand_mask(seed.data(), 250, bits, count, data(theirs));
        EXPECT_TRUE(same(ours, theirs));
      }
    }
  }
}

TEST_P(EachBackend, CodecsAgree) {
  for (const std::size_t bits : {3U, 4U, 10U, 13U, 18U, 20U}) {
    // Exactly as much memory as may be read, so that a sanitizer sees more.
    const ByteVector octets = source_.octets(32 * bits);
    std::vector<Poly> ours(1);
    std::vector<Poly> theirs(1);
    kernels().bit_unpack(octets.data(), bits, 1234, data(ours));
    kMlDsaPortable.bit_unpack(octets.data(), bits, 1234, data(theirs));
    EXPECT_TRUE(same(ours, theirs)) << bits;
  }
  for (const auto& [bits, bound] : {std::pair{4U, 16}, {6U, 44}}) {
    const auto w1 = source_.polys(8, bound, true);
    ByteVector ours(32 * bits * w1.size());
    ByteVector theirs(ours.size());
    kernels().encode_w1(data(w1), w1.size(), bits, ours.data());
    kMlDsaPortable.encode_w1(data(w1), w1.size(), bits, theirs.data());
    EXPECT_EQ(ours, theirs);
  }
}

TEST_P(EachBackend, HashesAgree) {
  for (std::size_t size = 0; size < 600; ++size) {
    const ByteVector message = source_.octets(size);
    std::array<std::uint8_t, 136> ours;
    std::array<std::uint8_t, 136> theirs;
    kernels().shake256(message.data(), size, ours.data(), ours.size());
    kMlDsaPortable.shake256(message.data(), size, theirs.data(), theirs.size());
    ASSERT_EQ(ours, theirs) << size;
  }
}

}  // namespace
}  // namespace nautilus
