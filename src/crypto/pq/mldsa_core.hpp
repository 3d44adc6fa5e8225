// The algorithms of FIPS 204 §6 over polynomials, on which the key objects rest.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <nautilus/bytes.hpp>
#include <nautilus/result.hpp>

#include "crypto/pq/mldsa.hpp"
#include "crypto/pq/mldsa_kernels.hpp"
#include "crypto/pq/mldsa_params.hpp"

namespace nautilus::inline v0::crypto::pq::mldsa {

/// Where the parts of an encoded private key lie (FIPS 204 algorithm 24).
inline constexpr std::size_t kKeyOffset = 32;
inline constexpr std::size_t kTrOffset = 64;
inline constexpr std::size_t kVectorsOffset = 128;

template <class P>
using Matrix = std::array<Poly, P::k * P::l>;
template <class P>
using PublicOctets = std::span<std::uint8_t, P::kPublicKeySize>;
template <class P>
using PrivateOctets = std::span<std::uint8_t, P::kPrivateKeySize>;
template <class P>
using PrivateView = std::span<const std::uint8_t, P::kPrivateKeySize>;

template <class P>
struct Core {
  /// ML-DSA.KeyGen_internal (algorithm 6).
  static void key_gen(const MlDsaKernels& kernels, std::span<const std::uint8_t, 32> seed,
                      Matrix<P>& a_hat, PublicOctets<P> pk, PrivateOctets<P> sk) noexcept;

  /// skDecode (algorithm 25) and NTT. The verdict, all ones or zero: s1 and s2 are in range.
  [[nodiscard]] static std::uint32_t decode_secrets(const MlDsaKernels& kernels, PrivateView<P> sk,
                                                    SecretVectors<P>& secrets) noexcept;

  /// Makes the public key that belongs to a private key. The verdict: t0 and tr agree with it.
  [[nodiscard]] static std::uint32_t recompute(const MlDsaKernels& kernels, PrivateView<P> sk,
                                               Matrix<P>& a_hat, PublicOctets<P> pk) noexcept;

  /// ML-DSA.Sign_internal (algorithm 7).
  static void sign(const MlDsaKernels& kernels, const Matrix<P>& a_hat,
                   const SecretVectors<P>& secrets, std::span<const std::uint8_t, 32> key,
                   const MlDsaMu& mu, std::span<const std::uint8_t, 32> rnd,
                   MlDsaSignature<P>& signature) noexcept;

  /// NTT(-t1) from an encoded public key.
  static void decode_t1(const MlDsaKernels& kernels, const std::uint8_t* pk,
                        std::array<Poly, P::k>& t1_hat) noexcept;

  /// ML-DSA.Verify_internal (algorithm 8).
  [[nodiscard]] static Result<void> verify(const MlDsaKernels& kernels, const Matrix<P>& a_hat,
                                           const std::array<Poly, P::k>& t1_hat, const MlDsaMu& mu,
                                           ByteView signature) noexcept;
};

extern template struct Core<MlDsa44>;
extern template struct Core<MlDsa65>;
extern template struct Core<MlDsa87>;

/// The polynomial c of a challenge: the exponents of its coefficients that are not 0, in no order,
/// each as an index into SmallPoly.
struct Challenge {
  std::array<std::uint16_t, 64> terms;
  std::size_t tau;

  /// c times `factor`.
  void expand(std::int32_t factor, Poly& c) const noexcept;

  /// Makes it -c.
  void negate() noexcept;
};

/// SampleInBall (algorithm 29).
void sample_in_ball(const MlDsaKernels& kernels, ByteView challenge, std::size_t tau,
                    Challenge& c) noexcept;

}  // namespace nautilus::inline v0::crypto::pq::mldsa
