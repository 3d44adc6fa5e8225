#include "crypto/curve25519/scalar.hpp"

namespace nautilus::inline v0::crypto::curve25519 {
namespace {

using Number = std::array<std::uint64_t, 8>;  // below 2^512

constexpr Words kOrder{0x5812631a5cf5d3edU, 0x14def9dea2f79cd6U, 0, 0x1000000000000000U};
/// floor(2^512 / L).
constexpr std::array<std::uint64_t, 5> kReciprocal{0xed9ce5a30a2c131bU, 0x2106215d086329a7U,
                                                   0xffffffffffffffebU, 0xffffffffffffffffU, 0xf};

/// product += a[0..n) * b, a carry word following.
template <std::size_t N>
void accumulate(std::uint64_t* product, const std::uint64_t* a, std::uint64_t b) noexcept {
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < N; ++i) {
    const Wide t = Wide{a[i]} * b + product[i] + carry;
    product[i] = static_cast<std::uint64_t>(t);
    carry = static_cast<std::uint64_t>(t >> 64);
  }
  product[N] = carry;
}

/// Subtracts L if the number is not below it.
void subtract_order(std::array<std::uint64_t, 5>& r) noexcept {
  std::array<std::uint64_t, 5> d{};
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    d[i] = subtract_borrow(r[i], i < 4 ? kOrder[i] : 0, borrow);
  }
  const std::uint64_t keep = ct::value_barrier(std::uint64_t{0} - borrow);
  for (std::size_t i = 0; i < 5; ++i) r[i] = d[i] ^ (keep & (d[i] ^ r[i]));
  wipe_value(d);
}

/// Barrett's reduction in words of 64 bits.
Words reduce(const Number& x) noexcept {
  // quotient = floor(floor(x / 2^192) * reciprocal / 2^320): at most 2 too small.
  Wiped<std::array<std::uint64_t, 10>> estimate;
  estimate->fill(0);
  for (std::size_t i = 0; i < 5; ++i) {
    accumulate<5>(estimate->data() + i, x.data() + 3, kReciprocal[i]);
  }
  const std::uint64_t* quotient = estimate->data() + 5;
  // The remainder is below 3L < 2^320, so that five words of x - quotient * L are enough.
  Wiped<std::array<std::uint64_t, 10>> product;
  product->fill(0);
  for (std::size_t i = 0; i < 4; ++i) {
    accumulate<5>(product->data() + i, quotient, kOrder[i]);
  }
  Wiped<std::array<std::uint64_t, 5>> r;
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 5; ++i) (*r)[i] = subtract_borrow(x[i], (*product)[i], borrow);
  subtract_order(*r);
  subtract_order(*r);
  return {(*r)[0], (*r)[1], (*r)[2], (*r)[3]};
}

}  // namespace

Words reduce_scalar(std::span<const std::uint8_t, 64> octets) noexcept {
  Wiped<Number> x;
  for (std::size_t i = 0; i < 8; ++i) (*x)[i] = load_word(octets.data() + 8 * i);
  return reduce(*x);
}

Words multiply_add_scalar(const Words& a, const Words& b, const Words& c) noexcept {
  Wiped<Number> x;
  x->fill(0);
  for (std::size_t i = 0; i < 4; ++i) (*x)[i] = c[i];
  for (std::size_t i = 0; i < 4; ++i) {
    // accumulate() overwrites the word after the product, which only holds carries so far.
    accumulate<4>(x->data() + i, a.data(), b[i]);
  }
  return reduce(*x);
}

bool scalar_in_range(const Words& s) noexcept {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) (void)subtract_borrow(s[i], kOrder[i], borrow);
  return borrow != 0;
}

SignedDigits signed_digits(const Words& s) noexcept {
  SignedDigits out;
  int carry = 0;
  for (std::size_t i = 0; i < 64; ++i) {
    const int nibble = static_cast<int>((s[i / 16] >> (4 * (i % 16))) & 15) + carry;
    // From 8 on, 16 less here and one more in the next digit; the last digit never carries.
    carry = i < 63 ? (nibble + 8) >> 4 : 0;
    out.digit[i] = static_cast<std::int8_t>(nibble - 16 * carry);
  }
  return out;
}

SlidingDigits sliding_digits(const Words& s, unsigned width) noexcept {
  SlidingDigits out{};
  const std::uint64_t window = std::uint64_t{1} << width;
  std::uint64_t carry = 0;
  for (unsigned bit = 0; bit < 256;) {
    const unsigned word = bit / 64;
    const unsigned shift = bit % 64;
    std::uint64_t bits = s[word] >> shift;
    if (shift != 0 && word < 3) bits |= s[word + 1] << (64 - shift);
    const std::uint64_t value = (bits & (window - 1)) + carry;
    if ((value & 1) == 0) {
      // An even window: its lowest bit is zero, the carry stays for the next.
      ++bit;
      continue;
    }
    if (value < window / 2) {
      out.digit[bit] = static_cast<std::int8_t>(value);
      carry = 0;
    } else {
      out.digit[bit] = static_cast<std::int8_t>(static_cast<int>(value) - static_cast<int>(window));
      carry = 1;
    }
    bit += width;
  }
  return out;
}

}  // namespace nautilus::inline v0::crypto::curve25519
