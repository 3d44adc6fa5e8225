// NTT, NTT⁻¹ and products of polynomials (FIPS 204 §7.5, §7.6) over a vector type V of 32-bit
// words. Bounds as in mldsa_kernels.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/pq/simd/mldsa_tables.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

template <class V>
struct MlDsaNtt {
  static constexpr std::size_t W = V::kLanes;  // 8 or 16
  using Square = V[16];

  static void ntt(const std::int32_t* polys, std::size_t count, std::int32_t* out) noexcept {
    for (; count != 0; --count, polys += 256, out += 256) forward(polys, out);
  }
  static void ntt_inverse(std::int32_t* polys, std::size_t count) noexcept {
    for (; count != 0; --count, polys += 256) inverse(polys);
  }

  static void multiply(const std::int32_t* a_hat, std::size_t k, std::size_t l,
                       const std::int32_t* v_hat, const std::int32_t* c_hat,
                       const std::int32_t* t_hat, std::int32_t* out) noexcept {
    for (; k != 0; --k, a_hat += 256 * l, out += 256) {
      for (std::size_t i = 0; i < 256; i += W) {
        typename V::Sum sum = V::Sum::zero();
        for (std::size_t s = 0; s < l; ++s) {
          sum.add(a_hat + 256 * s + i, v_hat + 256 * s + i);
        }
        if (c_hat != nullptr) sum.subtract(c_hat + i, t_hat + i);
        sum.reduce().store(out + i);
      }
      if (t_hat != nullptr) t_hat += 256;
    }
  }

  static void scale(const std::int32_t* c_hat, const std::int32_t* v_hat, std::size_t count,
                    std::int32_t* out) noexcept {
    for (; count != 0; --count, v_hat += 256, out += 256) {
      for (std::size_t i = 0; i < 256; i += W) {
        typename V::Sum sum = V::Sum::zero();
        sum.add(c_hat + i, v_hat + i);
        sum.reduce().store(out + i);
      }
    }
  }

 private:
  using Factor = typename V::Factor;

  [[gnu::always_inline]] static inline void butterfly(V& a, V& b, const Factor& z) noexcept {
    const V t = V::multiply_montgomery(b, z);
    b = a - t;
    a = a + t;
  }
  [[gnu::always_inline]] static inline void inverse_butterfly(V& a, V& b,
                                                              const Factor& z) noexcept {
    const V t = a - b;
    a = a + b;
    b = V::multiply_montgomery(t, z);
  }

  // The layer with pairs `Len` rows apart; `Base` is the index of its first zeta.
  template <std::size_t Len>
  [[gnu::always_inline]] static inline void row_layer(Square& r) noexcept {
    constexpr std::size_t kBase = 8 / Len;
#pragma GCC unroll 8
    for (std::size_t block = 0; block < kBase; ++block) {
      const Factor z = Factor::splat(mldsa::kZetas.value[kBase + block]);
#pragma GCC unroll 8
      for (std::size_t j = 0; j < Len; ++j) {
        butterfly(r[2 * Len * block + j], r[2 * Len * block + j + Len], z);
      }
    }
  }
  template <std::size_t Len>
  [[gnu::always_inline]] static inline void inverse_row_layer(Square& r) noexcept {
    constexpr std::size_t kBase = 8 / Len;
#pragma GCC unroll 8
    for (std::size_t block = 0; block < kBase; ++block) {
      const Factor z = Factor::splat(-mldsa::kZetas.value[2 * kBase - 1 - block]);
#pragma GCC unroll 8
      for (std::size_t j = 0; j < Len; ++j) {
        inverse_butterfly(r[2 * Len * block + j], r[2 * Len * block + j + Len], z);
      }
    }
  }

  template <std::size_t Len, bool Inverse>
  [[gnu::always_inline]] static inline void column_layer(Square& c, std::size_t row) noexcept {
    constexpr const MlDsaRowZetas& kTable = Inverse ? kInverseRowZetas : kRowZetas;
    constexpr std::size_t kGroups = 8 / Len;
#pragma GCC unroll 8
    for (std::size_t g = 0; g < kGroups; ++g) {
      const Factor z = Factor::load(kTable.value[kGroups - 1 + g] + row,
                                    kTable.value_qinv[kGroups - 1 + g] + row);
#pragma GCC unroll 8
      for (std::size_t j = 0; j < Len; ++j) {
        V& a = c[2 * Len * g + j];
        V& b = c[2 * Len * g + j + Len];
        if constexpr (Inverse) {
          inverse_butterfly(a, b, z);
        } else {
          butterfly(a, b, z);
        }
      }
    }
  }

  // Columns of W rows from `row` on: c[j] holds column j.
  [[gnu::always_inline]] static inline void load_columns(const std::int32_t* w, std::size_t row,
                                                         Square& c) noexcept {
#pragma GCC unroll 2
    for (std::size_t part = 0; part < 16 / W; ++part) {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < W; ++i) {
        c[W * part + i] = V::load(w + 16 * (row + i) + W * part);
      }
      V::transpose(c + W * part);
    }
  }
  [[gnu::always_inline]] static inline void store_columns(std::int32_t* w, std::size_t row,
                                                          Square& c) noexcept {
#pragma GCC unroll 2
    for (std::size_t part = 0; part < 16 / W; ++part) {
      V::transpose(c + W * part);
#pragma GCC unroll 16
      for (std::size_t i = 0; i < W; ++i) {
        c[W * part + i].store(w + 16 * (row + i) + W * part);
      }
    }
  }

  [[gnu::noinline]] static void forward(const std::int32_t* w, std::int32_t* out) noexcept {
    Square r;
    for (std::size_t column = 0; column < 16; column += W) {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < 16; ++i) r[i] = V::load(w + 16 * i + column);
      row_layer<8>(r);
      row_layer<4>(r);
      row_layer<2>(r);
      row_layer<1>(r);
#pragma GCC unroll 16
      for (std::size_t i = 0; i < 16; ++i) r[i].store(out + 16 * i + column);
    }
    for (std::size_t row = 0; row < 16; row += W) {
      load_columns(out, row, r);
      column_layer<8, false>(r, row);
      column_layer<4, false>(r, row);
      column_layer<2, false>(r, row);
      column_layer<1, false>(r, row);
      store_columns(out, row, r);
    }
  }

  [[gnu::noinline]] static void inverse(std::int32_t* w) noexcept {
    Square r;
    for (std::size_t row = 0; row < 16; row += W) {
      load_columns(w, row, r);
      column_layer<1, true>(r, row);
      column_layer<2, true>(r, row);
      column_layer<4, true>(r, row);
      column_layer<8, true>(r, row);
      store_columns(w, row, r);
    }
    const Factor f = Factor::splat(mldsa::kInverseScale);
    for (std::size_t column = 0; column < 16; column += W) {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < 16; ++i) r[i] = V::load(w + 16 * i + column);
      inverse_row_layer<1>(r);
      inverse_row_layer<2>(r);
      inverse_row_layer<4>(r);
      inverse_row_layer<8>(r);
#pragma GCC unroll 16
      for (std::size_t i = 0; i < 16; ++i) {
        V::multiply_montgomery(r[i], f).store(w + 16 * i + column);
      }
    }
  }
};

}  // namespace nautilus::inline v0::crypto::pq::simd
