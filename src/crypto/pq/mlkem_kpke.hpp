// K-PKE, the encryption scheme inside ML-KEM (FIPS 203 §5). Not secure on its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "crypto/pq/mlkem_params.hpp"
#include "crypto/pq/mlkem_poly.hpp"
#include "crypto/pq/mlkem_sampling.hpp"

namespace nautilus::inline v0::crypto::pq::mlkem {

template <class P>
using EncapsulationKeySpan = std::span<std::uint8_t, P::kEncapsulationKeySize>;
template <class P>
using EncapsulationKeyView = std::span<const std::uint8_t, P::kEncapsulationKeySize>;
template <class P>
using VectorSpan = std::span<std::uint8_t, P::kVectorSize>;
template <class P>
using VectorView = std::span<const std::uint8_t, P::kVectorSize>;
template <class P>
using CiphertextSpan = std::span<std::uint8_t, P::kCiphertextSize>;
template <class P>
using CiphertextView = std::span<const std::uint8_t, P::kCiphertextSize>;

/// The scheme for parameter set `P`: MlKem512, MlKem768 or MlKem1024.
template <class P>
struct Kpke {
  /// Â from the public seed ρ, for keys that are used more than once.
  static void expand_matrix(Seed32 rho, NttMatrix<P>& out) noexcept;

  /// K-PKE.KeyGen (FIPS 203 algorithm 13). `d` is secret. Writes the encoded encryption key t̂ ‖ ρ,
  /// which is public from then on, the secret vector ŝ with coefficients in [0, q), and Â.
  static void key_gen(Seed32 d, EncapsulationKeySpan<P> key, NttVector<P>& s_hat,
                      NttMatrix<P>& a_hat) noexcept;

  /// K-PKE.Encrypt (FIPS 203 algorithm 14) to (t̂, Â). `m` and `r` are secret, and so is the
  /// ciphertext as far as this function knows.
  static void encrypt(const NttVector<P>& t_hat, const NttMatrix<P>& a_hat, Seed32 m, Seed32 r,
                      CiphertextSpan<P> out) noexcept;

  /// The same to (t̂, ρ), making one row of the matrix at a time.
  static void encrypt(const NttVector<P>& t_hat, Seed32 rho, Seed32 m, Seed32 r,
                      CiphertextSpan<P> out) noexcept;

  /// K-PKE.Decrypt (FIPS 203 algorithm 15). Coefficients of `s_hat` in [0, q).
  static void decrypt(const NttVector<P>& s_hat, CiphertextView<P> ciphertext,
                      std::span<std::uint8_t, 32> m) noexcept;

  /// Decodes a vector; all ones if each coefficient was below q (FIPS 203 §7.2), otherwise zero.
  [[nodiscard]] static std::uint32_t decode_vector(VectorView<P> octets,
                                                   NttVector<P>& out) noexcept;

  /// Encodes a vector with coefficients in [0, q).
  static void encode_vector(const NttVector<P>& v, VectorSpan<P> out) noexcept;
};

extern template struct Kpke<MlKem512>;
extern template struct Kpke<MlKem768>;
extern template struct Kpke<MlKem1024>;

}  // namespace nautilus::inline v0::crypto::pq::mlkem
