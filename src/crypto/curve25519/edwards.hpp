// The twisted Edwards curve of Ed25519, -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032 §5.1), over any field.
// Additions and doublings are the complete formulas of Hisil, Wong, Carter and Dawson for a = -1:
// no exceptional cases, hence no branches.
#pragma once

#include "crypto/curve25519/field.hpp"
#include "crypto/curve25519/scalar.hpp"
#include "crypto/curve25519/tables.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

inline constexpr Words kEdwardsD{0x75eb4dca135978a3U, 0x00700a4d4141d8abU, 0x8cc740797779e898U,
                                 0x52036cee2b6ffe73U};
inline constexpr Words kEdwards2D{0xebd69b9426b2f159U, 0x00e0149a8283b156U, 0x198e80f2eef3d130U,
                                  0x2406d9dc56dffce7U};
/// 2^((p-1)/4), a square root of -1.
inline constexpr Words kSqrtMinus1{0xc4ee1b274a0ea0b0U, 0x2f431806ad2fe478U, 0x2b4d00993dfbd7a7U,
                                   0x2b8324804fc1df0bU};

/// Extended coordinates: x = X/Z, y = Y/Z, xy = T/Z.
template <class Fe>
struct Point {
  Fe x, y, z, t;
  [[nodiscard]] static Point neutral() noexcept {
    return {Fe::zero(), Fe::one(), Fe::one(), Fe::zero()};
  }
};

/// A point prepared for being added: Y - X, Y + X, 2dT, 2Z.
template <class Fe>
struct PreparedPoint {
  Fe minus, plus, product, z2;
};

/// The same with Z = 1.
template <class Fe>
struct PreparedAffine {
  Fe minus, plus, product;
};

template <class Fe>
[[nodiscard]] PreparedPoint<Fe> prepare(const Point<Fe>& p) noexcept {
  return {Fe::sub(p.y, p.x), Fe::add(p.y, p.x), Fe::mul(p.t, Fe::from_words(kEdwards2D)),
          Fe::add(p.z, p.z)};
}

/// X:Y:Z:T from E, F, G and H: the common end of additions and doublings.
template <class Fe>
[[nodiscard]] Point<Fe> join(const Fe& e, const Fe& f, const Fe& g, const Fe& h) noexcept {
  return {Fe::mul(e, f), Fe::mul(g, h), Fe::mul(f, g), Fe::mul(e, h)};
}

template <class Fe>
[[nodiscard]] Point<Fe> add(const Point<Fe>& p, const PreparedPoint<Fe>& q) noexcept {
  const Fe a = Fe::mul(Fe::sub(p.y, p.x), q.minus);
  const Fe b = Fe::mul(Fe::add(p.y, p.x), q.plus);
  const Fe c = Fe::mul(p.t, q.product);
  const Fe d = Fe::mul(p.z, q.z2);
  return join(Fe::sub(b, a), Fe::sub(d, c), Fe::add(d, c), Fe::add(b, a));
}

template <class Fe>
[[nodiscard]] Point<Fe> add(const Point<Fe>& p, const PreparedAffine<Fe>& q) noexcept {
  const Fe a = Fe::mul(Fe::sub(p.y, p.x), q.minus);
  const Fe b = Fe::mul(Fe::add(p.y, p.x), q.plus);
  const Fe c = Fe::mul(p.t, q.product);
  const Fe d = Fe::add(p.z, p.z);
  return join(Fe::sub(b, a), Fe::sub(d, c), Fe::add(d, c), Fe::add(b, a));
}

template <class Fe>
[[nodiscard]] PreparedPoint<Fe> negated(const PreparedPoint<Fe>& p) noexcept {
  return {p.plus, p.minus, neg(p.product), p.z2};
}

template <class Fe>
[[nodiscard]] PreparedAffine<Fe> negated(const PreparedAffine<Fe>& p) noexcept {
  return {p.plus, p.minus, neg(p.product)};
}

/// E, F, G and H of a doubling.
template <class Fe>
struct Doubled {
  Fe e, f, g, h;
  explicit Doubled(const Fe& x, const Fe& y, const Fe& z) noexcept {
    const Fe a = Fe::sqr(x);
    const Fe b = Fe::sqr(y);
    const Fe zz = Fe::sqr(z);
    h = Fe::add(a, b);
    e = Fe::sub(h, Fe::sqr(Fe::add(x, y)));
    g = Fe::sub(a, b);
    f = Fe::add(zz, Fe::add(zz, g));
  }
};

template <class Fe>
[[nodiscard]] Point<Fe> twice(const Point<Fe>& p) noexcept {
  const Doubled<Fe> d(p.x, p.y, p.z);
  return join(d.e, d.f, d.g, d.h);
}

template <class Fe>
void encode(OctetsOut32 out, const Fe& x, const Fe& y, const Fe& z) noexcept {
  const Fe inverse = invert(z);
  Words words = Fe::mul(y, inverse).to_words();
  words[3] |= Fe::mul(x, inverse).to_words()[0] << 63;
  store_words(out, words);
}

/// y as encoded, and the sign of x.
struct EncodedPoint {
  Words y;
  std::uint64_t sign;
  [[nodiscard]] explicit EncodedPoint(Octets32 octets) noexcept
      : y(load_words(octets)), sign(y[3] >> 63) {
    y[3] &= 0x7fffffffffffffffU;
  }
};

/// Decodes the affine point of RFC 8032 §5.1.3. Takes canonical encodings only: y < p, and no "-0".
/// False when there is no such point. For public points.
template <class Fe>
[[nodiscard]] bool decode(Octets32 octets, Fe& x, Fe& y) noexcept {
  const EncodedPoint encoded(octets);
  if (canonical(encoded.y) != encoded.y) return false;
  y = Fe::from_words(encoded.y);
  // x = sqrt(u/v), u = y^2 - 1, v = d y^2 + 1; candidate u v^3 (u v^7)^((p-5)/8).
  const Fe yy = Fe::sqr(y);
  const Fe u = Fe::sub(yy, Fe::one());
  const Fe v = Fe::add(Fe::mul(yy, Fe::from_words(kEdwardsD)), Fe::one());
  const Fe v3 = Fe::mul(Fe::sqr(v), v);
  const Fe uv7 = Fe::mul(Fe::mul(Fe::sqr(v3), v), u);
  x = Fe::mul(Fe::mul(u, v3), pow_p58(uv7));
  const Fe vxx = Fe::mul(v, Fe::sqr(x));
  if (zero_mask(Fe::sub(u, vxx)) == 0) {
    if (zero_mask(Fe::add(vxx, u)) == 0) return false;
    x = Fe::mul(x, Fe::from_words(kSqrtMinus1));
  }
  const Words canonical_x = x.to_words();
  if (encoded.sign == 1 && canonical_x == Words{}) return false;
  if ((canonical_x[0] & 1) != encoded.sign) x = neg(x);
  return true;
}

/// Whether [8] (x, y) is the neutral element.
template <class Fe>
[[nodiscard]] bool small_order(const Fe& x, const Fe& y) noexcept {
  Point<Fe> p{x, y, Fe::one(), Fe::mul(x, y)};
  for (int i = 0; i < 3; ++i) p = twice(p);
  return zero_mask(p.x) != 0 && zero_mask(Fe::sub(p.y, p.z)) != 0;
}

}  // namespace nautilus::inline v0::crypto::curve25519
