// ML-DSA's kernels in plain C++, line by line after FIPS 204.
#include <algorithm>
#include <array>
#include <cassert>
#include <span>

#include <nautilus/bytes.hpp>

#include "core/ct.hpp"
#include "crypto/pq/keccak.hpp"
#include "crypto/pq/mldsa_encode.hpp"
#include "crypto/pq/mldsa_field.hpp"
#include "crypto/pq/mldsa_kernels.hpp"
#include "crypto/pq/mldsa_params.hpp"
#include "crypto/pq/sensitive.hpp"

namespace nautilus::inline v0::crypto::pq {
namespace {

using namespace mldsa;

// Five blocks hold 280 candidates, of which all but one in a thousand are below q.
constexpr std::size_t kMatrixOctets = 5 * Shake128::kRate;

// CoeffFromThreeBytes (algorithm 14): writes every candidate and advances past the accepted ones.
std::size_t accept_below_q(ByteView octets, std::int32_t* out) noexcept {
  std::size_t filled = 0;
  for (std::size_t i = 0; i + 3 <= octets.size(); i += 3) {
    const std::uint32_t z =
        octets[i] | std::uint32_t{octets[i + 1]} << 8 | (octets[i + 2] & std::uint32_t{0x7f}) << 16;
    out[filled] = static_cast<std::int32_t>(z);
    filled += static_cast<std::size_t>(z < std::uint32_t{kQ});
  }
  return filled;
}

// RejNTTPoly (algorithm 30) on ρ ‖ s ‖ r.
void rej_ntt_poly(ByteView rho, std::size_t s, std::size_t r, std::int32_t* out) noexcept {
  const std::array<std::uint8_t, 2> indices = {static_cast<std::uint8_t>(s),
                                               static_cast<std::uint8_t>(r)};
  Shake128 xof;
  xof.absorb(rho);
  xof.absorb(indices);
  std::array<std::uint8_t, kMatrixOctets> octets;
  std::array<std::int32_t, kMatrixOctets / 3 + 1> candidates;
  xof.squeeze(octets);
  std::size_t filled = std::min(accept_below_q(octets, candidates.data()), kN);
  std::copy_n(candidates.begin(), filled, out);
  while (filled < kN) {
    const auto block = std::span(octets).first<Shake128::kRate>();
    xof.squeeze(block);
    const std::size_t more = std::min(accept_below_q(block, candidates.data()), kN - filled);
    std::copy_n(candidates.begin(), more, out + filled);
    filled += more;
  }
}

void hash(const std::uint8_t* message, std::size_t size, std::uint8_t* out,
          std::size_t out_size) noexcept {
  shake256(ByteView(message, size), ByteSpan(out, out_size));
}

void expand_a(const std::uint8_t* rho, std::size_t k, std::size_t l, std::int32_t* a_hat,
              const MlDsaHash* beside) noexcept {
  if (beside != nullptr) hash(beside->message, beside->size, beside->out, beside->out_size);
  for (std::size_t r = 0; r < k; ++r) {
    for (std::size_t s = 0; s < l; ++s) {
      rej_ntt_poly(ByteView(rho, 32), s, r, a_hat + kN * (l * r + s));
    }
  }
}

// CoeffFromHalfByte (algorithm 15): whether b is taken, and the coefficient then.
struct Candidate {
  std::uint32_t accepted;
  std::int32_t value;
};
Candidate coeff_from_half_byte(std::uint32_t b, std::size_t eta) noexcept {
  if (eta == 2) {
    const std::uint32_t b_mod_5 = b - 5 * ((b * 205) >> 10);
    return {(b - 15) >> 31, 2 - static_cast<std::int32_t>(b_mod_5)};
  }
  return {(b - 9) >> 31, 4 - static_cast<std::int32_t>(b)};
}

// RejBoundedPoly (algorithm 31).
void rej_bounded_poly(Shake256& xof, std::size_t eta, std::int32_t* out) noexcept {
  Sensitive<std::array<std::uint8_t, Shake256::kRate>> octets;
  std::size_t filled = 0;
  while (filled < kN) {
    xof.squeeze(*octets);
    for (std::size_t i = 0; i < 2 * octets->size() && filled < kN; ++i) {
      Candidate candidate = coeff_from_half_byte(((*octets)[i / 2] >> (4 * (i % 2))) & 15U, eta);
      // Which candidates are thrown away says nothing about the values of those that are kept:
      // these are independent of one another and uniform (FIPS 204 §3.7 asks no more here).
      ct::declassify(&candidate.accepted, sizeof candidate.accepted);
      out[filled] = candidate.value;
      filled += candidate.accepted;
    }
  }
}

void absorb_with_nonce(Shake256& xof, const std::uint8_t* seed, std::size_t nonce) noexcept {
  const std::array<std::uint8_t, 2> octets = {static_cast<std::uint8_t>(nonce),
                                              static_cast<std::uint8_t>(nonce >> 8)};
  xof.reset();
  xof.absorb(ByteView(seed, 64));
  xof.absorb(octets);
}

void expand_s(const std::uint8_t* rho_prime, std::size_t eta, std::size_t count,
              std::int32_t* s) noexcept {
  Shake256 xof;
  for (std::size_t r = 0; r < count; ++r) {
    absorb_with_nonce(xof, rho_prime, r);
    rej_bounded_poly(xof, eta, s + kN * r);
  }
}

template <std::size_t Bits>
void expand_mask_poly(Shake256& xof, std::int32_t* y) noexcept {
  Sensitive<std::array<std::uint8_t, packed_size(Bits)>> octets;
  xof.squeeze(*octets);
  bit_unpack<Bits>(octets->data(), std::int32_t{1} << (Bits - 1), y);
}

void expand_mask(const std::uint8_t* rho_prime, std::size_t kappa, std::size_t bits,
                 std::size_t count, std::int32_t* y) noexcept {
  assert(bits == 18 || bits == 20);
  Shake256 xof;
  for (std::size_t r = 0; r < count; ++r) {
    absorb_with_nonce(xof, rho_prime, kappa + r);
    if (bits == 18) {
      expand_mask_poly<18>(xof, y + kN * r);
    } else {
      expand_mask_poly<20>(xof, y + kN * r);
    }
  }
}

std::int32_t multiply_montgomery(std::int32_t a, std::int32_t b) noexcept {
  return montgomery_reduce(std::int64_t{a} * b);
}

// Each of the eight layers adds less than q to a coefficient's magnitude, which 32 bits hold.
void ntt_poly(std::int32_t* w) noexcept {
  std::size_t m = 0;
  for (std::size_t len = 128; len >= 1; len /= 2) {
    for (std::size_t start = 0; start < kN; start += 2 * len) {
      const std::int32_t z = kZetas.value[++m];
      for (std::size_t j = start; j < start + len; ++j) {
        const std::int32_t t = multiply_montgomery(z, w[j + len]);
        w[j + len] = w[j] - t;
        w[j] += t;
      }
    }
  }
}

// The sums double at each of the eight layers: 256·q is still below 2^31.
void ntt_inverse_poly(std::int32_t* w) noexcept {
  std::size_t m = 256;
  for (std::size_t len = 1; len < kN; len *= 2) {
    for (std::size_t start = 0; start < kN; start += 2 * len) {
      const std::int32_t z = -kZetas.value[--m];
      for (std::size_t j = start; j < start + len; ++j) {
        const std::int32_t t = w[j];
        w[j] = t + w[j + len];
        w[j + len] = multiply_montgomery(z, t - w[j + len]);
      }
    }
  }
  for (std::size_t j = 0; j < kN; ++j) w[j] = multiply_montgomery(kInverseScale, w[j]);
}

void ntt(const std::int32_t* polys, std::size_t count, std::int32_t* out) noexcept {
  if (out != polys) std::copy_n(polys, kN * count, out);
  for (std::size_t i = 0; i < count; ++i) ntt_poly(out + kN * i);
}

void ntt_inverse(std::int32_t* polys, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) ntt_inverse_poly(polys + kN * i);
}

// Products are summed up in 64 bits and reduced once: their sum stays below 2^31·q.
void multiply(const std::int32_t* a_hat, std::size_t k, std::size_t l, const std::int32_t* v_hat,
              const std::int32_t* c_hat, const std::int32_t* t_hat, std::int32_t* out) noexcept {
  Sensitive<std::array<std::int64_t, kN>> sums;
  for (std::size_t r = 0; r < k; ++r) {
    sums->fill(0);
    for (std::size_t s = 0; s < l; ++s) {
      const std::int32_t* const a = a_hat + kN * (l * r + s);
      for (std::size_t i = 0; i < kN; ++i) (*sums)[i] += std::int64_t{a[i]} * v_hat[kN * s + i];
    }
    if (c_hat != nullptr) {
      const std::int32_t* const t = t_hat + kN * r;
      for (std::size_t i = 0; i < kN; ++i) (*sums)[i] -= std::int64_t{c_hat[i]} * t[i];
    }
    for (std::size_t i = 0; i < kN; ++i) out[kN * r + i] = montgomery_reduce((*sums)[i]);
  }
}

void scale(const std::int32_t* c_hat, const std::int32_t* v_hat, std::size_t count,
           std::int32_t* out) noexcept {
  for (std::size_t r = 0; r < count; ++r) {
    for (std::size_t i = 0; i < kN; ++i) {
      out[kN * r + i] = multiply_montgomery(c_hat[i], v_hat[kN * r + i]);
    }
  }
}

// With r1 = ⌊(r + γ2 - 1) / (2·γ2)⌋; where that is m, r - r0 = q - 1 and r1 becomes 0.
void decompose(const std::int32_t* w, std::size_t count, std::int32_t m, std::int32_t* w1,
               std::int32_t* w0) noexcept {
  const std::int32_t gamma2 = (kQ - 1) / (2 * m);
  const Division by = division_for(m);
  for (std::size_t i = 0; i < kN * count; ++i) {
    const std::int32_t r = to_positive(w[i]);
    const std::int32_t r1 =
        (((r + gamma2 - 1) >> by.first_shift) * by.reciprocal) >> by.second_shift;
    const std::int32_t wraps = (m - 1 - r1) >> 31;
    w1[i] = r1 & ~wraps;
    w0[i] = r - r1 * 2 * gamma2 + wraps;
  }
}

std::uint32_t add_product(const std::uint16_t* terms, std::size_t tau, std::size_t /*eta*/,
                          const std::int8_t* s, const std::int32_t* b, std::int32_t bound,
                          std::int32_t* out) noexcept {
  Sensitive<std::array<std::int16_t, kN>> product;
  product->fill(0);
  for (std::size_t t = 0; t < tau; ++t) {
    for (std::size_t i = 0; i < kN; ++i) {
      (*product)[i] = static_cast<std::int16_t>((*product)[i] + s[terms[t] + i]);
    }
  }
  std::int32_t any = 0;
  for (std::size_t i = 0; i < kN; ++i) {
    out[i] = b[i] + (*product)[i];
    any |= (bound - 1 - out[i]) | (bound - 1 + out[i]);
  }
  return static_cast<std::uint32_t>(any >> 31);
}

std::uint32_t exceeds(const std::int32_t* polys, std::size_t count, std::int32_t bound) noexcept {
  std::int32_t any = 0;
  for (std::size_t i = 0; i < kN * count; ++i) {
    any |= (bound - 1 - polys[i]) | (bound - 1 + polys[i]);
  }
  return static_cast<std::uint32_t>(any >> 31);
}

std::uint32_t make_hints(const std::int32_t* w0, const std::int32_t* w1, const std::int32_t* ct0,
                         std::size_t count, std::int32_t m, std::uint64_t* hints,
                         std::uint32_t* ones) noexcept {
  const std::int32_t gamma2 = (kQ - 1) / (2 * m);
  std::int32_t any = 0;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < kN * count; ++i) {
    const std::int32_t centered = to_centered(ct0[i]);
    any |= (gamma2 - 1 - centered) | (gamma2 - 1 + centered);
    const std::int32_t low = w0[i] + centered;
    const std::int32_t above = (gamma2 - low) >> 31;
    // At exactly -γ2 the high bits stay the same only where they are 0.
    const std::int32_t at_least = (gamma2 + low - 1) >> 31;  // low <= -γ2
    const std::int32_t below = (gamma2 + low) >> 31;         // low < -γ2
    const std::int32_t high_is_zero = (w1[i] - 1) >> 31;
    const auto hint = static_cast<std::uint32_t>((above | below | (at_least & ~high_is_zero)) & 1);
    sum += hint;
    if (i % 64 == 0) hints[i / 64] = 0;
    hints[i / 64] |= std::uint64_t{hint} << (i % 64);
  }
  *ones = sum;
  return static_cast<std::uint32_t>(any >> 31);
}

void encode_w1(const std::int32_t* w1, std::size_t count, std::size_t bits,
               std::uint8_t* out) noexcept {
  for (std::size_t r = 0; r < count; ++r, out += packed_size(bits)) {
    if (bits == 4) {
      simple_bit_pack<4>(w1 + kN * r, out);
    } else {
      simple_bit_pack<6>(w1 + kN * r, out);
    }
  }
}

void use_hints(const std::int32_t* w, const std::uint64_t* hints, std::size_t count, std::int32_t m,
               std::uint8_t* out) noexcept {
  std::array<std::int32_t, kN> w1;
  std::array<std::int32_t, kN> w0;
  const std::size_t bits = m == 16 ? 4 : 6;
  for (std::size_t r = 0; r < count; ++r, w += kN, hints += kN / 64, out += packed_size(bits)) {
    decompose(w, 1, m, w1.data(), w0.data());
    for (std::size_t i = 0; i < kN; ++i) {
      if ((hints[i / 64] >> (i % 64) & 1) == 0) continue;
      w1[i] = w0[i] > 0 ? (w1[i] + 1) % m : (w1[i] + m - 1) % m;
    }
    encode_w1(w1.data(), 1, bits, out);
  }
}

void unpack_poly(const std::uint8_t* octets, std::size_t bits, std::int32_t b,
                 std::int32_t* w) noexcept {
  switch (bits) {
    case 3:
      return bit_unpack<3>(octets, b, w);
    case 4:
      return bit_unpack<4>(octets, b, w);
    case 10:
      return bit_unpack<10>(octets, b, w);
    case 13:
      return bit_unpack<13>(octets, b, w);
    case 18:
      return bit_unpack<18>(octets, b, w);
    default:
      return bit_unpack<20>(octets, b, w);
  }
}

void pack_poly(const std::int32_t* w, std::size_t bits, std::int32_t b,
               std::uint8_t* out) noexcept {
  switch (bits) {
    case 3:
      return mldsa::bit_pack<3>(w, b, out);
    case 4:
      return mldsa::bit_pack<4>(w, b, out);
    case 18:
      return mldsa::bit_pack<18>(w, b, out);
    default:
      return mldsa::bit_pack<20>(w, b, out);
  }
}

void power2_round(const std::int32_t* t, const std::int32_t* s, std::size_t count, std::uint8_t* t1,
                  std::uint8_t* t0) noexcept {
  constexpr std::int32_t kHalf = std::int32_t{1} << (kD - 1);
  struct Halves {
    std::array<std::int32_t, kN> high;
    std::array<std::int32_t, kN> low;
  };
  Sensitive<Halves> halves;
  for (std::size_t r = 0; r < count; ++r, t += kN, s += kN) {
    for (std::size_t i = 0; i < kN; ++i) {
      std::int32_t sum = to_positive(t[i]) + s[i];
      sum = to_positive(sum - (kQ & ((kQ - 1 - sum) >> 31)));
      halves->high[i] = (sum + kHalf - 1) >> kD;
      halves->low[i] = sum - (halves->high[i] << kD);
    }
    simple_bit_pack<10>(halves->high.data(), t1 + r * packed_size(10));
    mldsa::bit_pack<kD>(halves->low.data(), kHalf, t0 + r * packed_size(kD));
  }
}

}  // namespace

const MlDsaKernels kMlDsaPortable = {.expand_a = expand_a,
                                     .expand_s = expand_s,
                                     .expand_mask = expand_mask,
                                     .mask_batch = 1,
                                     .ntt = ntt,
                                     .ntt_inverse = ntt_inverse,
                                     .multiply = multiply,
                                     .scale = scale,
                                     .decompose = decompose,
                                     .add_product = add_product,
                                     .exceeds = exceeds,
                                     .make_hints = make_hints,
                                     .use_hints = use_hints,
                                     .bit_unpack = unpack_poly,
                                     .bit_pack = pack_poly,
                                     .power2_round = power2_round,
                                     .encode_w1 = encode_w1,
                                     .shake256 = hash};

}  // namespace nautilus::inline v0::crypto::pq
