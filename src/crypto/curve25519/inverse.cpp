// Bernstein and Yang's constant-time greatest common divisor ("Fast constant-time gcd computation
// and modular inversion", 2019) in the variant whose delta starts at 1/2. A division step maps
// (delta, f, g), f odd, to
//   (1 - delta, g, (g - f) / 2)                 if delta > 0 and g is odd,
//   (1 + delta, f, (g + (g mod 2) f) / 2)       otherwise.
// From f = p, g = a < 2^256, 590 steps always reach g = 0 and f = +-gcd(p, a). Steps go in batches
// of 60: the lowest 60 bits of f and g decide them, and their effect is one matrix over 2^60, which
// is applied to the whole of f and g, and modulo p to d and e, which keep f = d a and g = e a.
#include "crypto/curve25519/inverse.hpp"

namespace nautilus::inline v0::crypto::curve25519 {
namespace {

__extension__ using SignedWide = __int128;

constexpr int kStep = 60;
constexpr int kBatches = 10;
constexpr std::uint64_t kMask60 = (std::uint64_t{1} << kStep) - 1;

/// Limbs of 60 bits, the last one signed.
struct Limbs {
  std::int64_t limb[5];
};

/// 2^60 times what 60 division steps do: f' = (u f + v g) / 2^60, g' = (q f + r g) / 2^60.
/// |u| + |v| and |q| + |r| are at most 2^60.
struct Matrix {
  std::int64_t u, v, q, r;
};

/// Sixty division steps. `minus_delta` is -(delta + 1/2).
Matrix divide_steps(std::int64_t& minus_delta, std::uint64_t f, std::uint64_t g) noexcept {
  std::uint64_t u = 1;
  std::uint64_t v = 0;
  std::uint64_t q = 0;
  std::uint64_t r = 1;
  std::int64_t eta = minus_delta;
  for (int i = 0; i < kStep; ++i) {
    // All ones if delta > 0; all ones if g is odd.
    std::uint64_t swap = ct::value_barrier(static_cast<std::uint64_t>(eta >> 63));
    const std::uint64_t odd = ct::value_barrier(std::uint64_t{0} - (g & 1));
    g += ((f ^ swap) - swap) & odd;
    q += ((u ^ swap) - swap) & odd;
    r += ((v ^ swap) - swap) & odd;
    swap &= odd;
    eta = (eta ^ static_cast<std::int64_t>(swap)) - 1;
    // g became g - f; adding f gives the old g.
    f += g & swap;
    u += q & swap;
    v += r & swap;
    g >>= 1;
    u <<= 1;
    v <<= 1;
  }
  minus_delta = eta;
  return {static_cast<std::int64_t>(u), static_cast<std::int64_t>(v), static_cast<std::int64_t>(q),
          static_cast<std::int64_t>(r)};
}

std::int64_t low60(SignedWide x) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(x) & kMask60);
}

/// (x f + y g) / 2^60, which is exact.
Limbs combine(std::int64_t x, std::int64_t y, const Limbs& f, const Limbs& g) noexcept {
  Limbs out;
  SignedWide sum = SignedWide{x} * f.limb[0] + SignedWide{y} * g.limb[0];
  sum >>= kStep;
  for (int i = 1; i < 5; ++i) {
    sum += SignedWide{x} * f.limb[i] + SignedWide{y} * g.limb[i];
    out.limb[i - 1] = low60(sum);
    sum >>= kStep;
  }
  out.limb[4] = static_cast<std::int64_t>(sum);
  return out;
}

/// (x d + y e) / 2^60 mod p: d, e and the result lie between -2p and p.
Limbs combine_modulo(std::int64_t x, std::int64_t y, const Limbs& d, const Limbs& e) noexcept {
  // p = 2^15 * 2^240 - 19; modulo 2^60 it is -19, whose inverse is this one's negative.
  constexpr std::uint64_t kInverse19 = 0x86bca1af286bca1bU;
  static_assert(kInverse19 * 19 == 1);
  // One p for each negative of d and e keeps the sum between -2^60 p and 2^60 p ...
  std::int64_t multiple = (x & (d.limb[4] >> 63)) + (y & (e.limb[4] >> 63));
  SignedWide sum = SignedWide{x} * d.limb[0] + SignedWide{y} * e.limb[0];
  // ... and less than 2^60 of them off make it divisible: low + (multiple - off) * -19 = 0.
  const std::uint64_t low =
      static_cast<std::uint64_t>(sum) - 19 * static_cast<std::uint64_t>(multiple);
  multiple -= static_cast<std::int64_t>((std::uint64_t{0} - low * kInverse19) & kMask60);
  sum -= SignedWide{19} * multiple;
  sum >>= kStep;
  Limbs out;
  for (int i = 1; i < 5; ++i) {
    sum += SignedWide{x} * d.limb[i] + SignedWide{y} * e.limb[i];
    if (i == 4) sum += SignedWide{multiple} * (1 << 15);
    out.limb[i - 1] = low60(sum);
    sum >>= kStep;
  }
  out.limb[4] = static_cast<std::int64_t>(sum);
  return out;
}

/// sign * d mod p below p, for sign = 1 or -1 and d between -2p and p.
Words normalised(const Limbs& d, std::int64_t sign) noexcept {
  // sign * d + 2p lies between 0 and 4p < 2^257: five limbs again, none negative.
  constexpr std::int64_t k2p[5] = {-38, 0, 0, 0, 1 << 16};
  std::uint64_t limb[5];
  std::int64_t carry = 0;
  for (int i = 0; i < 5; ++i) {
    const std::int64_t sum = sign * d.limb[i] + k2p[i] + carry;
    limb[i] = static_cast<std::uint64_t>(sum) & kMask60;
    carry = sum >> kStep;
  }
  // Bits from 255 on, worth 19 each.
  const std::uint64_t above = limb[4] >> 15;
  limb[4] &= 0x7fff;
  limb[0] += 19 * above;
  for (int i = 0; i < 4; ++i) {
    limb[i + 1] += limb[i] >> kStep;
    limb[i] &= kMask60;
  }
  return canonical({limb[0] | limb[1] << 60, limb[1] >> 4 | limb[2] << 56,
                    limb[2] >> 8 | limb[3] << 52, limb[3] >> 12 | limb[4] << 48});
}

}  // namespace

Words inverse(const Words& a) noexcept {
  struct State {
    Limbs f, g, d, e;
    Matrix matrix;
    std::int64_t minus_delta;
  };
  Wiped<State> state;
  auto& [f, g, d, e, matrix, minus_delta] = *state;
  const auto piece = [](std::uint64_t bits) { return static_cast<std::int64_t>(bits & kMask60); };
  f = {{piece(std::uint64_t{0} - 19), piece(~std::uint64_t{0}), piece(~std::uint64_t{0}),
        piece(~std::uint64_t{0}), 0x7fff}};
  g = {{piece(a[0]), piece(a[0] >> 60 | a[1] << 4), piece(a[1] >> 56 | a[2] << 8),
        piece(a[2] >> 52 | a[3] << 12), piece(a[3] >> 48)}};
  d = {{0, 0, 0, 0, 0}};
  e = {{1, 0, 0, 0, 0}};
  minus_delta = -1;
  for (int i = 0; i < kBatches; ++i) {
    matrix = divide_steps(minus_delta, static_cast<std::uint64_t>(f.limb[0]),
                          static_cast<std::uint64_t>(g.limb[0]));
    const Limbs next_d = combine_modulo(matrix.u, matrix.v, d, e);
    e = combine_modulo(matrix.q, matrix.r, d, e);
    d = next_d;
    const Limbs next_f = combine(matrix.u, matrix.v, f, g);
    g = combine(matrix.q, matrix.r, f, g);
    f = next_f;
  }
  // f is 1 or -1, or +-p for a = 0, when d is 0 modulo p.
  return normalised(d, 1 | (f.limb[4] >> 63));
}

}  // namespace nautilus::inline v0::crypto::curve25519
