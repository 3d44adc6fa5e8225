// The parts of ML-KEM against slow, obvious versions of themselves.
#include <random>

#include <gtest/gtest.h>

#include "crypto/pq/keccak.hpp"
#include "crypto/pq/mlkem_encode.hpp"
#include "crypto/pq/mlkem_ntt.hpp"
#include "crypto/pq/mlkem_poly.hpp"
#include "crypto/pq/mlkem_sampling.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;
using namespace crypto::pq::mlkem;

int modulo_q(std::int64_t x) {
  const auto r = static_cast<int>(x % kQ);
  return r < 0 ? r + kQ : r;
}

template <Domain D>
void fill_canonical(std::mt19937& generator, Poly<D>& f) {
  std::uniform_int_distribution<int> coefficient(0, kQ - 1);
  for (auto& c : f.c) c = static_cast<std::int16_t>(coefficient(generator));
}

TEST(MlKemArithmetic, ReductionsOfEverySixteenBitValue) {
  for (int a = -32768; a <= 32767; ++a) {
    const auto value = static_cast<std::int16_t>(a);
    ASSERT_EQ(canonical(value), modulo_q(a));
    const int reduced = barrett_reduce(value);
    ASSERT_EQ(modulo_q(reduced), modulo_q(a));
    ASSERT_LE(std::abs(reduced), (kQ - 1) / 2);
  }
}

TEST(MlKemArithmetic, MontgomeryMultiplyOfEverySixteenBitValue) {
  constexpr MontgomeryConstant kConstants[] = {montgomery_constant(1),    montgomery_constant(17),
                                               montgomery_constant(-1),   montgomery_constant(1664),
                                               montgomery_constant(1665), montgomery_constant(512)};
  constexpr int kPlain[] = {1, 17, -1, 1664, 1665, 512};
  for (std::size_t i = 0; i < std::size(kPlain); ++i) {
    for (int a = -32768; a <= 32767; ++a) {
      const int product = montgomery_multiply(static_cast<std::int16_t>(a), kConstants[i]);
      ASSERT_EQ(modulo_q(product), modulo_q(std::int64_t{a} * kPlain[i]));
      ASSERT_LT(std::abs(product), kQ);
    }
  }
}

TEST(MlKemArithmetic, MontgomeryReduceAtItsLimits) {
  const std::int64_t limit = std::int64_t{kQ} * 32768;
  std::mt19937 generator(1);
  std::uniform_int_distribution<std::int64_t> any(-limit + 1, limit - 1);
  for (int i = 0; i < 200'000; ++i) {
    const std::int64_t a = i == 0 ? limit - 1 : i == 1 ? -limit + 1 : any(generator);
    const int reduced = montgomery_reduce(static_cast<std::int32_t>(a));
    ASSERT_EQ(modulo_q(std::int64_t{reduced} * 65536), modulo_q(a));
    ASSERT_LT(std::abs(reduced), kQ);
  }
}

// Algorithms 9 and 10 as evaluation: f̂[2i], f̂[2i + 1] are f modulo X^2 - ζ^(2·BitRev7(i) + 1).
void evaluate(const RingPoly& f, NttPoly& out) {
  for (unsigned i = 0; i < 128; ++i) {
    unsigned reversed = 0;
    for (unsigned bit = 0; bit < 7; ++bit) reversed |= ((i >> bit) & 1U) << (6 - bit);
    std::int64_t gamma = 1;
    for (unsigned e = 0; e < 2 * reversed + 1; ++e) gamma = gamma * 17 % kQ;
    std::int64_t even = 0;
    std::int64_t odd = 0;
    std::int64_t power = 1;
    for (std::size_t j = 0; j < 128; ++j) {
      even += f.c[2 * j] * power;
      odd += f.c[2 * j + 1] * power;
      power = power * gamma % kQ;
    }
    out.c[2 * i] = static_cast<std::int16_t>(modulo_q(even));
    out.c[2 * i + 1] = static_cast<std::int16_t>(modulo_q(odd));
  }
}

TEST(MlKemNtt, EqualsEvaluation) {
  std::mt19937 generator(2);
  RingPoly f;
  NttPoly expected;
  NttPoly transformed;
  for (int round = 0; round < 20; ++round) {
    fill_canonical(generator, f);
    evaluate(f, expected);
    ntt(f, transformed);
    ASSERT_EQ(transformed.c, expected.c);
  }
}

TEST(MlKemNtt, ExtremeCoefficientsDoNotOverflow) {
  NttPoly expected;
  NttPoly transformed;
  RingPoly f;
  for (const int magnitude : {int{kQ}, kQ - 1}) {
    for (unsigned signs = 0; signs < 4; ++signs) {
      for (std::size_t i = 0; i < kN; ++i) {
        const bool negative = ((signs & 1U) != 0) != ((signs & 2U) != 0 && i % 2 == 1);
        f.c[i] = static_cast<std::int16_t>(negative ? -magnitude : magnitude);
      }
      evaluate(f, expected);
      ntt(f, transformed);
      ASSERT_EQ(transformed.c, expected.c);
    }
  }
}

TEST(MlKemNtt, InverseUndoesItUpToTheMontgomeryFactor) {
  std::mt19937 generator(3);
  RingPoly f;
  RingPoly back;
  NttPoly transformed;
  for (int round = 0; round < 20; ++round) {
    fill_canonical(generator, f);
    ntt(f, transformed);
    if (round % 2 == 1) {
      for (auto& c : transformed.c) c = static_cast<std::int16_t>(c - kQ);
    }
    inverse_ntt(transformed, back);
    for (std::size_t i = 0; i < kN; ++i) {
      ASSERT_EQ(modulo_q(back.c[i]), modulo_q(std::int64_t{f.c[i]} * 65536));
      ASSERT_LE(std::abs(back.c[i]), kQ);
    }
  }
}

TEST(MlKemNtt, InverseTakesExtremeCoefficients) {
  NttPoly f;
  RingPoly back;
  NttPoly again;
  for (const int value : {int{kQ}, -kQ, kQ - 1, 1 - kQ}) {
    f.c.fill(static_cast<std::int16_t>(value));
    inverse_ntt(f, back);
    ntt(back, again);
    for (const auto c : again.c) ASSERT_EQ(c, modulo_q(std::int64_t{value} * 65536));
  }
}

// Schoolbook multiplication modulo X^256 + 1.
std::array<int, kN> multiply(const RingPoly& a, const RingPoly& b) {
  std::array<std::int64_t, kN> sum{};
  for (std::size_t i = 0; i < kN; ++i) {
    for (std::size_t j = 0; j < kN; ++j) {
      const std::int64_t product = std::int64_t{a.c[i]} * b.c[j];
      sum[(i + j) % kN] += i + j < kN ? product : -product;
    }
  }
  std::array<int, kN> result;
  for (std::size_t i = 0; i < kN; ++i) result[i] = modulo_q(sum[i]);
  return result;
}

TEST(MlKemNtt, ProductSumsEqualSchoolbook) {
  std::mt19937 generator(4);
  for (std::size_t terms = 1; terms <= 4; ++terms) {
    ProductSum sum;
    std::array<int, kN> expected{};
    for (std::size_t term = 0; term < terms; ++term) {
      RingPoly a;
      RingPoly b;
      fill_canonical(generator, a);
      fill_canonical(generator, b);
      const auto product = multiply(a, b);
      for (std::size_t i = 0; i < kN; ++i) expected[i] = (expected[i] + product[i]) % kQ;
      NttPoly a_hat;
      NttPoly b_hat;
      ProductCache cache;
      ntt(a, a_hat);
      ntt(b, b_hat);
      make_product_cache(b_hat, cache);
      sum.add_product(a_hat, b_hat, cache);
    }
    NttPoly reduced;
    RingPoly result;
    sum.reduce(reduced);
    inverse_ntt(reduced, result);
    NttPoly exact;
    sum.reduce_exactly(exact);
    RingPoly from_exact;
    inverse_ntt(exact, from_exact);
    for (std::size_t i = 0; i < kN; ++i) {
      ASSERT_EQ(modulo_q(result.c[i]), expected[i]);
      ASSERT_EQ(modulo_q(from_exact.c[i]), modulo_q(std::int64_t{expected[i]} * 65536));
    }
  }
}

TEST(MlKemNtt, ProductSumsTakeExtremeCoefficients) {
  for (const int sign : {1, -1}) {
    ProductSum sum;
    NttPoly f;
    NttPoly g;
    f.c.fill(kQ - 1);
    g.c.fill(static_cast<std::int16_t>(sign * (kQ - 1)));
    ProductCache cache;
    make_product_cache(g, cache);
    for (int term = 0; term < 4; ++term) sum.add_product(f, g, cache);
    NttPoly exact;
    sum.reduce_exactly(exact);
    // With f = g = -1 (or g = 1) everywhere: c1 = 2·f·g, c0 = f·g·(1 + γ) for each γ.
    for (std::size_t i = 0; i < kN / 2; ++i) {
      ASSERT_EQ(modulo_q(exact.c[2 * i + 1]), modulo_q(4 * 2 * sign));
      ASSERT_EQ(modulo_q(exact.c[2 * i]), modulo_q(4 * (sign - std::int64_t{cache.c[i]})));
    }
  }
}

template <std::size_t D>
void check_compression_of_every_value() {
  for (std::uint32_t x = 0; x < kQ; ++x) {
    // round(2^D·x / q), halves up; q is odd, so there are none.
    const std::uint32_t expected = ((x << (D + 1)) + kQ) / (2 * kQ) % (1U << D);
    ASSERT_EQ(compress<D>(x), expected) << "x = " << x << ", D = " << D;
  }
  for (std::uint32_t y = 0; y < 1U << D; ++y) {
    const std::uint32_t expected = (2 * y * kQ + (1U << D)) / (1U << (D + 1));
    ASSERT_EQ(decompress<D>(y), expected);
    ASSERT_EQ(compress<D>(decompress<D>(y)), y);
  }
}

TEST(MlKemEncode, CompressionOfEveryValue) {
  check_compression_of_every_value<1>();
  check_compression_of_every_value<4>();
  check_compression_of_every_value<5>();
  check_compression_of_every_value<10>();
  check_compression_of_every_value<11>();
}

template <std::size_t D>
void check_packing() {
  std::mt19937 generator(5);
  RingPoly f;
  fill_canonical(generator, f);
  std::array<std::uint8_t, kPackedSize<D>> octets;
  compress_and_encode<D>(f, octets);
  for (std::size_t i = 0; i < kN; ++i) {
    // Algorithm 5: bit j of value i is bit i·D + j of the octets.
    std::uint32_t value = 0;
    for (std::size_t j = 0; j < D; ++j) {
      const std::size_t bit = i * D + j;
      value |= ((octets[bit / 8] >> (bit % 8)) & 1U) << j;
    }
    ASSERT_EQ(value, compress<D>(static_cast<std::uint32_t>(f.c[i])));
  }
  // Representatives other than the canonical one give the same octets.
  RingPoly shifted = f;
  for (std::size_t i = 0; i < kN; ++i) {
    shifted.c[i] = static_cast<std::int16_t>(f.c[i] + (i % 2 == 0 ? kQ : -2 * kQ));
  }
  std::array<std::uint8_t, kPackedSize<D>> same;
  compress_and_encode<D>(shifted, same);
  EXPECT_EQ(same, octets);

  RingPoly decoded;
  decode_and_decompress<D>(octets, decoded);
  for (std::size_t i = 0; i < kN; ++i) {
    ASSERT_EQ(decoded.c[i], static_cast<std::int16_t>(
                                decompress<D>(compress<D>(static_cast<std::uint32_t>(f.c[i])))));
  }
}

TEST(MlKemEncode, Packing) {
  check_packing<1>();
  check_packing<4>();
  check_packing<5>();
  check_packing<10>();
  check_packing<11>();
}

TEST(MlKemEncode, TwelveBitsAndTheModulusCheck) {
  std::mt19937 generator(6);
  NttPoly f;
  fill_canonical(generator, f);
  std::array<std::uint8_t, kPackedSize<12>> octets;
  encode_12(f, octets);
  NttPoly decoded;
  EXPECT_EQ(decode_12(octets, decoded), 0xffffffffU);
  EXPECT_EQ(decoded.c, f.c);
  for (std::size_t i = 0; i < kN; ++i) {
    for (const int bad : {int{kQ}, kQ + 1, 4095}) {
      NttPoly wrong = f;
      wrong.c[i] = static_cast<std::int16_t>(bad);
      encode_12(wrong, octets);
      ASSERT_EQ(decode_12(octets, decoded), 0U) << "coefficient " << i << " is " << bad;
      ASSERT_EQ(decoded.c, wrong.c);
    }
  }
}

TEST(MlKemSampling, CenteredBinomialEqualsTheBitwiseDefinition) {
  std::array<std::uint8_t, 32> seed;
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::uint8_t>(i * 5);
  for (const std::size_t eta : {std::size_t{2}, std::size_t{3}}) {
    std::array<RingPoly, 3> polys;
    sample_noise(eta, seed, 7, polys);
    for (std::size_t p = 0; p < polys.size(); ++p) {
      ByteVector input(seed.begin(), seed.end());
      input.push_back(static_cast<std::uint8_t>(7 + p));
      ByteVector octets(64 * eta);
      shake256(input, octets);
      const auto bit = [&](std::size_t index) { return (octets[index / 8] >> (index % 8)) & 1; };
      for (std::size_t i = 0; i < kN; ++i) {
        int value = 0;
        for (std::size_t j = 0; j < eta; ++j) {
          value += bit(2 * i * eta + j) - bit(2 * i * eta + eta + j);
        }
        ASSERT_EQ(polys[p].c[i], value);
      }
    }
  }
}

// Algorithm 7 as written, on an endless stream.
std::array<std::int16_t, kN> sample_slowly(Seed32 rho, std::uint8_t j, std::uint8_t i) {
  Shake128 xof;
  xof.absorb(rho);
  const std::array<std::uint8_t, 2> indices = {j, i};
  xof.absorb(indices);
  std::array<std::int16_t, kN> a;
  std::size_t filled = 0;
  while (filled < kN) {
    std::array<std::uint8_t, 3> c;
    xof.squeeze(c);
    const int d1 = c[0] + 256 * (c[1] % 16);
    const int d2 = c[1] / 16 + 16 * c[2];
    if (d1 < kQ) a[filled++] = static_cast<std::int16_t>(d1);
    if (d2 < kQ && filled < kN) a[filled++] = static_cast<std::int16_t>(d2);
  }
  return a;
}

TEST(MlKemSampling, MatrixRowsEqualTheDefinition) {
  std::array<std::uint8_t, 32> rho{};
  // Enough seeds that a fourth block is needed several times.
  for (unsigned seed = 0; seed < 100; ++seed) {
    rho[0] = static_cast<std::uint8_t>(seed);
    std::array<NttPoly, 4> row;
    std::array<NttPoly, 4> transposed;
    sample_matrix_row(rho, 2, false, row);
    sample_matrix_row(rho, 2, true, transposed);
    for (std::uint8_t column = 0; column < 4; ++column) {
      ASSERT_EQ(row[column].c, sample_slowly(rho, column, 2));
      ASSERT_EQ(transposed[column].c, sample_slowly(rho, 2, column));
    }
  }
}

}  // namespace
}  // namespace nautilus
