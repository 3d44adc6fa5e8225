// The parameter sets of FIPS 204 §4 as types, and the sizes that follow from them.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace nautilus::inline v0::crypto::pq {

namespace mldsa {

inline constexpr std::size_t kN = 256;
inline constexpr std::int32_t kQ = 8380417;
inline constexpr std::size_t kD = 13;  // bits dropped from t

/// A polynomial: plain, or in the order of the NTT of FIPS 204 algorithm 41.
struct alignas(64) Poly {
  std::array<std::int32_t, kN> c;
};
static_assert(sizeof(Poly) == kN * sizeof(std::int32_t));

/// A polynomial s with small coefficients as -s, s, -s: with the index 256 - j begins X^j·s, with
/// 512 - j its negative.
struct alignas(64) SmallPoly {
  std::array<std::int8_t, 3 * kN> c;
};

/// 256 hints, one bit each.
using HintBits = std::array<std::uint64_t, kN / 64>;

/// Octets of a polynomial whose coefficients are packed with `bits` bits each.
constexpr std::size_t packed_size(std::size_t bits) noexcept { return kN * bits / 8; }

/// What the three sets derive from FIPS 204 table 1. All sizes in octets.
template <std::size_t K, std::size_t L, std::size_t Eta, std::size_t Tau, std::size_t Lambda,
          std::size_t Gamma1Bits, std::size_t HighBitsCount, std::size_t Omega>
struct Parameters {
  static constexpr std::size_t k = K;
  static constexpr std::size_t l = L;
  static constexpr std::size_t eta = Eta;
  static constexpr std::size_t tau = Tau;
  static constexpr std::size_t omega = Omega;
  static constexpr std::int32_t beta = static_cast<std::int32_t>(Tau * Eta);
  static constexpr std::int32_t gamma1 = std::int32_t{1} << Gamma1Bits;
  /// How many values HighBits takes: (q - 1) / (2·γ2).
  static constexpr std::int32_t m = static_cast<std::int32_t>(HighBitsCount);
  static constexpr std::int32_t gamma2 = (kQ - 1) / (2 * m);

  static constexpr std::size_t kEtaBits = std::bit_width(2 * Eta);
  static constexpr std::size_t kZBits = Gamma1Bits + 1;
  static constexpr std::size_t kW1Bits = std::bit_width(HighBitsCount - 1);
  static constexpr std::size_t kChallengeSize = Lambda / 4;  // c̃
  static constexpr std::size_t kW1Size = K * packed_size(kW1Bits);
  static constexpr std::size_t kPublicKeySize = 32 + K * packed_size(10);
  static constexpr std::size_t kPrivateKeySize =
      32 + 32 + 64 + (K + L) * packed_size(kEtaBits) + K * packed_size(kD);
  static constexpr std::size_t kSignatureSize =
      kChallengeSize + L * packed_size(kZBits) + Omega + K;
};

}  // namespace mldsa

struct MlDsa44 : mldsa::Parameters<4, 4, 2, 39, 128, 17, 44, 80> {};
struct MlDsa65 : mldsa::Parameters<6, 5, 4, 49, 192, 19, 16, 55> {};
struct MlDsa87 : mldsa::Parameters<8, 7, 2, 60, 256, 19, 16, 75> {};

// FIPS 204 table 2.
static_assert(MlDsa44::kPublicKeySize == 1312 && MlDsa44::kPrivateKeySize == 2560 &&
              MlDsa44::kSignatureSize == 2420);
static_assert(MlDsa65::kPublicKeySize == 1952 && MlDsa65::kPrivateKeySize == 4032 &&
              MlDsa65::kSignatureSize == 3309);
static_assert(MlDsa87::kPublicKeySize == 2592 && MlDsa87::kPrivateKeySize == 4896 &&
              MlDsa87::kSignatureSize == 4627);

}  // namespace nautilus::inline v0::crypto::pq
