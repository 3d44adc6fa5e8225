#include "crypto/pq/mlkem.hpp"

#include <algorithm>
#include <cstring>

#include "core/ct.hpp"
#include "crypto/pq/keccak.hpp"
#include "crypto/pq/mlkem_kpke.hpp"

namespace nautilus::inline v0::crypto::pq {
namespace {

using mlkem::Kpke;
using Octets32 = std::span<const std::uint8_t, 32>;

/// K and r, the two halves of one hash.
struct KeyAndCoins {
  std::array<std::uint8_t, 64> octets;
  [[nodiscard]] Octets32 key() const noexcept { return std::span(octets).template first<32>(); }
  [[nodiscard]] Octets32 coins() const noexcept { return std::span(octets).template last<32>(); }
};

// (K, r) = G(m ‖ H(ek)).
void derive_key_and_coins(Octets32 m, Octets32 hash, KeyAndCoins& out) noexcept {
  Sha3_512 g;
  g.absorb(m);
  g.absorb(hash);
  g.finish(out.octets);
}

}  // namespace

template <class P>
Result<EncapsulationKey<P>> EncapsulationKey<P>::parse(ByteView ek) noexcept {
  if (ek.size() != kSize) return fail(ErrorCode::InvalidKeyShare, "ML-KEM key of wrong length");
  Result<EncapsulationKey> result{EncapsulationKey()};
  EncapsulationKey& key = *result;
  const mlkem::EncapsulationKeyView<P> octets(ek);
  if (Kpke<P>::decode_vector(octets.template first<P::kVectorSize>(), key.t_hat_) == 0) {
    return fail(ErrorCode::InvalidKeyShare, "ML-KEM key with a coefficient not below q");
  }
  std::ranges::copy(octets.template last<32>(), key.rho_.begin());
  sha3_256(ek, key.hash_);
  return result;
}

template <class P>
Result<Encapsulation<P>> EncapsulationKey<P>::encapsulate(Random& random) const noexcept {
  Secret<kMlKemMessageSize> m;
  if (auto filled = random.fill(m.expose_mutable()); !filled) return propagate(filled);
  ct::classify(m.expose().data(), m.size());
  return encapsulate_with(m.expose().template first<kMlKemMessageSize>());
}

template <class P>
Encapsulation<P> EncapsulationKey<P>::encapsulate_with(
    std::span<const std::uint8_t, kMlKemMessageSize> m) const noexcept {
  Encapsulation<P> result;
  Sensitive<KeyAndCoins> derived;
  derive_key_and_coins(m, hash_, *derived);
  Kpke<P>::encrypt(t_hat_, rho_, m, derived->coins(), result.ciphertext);
  ct::declassify(result.ciphertext.data(), result.ciphertext.size());  // goes to the peer
  result.shared_key = MlKemSharedKey(derived->key());
  return result;
}

template <class P>
DecapsulationKey<P>::DecapsulationKey(std::span<const std::uint8_t, kMlKemSeedSize> seed) noexcept
    : z_(seed.template last<32>()), seed_(ByteView(seed)) {
  ct::classify(z_.expose().data(), z_.size());
  ct::classify(seed_.expose().data(), seed_.size());
  Kpke<P>::key_gen(seed_.expose().template first<32>(), encapsulation_key_, *s_hat_, a_hat_);
  sha3_256(encapsulation_key_, hash_);
}

template <class P>
Result<DecapsulationKey<P>> DecapsulationKey<P>::generate(Random& random) noexcept {
  Secret<kMlKemSeedSize> seed;
  if (auto filled = random.fill(seed.expose_mutable()); !filled) return propagate(filled);
  return Result<DecapsulationKey>(std::in_place, seed.expose().template first<kMlKemSeedSize>());
}

template <class P>
Result<DecapsulationKey<P>> DecapsulationKey<P>::from_seed(ByteView seed) noexcept {
  if (seed.size() != kMlKemSeedSize) {
    return fail(ErrorCode::KeyMalformed, "ML-KEM seed of wrong length");
  }
  return Result<DecapsulationKey>(std::in_place, seed.template first<kMlKemSeedSize>());
}

template <class P>
Result<DecapsulationKey<P>> DecapsulationKey<P>::from_expanded(ByteView dk) noexcept {
  if (dk.size() != kExpandedSize) {
    return fail(ErrorCode::KeyMalformed, "ML-KEM decapsulation key of wrong length");
  }
  const std::span<const std::uint8_t, kExpandedSize> octets(dk);
  const auto ek = octets.template subspan<P::kVectorSize, P::kEncapsulationKeySize>();
  Result<DecapsulationKey> result{DecapsulationKey()};
  DecapsulationKey& key = *result;

  std::ranges::copy(ek, key.encapsulation_key_.begin());
  sha3_256(ek, key.hash_);
  const auto stated_hash = octets.template last<64>().template first<32>();
  if (std::memcmp(key.hash_.data(), stated_hash.data(), stated_hash.size()) != 0) {  // both public
    return fail(ErrorCode::KeyMalformed, "ML-KEM decapsulation key with a wrong hash");
  }
  mlkem::NttVector<P> t_hat;
  if (Kpke<P>::decode_vector(ek.template first<P::kVectorSize>(), t_hat) == 0) {
    return fail(ErrorCode::KeyMalformed, "ML-KEM key with a coefficient not below q");
  }
  std::uint32_t s_sound =
      Kpke<P>::decode_vector(octets.template first<P::kVectorSize>(), *key.s_hat_);
  ct::declassify(&s_sound, sizeof s_sound);  // an unsound key is refused, for all to see
  if (s_sound == 0) {
    return fail(ErrorCode::KeyMalformed, "ML-KEM key with a coefficient not below q");
  }
  key.z_ = Secret<32>(octets.template last<32>());
  Kpke<P>::expand_matrix(key.rho(), key.a_hat_);
  return result;
}

template <class P>
void DecapsulationKey<P>::write_expanded(
    std::span<std::uint8_t, P::kDecapsulationKeySize> out) const noexcept {
  Kpke<P>::encode_vector(*s_hat_, out.template first<P::kVectorSize>());
  auto at = std::ranges::copy(encapsulation_key_, out.begin() + P::kVectorSize).out;
  at = std::ranges::copy(hash_, at).out;
  std::ranges::copy(z_.expose(), at);
}

template <class P>
Result<MlKemSharedKey> DecapsulationKey<P>::decapsulate(ByteView ciphertext) const noexcept {
  if (ciphertext.size() != P::kCiphertextSize) {
    return fail(ErrorCode::InvalidKeyShare, "ML-KEM ciphertext of wrong length");
  }
  // Algorithm 18, line by line.
  Sensitive<std::array<std::uint8_t, kMlKemMessageSize>> m;
  Kpke<P>::decrypt(*s_hat_, mlkem::CiphertextView<P>(ciphertext), *m);
  Sensitive<KeyAndCoins> derived;
  derive_key_and_coins(*m, hash_, *derived);

  // K' = J(z ‖ c), what a false ciphertext gets.
  Result<MlKemSharedKey> result{std::in_place};
  Shake256 j;
  j.absorb(z_.expose());
  j.absorb(ciphertext);
  j.squeeze(result->expose_mutable());

  mlkem::NttVector<P> t_hat;
  (void)Kpke<P>::decode_vector(encapsulation_key().template first<P::kVectorSize>(), t_hat);
  Sensitive<std::array<std::uint8_t, P::kCiphertextSize>> again;
  Kpke<P>::encrypt(t_hat, a_hat_, *m, derived->coins(), *again);

  std::uint32_t difference = 0;
  for (std::size_t i = 0; i < ciphertext.size(); ++i) {
    difference |= static_cast<std::uint32_t>(ciphertext[i] ^ (*again)[i]);
  }
  const std::uint32_t equal = ~ct::mask_nonzero(difference);
  ct::conditional_copy(equal, result->expose_mutable().data(), derived->key().data(),
                       kMlKemSharedKeySize);
  return result;
}

template class EncapsulationKey<MlKem512>;
template class EncapsulationKey<MlKem768>;
template class EncapsulationKey<MlKem1024>;
template class DecapsulationKey<MlKem512>;
template class DecapsulationKey<MlKem768>;
template class DecapsulationKey<MlKem1024>;

}  // namespace nautilus::inline v0::crypto::pq
