// What a backend computes. Everything above (hashing, checks, key formats) is common to all.
#pragma once

#include <string_view>

#include "crypto/curve25519/words.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

/// An affine point of a public key, by canonical words: the same for every backend.
struct PublicPoint {
  Words x;
  Words y;
};

/// Lives for ever.
struct Kernels {
  std::string_view name;
  /// X25519(scalar, u) of RFC 7748 §5. Constant time. The result may be all zero.
  void (*x25519)(OctetsOut32 out, Octets32 scalar, Octets32 u) noexcept;
  /// X25519(scalar, 9). Constant time.
  void (*x25519_base)(OctetsOut32 out, Octets32 scalar) noexcept;
  /// [s] B for s < 2^255, encoded as RFC 8032 §5.1.2 says. Constant time.
  void (*edwards_base)(OctetsOut32 out, const Words& s) noexcept;
  /// Decodes -A for a public key A; false when it is not canonical, not on the curve or of small
  /// order. Variable time.
  bool (*decode_negated)(PublicPoint& out, Octets32 encoded) noexcept;
  /// [s] B + [k] P, encoded. s, k < 2^253. Variable time.
  void (*multiply_two)(OctetsOut32 out, const Words& s, const Words& k,
                       const PublicPoint& p) noexcept;
};

extern const Kernels kPortableKernels;
extern const Kernels kAdxKernels;   // BMI2, ADX
extern const Kernels kIfmaKernels;  // and AVX-512 F, VL, IFMA

}  // namespace nautilus::inline v0::crypto::curve25519
