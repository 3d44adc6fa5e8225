#include "crypto/pq/mlkem.hpp"

#include <algorithm>
#include <memory>

#include "core/ct.hpp"
#include "crypto/pq/keccak.hpp"

namespace nautilus::inline v0::crypto::pq {
namespace {

using mlkem::EncapsulationKeyView;
using mlkem::NttVector;

/// G: (K, r) from the message and the hash of the key (FIPS 203 §4.1).
void hash_g(Secret<64>& out, ByteView a, ByteView b) noexcept {
  Sha3_512 sha;
  sha.absorb(a);
  sha.absorb(b);
  sha.finish(out.expose_mutable().first<64>());
}

}  // namespace

template <class P>
MlKemPrivateKey<P> MlKemPrivateKey<P>::from_seed(
    std::span<const std::uint8_t, kMlKemSeedSize> seed) noexcept {
  MlKemPrivateKey key;
  mlkem::NttMatrix<P> a_hat;
  mlkem::kpke_key_gen<P>(seed.template first<32>(), key.ek_, *key.s_hat_, a_hat);
  sha3_256(key.ek_, key.ek_hash_);
  std::ranges::copy(seed.template last<32>(), key.z_.expose_mutable().begin());
  return key;
}

template <class P>
Result<MlKemPrivateKey<P>> MlKemPrivateKey<P>::from_expanded(ByteView encoded) noexcept {
  if (encoded.size() != P::kDecapsulationKeySize) {
    return fail(ErrorCode::KeyMalformed, "ML-KEM decapsulation key of wrong length");
  }
  MlKemPrivateKey key;
  std::uint32_t sound =
      mlkem::decode_vector<P>(encoded.template first<P::kVectorSize>(), *key.s_hat_);
  std::ranges::copy(encoded.subspan(P::kVectorSize, P::kEncapsulationKeySize), key.ek_.begin());
  sha3_256(key.ek_, key.ek_hash_);
  const ByteView tail = encoded.subspan(P::kVectorSize + P::kEncapsulationKeySize);
  std::ranges::copy(tail.last(32), key.z_.expose_mutable().begin());
  // Whether a stored key is sound is not secret.
  ct::declassify(&sound, sizeof sound);
  if (sound == 0) return fail(ErrorCode::KeyMalformed, "ML-KEM coefficient out of range");
  if (!ct_equal(tail.first(32), key.ek_hash_)) {
    return fail(ErrorCode::KeyMalformed, "ML-KEM key hash does not match");
  }
  return key;
}

template <class P>
void MlKemPrivateKey<P>::encode(
    std::span<std::uint8_t, P::kDecapsulationKeySize> out) const noexcept {
  mlkem::encode_vector<P>(*s_hat_, out.template first<P::kVectorSize>());
  auto at = std::ranges::copy(ek_, out.begin() + P::kVectorSize).out;
  at = std::ranges::copy(ek_hash_, at).out;
  std::ranges::copy(z_.expose(), at);
}

template <class P>
Result<MlKemSecret> MlKemPrivateKey<P>::decapsulate(ByteView ciphertext) const noexcept {
  if (ciphertext.size() != P::kCiphertextSize) {
    return fail(ErrorCode::InvalidKeyShare, "ML-KEM ciphertext of wrong length");
  }
  const auto c = ciphertext.template first<P::kCiphertextSize>();
  Secret<32> m;
  mlkem::kpke_decrypt<P>(*s_hat_, c, m.expose_mutable().template first<32>());
  Secret<64> k_r;
  hash_g(k_r, m.expose(), ek_hash_);

  // The implicit rejection secret J(z ‖ c), always computed (FIPS 203 algorithm 18, step 7).
  MlKemSecret secret;
  Shake256 j;
  j.absorb(z_.expose());
  j.absorb(ciphertext);
  j.squeeze(secret.expose_mutable());

  // Encrypt again and compare without a branch.
  NttVector<P> t_hat;
  (void)mlkem::decode_vector<P>(ByteView(ek_).template first<P::kVectorSize>(), t_hat);
  Sensitive<std::array<std::uint8_t, P::kCiphertextSize>> again;
  mlkem::kpke_encrypt<P>(t_hat, ByteView(ek_).template last<32>(),
                         m.expose().template first<32>(), k_r.expose().template last<32>(), *again);
  std::uint32_t difference = 0;
  for (std::size_t i = 0; i < P::kCiphertextSize; ++i) {
    difference |= static_cast<std::uint32_t>((*again)[i] ^ c[i]);
  }
  ct::conditional_copy(~ct::mask_nonzero(difference), secret.expose_mutable().data(),
                       k_r.expose().data(), kMlKemSecretSize);
  return secret;
}

template <class P>
Result<MlKemEncapsulation<P>> mlkem_encapsulate_internal(
    ByteView encapsulation_key, std::span<const std::uint8_t, 32> m) noexcept {
  if (encapsulation_key.size() != P::kEncapsulationKeySize) {
    return fail(ErrorCode::InvalidKeyShare, "ML-KEM encapsulation key of wrong length");
  }
  NttVector<P> t_hat;
  // The modulus check of FIPS 203 §7.2; the key is public.
  if (mlkem::decode_vector<P>(encapsulation_key.template first<P::kVectorSize>(), t_hat) == 0) {
    return fail(ErrorCode::InvalidKeyShare, "ML-KEM encapsulation key not reduced");
  }
  std::array<std::uint8_t, 32> ek_hash{};
  sha3_256(encapsulation_key, ek_hash);
  Secret<64> k_r;
  hash_g(k_r, m, ek_hash);
  MlKemEncapsulation<P> out;
  mlkem::kpke_encrypt<P>(t_hat, encapsulation_key.template last<32>(), m,
                         k_r.expose().template last<32>(), out.ciphertext);
  std::ranges::copy(k_r.expose().template first<32>(), out.secret.expose_mutable().begin());
  return out;
}

template <class P>
Result<MlKemEncapsulation<P>> mlkem_encapsulate(ByteView encapsulation_key,
                                                Random& random) noexcept {
  Secret<32> m;
  if (auto r = random.fill(m.expose_mutable()); !r) return propagate(r);
  return mlkem_encapsulate_internal<P>(encapsulation_key, m.expose().template first<32>());
}

template class MlKemPrivateKey<MlKem512>;
template class MlKemPrivateKey<MlKem768>;
template class MlKemPrivateKey<MlKem1024>;
template Result<MlKemEncapsulation<MlKem512>> mlkem_encapsulate<MlKem512>(ByteView, Random&) noexcept;
template Result<MlKemEncapsulation<MlKem768>> mlkem_encapsulate<MlKem768>(ByteView, Random&) noexcept;
template Result<MlKemEncapsulation<MlKem1024>> mlkem_encapsulate<MlKem1024>(ByteView, Random&) noexcept;
template Result<MlKemEncapsulation<MlKem512>> mlkem_encapsulate_internal<MlKem512>(
    ByteView, std::span<const std::uint8_t, 32>) noexcept;
template Result<MlKemEncapsulation<MlKem768>> mlkem_encapsulate_internal<MlKem768>(
    ByteView, std::span<const std::uint8_t, 32>) noexcept;
template Result<MlKemEncapsulation<MlKem1024>> mlkem_encapsulate_internal<MlKem1024>(
    ByteView, std::span<const std::uint8_t, 32>) noexcept;

}  // namespace nautilus::inline v0::crypto::pq
