// The parameter sets of FIPS 203 §8 as types, and the sizes that follow from them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nautilus::inline v0::crypto::pq {

namespace mlkem {

inline constexpr std::size_t kN = 256;
inline constexpr std::int16_t kQ = 3329;

/// Octets of a polynomial whose coefficients are packed with `D` bits each.
template <std::size_t D>
inline constexpr std::size_t kPackedSize = kN * D / 8;

/// What the three sets derive from (k, η1, η2, du, dv). All sizes in octets.
template <std::size_t K, std::size_t Eta1, std::size_t Eta2, std::size_t Du, std::size_t Dv>
struct Parameters {
  static constexpr std::size_t k = K;
  static constexpr std::size_t eta1 = Eta1;
  static constexpr std::size_t eta2 = Eta2;
  static constexpr std::size_t du = Du;
  static constexpr std::size_t dv = Dv;

  static constexpr std::size_t kVectorSize = K * kPackedSize<12>;
  static constexpr std::size_t kEncapsulationKeySize = kVectorSize + 32;
  static constexpr std::size_t kDecapsulationKeySize =
      kVectorSize + kEncapsulationKeySize + 32 + 32;
  static constexpr std::size_t kCiphertextSize = K * kPackedSize<Du> + kPackedSize<Dv>;
};

}  // namespace mlkem

struct MlKem512 : mlkem::Parameters<2, 3, 2, 10, 4> {};
struct MlKem768 : mlkem::Parameters<3, 2, 2, 10, 4> {};
struct MlKem1024 : mlkem::Parameters<4, 2, 2, 11, 5> {};

// FIPS 203 table 3.
static_assert(MlKem512::kEncapsulationKeySize == 800 && MlKem512::kDecapsulationKeySize == 1632 &&
              MlKem512::kCiphertextSize == 768);
static_assert(MlKem768::kEncapsulationKeySize == 1184 && MlKem768::kDecapsulationKeySize == 2400 &&
              MlKem768::kCiphertextSize == 1088);
static_assert(MlKem1024::kEncapsulationKeySize == 1568 &&
              MlKem1024::kDecapsulationKeySize == 3168 && MlKem1024::kCiphertextSize == 1568);

}  // namespace nautilus::inline v0::crypto::pq
