// The seam between ML-KEM's objects and what computes for them: one table of functions per
// parameter set and backend. Functions take octets and arrays of coefficients of fixed sizes, so
// that files compiled for a better CPU share no inline code with the rest.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nautilus::inline v0::crypto::pq {

/// Where an expanded key's parts lie: ŝ (k polynomials) and Â (k·k, row by row), each of 256
/// coefficients in [0, q) in the order of FIPS 203 and aligned to 64 octets; ek; H(ek).
struct MlKemKeyParts {
  std::int16_t* s_hat;
  std::int16_t* a_hat;
  std::uint8_t* ek;
  std::uint8_t* hash;
};
struct MlKemKeyView {
  const std::int16_t* s_hat;
  const std::int16_t* a_hat;
  const std::uint8_t* ek;
  const std::uint8_t* hash;
};

/// All take time that depends on public values only (ρ and what encodes it), and leave no secret in
/// memory that they used. A verdict is all ones for yes and zero for no.
struct MlKemKernels {
  /// K-PKE.KeyGen (FIPS 203 algorithm 13) from d, 32 octets, and H(ek).
  void (*key_gen)(const std::uint8_t* d, MlKemKeyParts key) noexcept;

  /// Fills everything from dk_PKE (12·32·k octets) and `key.ek`. The verdict: every coefficient
  /// of both was below q.
  std::uint32_t (*expand)(const std::uint8_t* dk_pke, MlKemKeyParts key) noexcept;

  /// ByteEncode_12 of ŝ.
  void (*encode_s)(const std::int16_t* s_hat, std::uint8_t* out) noexcept;

  /// The modulus check of FIPS 203 §7.2.
  std::uint32_t (*check_ek)(const std::uint8_t* ek) noexcept;

  /// ML-KEM.Encaps_internal (algorithm 17) with the modulus check as its verdict.
  std::uint32_t (*encapsulate)(const std::uint8_t* ek, const std::uint8_t* m,
                               std::uint8_t* ciphertext, std::uint8_t* shared_key) noexcept;

  /// ML-KEM.Decaps_internal (algorithm 18) with an expanded key.
  void (*decapsulate)(MlKemKeyView key, const std::uint8_t* z, const std::uint8_t* ciphertext,
                      std::uint8_t* shared_key) noexcept;

  /// The same with an encoded key, and the checks of §7.3 together with that of `expand` as its
  /// verdict.
  std::uint32_t (*decapsulate_once)(const std::uint8_t* dk, const std::uint8_t* ciphertext,
                                    std::uint8_t* shared_key) noexcept;
};

/// For k of 2, 3 and 4 at index k - 2.
using MlKemKernelSet = MlKemKernels[3];

extern const MlKemKernelSet kMlKemPortable;
#ifdef NAUTILUS_PQ_X86
extern const MlKemKernelSet kMlKemAvx2;
extern const MlKemKernelSet kMlKemAvx512;
#endif

// `wipe` and `ct::declassify`, callable without the inline code of their headers.
void wipe_memory(void* at, std::size_t size) noexcept;
void declassify_memory(const void* at, std::size_t size) noexcept;

}  // namespace nautilus::inline v0::crypto::pq
