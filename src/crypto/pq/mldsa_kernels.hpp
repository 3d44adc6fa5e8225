// The seam between ML-DSA (FIPS 204) and what computes for it: one table of functions per backend.
// Functions take octets and rows of polynomials, 256 coefficients each and aligned to 64 octets, so
// that files compiled for a better CPU share no inline code with the rest.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nautilus::inline v0::crypto::pq {

/// A message to be hashed by SHAKE256, with at most 136 octets of output.
struct MlDsaHash {
  const std::uint8_t* message;
  std::size_t size;
  std::uint8_t* out;
  std::size_t out_size;
};

/// All take time that depends on public values only, where rejected candidates for secret
/// coefficients count as public (see `expand_s`), and leave no secret in memory that they used.
struct MlDsaKernels {
  /// ExpandA (FIPS 204 algorithm 32): k·l polynomials, row by row, coefficients in [0, q). On the
  /// way hashes a public message where `beside` is not null, which may cost less than doing so
  /// apart.
  void (*expand_a)(const std::uint8_t* rho, std::size_t k, std::size_t l, std::int32_t* a_hat,
                   const MlDsaHash* beside) noexcept;

  /// ExpandS (algorithm 33) from 64 octets: `count` polynomials with nonces from 0 on.
  void (*expand_s)(const std::uint8_t* rho_prime, std::size_t eta, std::size_t count,
                   std::int32_t* s) noexcept;

  /// ExpandMask (algorithm 34) from 64 octets: `count` polynomials with nonces from `kappa` on,
  /// γ1 = 2^(bits - 1).
  void (*expand_mask)(const std::uint8_t* rho_prime, std::size_t kappa, std::size_t bits,
                      std::size_t count, std::int32_t* y) noexcept;
  /// How many polynomials `expand_mask` makes for little more than the price of one.
  std::size_t mask_batch;

  /// NTT (algorithm 41) of each. Takes |f| < q, gives |f̂| < 9q. `out` may be `polys`.
  void (*ntt)(const std::int32_t* polys, std::size_t count, std::int32_t* out) noexcept;

  /// NTT⁻¹ (algorithm 42) of each, in place, times 2^32. Takes and gives |f| < q.
  void (*ntt_inverse)(std::int32_t* polys, std::size_t count) noexcept;

  /// out = (Â ∘ v̂ - ĉ ∘ t̂)·2^-32 with |out| < q, where Â has k rows of l; without ĉ where null.
  /// Takes Â in [0, q), the others below 9q in magnitude.
  void (*multiply)(const std::int32_t* a_hat, std::size_t k, std::size_t l,
                   const std::int32_t* v_hat, const std::int32_t* c_hat, const std::int32_t* t_hat,
                   std::int32_t* out) noexcept;

  /// out = ĉ ∘ v̂·2^-32 for each of v̂, with |out| < q. Takes magnitudes below 9q.
  void (*scale)(const std::int32_t* c_hat, const std::int32_t* v_hat, std::size_t count,
                std::int32_t* out) noexcept;

  /// Decompose (algorithm 36) of coefficients in (-q, q) with (q - 1) / (2·γ2) = m, 16 or 44.
  void (*decompose)(const std::int32_t* w, std::size_t count, std::int32_t m, std::int32_t* w1,
                    std::int32_t* w0) noexcept;

  /// out = b + c·s for one polynomial, where c has `tau` coefficients ±1 and `terms` says where in
  /// `s` (SmallPoly of mldsa_params.hpp, magnitudes up to `eta`) the product of each begins. The
  /// verdict, all ones or zero: some |out| >= bound. `b` may be `out`. c is public.
  std::uint32_t (*add_product)(const std::uint16_t* terms, std::size_t tau, std::size_t eta,
                               const std::int8_t* s, const std::int32_t* b, std::int32_t bound,
                               std::int32_t* out) noexcept;

  /// The verdict, all ones or zero: some |coefficient| >= bound.
  std::uint32_t (*exceeds)(const std::int32_t* polys, std::size_t count,
                           std::int32_t bound) noexcept;

  /// MakeHint (algorithm 39), with 256 bits per polynomial: a one where adding c·t0 to w - c·s2
  /// changes the high bits. `w0` is LowBits(w) - c·s2, `w1` HighBits(w), `ct0` in (-q, q). Gives
  /// the number of ones in `ones`. The verdict, all ones or zero: some |c·t0| >= γ2.
  std::uint32_t (*make_hints)(const std::int32_t* w0, const std::int32_t* w1,
                              const std::int32_t* ct0, std::size_t count, std::int32_t m,
                              std::uint64_t* hints, std::uint32_t* ones) noexcept;

  /// w1Encode of UseHint (algorithms 28 and 40): fields of 4 or 6 bits, as `m` is 16 or 44. Takes w
  /// in (-q, q) and 256 bits of hints per polynomial, all public.
  void (*use_hints)(const std::int32_t* w, const std::uint64_t* hints, std::size_t count,
                    std::int32_t m, std::uint8_t* out) noexcept;

  /// BitUnpack (algorithm 19) of one polynomial: b minus each field of 3, 4, 10, 13, 18 or 20 bits.
  void (*bit_unpack)(const std::uint8_t* octets, std::size_t bits, std::int32_t b,
                     std::int32_t* w) noexcept;

  /// BitPack (algorithm 17) of one polynomial: b minus each coefficient, in fields of 3, 4, 18 or
  /// 20 bits.
  void (*bit_pack)(const std::int32_t* w, std::size_t bits, std::int32_t b,
                   std::uint8_t* out) noexcept;

  /// Power2Round (algorithm 35) of the sums t + s, with t in (-q, q) and small s: `t1` in fields of
  /// 10 bits, and 2^12 - t0 in fields of 13 bits, both packed.
  void (*power2_round)(const std::int32_t* t, const std::int32_t* s, std::size_t count,
                       std::uint8_t* t1, std::uint8_t* t0) noexcept;

  /// w1Encode (algorithm 28): fields of 4 or 6 bits.
  void (*encode_w1)(const std::int32_t* w1, std::size_t count, std::size_t bits,
                    std::uint8_t* out) noexcept;

  /// SHAKE256 with at most 136 octets of output.
  void (*shake256)(const std::uint8_t* message, std::size_t size, std::uint8_t* out,
                   std::size_t out_size) noexcept;
};

extern const MlDsaKernels kMlDsaPortable;
#ifdef NAUTILUS_PQ_X86
extern const MlDsaKernels kMlDsaAvx2;
extern const MlDsaKernels kMlDsaAvx512;
#endif

}  // namespace nautilus::inline v0::crypto::pq
