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
    const auto found = test::mldsa::find_backend(GetParam());
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
INSTANTIATE_TEST_SUITE_P(MlDsaKernels, EachBackend, testing::Values("avx2", "avx512", "emulated"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST_P(EachBackend, TransformsAgree) {
  for (int round = 0; round < 50; ++round) {
    auto ours = source_.polys(3, kQ);
    auto theirs = ours;
    auto apart = source_.polys(3, kQ);
    kernels().ntt(data(ours), 3, data(apart));
    kernels().ntt(data(ours), 3, data(ours));
    kMlDsaPortable.ntt(data(theirs), 3, data(theirs));
    EXPECT_TRUE(same(ours, theirs));
    EXPECT_TRUE(same(apart, theirs));
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

std::int32_t largest_of(const std::vector<Poly>& polys) {
  std::int32_t largest = 0;
  for (const Poly& poly : polys) {
    for (const std::int32_t c : poly.c) largest = std::max(largest, std::abs(c));
  }
  return largest;
}

std::int32_t largest_centered(std::vector<Poly> polys) {
  for (Poly& poly : polys) {
    for (std::int32_t& c : poly.c) c = mldsa::to_centered(c);
  }
  return largest_of(polys);
}

/// Two octets, to draw small numbers from.
std::size_t draw(Source& source) {
  const ByteVector octets = source.octets(2);
  return octets[0] | std::size_t{octets[1]} << 8;
}

TEST_P(EachBackend, BoundsAgree) {
  for (int round = 0; round < 50; ++round) {
    auto polys = source_.polys(3, 1);
    // One coefficient stands out, anywhere.
    std::int32_t& odd_one = polys[draw(source_) % 3].c[draw(source_) % kN];
    odd_one = round % 2 == 0 ? 1000 : -1000;
    for (const auto* each : {&kernels(), &kMlDsaPortable}) {
      EXPECT_EQ(each->exceeds(data(polys), 3, 1000), 0xffffffffU);
      EXPECT_EQ(each->exceeds(data(polys), 3, 1001), 0U);
    }
  }
}

// What FIPS 204 means by c·s, coefficient by coefficient.
Poly product_with_challenge(const std::vector<std::int32_t>& c,
                            const std::vector<std::int32_t>& s) {
  Poly product{};
  for (std::size_t i = 0; i < kN; ++i) {
    for (std::size_t j = 0; j < kN; ++j) {
      product.c[(i + j) % kN] += (i + j < kN ? 1 : -1) * c[i] * s[j];
    }
  }
  return product;
}

TEST_P(EachBackend, ProductsWithChallengesAreRight) {
  for (const auto& [tau, eta] : {std::pair{39, 2}, {49, 4}, {60, 2}}) {
    for (int round = 0; round < 20; ++round) {
      std::vector<std::int32_t> c(kN);
      std::vector<std::uint16_t> terms;
      while (terms.size() < static_cast<std::size_t>(tau)) {
        const std::size_t j = draw(source_) % kN;
        if (c[j] != 0) continue;
        c[j] = draw(source_) % 2 == 0 ? 1 : -1;
        terms.push_back(static_cast<std::uint16_t>(c[j] > 0 ? kN - j : 2 * kN - j));
      }
      std::vector<std::int32_t> s(kN);
      for (std::size_t i = 0; i < kN; ++i) {
        s[i] =
            static_cast<std::int32_t>(draw(source_) % static_cast<std::size_t>(2 * eta + 1)) - eta;
      }
      // The largest products there are.
      if (round == 0) std::ranges::fill(s, eta);
      if (round == 1) std::ranges::fill(s, -eta);
      if (round < 2) {
        for (std::size_t i = 0; i < kN; ++i) s[i] = c[kN - 1 - i] < 0 ? -s[i] : s[i];
      }
      mldsa::SmallPoly small;
      for (std::size_t i = 0; i < kN; ++i) {
        small.c[kN + i] = static_cast<std::int8_t>(s[i]);
        small.c[i] = small.c[2 * kN + i] = static_cast<std::int8_t>(-s[i]);
      }
      const Poly product = product_with_challenge(c, s);
      const auto b = source_.polys(1, 1 << 20);
      std::vector<Poly> expected(1);
      for (std::size_t i = 0; i < kN; ++i) expected[0].c[i] = b[0].c[i] + product.c[i];
      const std::int32_t largest = largest_of(expected);
      for (const auto* each : {&kernels(), &kMlDsaPortable}) {
        for (const std::int32_t bound : {largest, largest + 1}) {
          auto out = b;
          EXPECT_EQ(each->add_product(terms.data(), terms.size(), static_cast<std::size_t>(eta),
                                      small.c.data(), data(out), bound, data(out)),
                    bound == largest ? 0xffffffffU : 0);
          EXPECT_TRUE(same(out, expected));
        }
      }
    }
  }
}

TEST_P(EachBackend, HintsAgree) {
  for (const std::int32_t m : {16, 44}) {
    const std::int32_t gamma2 = (kQ - 1) / (2 * m);
    for (int round = 0; round < 100; ++round) {
      auto low = source_.polys(2, 2 * gamma2);
      const auto high = source_.polys(2, m, true);
      auto ct0 = source_.polys(2, round % 2 == 0 ? gamma2 : kQ);
      // Sums at and around both ends, where all the decisions are.
      for (std::size_t r = 0; r < 2; ++r) {
        for (std::size_t i = 0; i < kN; i += 3) {
          const std::int32_t around = static_cast<std::int32_t>(draw(source_) % 5) - 2;
          low[r].c[i] = (i % 2 == 0 ? gamma2 : -gamma2) + around - mldsa::to_centered(ct0[r].c[i]);
        }
      }
      std::array<mldsa::HintBits, 2> ours;
      std::array<mldsa::HintBits, 2> theirs;
      std::uint32_t our_ones = 0;
      std::uint32_t their_ones = 0;
      const std::uint32_t verdict =
          kernels().make_hints(data(low), data(high), data(ct0), 2, m, ours[0].data(), &our_ones);
      EXPECT_EQ(verdict, kMlDsaPortable.make_hints(data(low), data(high), data(ct0), 2, m,
                                                   theirs[0].data(), &their_ones));
      EXPECT_EQ(verdict != 0, largest_centered(ct0) >= gamma2);
      EXPECT_EQ(ours, theirs);
      EXPECT_EQ(our_ones, their_ones);
      EXPECT_GT(our_ones, 0U);

      const auto w = source_.polys(2, kQ);
      ByteVector ours_used(2 * 32 * (m == 16 ? 4 : 6));
      ByteVector theirs_used(ours_used.size());
      kernels().use_hints(data(w), ours[0].data(), 2, m, ours_used.data());
      kMlDsaPortable.use_hints(data(w), ours[0].data(), 2, m, theirs_used.data());
      EXPECT_EQ(ours_used, theirs_used);
    }
  }
}

TEST_P(EachBackend, SamplingAgrees) {
  for (int round = 0; round < 20; ++round) {
    const ByteVector seed = source_.octets(64);
    for (const auto& [k, l] : {std::pair{4U, 4U}, {6U, 5U}, {8U, 7U}}) {
      std::vector<Poly> ours(std::size_t{k} * l);
      std::vector<Poly> theirs(std::size_t{k} * l);
      kernels().expand_a(seed.data(), k, l, data(ours), nullptr);
      kMlDsaPortable.expand_a(seed.data(), k, l, data(theirs), nullptr);
      EXPECT_TRUE(same(ours, theirs));
      // Messages that take from one block to more than the matrix does.
      for (const std::size_t size : {0U, 135U, 136U, 600U, 1312U, 1952U, 2592U, 9000U}) {
        const ByteVector message = source_.octets(size);
        std::array<std::uint8_t, 64> hash{};
        std::array<std::uint8_t, 64> expected;
        shake256(message, expected);
        for (const auto* each : {&kernels(), &kMlDsaPortable}) {
          const MlDsaHash beside = {message.data(), size, hash.data(), hash.size()};
          ours.assign(ours.size(), Poly{});
          each->expand_a(seed.data(), k, l, data(ours), &beside);
          EXPECT_TRUE(same(ours, theirs)) << size;
          EXPECT_EQ(hash, expected) << size;
          hash.fill(0);
        }
      }
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
  for (const auto& [bits, top] : {std::pair{3U, 2}, {4U, 4}, {18U, 1 << 17}, {20U, 1 << 19}}) {
    auto w = source_.polys(1, bits < 18 ? top + 1 : top);
    w[0].c[kN - 1] = top;
    w[0].c[0] = bits < 18 ? -top : 1 - top;
    ByteVector ours(32 * bits);
    ByteVector theirs(ours.size());
    kernels().bit_pack(data(w), bits, top, ours.data());
    kMlDsaPortable.bit_pack(data(w), bits, top, theirs.data());
    EXPECT_EQ(ours, theirs) << bits;
    std::vector<Poly> back(1);
    kernels().bit_unpack(ours.data(), bits, top, data(back));
    EXPECT_TRUE(same(back, w)) << bits;
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

TEST_P(EachBackend, Power2RoundAgrees) {
  for (int round = 0; round < 50; ++round) {
    auto t = source_.polys(2, kQ);
    const auto s = source_.polys(2, 5);
    // Sums around 0 and q, from both sides.
    for (std::size_t i = 0; i < kN; i += 2) {
      const auto near = static_cast<std::int32_t>(draw(source_) % 8);
      t[i / 2 % 2].c[i] = i % 4 == 0 ? near : kQ - 1 - near;
    }
    ByteVector high(2 * 320), low(2 * 416), portable_high(high.size()), portable_low(low.size());
    kernels().power2_round(data(t), data(s), 2, high.data(), low.data());
    kMlDsaPortable.power2_round(data(t), data(s), 2, portable_high.data(), portable_low.data());
    EXPECT_EQ(high, portable_high);
    EXPECT_EQ(low, portable_low);
    for (std::size_t r = 0; r < 2; ++r) {
      std::vector<Poly> t1(1);
      std::vector<Poly> t0(1);
      kernels().bit_unpack(high.data() + 320 * r, 10, 0, data(t1));
      kernels().bit_unpack(low.data() + 416 * r, 13, 1 << 12, data(t0));
      for (std::size_t i = 0; i < kN; ++i) {
        const std::int32_t sum = (-t1[0].c[i] << 13) + t0[0].c[i];
        EXPECT_EQ(sum, ((t[r].c[i] + s[r].c[i]) % kQ + kQ) % kQ);
        EXPECT_TRUE(t0[0].c[i] > -4096 && t0[0].c[i] <= 4096);
      }
    }
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
