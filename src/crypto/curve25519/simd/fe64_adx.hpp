// The field of 2^255-19 as four full words, for x86-64 with BMI2 and ADX: mulx and the two
// independent carry chains of adcx and adox. Included by files compiled for these only.
//
// Bounds. Any four words stand for a number modulo p, and mul and sqr take all of them. `reduced`:
// below 2^255 + 2^26, what mul, sqr, mul_small and from_words return. add wants one operand
// reduced, sub its second: then one fold of the carry is enough. Debug builds assert it.
#pragma once

#include <cassert>

#include "crypto/curve25519/words.hpp"

namespace nautilus::inline v0::crypto::curve25519 {
namespace {

struct Fe64 {
  Words word;

  [[nodiscard]] static constexpr Fe64 zero() noexcept { return {}; }
  [[nodiscard]] static constexpr Fe64 one() noexcept { return {{1, 0, 0, 0}}; }

  [[nodiscard]] bool reduced() const noexcept {
    return (word[3] >> 63) == 0 || (word[3] << 1 | word[2] | word[1] | word[0] >> 26) == 0;
  }

  /// Bit 255 is ignored.
  [[nodiscard]] static constexpr Fe64 from_words(const Words& w) noexcept {
    return {{w[0], w[1], w[2], w[3] & 0x7fffffffffffffffU}};
  }
  [[nodiscard]] Words to_words() const noexcept { return canonical(word); }

  [[nodiscard]] static Fe64 add(const Fe64& a, const Fe64& b) noexcept {
    assert(a.reduced() || b.reduced());
    Fe64 r = a;
    std::uint64_t fold;
    asm("addq %[b0], %[r0]\n\t"
        "adcq %[b1], %[r1]\n\t"
        "adcq %[b2], %[r2]\n\t"
        "adcq %[b3], %[r3]\n\t"
        "sbbq %[f], %[f]\n\t"
        "andl $38, %k[f]\n\t"
        "addq %[f], %[r0]\n\t"
        "adcq $0, %[r1]\n\t"
        "adcq $0, %[r2]\n\t"
        "adcq $0, %[r3]"
        : [r0] "+&r"(r.word[0]), [r1] "+&r"(r.word[1]), [r2] "+&r"(r.word[2]),
          [r3] "+&r"(r.word[3]), [f] "=&r"(fold)
        : [b0] "rm"(b.word[0]), [b1] "rm"(b.word[1]), [b2] "rm"(b.word[2]), [b3] "rm"(b.word[3])
        : "cc");
    return r;
  }

  [[nodiscard]] static Fe64 sub(const Fe64& a, const Fe64& b) noexcept {
    assert(b.reduced());
    Fe64 r = a;
    std::uint64_t fold;
    asm("subq %[b0], %[r0]\n\t"
        "sbbq %[b1], %[r1]\n\t"
        "sbbq %[b2], %[r2]\n\t"
        "sbbq %[b3], %[r3]\n\t"
        "sbbq %[f], %[f]\n\t"
        "andl $38, %k[f]\n\t"
        "subq %[f], %[r0]\n\t"
        "sbbq $0, %[r1]\n\t"
        "sbbq $0, %[r2]\n\t"
        "sbbq $0, %[r3]"
        : [r0] "+&r"(r.word[0]), [r1] "+&r"(r.word[1]), [r2] "+&r"(r.word[2]),
          [r3] "+&r"(r.word[3]), [f] "=&r"(fold)
        : [b0] "rm"(b.word[0]), [b1] "rm"(b.word[1]), [b2] "rm"(b.word[2]), [b3] "rm"(b.word[3])
        : "cc");
    return r;
  }

// The eight words of a product, %0 to %7, folded to the four words %0 to %3: low + 38 * high, of
// which the bits from 255 on, fewer than 7, come in again times 19. %8 and %9 are scratch, %10 is
// zero, rdx is free.
#define NAUTILUS_FE64_FOLD \
  "movl $38, %%edx\n\t"    \
  "xorl %k10, %k10\n\t"    \
  "mulxq %4, %8, %9\n\t"   \
  "adcxq %8, %0\n\t"       \
  "adoxq %9, %1\n\t"       \
  "mulxq %5, %8, %9\n\t"   \
  "adcxq %8, %1\n\t"       \
  "adoxq %9, %2\n\t"       \
  "mulxq %6, %8, %9\n\t"   \
  "adcxq %8, %2\n\t"       \
  "adoxq %9, %3\n\t"       \
  "mulxq %7, %8, %4\n\t"   \
  "adcxq %8, %3\n\t"       \
  "adoxq %10, %4\n\t"      \
  "adcxq %10, %4\n\t"      \
  "shldq $1, %3, %4\n\t"   \
  "btrq $63, %3\n\t"       \
  "imulq $19, %4, %4\n\t"  \
  "addq %4, %0\n\t"        \
  "adcq $0, %1\n\t"        \
  "adcq $0, %2\n\t"        \
  "adcq $0, %3"

// One row of a schoolbook product: the words at %11 times rdx, added to R0 to R3, R4 being new.
#define NAUTILUS_FE64_ROW(R0, R1, R2, R3, R4) \
  "xorl %k10, %k10\n\t"                       \
  "mulxq (%11), %8, %9\n\t"                   \
  "adcxq %8, " R0                             \
  "\n\t"                                      \
  "adoxq %9, " R1                             \
  "\n\t"                                      \
  "mulxq 8(%11), %8, %9\n\t"                  \
  "adcxq %8, " R1                             \
  "\n\t"                                      \
  "adoxq %9, " R2                             \
  "\n\t"                                      \
  "mulxq 16(%11), %8, %9\n\t"                 \
  "adcxq %8, " R2                             \
  "\n\t"                                      \
  "adoxq %9, " R3                             \
  "\n\t"                                      \
  "mulxq 24(%11), %8, " R4                    \
  "\n\t"                                      \
  "adcxq %8, " R3                             \
  "\n\t"                                      \
  "adoxq %10, " R4                            \
  "\n\t"                                      \
  "adcxq %10, " R4 "\n\t"

  [[nodiscard]] static Fe64 mul(const Fe64& a, const Fe64& b) noexcept {
    std::uint64_t r0, r1, r2, r3, r4, r5, r6, r7, s, t, zero;
    // "memory" stands for the words behind the two pointers.
    asm volatile("movq (%12), %%rdx\n\t"
        "xorl %k10, %k10\n\t"
        "mulxq (%11), %0, %1\n\t"
        "mulxq 8(%11), %8, %2\n\t"
        "adcxq %8, %1\n\t"
        "mulxq 16(%11), %8, %3\n\t"
        "adcxq %8, %2\n\t"
        "mulxq 24(%11), %8, %4\n\t"
        "adcxq %8, %3\n\t"
        "adcxq %10, %4\n\t"
        "movq 8(%12), %%rdx\n\t" NAUTILUS_FE64_ROW("%1", "%2", "%3", "%4", "%5")
        "movq 16(%12), %%rdx\n\t" NAUTILUS_FE64_ROW("%2", "%3", "%4", "%5", "%6")
        "movq 24(%12), %%rdx\n\t" NAUTILUS_FE64_ROW("%3", "%4", "%5", "%6", "%7")
        NAUTILUS_FE64_FOLD
        : "=&r"(r0), "=&r"(r1), "=&r"(r2), "=&r"(r3), "=&r"(r4), "=&r"(r5), "=&r"(r6), "=&r"(r7),
          "=&r"(s), "=&r"(t), "=&r"(zero)
        : "r"(a.word.data()), "r"(b.word.data())
        : "rdx", "cc", "memory");
    return {{r0, r1, r2, r3}};
  }

  [[nodiscard]] static Fe64 sqr(const Fe64& a) noexcept {
    std::uint64_t r0, r1, r2, r3, r4, r5, r6, r7, s, t, zero;
    asm volatile(
        "movq (%11), %%rdx\n\t"
        "xorl %k10, %k10\n\t"
        // a0 a1, a0 a2, a0 a3.
        "mulxq 8(%11), %1, %2\n\t"
        "mulxq 16(%11), %8, %3\n\t"
        "adcxq %8, %2\n\t"
        "mulxq 24(%11), %8, %4\n\t"
        "adcxq %8, %3\n\t"
        // a1 a2, a1 a3.
        "movq 8(%11), %%rdx\n\t"
        "mulxq 16(%11), %8, %9\n\t"
        "adoxq %8, %3\n\t"
        "adoxq %9, %4\n\t"
        "mulxq 24(%11), %8, %5\n\t"
        "adcxq %8, %4\n\t"
        // a2 a3.
        "movq 16(%11), %%rdx\n\t"
        "mulxq 24(%11), %8, %6\n\t"
        "adcxq %8, %5\n\t"
        "adoxq %10, %5\n\t"
        "adcxq %10, %6\n\t"
        "adoxq %10, %6\n\t"
        // Twice these, and the four squares.
        "xorl %k10, %k10\n\t"
        "movq (%11), %%rdx\n\t"
        "mulxq %%rdx, %0, %8\n\t"
        "adoxq %1, %1\n\t"
        "adcxq %8, %1\n\t"
        "movq 8(%11), %%rdx\n\t"
        "mulxq %%rdx, %8, %9\n\t"
        "adoxq %2, %2\n\t"
        "adcxq %8, %2\n\t"
        "adoxq %3, %3\n\t"
        "adcxq %9, %3\n\t"
        "movq 16(%11), %%rdx\n\t"
        "mulxq %%rdx, %8, %9\n\t"
        "adoxq %4, %4\n\t"
        "adcxq %8, %4\n\t"
        "adoxq %5, %5\n\t"
        "adcxq %9, %5\n\t"
        "movq 24(%11), %%rdx\n\t"
        "mulxq %%rdx, %8, %7\n\t"
        "adoxq %6, %6\n\t"
        "adcxq %8, %6\n\t"
        "adoxq %10, %7\n\t"
        "adcxq %10, %7\n\t" NAUTILUS_FE64_FOLD
        : "=&r"(r0), "=&r"(r1), "=&r"(r2), "=&r"(r3), "=&r"(r4), "=&r"(r5), "=&r"(r6), "=&r"(r7),
          "=&r"(s), "=&r"(t), "=&r"(zero)
        : "r"(a.word.data())
        : "rdx", "cc", "memory");
    return {{r0, r1, r2, r3}};
  }

#undef NAUTILUS_FE64_FOLD
#undef NAUTILUS_FE64_ROW

  /// a * small, for small below 2^20.
  [[nodiscard]] static Fe64 mul_small(const Fe64& a, std::uint64_t small) noexcept {
    Wide sum = Wide{a.word[0]} * small;
    Fe64 r;
    r.word[0] = static_cast<std::uint64_t>(sum);
    for (std::size_t i = 1; i < 4; ++i) {
      sum = Wide{a.word[i]} * small + static_cast<std::uint64_t>(sum >> 64);
      r.word[i] = static_cast<std::uint64_t>(sum);
    }
    // Bits from 255 on, below 2^21.
    const std::uint64_t above = static_cast<std::uint64_t>(sum >> 64) << 1 | r.word[3] >> 63;
    r.word[3] &= 0x7fffffffffffffffU;
    return add({{19 * above, 0, 0, 0}}, r);
  }

  static void move_if(std::uint64_t mask, Fe64& a, const Fe64& b) noexcept {
    mask = ct::value_barrier(mask);
    for (std::size_t i = 0; i < 4; ++i) a.word[i] ^= mask & (a.word[i] ^ b.word[i]);
  }

  static void swap_if(std::uint64_t mask, Fe64& a, Fe64& b) noexcept {
    mask = ct::value_barrier(mask);
    for (std::size_t i = 0; i < 4; ++i) {
      const std::uint64_t difference = mask & (a.word[i] ^ b.word[i]);
      a.word[i] ^= difference;
      b.word[i] ^= difference;
    }
  }
};

}  // namespace
}  // namespace nautilus::inline v0::crypto::curve25519
