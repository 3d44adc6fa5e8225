// The seam between ML-DSA (FIPS 204) and what computes for it: one table of functions per backend.
// Functions take octets and rows of polynomials, 256 coefficients each and aligned to 64 octets, so
// that files compiled for a better CPU share no inline code with the rest.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nautilus::inline v0::crypto::pq {

/// All take time that depends on public values only, where rejected candidates for secret
/// coefficients count as public (see `expand_s`), and leave no secret in memory that they used.
struct MlDsaKernels {
  /// ExpandA (FIPS 204 algorithm 32): k·l polynomials, row by row, coefficients in [0, q).
  void (*expand_a)(const std::uint8_t* rho, std::size_t k, std::size_t l,
                   std::int32_t* a_hat) noexcept;

  /// ExpandS (algorithm 33) from 64 octets: `count` polynomials with nonces from 0 on.
  void (*expand_s)(const std::uint8_t* rho_prime, std::size_t eta, std::size_t count,
                   std::int32_t* s) noexcept;

  /// ExpandMask (algorithm 34) from 64 octets: `count` polynomials with nonces from `kappa` on,
  /// γ1 = 2^(bits - 1).
  void (*expand_mask)(const std::uint8_t* rho_prime, std::size_t kappa, std::size_t bits,
                      std::size_t count, std::int32_t* y) noexcept;
  /// How many polynomials `expand_mask` makes for little more than the price of one.
  std::size_t mask_batch;

  /// NTT (algorithm 41) of each, in place. Takes |f| < q, gives |f̂| < 9q.
  void (*ntt)(std::int32_t* polys, std::size_t count) noexcept;

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

  /// out = b ± a, where `a` in (-q, q) is first brought to its least magnitude. The verdict, all
  /// ones or zero: some |out| >= bound. `b` may be `out`.
  std::uint32_t (*add)(const std::int32_t* a, const std::int32_t* b, std::size_t count,
                       std::int32_t bound, std::int32_t* out) noexcept;
  std::uint32_t (*subtract)(const std::int32_t* a, const std::int32_t* b, std::size_t count,
                            std::int32_t bound, std::int32_t* out) noexcept;

  /// BitUnpack (algorithm 19) of one polynomial: b minus each field of 3, 4, 10, 13, 18 or 20 bits.
  void (*bit_unpack)(const std::uint8_t* octets, std::size_t bits, std::int32_t b,
                     std::int32_t* w) noexcept;

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
