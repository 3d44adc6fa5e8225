// The number-theoretic transform of FIPS 203 §4.3 and products in its domain. A vector
// implementation replaces this file's functions and no others.
#pragma once

#include <array>
#include <cstdint>

#include "crypto/pq/mlkem_poly.hpp"

namespace nautilus::inline v0::crypto::pq::mlkem {

/// NTT (FIPS 203 algorithm 9). Takes coefficients bounded by q, gives them in [0, q). In place:
/// the argument's storage becomes the result's.
void ntt(const RingPoly& f, NttPoly& out) noexcept;

/// NTT^-1 (FIPS 203 algorithm 10) of `f` times 2^16: undoes the factor that
/// `ProductSum::reduce` leaves. Takes and gives coefficients bounded by q.
void inverse_ntt(const NttPoly& f, RingPoly& out) noexcept;

/// The odd coefficients of a polynomial in T_q times their γ of FIPS 203 algorithm 11, computed
/// once for a factor that takes part in several products.
struct ProductCache {
  alignas(32) std::array<std::int16_t, kN / 2> c;
};

/// Takes coefficients bounded by q.
void make_product_cache(const NttPoly& f, ProductCache& out) noexcept;

/// A sum of up to four products in T_q, not yet reduced (FIPS 203 algorithms 11 and 12).
class ProductSum {
 public:
  /// Adds f·g. Coefficients of both in [0, q) or bounded by q - 1; `g_cache` belongs to `g`.
  void add_product(const NttPoly& f, const NttPoly& g, const ProductCache& g_cache) noexcept;

  /// The sum times 2^-16 modulo q, bounded by q - 1.
  void reduce(NttPoly& out) const noexcept;

  /// The sum modulo q, bounded by q - 1.
  void reduce_exactly(NttPoly& out) const noexcept;

 private:
  alignas(32) std::array<std::int32_t, kN> c_{};
};

}  // namespace nautilus::inline v0::crypto::pq::mlkem
