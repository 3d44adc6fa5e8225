#include <immintrin.h>

#include "crypto/pq/mldsa_kernels.hpp"
#include "crypto/pq/simd/isa_avx512.hpp"
#include "crypto/pq/simd/mldsa_codec_simd.hpp"
#include "crypto/pq/simd/mldsa_ntt_simd.hpp"
#include "crypto/pq/simd/mldsa_sampling_simd.hpp"

namespace nautilus::inline v0::crypto::pq {
namespace simd {
namespace {

/// Sixteen 32-bit words.
struct Ints512 {
  static constexpr std::size_t kLanes = 16;
  __m512i v;

  [[gnu::always_inline]] static inline Ints512 load(const std::int32_t* from) noexcept {
    return {_mm512_loadu_si512(from)};
  }
  [[gnu::always_inline]] inline void store(std::int32_t* to) const noexcept {
    _mm512_storeu_si512(to, v);
  }
  [[gnu::always_inline]] static inline Ints512 splat(std::int32_t value) noexcept {
    return {_mm512_set1_epi32(value)};
  }
  [[gnu::always_inline]] friend inline Ints512 operator+(Ints512 a, Ints512 b) noexcept {
    return {_mm512_add_epi32(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Ints512 operator-(Ints512 a, Ints512 b) noexcept {
    return {_mm512_sub_epi32(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Ints512 operator&(Ints512 a, Ints512 b) noexcept {
    return {_mm512_and_si512(a.v, b.v)};
  }
  [[gnu::always_inline]] friend inline Ints512 operator|(Ints512 a, Ints512 b) noexcept {
    return {_mm512_or_si512(a.v, b.v)};
  }
  /// b where a is zero.
  [[gnu::always_inline]] static inline Ints512 and_not(Ints512 a, Ints512 b) noexcept {
    return {_mm512_andnot_si512(a.v, b.v)};
  }
  template <int N>
  [[gnu::always_inline]] inline Ints512 shift_right_signed() const noexcept {
    return {_mm512_srai_epi32(v, N)};
  }
  [[gnu::always_inline]] static inline Ints512 multiply_low(Ints512 a, Ints512 b) noexcept {
    return {_mm512_mullo_epi32(a.v, b.v)};
  }
  [[gnu::always_inline]] static inline __m512i odd(__m512i a) noexcept {
    return _mm512_srli_epi64(a, 32);
  }
  [[gnu::always_inline]] static inline Ints512 high_words(__m512i even, __m512i odds) noexcept {
    return {_mm512_mask_blend_epi32(0xaaaa, odd(even), odds)};
  }
  /// a·z·2^-32, given also z·q⁻¹ mod 2^32.
  [[gnu::always_inline]] static inline Ints512 multiply_montgomery(Ints512 a, Ints512 z,
                                                                   Ints512 z_qinv) noexcept {
    const __m512i q = _mm512_set1_epi32(mldsa::kModulus);
    const __m512i a1 = odd(a.v);
    const __m512i p0 = _mm512_mul_epi32(a.v, z.v);
    const __m512i p1 = _mm512_mul_epi32(a1, odd(z.v));
    const __m512i t0 = _mm512_mul_epi32(_mm512_mul_epi32(a.v, z_qinv.v), q);
    const __m512i t1 = _mm512_mul_epi32(_mm512_mul_epi32(a1, odd(z_qinv.v)), q);
    return high_words(_mm512_sub_epi64(p0, t0), _mm512_sub_epi64(p1, t1));
  }

  /// Sums of products in 64 bits.
  struct Sum {
    __m512i even;
    __m512i odds;

    [[gnu::always_inline]] static inline Sum zero() noexcept {
      return {_mm512_setzero_si512(), _mm512_setzero_si512()};
    }
    [[gnu::always_inline]] inline void add(Ints512 a, Ints512 b) noexcept {
      even = _mm512_add_epi64(even, _mm512_mul_epi32(a.v, b.v));
      odds = _mm512_add_epi64(odds, _mm512_mul_epi32(odd(a.v), odd(b.v)));
    }
    [[gnu::always_inline]] inline void subtract(Ints512 a, Ints512 b) noexcept {
      even = _mm512_sub_epi64(even, _mm512_mul_epi32(a.v, b.v));
      odds = _mm512_sub_epi64(odds, _mm512_mul_epi32(odd(a.v), odd(b.v)));
    }
    [[gnu::always_inline]] static inline __m512i reduced(__m512i a) noexcept {
      const __m512i m = _mm512_mul_epi32(a, _mm512_set1_epi32(mldsa::kModulusInverse));
      return _mm512_sub_epi64(a, _mm512_mul_epi32(m, _mm512_set1_epi32(mldsa::kModulus)));
    }
    [[gnu::always_inline]] inline Ints512 reduce() const noexcept {
      return high_words(reduced(even), reduced(odds));
    }
  };

  /// Exchanges rows and columns of 16 vectors.
  [[gnu::always_inline]] static inline void transpose(Ints512* r) noexcept {
    __m512i a[16];
    __m512i b[16];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 16; i += 2) {
      a[i] = _mm512_unpacklo_epi32(r[i].v, r[i + 1].v);
      a[i + 1] = _mm512_unpackhi_epi32(r[i].v, r[i + 1].v);
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 16; i += 4) {
      b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
      b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
      b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
      b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    // b[4g + j] holds columns j, j + 4, j + 8, j + 12 of rows 4g to 4g + 3.
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      const __m512i low01 = _mm512_shuffle_i64x2(b[j], b[j + 4], 0x88);
      const __m512i high01 = _mm512_shuffle_i64x2(b[j], b[j + 4], 0xdd);
      const __m512i low23 = _mm512_shuffle_i64x2(b[j + 8], b[j + 12], 0x88);
      const __m512i high23 = _mm512_shuffle_i64x2(b[j + 8], b[j + 12], 0xdd);
      r[j].v = _mm512_shuffle_i64x2(low01, low23, 0x88);
      r[j + 8].v = _mm512_shuffle_i64x2(low01, low23, 0xdd);
      r[j + 4].v = _mm512_shuffle_i64x2(high01, high23, 0x88);
      r[j + 12].v = _mm512_shuffle_i64x2(high01, high23, 0xdd);
    }
  }
};

struct SamplingAvx512 {
  /// RejNTTPoly's rejection step (FIPS 204 algorithm 30) on `size` octets, a multiple of 24:
  /// appends to the `filled` coefficients at `out` until there are 256. Gives their number.
  [[gnu::noinline]] static std::size_t sample_public(const std::uint8_t* octets, std::size_t size,
                                                     std::int32_t* out,
                                                     std::size_t filled) noexcept {
    const __m512i places = _mm512_load_si512(&kUnpackFields<24, 16>.octets);
    const __m512i bits = _mm512_set1_epi32(0x7fffff);
    const __m512i prime = _mm512_set1_epi32(mldsa::kModulus);
    for (std::size_t i = 0; i < size && filled < 256; i += 48) {
      const __m512i raw = _mm512_permutexvar_epi8(places, _mm512_loadu_si512(octets + i));
      const __m512i value = _mm512_and_si512(raw, bits);
      const __mmask16 present = size - i >= 48 ? 0xffff : 0x00ff;
      const __mmask16 below = _mm512_mask_cmplt_epi32_mask(present, value, prime);
      const std::size_t room = 256 - filled;
      const __m512i accepted = _mm512_maskz_compress_epi32(below, value);
      if (room >= 16) {
        _mm512_storeu_si512(out + filled, accepted);
      } else {
        _mm512_mask_storeu_epi32(out + filled, static_cast<__mmask16>((1U << room) - 1), accepted);
      }
      filled += static_cast<std::size_t>(__builtin_popcount(below));
    }
    return filled < 256 ? filled : 256;
  }

  [[gnu::always_inline]] static inline __m128i half_bytes(const std::uint8_t* octets) noexcept {
    const __m128i x = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(octets));
    const __m128i low = _mm_set1_epi8(0x0f);
    return _mm_unpacklo_epi8(_mm_and_si128(x, low), _mm_and_si128(_mm_srli_epi16(x, 4), low));
  }

  static void accept_half_bytes(const std::uint8_t* octets, std::size_t groups, std::size_t eta,
                                std::uint16_t* accepted) noexcept {
    const __m128i limit = _mm_set1_epi8(eta == 2 ? 15 : 9);
    for (std::size_t g = 0; g < groups; ++g) {
      accepted[g] = _mm_cmplt_epi8_mask(half_bytes(octets + 8 * g), limit);
    }
  }

  static std::size_t take_half_bytes(const std::uint8_t* octets, std::size_t groups,
                                     std::size_t eta, const std::uint16_t* accepted,
                                     std::int32_t* out, std::size_t filled) noexcept {
    const __m128i table = _mm_load_si128(
        reinterpret_cast<const __m128i*>(eta == 2 ? kHalfBytes.eta_2 : kHalfBytes.eta_4));
    for (std::size_t g = 0; g < groups; ++g) {
      const __m128i value = _mm_shuffle_epi8(table, half_bytes(octets + 8 * g));
      const __m128i kept = _mm_maskz_compress_epi8(accepted[g], value);
      _mm512_storeu_si512(out + filled, _mm512_cvtepi8_epi32(kept));
      filled += static_cast<std::size_t>(__builtin_popcount(accepted[g]));
    }
    return filled;
  }

  /// BitUnpack (FIPS 204 algorithm 19).
  template <std::size_t Bits>
  static void bit_unpack(const std::uint8_t* octets, std::int32_t b, std::int32_t* w) noexcept {
    const __m512i places = _mm512_load_si512(&kUnpackFields<Bits, 16>.octets);
    const __m512i shifts = _mm512_load_si512(&kUnpackFields<Bits, 16>.shifts);
    const __m512i bits = _mm512_set1_epi32((1 << Bits) - 1);
    const __m512i top = _mm512_set1_epi32(b);
    for (std::size_t i = 0; i < 16; ++i) {
      const __m512i raw =
          _mm512_permutexvar_epi8(places, _mm512_loadu_si512(octets + 2 * Bits * i));
      const __m512i field = _mm512_and_si512(_mm512_srlv_epi32(raw, shifts), bits);
      _mm512_storeu_si512(w + 16 * i, _mm512_sub_epi32(top, field));
    }
  }

  /// Sixteen small words as octets.
  [[gnu::always_inline]] static inline __m128i narrow(const std::int32_t* w) noexcept {
    return _mm512_cvtepi32_epi8(_mm512_loadu_si512(w));
  }
};

using Ntt = MlDsaNtt<Ints512>;
using Sampling = MlDsaSampling<Avx512, SamplingAvx512>;
using Codec = MlDsaCodec<Avx512, SamplingAvx512>;

}  // namespace
}  // namespace simd

const MlDsaKernels kMlDsaAvx512 = {.expand_a = simd::Sampling::expand_a,
                                   .expand_s = simd::Sampling::expand_s,
                                   .expand_mask = simd::Sampling::expand_mask,
                                   .mask_batch = simd::Avx512::kLanes,
                                   .ntt = simd::Ntt::ntt,
                                   .ntt_inverse = simd::Ntt::ntt_inverse,
                                   .multiply = simd::Ntt::multiply,
                                   .scale = simd::Ntt::scale,
                                   .decompose = simd::Ntt::decompose,
                                   .add = simd::Ntt::add,
                                   .subtract = simd::Ntt::subtract,
                                   .bit_unpack = simd::Codec::bit_unpack,
                                   .encode_w1 = simd::Codec::encode_w1,
                                   .shake256 = simd::Codec::shake256};

}  // namespace nautilus::inline v0::crypto::pq
