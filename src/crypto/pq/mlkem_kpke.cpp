#include "crypto/pq/mlkem_kpke.hpp"

#include <algorithm>
#include <array>

#include "core/ct.hpp"
#include "crypto/pq/keccak.hpp"
#include "crypto/pq/mlkem_encode.hpp"
#include "crypto/pq/mlkem_ntt.hpp"
#include "crypto/pq/sensitive.hpp"

namespace nautilus::inline v0::crypto::pq::mlkem {
namespace {

template <class P>
using ProductCaches = std::array<ProductCache, P::k>;
template <class P>
using RowPointers = std::array<const NttPoly*, P::k>;

/// A secret vector in T_q, ready to be multiplied several times.
template <class P>
struct Multiplier {
  NttVector<P> v;
  ProductCaches<P> caches;
};

template <class P>
void prepare_multiplier(const RingVector<P>& f, Multiplier<P>& out) noexcept {
  for (std::size_t i = 0; i < P::k; ++i) {
    ntt(f[i], out.v[i]);
    make_product_cache(out.v[i], out.caches[i]);
  }
}

// row · v, unreduced.
template <class P>
void inner_product(const RowPointers<P>& row, const Multiplier<P>& v, ProductSum& sum) noexcept {
  for (std::size_t j = 0; j < P::k; ++j) sum.add_product(*row[j], v.v[j], v.caches[j]);
}

// NTT^-1 of row · v, bounded by q.
template <class P>
void inner_product_in_ring(const RowPointers<P>& row, const Multiplier<P>& v,
                           RingPoly& out) noexcept {
  Sensitive<ProductSum> sum;
  Sensitive<NttPoly> product;
  inner_product<P>(row, v, *sum);
  sum->reduce(*product);
  inverse_ntt(*product, out);
}

template <class P>
RowPointers<P> pointers_to(const NttVector<P>& v) noexcept {
  RowPointers<P> row;
  for (std::size_t j = 0; j < P::k; ++j) row[j] = &v[j];
  return row;
}

// Algorithm 14. `transposed_row(i)` gives row i of Â^T.
template <class P, class TransposedRow>
void encrypt_with(const NttVector<P>& t_hat, TransposedRow transposed_row, Seed32 m, Seed32 r,
                  CiphertextSpan<P> out) noexcept {
  struct Noise {
    RingVector<P> y;
    std::array<RingPoly, P::k + 1> e;  // e1, then e2
  };
  Sensitive<Noise> noise;
  sample_noise(P::eta1, r, 0, noise->y);
  sample_noise(P::eta2, r, P::k, noise->e);

  Sensitive<Multiplier<P>> y_hat;
  prepare_multiplier<P>(noise->y, *y_hat);

  Sensitive<RingPoly> sum;
  constexpr std::size_t kPart = kPackedSize<P::du>;
  for (std::size_t i = 0; i < P::k; ++i) {
    inner_product_in_ring<P>(transposed_row(i), *y_hat, *sum);
    add(*sum, noise->e[i]);
    compress_and_encode<P::du>(*sum, Packed<P::du>(out.subspan(kPart * i, kPart)));
  }

  Sensitive<RingPoly> mu;
  decode_and_decompress<1>(m, *mu);
  inner_product_in_ring<P>(pointers_to<P>(t_hat), *y_hat, *sum);
  add(*sum, noise->e[P::k]);
  add(*sum, *mu);
  compress_and_encode<P::dv>(*sum, out.template last<kPackedSize<P::dv>>());
}

}  // namespace

template <class P>
void Kpke<P>::expand_matrix(Seed32 rho, NttMatrix<P>& out) noexcept {
  for (std::size_t i = 0; i < P::k; ++i) sample_matrix_row(rho, i, false, out[i]);
}

template <class P>
void Kpke<P>::key_gen(Seed32 d, EncapsulationKeySpan<P> key, NttVector<P>& s_hat,
                      NttMatrix<P>& a_hat) noexcept {
  // Line 1: (ρ, σ) = G(d ‖ k).
  Sensitive<std::array<std::uint8_t, 64>> seeds;
  const std::array<std::uint8_t, 1> domain = {static_cast<std::uint8_t>(P::k)};
  Sha3_512 g;
  g.absorb(d);
  g.absorb(domain);
  g.finish(*seeds);
  const auto rho = key.template last<32>();
  std::copy_n(seeds->begin(), 32, rho.begin());
  ct::declassify(rho.data(), rho.size());  // ρ is half of the public key

  expand_matrix(rho, a_hat);

  struct Noise {
    RingVector<P> s;
    RingVector<P> e;
  };
  Sensitive<Noise> noise;
  const Seed32 sigma = std::span<const std::uint8_t, 64>(*seeds).template last<32>();
  sample_noise(P::eta1, sigma, 0, noise->s);
  sample_noise(P::eta1, sigma, P::k, noise->e);

  Sensitive<Multiplier<P>> s;
  prepare_multiplier<P>(noise->s, *s);
  s_hat = s->v;

  // Line 18: t̂ = Â ∘ ŝ + ê, encoded row by row.
  Sensitive<NttPoly> t;
  Sensitive<NttPoly> e_hat;
  constexpr std::size_t kPart = kPackedSize<12>;
  for (std::size_t i = 0; i < P::k; ++i) {
    Sensitive<ProductSum> sum;
    inner_product<P>(pointers_to<P>(a_hat[i]), *s, *sum);
    sum->reduce_exactly(*t);
    ntt(noise->e[i], *e_hat);
    add(*t, *e_hat);
    make_canonical(*t);
    encode_12(*t, Packed<12>(key.subspan(kPart * i, kPart)));
  }
  ct::declassify(key.data(), key.size());  // the public key
}

template <class P>
void Kpke<P>::encrypt(const NttVector<P>& t_hat, const NttMatrix<P>& a_hat, Seed32 m, Seed32 r,
                      CiphertextSpan<P> out) noexcept {
  const auto transposed_row = [&](std::size_t i) noexcept {
    RowPointers<P> row;
    for (std::size_t j = 0; j < P::k; ++j) row[j] = &a_hat[j][i];
    return row;
  };
  encrypt_with<P>(t_hat, transposed_row, m, r, out);
}

template <class P>
void Kpke<P>::encrypt(const NttVector<P>& t_hat, Seed32 rho, Seed32 m, Seed32 r,
                      CiphertextSpan<P> out) noexcept {
  NttVector<P> row;
  const auto transposed_row = [&](std::size_t i) noexcept {
    sample_matrix_row(rho, i, true, row);
    return pointers_to<P>(row);
  };
  encrypt_with<P>(t_hat, transposed_row, m, r, out);
}

template <class P>
void Kpke<P>::decrypt(const NttVector<P>& s_hat, CiphertextView<P> ciphertext,
                      std::span<std::uint8_t, 32> m) noexcept {
  // The ciphertext is public; only products with ŝ are secret. Still the same wiped storage.
  Sensitive<Multiplier<P>> u_hat;
  Sensitive<RingPoly> u;
  constexpr std::size_t kPart = kPackedSize<P::du>;
  for (std::size_t i = 0; i < P::k; ++i) {
    decode_and_decompress<P::du>(PackedView<P::du>(ciphertext.subspan(kPart * i, kPart)), *u);
    ntt(*u, u_hat->v[i]);
    make_product_cache(u_hat->v[i], u_hat->caches[i]);
  }
  Sensitive<RingPoly> w;
  inner_product_in_ring<P>(pointers_to<P>(s_hat), *u_hat, *w);
  RingPoly v;
  decode_and_decompress<P::dv>(ciphertext.template last<kPackedSize<P::dv>>(), v);
  subtract_from(*w, v);
  compress_and_encode<1>(*w, m);
}

template <class P>
std::uint32_t Kpke<P>::decode_vector(VectorView<P> octets, NttVector<P>& out) noexcept {
  std::uint32_t all_below = ~std::uint32_t{0};
  constexpr std::size_t kPart = kPackedSize<12>;
  for (std::size_t i = 0; i < P::k; ++i) {
    all_below &= decode_12(PackedView<12>(octets.subspan(kPart * i, kPart)), out[i]);
  }
  return all_below;
}

template <class P>
void Kpke<P>::encode_vector(const NttVector<P>& v, VectorSpan<P> out) noexcept {
  constexpr std::size_t kPart = kPackedSize<12>;
  for (std::size_t i = 0; i < P::k; ++i) {
    encode_12(v[i], Packed<12>(out.subspan(kPart * i, kPart)));
  }
}

template struct Kpke<MlKem512>;
template struct Kpke<MlKem768>;
template struct Kpke<MlKem1024>;

}  // namespace nautilus::inline v0::crypto::pq::mlkem
