#include "crypto/pq/mlkem_ntt.hpp"

#include <cstddef>

namespace nautilus::inline v0::crypto::pq::mlkem {
namespace {

constexpr std::int64_t kMontgomeryFactor = std::int64_t{1} << 16;

consteval std::int64_t power_of_zeta(unsigned exponent) {
  std::int64_t result = 1;
  for (unsigned i = 0; i < exponent; ++i) result = result * 17 % kQ;
  return result;
}

consteval unsigned reverse_seven_bits(unsigned x) {
  unsigned result = 0;
  for (unsigned bit = 0; bit < 7; ++bit) result |= ((x >> bit) & 1U) << (6 - bit);
  return result;
}

// ζ^BitRev7(i) (FIPS 203 appendix A).
consteval std::array<MontgomeryConstant, 128> make_zetas() {
  std::array<MontgomeryConstant, 128> zetas{};
  for (unsigned i = 0; i < 128; ++i) {
    zetas[i] = montgomery_constant(power_of_zeta(reverse_seven_bits(i)));
  }
  return zetas;
}
constexpr auto kZetas = make_zetas();

// NTT^-1 ends with a division by 128; together with the promised factor 2^16 that is 512.
constexpr std::int64_t kInverseScale = kMontgomeryFactor / 128;
constexpr MontgomeryConstant kScale = montgomery_constant(kInverseScale);
constexpr MontgomeryConstant kLastZetaScaled =
    montgomery_constant(power_of_zeta(reverse_seven_bits(1)) * kInverseScale);
constexpr MontgomeryConstant kToPlain = montgomery_constant(kMontgomeryFactor);

using Coefficients = std::array<std::int16_t, kN>;

// One layer of algorithm 9. Coefficients grow by less than q.
template <std::size_t Length>
[[gnu::always_inline]] inline void forward_layer(Coefficients& f) noexcept {
  for (std::size_t block = 0; block < kN / (2 * Length); ++block) {
    const MontgomeryConstant zeta = kZetas[kN / (2 * Length) + block];
    std::int16_t* const low = f.data() + 2 * Length * block;
    std::int16_t* const high = low + Length;
    for (std::size_t j = 0; j < Length; ++j) {
      const std::int16_t t = montgomery_multiply(high[j], zeta);
      high[j] = static_cast<std::int16_t>(low[j] - t);
      low[j] = static_cast<std::int16_t>(low[j] + t);
    }
  }
}

// One layer of algorithm 10. The largest coefficient doubles.
template <std::size_t Length>
[[gnu::always_inline]] inline void inverse_layer(Coefficients& f) noexcept {
  for (std::size_t block = 0; block < kN / (2 * Length); ++block) {
    const MontgomeryConstant zeta = kZetas[kN / Length - 1 - block];
    std::int16_t* const low = f.data() + 2 * Length * block;
    std::int16_t* const high = low + Length;
    for (std::size_t j = 0; j < Length; ++j) {
      const std::int16_t t = low[j];
      low[j] = static_cast<std::int16_t>(t + high[j]);
      high[j] = montgomery_multiply(static_cast<std::int16_t>(high[j] - t), zeta);
    }
  }
}

void reduce_all(Coefficients& f) noexcept {
  for (auto& c : f) c = barrett_reduce(c);
}

}  // namespace

void ntt(const RingPoly& f, NttPoly& out) noexcept {
  out.c = f.c;
  // Seven layers take q to 8q, which still fits 16 bits.
  forward_layer<128>(out.c);
  forward_layer<64>(out.c);
  forward_layer<32>(out.c);
  forward_layer<16>(out.c);
  forward_layer<8>(out.c);
  forward_layer<4>(out.c);
  forward_layer<2>(out.c);
  make_canonical(out);
}

void inverse_ntt(const NttPoly& f, RingPoly& out) noexcept {
  out.c = f.c;
  // Three layers take q to 8q: reduce before the fourth and the seventh.
  inverse_layer<2>(out.c);
  inverse_layer<4>(out.c);
  inverse_layer<8>(out.c);
  reduce_all(out.c);
  inverse_layer<16>(out.c);
  inverse_layer<32>(out.c);
  inverse_layer<64>(out.c);
  reduce_all(out.c);
  // The seventh layer, with the final scaling folded in.
  for (std::size_t j = 0; j < kN / 2; ++j) {
    const std::int16_t low = out.c[j];
    const std::int16_t high = out.c[j + kN / 2];
    out.c[j] = montgomery_multiply(static_cast<std::int16_t>(low + high), kScale);
    out.c[j + kN / 2] = montgomery_multiply(static_cast<std::int16_t>(high - low), kLastZetaScaled);
  }
}

void make_product_cache(const NttPoly& f, ProductCache& out) noexcept {
  // γ for pair i is ζ^(2·BitRev7(i) + 1): the last layer's ζ for even i, its negative for odd i.
  for (std::size_t i = 0; i < kN / 4; ++i) {
    const MontgomeryConstant zeta = kZetas[kN / 4 + i];
    out.c[2 * i] = montgomery_multiply(f.c[4 * i + 1], zeta);
    out.c[2 * i + 1] = montgomery_multiply(static_cast<std::int16_t>(-f.c[4 * i + 3]), zeta);
  }
}

void ProductSum::add_product(const NttPoly& f, const NttPoly& g,
                             const ProductCache& g_cache) noexcept {
  // Each step adds at most 2·(q - 1)^2; four of them stay under the q·2^15 of montgomery_reduce.
  static_assert(4 * 2 * std::int64_t{kQ - 1} * (kQ - 1) < std::int64_t{kQ} * 32768);
  for (std::size_t i = 0; i < kN / 2; ++i) {
    const std::int32_t f0 = f.c[2 * i];
    const std::int32_t f1 = f.c[2 * i + 1];
    c_[2 * i] += f0 * g.c[2 * i] + f1 * g_cache.c[i];
    c_[2 * i + 1] += f0 * g.c[2 * i + 1] + f1 * g.c[2 * i];
  }
}

void ProductSum::reduce(NttPoly& out) const noexcept {
  for (std::size_t i = 0; i < kN; ++i) out.c[i] = montgomery_reduce(c_[i]);
}

void ProductSum::reduce_exactly(NttPoly& out) const noexcept {
  for (std::size_t i = 0; i < kN; ++i) {
    out.c[i] = montgomery_multiply(montgomery_reduce(c_[i]), kToPlain);
  }
}

}  // namespace nautilus::inline v0::crypto::pq::mlkem
