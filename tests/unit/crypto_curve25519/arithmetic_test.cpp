// Fields at the bounds of their representations, scalars and tables, against libcrypto's BIGNUM.
#include <memory>

#include <openssl/bn.h>

#include "crypto/curve25519/backend.hpp"
#include "crypto/curve25519/edwards_mul.hpp"
#include "crypto/curve25519/fe51.hpp"
#include "crypto/curve25519/inverse.hpp"
#include "crypto/curve25519/scalar.hpp"
#include "crypto/curve25519/simd/fe_lanes.hpp"
#include "unit/crypto_curve25519/adx_field.hpp"
#include "unit/crypto_curve25519/backends.hpp"
#include "unit/crypto_curve25519/vec_emulated.hpp"

namespace nautilus {
namespace {

using namespace crypto::curve25519;

/// A number of any size; operations may not fail in tests.
class Big {
 public:
  Big() : value_(BN_new()) {}
  Big(const Big& other) : value_(BN_dup(other.get())) {}
  Big& operator=(const Big& other) {
    BN_copy(get(), other.get());
    return *this;
  }
  static Big from_octets(ByteView octets) {
    Big r;
    BN_lebin2bn(octets.data(), static_cast<int>(octets.size()), r.get());
    return r;
  }
  static Big from_words(const Words& words) {
    test::Octets octets;
    store_words(octets, words);
    return from_octets(octets);
  }
  static Big hex(const char* text) {
    Big r;
    BIGNUM* value = r.get();
    BN_hex2bn(&value, text);
    return r;
  }
  /// Digits at a distance of `bits`, the lowest first; they may overlap.
  static Big from_limbs(std::span<const std::uint64_t> limbs, int bits) {
    Big r;
    for (std::size_t i = limbs.size(); i-- > 0;) {
      BN_lshift(r.get(), r.get(), bits);
      r = r + from_words({limbs[i], 0, 0, 0});
    }
    return r;
  }
  friend Big operator+(const Big& a, const Big& b) {
    Big r;
    BN_add(r.get(), a.get(), b.get());
    return r;
  }
  friend Big operator-(const Big& a, const Big& b) {
    Big r;
    BN_sub(r.get(), a.get(), b.get());
    return r;
  }
  friend Big operator*(const Big& a, const Big& b) {
    Big r;
    BN_mul(r.get(), a.get(), b.get(), context());
    return r;
  }
  /// The remainder that is not negative.
  friend Big operator%(const Big& a, const Big& b) {
    Big r;
    BN_nnmod(r.get(), a.get(), b.get(), context());
    return r;
  }
  friend bool operator==(const Big& a, const Big& b) { return BN_cmp(a.get(), b.get()) == 0; }
  friend bool operator<(const Big& a, const Big& b) { return BN_cmp(a.get(), b.get()) < 0; }

 private:
  struct Free {
    void operator()(BIGNUM* value) const { BN_free(value); }
  };
  [[nodiscard]] BIGNUM* get() const { return value_.get(); }
  static BN_CTX* context() {
    static BN_CTX* const shared = BN_CTX_new();
    return shared;
  }
  std::unique_ptr<BIGNUM, Free> value_;
};

const Big kP = Big::hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
const Big kL = Big::hex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");

Words random_words(test::EdgyRandom& random) {
  const test::Octets octets = random.octets();
  return load_words(octets);
}

/// A limb that is random or sits at an edge, the greatest being `bound` - 1.
std::uint64_t edgy_limb(test::EdgyRandom& random, std::uint64_t bound) {
  switch (random.next() % 6) {
    case 0:
      return bound - 1;
    case 1:
      return 0;
    case 2:
      return std::min(bound - 1, Fe51::kMask);
    case 3:
      return bound - 1 - random.next() % 20;
    default:
      return random.next() % bound;
  }
}

Fe51 edgy_fe51(test::EdgyRandom& random, std::uint64_t bound) {
  Fe51 fe;
  for (std::uint64_t& limb : fe.limb) limb = edgy_limb(random, bound);
  return fe;
}

Big value(const Fe51& fe) { return Big::from_limbs(fe.limb, 51); }

TEST(Fe51Arithmetic, AtTheBoundsOfItsLimbs) {
  test::EdgyRandom random(11);
  for (int i = 0; i < 20000; ++i) {
    const Fe51 a = edgy_fe51(random, Fe51::kInputBound);
    const Fe51 b = edgy_fe51(random, Fe51::kInputBound);
    const Fe51 product = Fe51::mul(a, b);
    ASSERT_TRUE(product.below(Fe51::kReducedBound));
    ASSERT_EQ(value(product) % kP, value(a) * value(b) % kP);
    const Fe51 square = Fe51::sqr(a);
    ASSERT_TRUE(square.below(Fe51::kReducedBound));
    ASSERT_EQ(value(square) % kP, value(a) * value(a) % kP);
    const Fe51 difference = Fe51::sub(a, b);
    ASSERT_TRUE(difference.below(Fe51::kReducedBound));
    ASSERT_EQ(value(difference) % kP, (value(a) - value(b)) % kP);
    const Fe51 small = Fe51::mul_small(a, 121665);
    ASSERT_TRUE(small.below(Fe51::kReducedBound));
    ASSERT_EQ(value(small) % kP, value(a) * Big::from_words({121665, 0, 0, 0}) % kP);
    ASSERT_EQ(Big::from_words(a.to_words()), value(a) % kP);
    const Fe51 c = edgy_fe51(random, Fe51::kReducedBound);
    const Fe51 d = edgy_fe51(random, Fe51::kReducedBound);
    ASSERT_EQ(value(Fe51::add(c, d)), value(c) + value(d));
  }
}

TEST(Fe51Arithmetic, MovesAndSwapsByMask) {
  test::EdgyRandom random(12);
  const Fe51 a = edgy_fe51(random, Fe51::kInputBound);
  const Fe51 b = edgy_fe51(random, Fe51::kInputBound);
  for (const std::uint64_t mask : {std::uint64_t{0}, ~std::uint64_t{0}}) {
    Fe51 x = a;
    Fe51 y = b;
    Fe51::swap_if(mask, x, y);
    EXPECT_EQ(value(x), value(mask != 0 ? b : a));
    EXPECT_EQ(value(y), value(mask != 0 ? a : b));
    x = a;
    Fe51::move_if(mask, x, b);
    EXPECT_EQ(value(x), value(mask != 0 ? b : a));
  }
}

TEST(Canonical, OfEverything256BitsHold) {
  test::EdgyRandom random(13);
  for (int i = 0; i < 2000; ++i) {
    const Words w = random_words(random);
    ASSERT_EQ(Big::from_words(canonical(w)), Big::from_words(w) % kP);
  }
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  for (std::uint64_t low = 0; low < 64; ++low) {
    for (const std::uint64_t top : {kOnes >> 1, kOnes}) {
      const Words w{kOnes - low, kOnes, kOnes, top};
      ASSERT_EQ(Big::from_words(canonical(w)), Big::from_words(w) % kP);
    }
  }
}

#ifdef NAUTILUS_CURVE25519_X86
// All 256-bit factors; second operands of add and sub up to 2^255 + 2^26.
TEST(Fe64Arithmetic, AtTheBoundsOfItsWords) {
  if (!Backend::find("adx")) GTEST_SKIP() << "adx: this CPU cannot run it; NOT run";
  test::EdgyRandom random(14);
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  const Big limit = Big::from_words({std::uint64_t{1} << 26, 0, 0, std::uint64_t{1} << 63});
  for (int i = 0; i < 20000; ++i) {
    Words a = random_words(random);
    Words b = random_words(random);
    if (i % 5 == 0) a = {kOnes - random.next() % 64, kOnes, kOnes, kOnes};
    if (i % 7 == 0) b = {kOnes - random.next() % 64, kOnes, kOnes, kOnes};
    const Big big_a = Big::from_words(a);
    const Words product = test::AdxField::mul(a, b);
    ASSERT_TRUE(Big::from_words(product) < limit);
    ASSERT_EQ(Big::from_words(product) % kP, big_a * Big::from_words(b) % kP);
    const Words square = test::AdxField::sqr(a);
    ASSERT_TRUE(Big::from_words(square) < limit);
    ASSERT_EQ(Big::from_words(square) % kP, big_a * big_a % kP);
    const Words small = test::AdxField::mul_small(a, 121665);
    ASSERT_TRUE(Big::from_words(small) < limit);
    ASSERT_EQ(Big::from_words(small) % kP, big_a * Big::from_words({121665, 0, 0, 0}) % kP);
    Words reduced = b;
    reduced[3] &= kOnes >> 1;
    if (i % 3 == 0) reduced = {random.next() % (1U << 26), 0, 0, std::uint64_t{1} << 63};
    const Big big_reduced = Big::from_words(reduced);
    ASSERT_EQ(Big::from_words(test::AdxField::add(a, reduced)) % kP, (big_a + big_reduced) % kP);
    ASSERT_EQ(Big::from_words(test::AdxField::sub(a, reduced)) % kP, (big_a - big_reduced) % kP);
  }
}
#endif

// The code of the IFMA backend over plain vectors, which assert that factors fit 52 bits.
using Lanes = FeLanes<test::EmulatedVec<1>>;

Lanes edgy_lanes(test::EdgyRandom& random, std::uint64_t bound) {
  Lanes lanes;
  for (auto& limb : lanes.limb) {
    for (std::uint64_t& lane : limb.v) lane = edgy_limb(random, bound);
  }
  return lanes;
}

Big lane_value(const Lanes& lanes, int lane) {
  std::uint64_t limbs[5];
  for (int i = 0; i < 5; ++i) limbs[i] = lanes.limb[i].v[lane];
  return Big::from_limbs(limbs, 51);
}

bool lanes_below(const Lanes& lanes, std::uint64_t bound) {
  for (const auto& limb : lanes.limb) {
    for (const std::uint64_t lane : limb.v) {
      if (lane >= bound) return false;
    }
  }
  return true;
}

TEST(FeLanesArithmetic, AtTheBoundsOfItsLimbs) {
  test::EdgyRandom random(15);
  constexpr std::uint64_t kWide = (std::uint64_t{1} << 59) + (std::uint64_t{1} << 57);
  constexpr std::uint64_t kCarryable = 3 * (std::uint64_t{1} << 60);
  for (int i = 0; i < 5000; ++i) {
    const Lanes a = edgy_lanes(random, Fe51::kReducedBound);
    const Lanes b = edgy_lanes(random, Fe51::kReducedBound);
    const Lanes product = mul(a, b);
    ASSERT_TRUE(lanes_below(product, kWide));
    const Lanes c = edgy_lanes(random, kWide);
    const Lanes sum = mul_add(a, b, c);
    const Lanes d = edgy_lanes(random, kCarryable);
    const Lanes d_carried = carried(d);
    ASSERT_TRUE(lanes_below(d_carried, Fe51::kReducedBound));
    // The greatest that is ever carried: a bias and three wide numbers, one taken off.
    const Lanes difference = carried(sub_at<15>(biased<15>(c), product));
    for (int lane = 0; lane < 4; ++lane) {
      const Big expected = lane_value(a, lane) * lane_value(b, lane);
      ASSERT_EQ(lane_value(product, lane) % kP, expected % kP);
      ASSERT_EQ(lane_value(sum, lane) % kP, (expected + lane_value(c, lane)) % kP);
      ASSERT_EQ(lane_value(d_carried, lane) % kP, lane_value(d, lane) % kP);
      ASSERT_EQ(lane_value(difference, lane) % kP, (lane_value(c, lane) - expected) % kP);
    }
  }
}

TEST(FeLanesArithmetic, RowsOfWordsBecomeLimbs) {
  test::EdgyRandom random(16);
  for (int i = 0; i < 200; ++i) {
    test::EmulatedVec<1> rows[4];
    Words words[4];
    for (auto& w : words) w = canonical(random_words(random));
    for (std::size_t word = 0; word < 4; ++word) {
      for (std::size_t lane = 0; lane < 4; ++lane) rows[word].v[lane] = words[lane][word];
    }
    const Lanes lanes = limbs_of_rows(rows);
    for (int lane = 0; lane < 4; ++lane) {
      ASSERT_EQ(lane_value(lanes, lane), Big::from_words(words[lane]));
    }
  }
}

TEST(Inverse, TimesItselfIsOne) {
  test::EdgyRandom random(17);
  EXPECT_EQ(inverse({}), Words{});
  const Big one = Big::from_words({1, 0, 0, 0});
  for (std::uint64_t i = 0; i < 20000; ++i) {
    Words a = canonical(random_words(random));
    if (i < 40) a = {i + 1, 0, 0, 0};
    if (i >= 40 && i < 80) {  // p - 1, p - 2, ...
      a = {std::uint64_t{0} - 19 - (i - 39), ~std::uint64_t{0}, ~std::uint64_t{0},
           ~std::uint64_t{0} >> 1};
    }
    if (a == Words{}) continue;
    const Words b = inverse(a);
    ASSERT_TRUE(Big::from_words(b) < kP);
    ASSERT_EQ(Big::from_words(a) * Big::from_words(b) % kP, one);
  }
}

TEST(Scalar, ReductionAndMultiplication) {
  test::EdgyRandom random(18);
  for (int i = 0; i < 20000; ++i) {
    std::array<std::uint8_t, 64> wide;
    random.fill(wide);
    if (i < 4) wide.fill(i % 2 == 0 ? 0xff : 0);
    ASSERT_EQ(Big::from_words(reduce_scalar(wide)), Big::from_octets(wide) % kL);
    const Words a = random_words(random);
    const Words b = random_words(random);
    const Words c = random_words(random);
    ASSERT_EQ(Big::from_words(multiply_add_scalar(a, b, c)),
              (Big::from_words(a) * Big::from_words(b) + Big::from_words(c)) % kL);
  }
}

TEST(Scalar, MultiplesOfTheOrder) {
  // k L - 1, k L and k L + 1: where a quotient that is off by one would show.
  std::array<std::uint8_t, 64> octets{};
  const test::Octets order =
      test::octets32("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  for (int k = 0; k < 300; ++k) {
    for (const int delta : {-1, 0, 1}) {
      std::array<std::uint8_t, 64> wide = octets;
      int carry = delta;
      for (auto& octet : wide) {
        carry += octet;
        octet = static_cast<std::uint8_t>(carry);
        carry >>= 8;
      }
      ASSERT_EQ(Big::from_words(reduce_scalar(wide)), Big::from_octets(wide) % kL);
    }
    unsigned sum = 0;
    for (std::size_t i = 0; i < 64; ++i) {
      sum += octets[i] + (i < 32 ? order[i] : 0U);
      octets[i] = static_cast<std::uint8_t>(sum);
      sum >>= 8;
    }
  }
}

TEST(Scalar, Range) {
  constexpr Words kOrder{0x5812631a5cf5d3edU, 0x14def9dea2f79cd6U, 0, 0x1000000000000000U};
  Words below = kOrder;
  --below[0];
  EXPECT_TRUE(scalar_in_range({}));
  EXPECT_TRUE(scalar_in_range(below));
  EXPECT_FALSE(scalar_in_range(kOrder));
  test::EdgyRandom random(19);
  for (int i = 0; i < 2000; ++i) {
    const Words s = random_words(random);
    ASSERT_EQ(scalar_in_range(s), Big::from_words(s) < kL);
  }
}

template <class Digits>
Big recomposed(const Digits& digits, int bits) {
  Big sum;
  const Big base = Big::from_words({std::uint64_t{1} << bits, 0, 0, 0});
  for (std::size_t i = std::size(digits); i-- > 0;) {
    const auto size = static_cast<std::uint64_t>(digits[i] < 0 ? -digits[i] : digits[i]);
    const Big digit = Big::from_words({size, 0, 0, 0});
    sum = digits[i] < 0 ? sum * base - digit : sum * base + digit;
  }
  return sum;
}

TEST(Scalar, DigitsAddUp) {
  test::EdgyRandom random(20);
  for (int i = 0; i < 2000; ++i) {
    Words s = random_words(random);
    s[3] &= ~std::uint64_t{0} >> 1;
    const SignedDigits radix16 = signed_digits(s);
    for (const int digit : radix16.digit) ASSERT_TRUE(digit >= -8 && digit <= 8);
    ASSERT_EQ(recomposed(radix16.digit, 4), Big::from_words(s));
    for (const unsigned width : {2U, 5U, 8U}) {
      const SlidingDigits sliding = sliding_digits(s, width);
      for (const int digit : sliding.digit) {
        const int size = digit < 0 ? -digit : digit;
        ASSERT_TRUE(digit == 0 || (size % 2 == 1 && size < (1 << (width - 1))));
      }
      ASSERT_EQ(recomposed(sliding.digit, 1), Big::from_words(s));
    }
  }
}

/// The affine coordinates behind an entry.
struct Affine {
  Words x, y;
};

Affine affine(const Point<Fe51>& p) {
  const Fe51 inverse_z = invert(p.z);
  return {Fe51::mul(p.x, inverse_z).to_words(), Fe51::mul(p.y, inverse_z).to_words()};
}

/// Checks an entry against the point it must hold.
void expect_entry(const TableEntry& entry, const Affine& point) {
  const Fe51 x = Fe51::from_words(point.x);
  const Fe51 y = Fe51::from_words(point.y);
  EXPECT_EQ(lane_of<Fe51>(entry, kLaneMinus).to_words(), Fe51::sub(y, x).to_words());
  EXPECT_EQ(lane_of<Fe51>(entry, kLanePlus).to_words(), Fe51::add(y, x).to_words());
  EXPECT_EQ(lane_of<Fe51>(entry, kLaneProduct).to_words(),
            Fe51::mul(Fe51::mul(x, y), Fe51::from_words(kEdwards2D)).to_words());
  EXPECT_EQ(entry.row[0][3], 2U);
  EXPECT_EQ(entry.row[1][3] | entry.row[2][3] | entry.row[3][3], 0U);
}

TEST(Tables, HoldTheMultiplesOfTheBasePoint) {
  Fe51 x;
  Fe51 y;
  ASSERT_TRUE(decode(
      test::octets32("5866666666666666666666666666666666666666666666666666666666666666"), x, y));
  const Point<Fe51> base{x, y, Fe51::one(), Fe51::mul(x, y)};
  Point<Fe51> start = base;
  for (const auto& group : kBaseMultiples) {
    const PreparedPoint<Fe51> step = prepare(start);
    Point<Fe51> multiple = start;
    for (const TableEntry& entry : group) {
      expect_entry(entry, affine(multiple));
      multiple = add(multiple, step);
    }
    for (int i = 0; i < 8; ++i) start = twice(start);
  }
  const PreparedPoint<Fe51> two = prepare(twice(base));
  Point<Fe51> odd = base;
  for (const TableEntry& entry : kBaseOddMultiples) {
    expect_entry(entry, affine(odd));
    odd = add(odd, two);
  }
}

TEST(Tables, SelectionFindsEveryDigit) {
  for (int digit = -8; digit <= 8; ++digit) {
    const auto chosen = select<Fe51>(kBaseMultiples[3], static_cast<std::int8_t>(digit));
    if (digit == 0) {
      EXPECT_EQ(chosen.minus.to_words(), (Words{1, 0, 0, 0}));
      EXPECT_EQ(chosen.plus.to_words(), (Words{1, 0, 0, 0}));
      EXPECT_EQ(chosen.product.to_words(), Words{});
      continue;
    }
    auto expected = prepared<Fe51>(kBaseMultiples[3][(digit < 0 ? -digit : digit) - 1]);
    if (digit < 0) expected = negated(expected);
    EXPECT_EQ(chosen.minus.to_words(), expected.minus.to_words());
    EXPECT_EQ(chosen.plus.to_words(), expected.plus.to_words());
    EXPECT_EQ(chosen.product.to_words(), expected.product.to_words());
  }
}

}  // namespace
}  // namespace nautilus
