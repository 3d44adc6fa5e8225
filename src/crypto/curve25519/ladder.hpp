// X25519's Montgomery ladder (RFC 7748 §5) over any field.
#pragma once

#include "crypto/curve25519/field.hpp"
#include "crypto/curve25519/scalar.hpp"

namespace nautilus::inline v0::crypto::curve25519 {

/// The u-coordinate of [scalar] (u), encoded. Constant time. Bit 255 of `u` is ignored and values
/// from p on are taken modulo p; the result may be zero, which the caller refuses.
template <class Fe>
void ladder(OctetsOut32 out, Octets32 scalar, Octets32 u) noexcept {
  struct State {
    Words k;
    Fe x1, x2, z2, x3, z3;
  };
  Wiped<State> state;
  auto& [k, x1, x2, z2, x3, z3] = *state;
  k = clamped(scalar);
  x1 = Fe::from_words(load_words(u));
  x2 = Fe::one();
  z2 = Fe::zero();
  x3 = x1;
  z3 = Fe::one();
  std::uint64_t previous = 0;
  for (unsigned bit = 255; bit-- > 0;) {
    const std::uint64_t now = (k[bit / 64] >> (bit % 64)) & 1;
    const std::uint64_t mask = std::uint64_t{0} - (now ^ previous);
    previous = now;
    Fe::swap_if(mask, x2, x3);
    Fe::swap_if(mask, z2, z3);
    // The names of RFC 7748 §5.
    const Fe a = Fe::add(x2, z2);
    const Fe b = Fe::sub(x2, z2);
    const Fe c = Fe::add(x3, z3);
    const Fe d = Fe::sub(x3, z3);
    const Fe da = Fe::mul(d, a);
    const Fe cb = Fe::mul(c, b);
    const Fe aa = Fe::sqr(a);
    const Fe bb = Fe::sqr(b);
    const Fe e = Fe::sub(aa, bb);
    x3 = Fe::sqr(Fe::add(da, cb));
    z3 = Fe::mul(x1, Fe::sqr(Fe::sub(da, cb)));
    x2 = Fe::mul(aa, bb);
    z2 = Fe::mul(e, Fe::add(aa, Fe::mul_small(e, 121665)));
  }
  // The lowest bit of a clamped scalar is zero: the last step left nothing swapped.
  store_words(out, Fe::mul(x2, invert(z2)).to_words());
}

}  // namespace nautilus::inline v0::crypto::curve25519
