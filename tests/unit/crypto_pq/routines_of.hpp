#pragma once

#include "crypto/pq/simd/mlkem_codec_simd.hpp"
#include "unit/crypto_pq/routines.hpp"

namespace nautilus::test {

template <class Isa>
struct RoutinesOf {
  using W = typename Isa::Words;
  using Poly = crypto::pq::simd::MlKemPoly<W>;
  using Codec = crypto::pq::simd::MlKemCodec<W>;
  using Operand = typename Poly::Operand;

  template <bool ToMontgomery>
  static void make_operands(std::size_t terms, const std::int16_t* g, Operand* operands) {
    for (std::size_t i = 0; i < terms; ++i) {
      Poly::template make_operand<ToMontgomery>(g + 256 * i, operands[i]);
    }
  }

  static void inner_product(std::size_t terms, const std::int16_t* f, const std::int16_t* g,
                            std::int16_t* out) {
    Operand operands[4];
    make_operands<false>(terms, g, operands);
    if (terms == 2) Poly::template inner_product<2>(f, 1, operands, out);
    if (terms == 3) Poly::template inner_product<3>(f, 1, operands, out);
    if (terms == 4) Poly::template inner_product<4>(f, 1, operands, out);
  }

  static void inner_product_plus(std::size_t terms, const std::int16_t* f, const std::int16_t* g,
                                 const std::int16_t* e, std::int16_t* out) {
    Operand operands[4];
    make_operands<true>(terms, g, operands);
    if (terms == 2) Poly::template inner_product_plus<2>(f, operands, e, out);
    if (terms == 3) Poly::template inner_product_plus<3>(f, operands, e, out);
    if (terms == 4) Poly::template inner_product_plus<4>(f, operands, e, out);
  }

  static std::uint32_t decode_12(const std::uint8_t* octets, std::int16_t* out) {
    W below = W::splat(-1);
    Codec::decode_12(octets, out, below);
    return Codec::all_negative(below);
  }

  static void compress(std::size_t d, const std::int16_t* f, std::uint8_t* out) {
    if (d == 4) Codec::template compress_and_encode<4>(f, out);
    if (d == 5) Codec::template compress_and_encode<5>(f, out);
    if (d == 10) Codec::template compress_and_encode<10>(f, out);
    if (d == 11) Codec::template compress_and_encode<11>(f, out);
  }

  static void decompress(std::size_t d, const std::uint8_t* octets, std::int16_t* out) {
    if (d == 4) Codec::template decode_and_decompress<4>(octets, out);
    if (d == 5) Codec::template decode_and_decompress<5>(octets, out);
    if (d == 10) Codec::template decode_and_decompress<10>(octets, out);
    if (d == 11) Codec::template decode_and_decompress<11>(octets, out);
  }

  static void binomial(std::size_t eta, const std::uint8_t* octets, std::int16_t* out) {
    if (eta == 2) Codec::template binomial<2>(octets, out);
    if (eta == 3) Codec::template binomial<3>(octets, out);
  }

  static void permute(std::uint64_t* state, std::size_t active) { Isa::permute(state, active); }

  static void extract(const std::uint64_t* state, std::uint8_t* to, std::size_t stride) {
    std::uint8_t* places[Isa::kLanes];
    for (std::size_t i = 0; i < Isa::kLanes; ++i) places[i] = to + stride * i;
    Isa::extract(state, 3, places);
  }

  static constexpr Routines make(const char* backend) {
    return {backend,
            Poly::ntt,
            Poly::inverse_ntt,
            inner_product,
            inner_product_plus,
            Poly::make_canonical,
            Codec::encode_12,
            decode_12,
            compress,
            decompress,
            Codec::add_message,
            Codec::message_of_difference,
            binomial,
            Isa::accept,
            Isa::kLanes,
            permute,
            extract,
            Isa::absorb};
  }
};

}  // namespace nautilus::test
