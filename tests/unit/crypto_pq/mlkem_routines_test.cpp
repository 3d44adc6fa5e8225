// Every vector routine against the portable one, over edge coefficients and random ones.
#include <algorithm>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "crypto/pq/keccak.hpp"
#include "crypto/pq/mlkem_encode.hpp"
#include "crypto/pq/mlkem_ntt.hpp"
#include "crypto/pq/mlkem_sampling.hpp"
#include "crypto/pq/pq_backend.hpp"
#include "unit/crypto_pq/routines.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;
using namespace crypto::pq::mlkem;
using test::Routines;

using Coefficients = std::array<std::int16_t, kN>;
struct alignas(64) Polys {
  std::array<Coefficients, 4> p;
  std::int16_t* data() { return p[0].data(); }
};

// Coefficients between which arithmetic may go wrong, and what bounds random ones.
struct Range {
  std::vector<int> edges;
  int low;
  int high;
};
const Range kCanonical = {{0, 1, kQ - 1, (kQ - 1) / 2, (kQ + 1) / 2}, 0, kQ - 1};
const Range kBoundedByQ = {
    {0, 1, -1, kQ - 1, 1 - kQ, (kQ - 1) / 2, (kQ + 1) / 2, (1 - kQ) / 2, (-1 - kQ) / 2, kQ, -kQ},
    -kQ,
    kQ};
const Range kReduced = {{0, 1, -1, 1664, 1665, -1664, -1665, 2200, -2200}, -2200, 2200};
Range any_word() {
  Range range = {{-32768, 32767, 0, 1, -1}, -32768, 32767};
  for (int multiple = -9 * kQ; multiple <= 9 * kQ; multiple += kQ) {
    for (const int offset : {0, 1, -1, (kQ - 1) / 2, (kQ + 1) / 2}) {
      const int edge = multiple + offset;
      if (edge >= -32768 && edge <= 32767) range.edges.push_back(edge);
    }
  }
  return range;
}

class MlKemRoutines : public testing::TestWithParam<const Routines*> {
 protected:
  void SetUp() override {
    routines_ = GetParam();
    const std::string name = routines_->backend;
    if (name != "emulated") {
      const auto found = PqBackend::find(name);
      if (!found) GTEST_SKIP() << name << ": " << found.error().detail << "; NOT run";
      ASSERT_EQ(found->name(), name);
    }
  }

  // Calls `check` with polynomials of each edge alone, of each two in turn, and random ones.
  void over(const Range& range, const std::function<void(const Coefficients&)>& check) {
    Coefficients f;
    for (const int a : range.edges) {
      for (const int b : range.edges) {
        for (std::size_t i = 0; i < kN; ++i) {
          f[i] = static_cast<std::int16_t>((i / (1U << (a & 3))) % 2 == 0 ? a : b);
        }
        ASSERT_NO_FATAL_FAILURE(check(f)) << "edges " << a << " and " << b;
      }
    }
    for (int round = 0; round < 200; ++round) {
      fill(range, f);
      ASSERT_NO_FATAL_FAILURE(check(f)) << "random round " << round;
    }
  }

  void fill(const Range& range, Coefficients& f) {
    std::uniform_int_distribution<int> any(range.low, range.high);
    std::uniform_int_distribution<std::size_t> edge(0, range.edges.size() - 1);
    const bool mixed = generator_() % 2 == 0;
    for (auto& c : f) {
      const bool at_edge = mixed && generator_() % 2 == 0;
      c = static_cast<std::int16_t>(at_edge ? range.edges[edge(generator_)] : any(generator_));
    }
  }

  template <std::size_t N>
  void fill(std::array<std::uint8_t, N>& octets) {
    for (auto& octet : octets) octet = static_cast<std::uint8_t>(generator_());
  }

  const Routines* routines_ = nullptr;
  std::mt19937 generator_{42};
};

void canonicalize(Coefficients& f) {
  for (auto& c : f) c = canonical(c);
}

void expect_congruent(Coefficients got, Coefficients expected, int bound) {
  for (const auto c : got) ASSERT_LE(std::abs(c), bound);
  canonicalize(got);
  canonicalize(expected);
  ASSERT_EQ(got, expected);
}

TEST_P(MlKemRoutines, Ntt) {
  over(kBoundedByQ, [&](const Coefficients& f) {
    Polys got;
    got.p[0] = f;
    routines_->ntt(got.data());
    RingPoly in;
    NttPoly expected;
    in.c = f;
    ntt(in, expected);
    expect_congruent(got.p[0], expected.c, 2200);
  });
}

TEST_P(MlKemRoutines, InverseNtt) {
  over(kBoundedByQ, [&](const Coefficients& f) {
    Polys got;
    got.p[0] = f;
    routines_->inverse_ntt(got.data());
    NttPoly in;
    RingPoly expected;
    in.c = f;
    inverse_ntt(in, expected);
    expect_congruent(got.p[0], expected.c, kQ - 1);
  });
}

TEST_P(MlKemRoutines, MakeCanonical) {
  const Range below_q = {{0, 1, -1, kQ - 1, 1 - kQ, 1664, 1665, -1664, -1665}, 1 - kQ, kQ - 1};
  over(below_q, [&](const Coefficients& f) {
    Polys got;
    got.p[1] = f;
    routines_->make_canonical(got.p[1].data(), got.data());
    Coefficients expected = f;
    canonicalize(expected);
    ASSERT_EQ(got.p[0], expected);
  });
}

// f of edges f and its reversal, g from the second range; both products.
TEST_P(MlKemRoutines, InnerProducts) {
  for (std::size_t terms = 2; terms <= 4; ++terms) {
    over(kCanonical, [&](const Coefficients& first) {
      Polys f;
      Polys g;
      Polys out;
      ProductSum sum;
      for (std::size_t i = 0; i < terms; ++i) {
        f.p[i] = first;
        if (i % 2 == 1) std::ranges::reverse(f.p[i]);
        fill(kReduced, g.p[i]);
        if (first[0] == kQ - 1) g.p[i].fill(i % 2 == 0 ? 2200 : -2200);
        if (first[1] == kQ - 1) g.p[i].fill(2200);
        NttPoly portable_f;
        NttPoly portable_g;
        portable_f.c = f.p[i];
        portable_g.c = g.p[i];
        ProductCache cache;
        make_product_cache(portable_g, cache);
        sum.add_product(portable_f, portable_g, cache);
      }
      NttPoly expected;
      sum.reduce(expected);
      routines_->inner_product(terms, f.data(), g.data(), out.data());
      expect_congruent(out.p[0], expected.c, kQ - 1);

      fill(kReduced, out.p[1]);
      sum.reduce_exactly(expected);
      for (std::size_t i = 0; i < kN; ++i) {
        expected.c[i] = canonical(static_cast<std::int16_t>(expected.c[i] + out.p[1][i]));
      }
      routines_->inner_product_plus(terms, f.data(), g.data(), out.p[1].data(), out.data());
      ASSERT_EQ(out.p[0], expected.c);
    });
  }
}

TEST_P(MlKemRoutines, Encode12) {
  over(kCanonical, [&](const Coefficients& f) {
    Polys in;
    in.p[0] = f;
    std::array<std::uint8_t, 384> got;
    std::array<std::uint8_t, 384> expected;
    NttPoly poly;
    poly.c = f;
    routines_->encode_12(in.data(), got.data());
    encode_12(poly, expected);
    ASSERT_EQ(got, expected);
  });
}

TEST_P(MlKemRoutines, Decode12AndItsVerdict) {
  const auto check = [&](const std::array<std::uint8_t, 384>& octets) {
    Polys got;
    NttPoly expected;
    const std::uint32_t verdict = routines_->decode_12(octets.data(), got.data());
    ASSERT_EQ(verdict, decode_12(octets, expected));
    ASSERT_EQ(got.p[0], expected.c);
  };
  std::array<std::uint8_t, 384> octets;
  for (int round = 0; round < 200; ++round) {
    fill(octets);
    ASSERT_NO_FATAL_FAILURE(check(octets));
  }
  // One coefficient at the limit, in each place.
  for (std::size_t at = 0; at < kN; ++at) {
    for (const int value : {kQ - 1, int{kQ}, kQ + 1, 4095}) {
      NttPoly f{};
      f.c[at] = static_cast<std::int16_t>(value);
      encode_12(f, octets);
      ASSERT_NO_FATAL_FAILURE(check(octets));
      Polys got;
      ASSERT_EQ(routines_->decode_12(octets.data(), got.data()) != 0, value < kQ);
    }
  }
}

template <std::size_t D>
void check_compression(const Routines& routines, const Coefficients& f) {
  Polys in;
  in.p[0] = f;
  RingPoly poly;
  poly.c = f;
  std::array<std::uint8_t, 32 * D> got;
  std::array<std::uint8_t, 32 * D> expected;
  routines.compress(D, in.data(), got.data());
  compress_and_encode<D>(poly, expected);
  ASSERT_EQ(got, expected) << "D = " << D;
  Polys back;
  decode_and_decompress<D>(expected, poly);
  routines.decompress(D, expected.data(), back.data());
  ASSERT_EQ(back.p[0], poly.c) << "D = " << D;
}

TEST_P(MlKemRoutines, CompressAndDecompress) {
  over(any_word(), [&](const Coefficients& f) {
    ASSERT_NO_FATAL_FAILURE(check_compression<4>(*routines_, f));
    ASSERT_NO_FATAL_FAILURE(check_compression<5>(*routines_, f));
    ASSERT_NO_FATAL_FAILURE(check_compression<10>(*routines_, f));
    ASSERT_NO_FATAL_FAILURE(check_compression<11>(*routines_, f));
  });
}

TEST_P(MlKemRoutines, CompressEverySixteenBitValue) {
  for (int start = -32768; start < 32768; start += static_cast<int>(kN)) {
    Coefficients f;
    for (std::size_t i = 0; i < kN; ++i) {
      f[i] = static_cast<std::int16_t>(start + static_cast<int>(i));
    }
    ASSERT_NO_FATAL_FAILURE(check_compression<4>(*routines_, f));
    ASSERT_NO_FATAL_FAILURE(check_compression<5>(*routines_, f));
    ASSERT_NO_FATAL_FAILURE(check_compression<10>(*routines_, f));
    ASSERT_NO_FATAL_FAILURE(check_compression<11>(*routines_, f));
  }
}

TEST_P(MlKemRoutines, Messages) {
  over(kBoundedByQ, [&](const Coefficients& f) {
    Polys in;
    in.p[0] = f;
    fill(kCanonical, in.p[1]);
    // ByteEncode_1(Compress_1(v - w)).
    RingPoly difference;
    for (std::size_t i = 0; i < kN; ++i) {
      difference.c[i] = static_cast<std::int16_t>(in.p[1][i] - f[i]);
    }
    std::array<std::uint8_t, 32> got;
    std::array<std::uint8_t, 32> expected;
    routines_->message_of_difference(in.p[1].data(), in.data(), got.data());
    compress_and_encode<1>(difference, expected);
    ASSERT_EQ(got, expected);
    // Decompress_1, added.
    RingPoly message;
    decode_and_decompress<1>(expected, message);
    for (std::size_t i = 0; i < kN; ++i) {
      message.c[i] = static_cast<std::int16_t>(message.c[i] + f[i]);
    }
    routines_->add_message(expected.data(), in.data());
    ASSERT_EQ(in.p[0], message.c);
  });
}

TEST_P(MlKemRoutines, BinomialDistributions) {
  // The portable one by way of its hash: the same octets that SHAKE256 gives.
  for (std::uint8_t round = 0; round < 100; ++round) {
    std::array<std::uint8_t, 32> seed{};
    seed[0] = round;
    for (const std::size_t eta : {std::size_t{2}, std::size_t{3}}) {
      std::array<std::uint8_t, 33> message{};
      std::ranges::copy(seed, message.begin());
      message[32] = 7;
      std::array<std::uint8_t, 192 + 64> octets{};
      shake256(message, ByteSpan(octets).first(64 * eta));
      std::array<RingPoly, 1> expected;
      sample_noise(eta, seed, 7, expected);
      Polys got;
      routines_->binomial(eta, octets.data(), got.data());
      ASSERT_EQ(got.p[0], expected[0].c) << "eta " << eta;
    }
  }
}

// Rejection as FIPS 203 algorithm 7 says it.
std::size_t accept_slowly(ByteView octets, Coefficients& out, std::size_t filled) {
  for (std::size_t i = 0; i + 3 <= octets.size(); i += 3) {
    const int d1 = octets[i] + 256 * (octets[i + 1] % 16);
    const int d2 = octets[i + 1] / 16 + 16 * octets[i + 2];
    if (d1 < kQ && filled < kN) out[filled++] = static_cast<std::int16_t>(d1);
    if (d2 < kQ && filled < kN) out[filled++] = static_cast<std::int16_t>(d2);
  }
  return filled;
}

TEST_P(MlKemRoutines, Rejection) {
  std::array<std::uint8_t, 504 + 64> octets;
  for (int round = 0; round < 3000; ++round) {
    fill(octets);
    // Sometimes nearly all are too large, sometimes none is.
    if (round % 3 == 1) {
      for (auto& octet : octets) {
        if (generator_() % 4 != 0) octet = static_cast<std::uint8_t>(octet | 0xd0);
      }
    } else if (round % 3 == 2) {
      for (auto& octet : octets) octet &= 0x77;
    }
    const std::size_t size = round % 2 == 0 ? 504 : 168;
    const std::size_t before = round % 5 == 0 ? generator_() % 256 : 0;
    Polys got;
    got.p[0].fill(-1);
    got.p[1].fill(-1);
    Coefficients expected = got.p[0];
    const std::size_t filled = routines_->accept(octets.data(), size, got.data(), before);
    ASSERT_EQ(filled, accept_slowly(ByteView(octets).first(size), expected, before));
    for (std::size_t i = before; i < filled; ++i) ASSERT_EQ(got.p[0][i], expected[i]);
    for (std::size_t i = 0; i < before; ++i) ASSERT_EQ(got.p[0][i], -1) << "written before";
    for (const auto c : got.p[1]) ASSERT_EQ(c, -1) << "written behind";
  }
}

TEST_P(MlKemRoutines, ParallelPermutations) {
  const std::size_t lanes = routines_->lanes;
  alignas(64) std::array<std::uint64_t, 25 * 8> states;
  for (std::size_t active = 1; active <= lanes; ++active) {
    std::vector<KeccakLanes> expected(lanes);
    for (auto& state : expected) {
      for (auto& word : state) word = generator_() | std::uint64_t{generator_()} << 32;
    }
    for (std::size_t w = 0; w < 25; ++w) {
      for (std::size_t i = 0; i < lanes; ++i) states[lanes * w + i] = expected[i][w];
    }
    routines_->permute(states.data(), active);
    for (std::size_t i = 0; i < active; ++i) {
      keccak_f1600(expected[i]);
      for (std::size_t w = 0; w < 25; ++w) {
        ASSERT_EQ(states[lanes * w + i], expected[i][w]) << "lane " << i << " of " << active;
      }
    }
  }
}

TEST_P(MlKemRoutines, ExtractionAndAbsorption) {
  const std::size_t lanes = routines_->lanes;
  alignas(64) std::array<std::uint64_t, 25 * 8> states;
  for (auto& word : states) word = generator_() | std::uint64_t{generator_()} << 32;
  std::array<std::uint8_t, 8 * 200> octets{};
  routines_->extract(states.data(), octets.data(), 200);
  for (std::size_t i = 0; i < lanes; ++i) {
    for (std::size_t at = 0; at < 192; ++at) {
      const std::uint64_t word = states[lanes * (at / 8) + i];
      ASSERT_EQ(octets[200 * i + at], word >> (8 * (at % 8)) & 0xff);
    }
  }

  std::array<std::uint8_t, 3 * 136> message;
  fill(message);
  KeccakLanes expected;
  for (std::size_t w = 0; w < 25; ++w) expected[w] = states[lanes * w];
  for (std::size_t block = 0; block < 3; ++block) {
    for (std::size_t at = 0; at < 136; ++at) {
      expected[at / 8] ^= std::uint64_t{message[136 * block + at]} << (8 * (at % 8));
    }
    keccak_f1600(expected);
  }
  routines_->absorb(states.data(), message.data(), 3);
  for (std::size_t w = 0; w < 25; ++w) ASSERT_EQ(states[lanes * w], expected[w]);
}

std::vector<const Routines*> all_routines() {
#ifdef NAUTILUS_PQ_X86
  return {&test::kEmulatedRoutines, &test::kAvx2Routines, &test::kAvx512Routines};
#else
  return {&test::kEmulatedRoutines};
#endif
}

INSTANTIATE_TEST_SUITE_P(Backends, MlKemRoutines, testing::ValuesIn(all_routines()),
                         [](const auto& routines) { return std::string(routines.param->backend); });

}  // namespace
}  // namespace nautilus
