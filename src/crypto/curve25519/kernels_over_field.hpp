// All of a backend's functions out of nothing but a field.
#pragma once

#include "crypto/curve25519/edwards_mul.hpp"
#include "crypto/curve25519/kernels.hpp"
#include "crypto/curve25519/ladder.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

template <class Fe>
struct KernelsOverField {
  static void x25519_base(OctetsOut32 out, Octets32 scalar) noexcept {
    Wiped<Words> k;
    *k = clamped(scalar);
    Wiped<Point<Fe>> p;
    *p = multiply_base<Fe>(*k);
    // The birational map of RFC 7748 §4.1: u = (1 + y) / (1 - y) = (Z + Y) / (Z - Y).
    const Fe inverse = invert(Fe::sub(p->z, p->y));
    store_words(out, Fe::mul(Fe::add(p->z, p->y), inverse).to_words());
  }

  static void edwards_base(OctetsOut32 out, const Words& s) noexcept {
    Wiped<Point<Fe>> p;
    *p = multiply_base<Fe>(s);
    encode(out, p->x, p->y, p->z);
  }

  static bool decode_negated(PublicPoint& out, Octets32 encoded) noexcept {
    Fe x;
    Fe y;
    if (!decode(encoded, x, y) || small_order(x, y)) return false;
    out = {neg(Fe::from_words(x.to_words())).to_words(), y.to_words()};
    return true;
  }

  static void multiply_two(OctetsOut32 out, const Words& s, const Words& k,
                           const PublicPoint& p) noexcept {
    curve25519::multiply_two(out, s, k, Fe::from_words(p.x), Fe::from_words(p.y));
  }
};

template <class Fe>
[[nodiscard]] constexpr Kernels kernels_over_field(std::string_view name) noexcept {
  using Over = KernelsOverField<Fe>;
  return {.name = name,
          .x25519 = ladder<Fe>,
          .x25519_base = Over::x25519_base,
          .edwards_base = Over::edwards_base,
          .decode_negated = Over::decode_negated,
          .multiply_two = Over::multiply_two};
}

}  // namespace nautilus::inline v0::crypto::curve25519
