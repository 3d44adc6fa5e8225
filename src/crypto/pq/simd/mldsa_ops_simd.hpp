// The table of ML-DSA's kernels for an instruction set: `Isa` is one of isa_*.hpp, `V` and `S` the
// vectors and sampling steps of one of mldsa_vec_*.hpp.
#pragma once

#include "crypto/pq/mldsa_kernels.hpp"
#include "crypto/pq/simd/mldsa_codec_simd.hpp"
#include "crypto/pq/simd/mldsa_ntt_simd.hpp"
#include "crypto/pq/simd/mldsa_rounding_simd.hpp"
#include "crypto/pq/simd/mldsa_sampling_simd.hpp"

namespace nautilus::inline v0::crypto::pq::simd {

template <class Isa, class V, class S>
struct MlDsaOps {
  using Ntt = MlDsaNtt<V>;
  using Rounding = MlDsaRounding<V, S>;
  using Sampling = MlDsaSampling<Isa, S>;
  using Codec = MlDsaCodec<Isa, S>;

  static constexpr MlDsaKernels kKernels = {.expand_a = Sampling::expand_a,
                                            .expand_s = Sampling::expand_s,
                                            .expand_mask = Sampling::expand_mask,
                                            .mask_batch = Isa::kLanes,
                                            .ntt = Ntt::ntt,
                                            .ntt_inverse = Ntt::ntt_inverse,
                                            .multiply = Ntt::multiply,
                                            .scale = Ntt::scale,
                                            .decompose = Rounding::decompose,
                                            .add_product = Rounding::add_product,
                                            .exceeds = Rounding::exceeds,
                                            .make_hints = Rounding::make_hints,
                                            .use_hints = Rounding::use_hints,
                                            .bit_unpack = Codec::bit_unpack,
                                            .bit_pack = Codec::bit_pack,
                                            .power2_round = Rounding::power2_round,
                                            .encode_w1 = Rounding::encode_w1,
                                            .shake256 = Codec::shake256};
};

}  // namespace nautilus::inline v0::crypto::pq::simd
