#include "unit/crypto_curve25519/adx_field.hpp"

#include "crypto/curve25519/simd/fe64_adx.hpp"

namespace nautilus::test {

using crypto::curve25519::Fe64;
using Words = AdxField::Words;

Words AdxField::mul(const Words& a, const Words& b) { return Fe64::mul({a}, {b}).word; }
Words AdxField::sqr(const Words& a) { return Fe64::sqr({a}).word; }
Words AdxField::mul_small(const Words& a, std::uint64_t small) {
  return Fe64::mul_small({a}, small).word;
}
Words AdxField::add(const Words& a, const Words& b) { return Fe64::add({a}, {b}).word; }
Words AdxField::sub(const Words& a, const Words& b) { return Fe64::sub({a}, {b}).word; }

}  // namespace nautilus::test
