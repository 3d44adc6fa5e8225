// The field of 2^255-19 in plain C++: five limbs of 51 bits, products of 64 x 64 -> 128 bits.
//
// Bounds. `reduced`: every limb below 2^51 + 2^15, what mul, sqr, mul_small and sub return.
// mul, sqr and sub take limbs below 2^54, so that a few additions may go between them: add does not
// carry. Debug builds assert both.
#pragma once

#include <cassert>

#include "crypto/curve25519/words.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

struct Fe51 {
  std::uint64_t limb[5];

  static constexpr std::uint64_t kMask = (std::uint64_t{1} << 51) - 1;
  static constexpr std::uint64_t kReducedBound = (std::uint64_t{1} << 51) + (1U << 15);
  static constexpr std::uint64_t kInputBound = std::uint64_t{1} << 54;

  [[nodiscard]] bool below(std::uint64_t bound) const noexcept {
    // No early exit: debug builds stay free of secret-dependent branches until the verdict.
    bool all = true;
    for (const std::uint64_t l : limb) all &= l < bound;
    return all;
  }

  [[nodiscard]] static constexpr Fe51 zero() noexcept { return {{0, 0, 0, 0, 0}}; }
  [[nodiscard]] static constexpr Fe51 one() noexcept { return {{1, 0, 0, 0, 0}}; }

  /// Bit 255 is ignored; values from p to 2^255-1 are taken modulo p.
  [[nodiscard]] static constexpr Fe51 from_words(const Words& w) noexcept {
    return {{w[0] & kMask, ((w[0] >> 51) | (w[1] << 13)) & kMask,
             ((w[1] >> 38) | (w[2] << 26)) & kMask, ((w[2] >> 25) | (w[3] << 39)) & kMask,
             (w[3] >> 12) & kMask}};
  }

  /// The canonical value, below p.
  [[nodiscard]] Words to_words() const noexcept {
    assert(below(kInputBound));
    // Carried one after the other, the limbs fit their 51 bits but for a few units of the first.
    std::uint64_t l[5];
    std::uint64_t carry = 0;
    for (int i = 0; i < 5; ++i) {
      l[i] = limb[i] + carry;
      carry = l[i] >> 51;
      l[i] &= kMask;
    }
    l[0] += 19 * carry;
    for (int i = 0; i < 4; ++i) {
      l[i + 1] += l[i] >> 51;
      l[i] &= kMask;
    }
    // The last limb may have its 52nd bit: bit 255, which canonical() folds.
    return canonical({l[0] | (l[1] << 51), (l[1] >> 13) | (l[2] << 38), (l[2] >> 26) | (l[3] << 25),
                      (l[3] >> 39) | (l[4] << 12)});
  }

  [[nodiscard]] static Fe51 add(const Fe51& a, const Fe51& b) noexcept {
    Fe51 r;
    for (int i = 0; i < 5; ++i) r.limb[i] = a.limb[i] + b.limb[i];
    assert(r.below(kInputBound));
    return r;
  }

  [[nodiscard]] static Fe51 sub(const Fe51& a, const Fe51& b) noexcept {
    assert(a.below(kInputBound) && b.below(kInputBound));
    // 16p keeps every limb positive.
    constexpr std::uint64_t k16p0 = (kMask - 18) * 16;
    constexpr std::uint64_t k16p = kMask * 16;
    Fe51 r;
    r.limb[0] = a.limb[0] + k16p0 - b.limb[0];
    for (int i = 1; i < 5; ++i) r.limb[i] = a.limb[i] + k16p - b.limb[i];
    return carried(r);
  }

  [[nodiscard]] static Fe51 mul(const Fe51& x, const Fe51& y) noexcept {
    assert(x.below(kInputBound) && y.below(kInputBound));
    const std::uint64_t* a = x.limb;
    const std::uint64_t* b = y.limb;
    const std::uint64_t b1 = 19 * b[1];
    const std::uint64_t b2 = 19 * b[2];
    const std::uint64_t b3 = 19 * b[3];
    const std::uint64_t b4 = 19 * b[4];
    return reduce(
        Wide{a[0]} * b[0] + Wide{a[1]} * b4 + Wide{a[2]} * b3 + Wide{a[3]} * b2 + Wide{a[4]} * b1,
        Wide{a[0]} * b[1] + Wide{a[1]} * b[0] + Wide{a[2]} * b4 + Wide{a[3]} * b3 + Wide{a[4]} * b2,
        Wide{a[0]} * b[2] + Wide{a[1]} * b[1] + Wide{a[2]} * b[0] + Wide{a[3]} * b4 +
            Wide{a[4]} * b3,
        Wide{a[0]} * b[3] + Wide{a[1]} * b[2] + Wide{a[2]} * b[1] + Wide{a[3]} * b[0] +
            Wide{a[4]} * b4,
        Wide{a[0]} * b[4] + Wide{a[1]} * b[3] + Wide{a[2]} * b[2] + Wide{a[3]} * b[1] +
            Wide{a[4]} * b[0]);
  }

  [[nodiscard]] static Fe51 sqr(const Fe51& x) noexcept {
    assert(x.below(kInputBound));
    const std::uint64_t* a = x.limb;
    const std::uint64_t twice0 = 2 * a[0];
    const std::uint64_t twice1 = 2 * a[1];
    const std::uint64_t a3 = 19 * a[3];
    const std::uint64_t a4 = 19 * a[4];
    return reduce(Wide{a[0]} * a[0] + 2 * (Wide{a[1]} * a4 + Wide{a[2]} * a3),
                  Wide{twice0} * a[1] + 2 * (Wide{a[2]} * a4) + Wide{a[3]} * a3,
                  Wide{twice0} * a[2] + Wide{a[1]} * a[1] + 2 * (Wide{a[3]} * a4),
                  Wide{twice0} * a[3] + Wide{twice1} * a[2] + Wide{a[4]} * a4,
                  Wide{twice0} * a[4] + Wide{twice1} * a[3] + Wide{a[2]} * a[2]);
  }

  /// a * small, for small below 2^20.
  [[nodiscard]] static Fe51 mul_small(const Fe51& a, std::uint64_t small) noexcept {
    assert(a.below(kInputBound) && small < (1U << 20));
    return reduce(Wide{a.limb[0]} * small, Wide{a.limb[1]} * small, Wide{a.limb[2]} * small,
                  Wide{a.limb[3]} * small, Wide{a.limb[4]} * small);
  }

  /// a := b where `mask` is all ones, unchanged where it is zero.
  static void move_if(std::uint64_t mask, Fe51& a, const Fe51& b) noexcept {
    mask = ct::value_barrier(mask);
    for (int i = 0; i < 5; ++i) a.limb[i] ^= mask & (a.limb[i] ^ b.limb[i]);
  }

  static void swap_if(std::uint64_t mask, Fe51& a, Fe51& b) noexcept {
    mask = ct::value_barrier(mask);
    for (int i = 0; i < 5; ++i) {
      const std::uint64_t difference = mask & (a.limb[i] ^ b.limb[i]);
      a.limb[i] ^= difference;
      b.limb[i] ^= difference;
    }
  }

 private:
  /// All carries at once: limbs below 2^56 come out reduced.
  static Fe51 carried(const Fe51& a) noexcept {
    Fe51 r;
    r.limb[0] = (a.limb[0] & kMask) + 19 * (a.limb[4] >> 51);
    for (int i = 1; i < 5; ++i) r.limb[i] = (a.limb[i] & kMask) + (a.limb[i - 1] >> 51);
    assert(r.below(kReducedBound));
    return r;
  }

  /// Sums below 2^115, the last below 2^111 so that 19 times its carry fits 64 bits.
  static Fe51 reduce(Wide r0, Wide r1, Wide r2, Wide r3, Wide r4) noexcept {
    assert((r0 >> 115) == 0 && (r1 >> 115) == 0 && (r2 >> 115) == 0 && (r3 >> 115) == 0 &&
           (r4 >> 111) == 0);
    Fe51 r;
    r1 += static_cast<std::uint64_t>(r0 >> 51);
    r.limb[0] = static_cast<std::uint64_t>(r0) & kMask;
    r2 += static_cast<std::uint64_t>(r1 >> 51);
    r.limb[1] = static_cast<std::uint64_t>(r1) & kMask;
    r3 += static_cast<std::uint64_t>(r2 >> 51);
    r.limb[2] = static_cast<std::uint64_t>(r2) & kMask;
    r4 += static_cast<std::uint64_t>(r3 >> 51);
    r.limb[3] = static_cast<std::uint64_t>(r3) & kMask;
    // 19 * (r4 >> 51) < 2^65: added in 128 bits.
    const Wide top = Wide{static_cast<std::uint64_t>(r4 >> 51)} * 19 + r.limb[0];
    r.limb[4] = static_cast<std::uint64_t>(r4) & kMask;
    r.limb[0] = static_cast<std::uint64_t>(top) & kMask;
    r.limb[1] += static_cast<std::uint64_t>(top >> 51);
    assert(r.below(kReducedBound));
    return r;
  }
};

}  // namespace nautilus::inline v0::crypto::curve25519
