#include "crypto/pq/mlkem.hpp"

#include <algorithm>
#include <cstring>

#include "core/ct.hpp"
#include "crypto/pq/keccak.hpp"

namespace nautilus::inline v0::crypto::pq {
namespace {

template <class P>
const MlKemKernels& kernels(PqBackend backend) noexcept {
  return backend.parts().mlkem[P::k - 2];
}

constexpr const char* kWrongHash = "ML-KEM decapsulation key with a wrong hash";
constexpr const char* kUnreduced = "ML-KEM key with a coefficient not below q";

}  // namespace

template <class P>
Result<EncapsulationKey<P>> EncapsulationKey<P>::parse(ByteView ek, PqBackend backend) noexcept {
  if (ek.size() != kSize) return fail(ErrorCode::InvalidKeyShare, "ML-KEM key of wrong length");
  if (kernels<P>(backend).check_ek(ek.data()) == 0) {
    return fail(ErrorCode::InvalidKeyShare, kUnreduced);
  }
  Result<EncapsulationKey> result{EncapsulationKey(backend)};
  std::ranges::copy(ek, result->octets_.begin());
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
  (void)kernels<P>(backend_).encapsulate(octets_.data(), m.data(), result.ciphertext.data(),
                                         result.shared_key.expose_mutable().data());
  ct::declassify(result.ciphertext.data(), result.ciphertext.size());  // goes to the peer
  return result;
}

template <class P>
DecapsulationKey<P>::DecapsulationKey(std::span<const std::uint8_t, kMlKemSeedSize> seed,
                                      PqBackend backend) noexcept
    : backend_(backend), z_(seed.template last<32>()), seed_(ByteView(seed)) {
  ct::classify(z_.expose().data(), z_.size());
  ct::classify(seed_.expose().data(), seed_.size());
  kernels<P>(backend).key_gen(seed_.expose().data(), parts());
  ct::declassify(encapsulation_key_.data(), encapsulation_key_.size());  // the public key
  ct::declassify(hash_.data(), hash_.size());
}

template <class P>
MlKemKeyParts DecapsulationKey<P>::parts() noexcept {
  return {.s_hat = s_hat_->front().c.data(),
          .a_hat = a_hat_.front().front().c.data(),
          .ek = encapsulation_key_.data(),
          .hash = hash_.data()};
}

template <class P>
Result<DecapsulationKey<P>> DecapsulationKey<P>::generate(Random& random,
                                                          PqBackend backend) noexcept {
  Secret<kMlKemSeedSize> seed;
  if (auto filled = random.fill(seed.expose_mutable()); !filled) return propagate(filled);
  return Result<DecapsulationKey>(std::in_place, seed.expose().template first<kMlKemSeedSize>(),
                                  backend);
}

template <class P>
Result<DecapsulationKey<P>> DecapsulationKey<P>::from_seed(ByteView seed,
                                                           PqBackend backend) noexcept {
  if (seed.size() != kMlKemSeedSize) {
    return fail(ErrorCode::KeyMalformed, "ML-KEM seed of wrong length");
  }
  return Result<DecapsulationKey>(std::in_place, seed.template first<kMlKemSeedSize>(), backend);
}

template <class P>
Result<DecapsulationKey<P>> DecapsulationKey<P>::from_expanded(ByteView dk,
                                                               PqBackend backend) noexcept {
  if (dk.size() != kExpandedSize) {
    return fail(ErrorCode::KeyMalformed, "ML-KEM decapsulation key of wrong length");
  }
  const std::span<const std::uint8_t, kExpandedSize> octets(dk);
  Result<DecapsulationKey> result(std::in_place, Unfilled(), backend);
  DecapsulationKey& key = *result;
  std::ranges::copy(octets.template subspan<P::kVectorSize, P::kEncapsulationKeySize>(),
                    key.encapsulation_key_.begin());
  std::uint32_t sound = kernels<P>(backend).expand(dk.data(), key.parts());
  const auto stated_hash = octets.template last<64>().template first<32>();
  if (std::memcmp(key.hash_.data(), stated_hash.data(), stated_hash.size()) != 0) {  // both public
    return fail(ErrorCode::KeyMalformed, kWrongHash);
  }
  ct::declassify(&sound, sizeof sound);  // an unsound key is refused, for all to see
  if (sound == 0) return fail(ErrorCode::KeyMalformed, kUnreduced);
  key.z_ = Secret<32>(octets.template last<32>());
  return result;
}

template <class P>
void DecapsulationKey<P>::write_expanded(
    std::span<std::uint8_t, P::kDecapsulationKeySize> out) const noexcept {
  kernels<P>(backend_).encode_s(s_hat_->front().c.data(), out.data());
  auto at = std::ranges::copy(encapsulation_key_, out.begin() + P::kVectorSize).out;
  at = std::ranges::copy(hash_, at).out;
  std::ranges::copy(z_.expose(), at);
}

template <class P>
Result<MlKemSharedKey> DecapsulationKey<P>::decapsulate(ByteView ciphertext) const noexcept {
  if (ciphertext.size() != P::kCiphertextSize) {
    return fail(ErrorCode::InvalidKeyShare, "ML-KEM ciphertext of wrong length");
  }
  Result<MlKemSharedKey> result{std::in_place};
  kernels<P>(backend_).decapsulate({.s_hat = s_hat_->front().c.data(),
                                    .a_hat = a_hat_.front().front().c.data(),
                                    .ek = encapsulation_key_.data(),
                                    .hash = hash_.data()},
                                   z_.expose().data(), ciphertext.data(),
                                   result->expose_mutable().data());
  return result;
}

template <class P>
void MlKem<P>::key_gen(std::span<const std::uint8_t, kMlKemSeedSize> seed,
                       std::span<std::uint8_t, P::kEncapsulationKeySize> ek,
                       std::span<std::uint8_t, P::kDecapsulationKeySize> dk,
                       PqBackend backend) noexcept {
  Sensitive<mlkem::NttVector<P>> s_hat;
  mlkem::NttMatrix<P> a_hat;
  std::uint8_t* const hash = dk.data() + P::kVectorSize + P::kEncapsulationKeySize;
  kernels<P>(backend).key_gen(seed.data(), {.s_hat = s_hat->front().c.data(),
                                            .a_hat = a_hat.front().front().c.data(),
                                            .ek = ek.data(),
                                            .hash = hash});
  ct::declassify(ek.data(), ek.size());  // the public key
  ct::declassify(hash, 32);
  kernels<P>(backend).encode_s(s_hat->front().c.data(), dk.data());
  std::ranges::copy(ek, dk.begin() + P::kVectorSize);
  std::ranges::copy(seed.template last<32>(), dk.template last<32>().begin());
}

template <class P>
Result<void> MlKem<P>::encapsulate(ByteView ek, std::span<const std::uint8_t, kMlKemMessageSize> m,
                                   std::span<std::uint8_t, P::kCiphertextSize> ciphertext,
                                   std::span<std::uint8_t, kMlKemSharedKeySize> shared_key,
                                   PqBackend backend) noexcept {
  if (ek.size() != P::kEncapsulationKeySize) {
    return fail(ErrorCode::InvalidKeyShare, "ML-KEM key of wrong length");
  }
  const std::uint32_t sound =
      kernels<P>(backend).encapsulate(ek.data(), m.data(), ciphertext.data(), shared_key.data());
  ct::declassify(ciphertext.data(), ciphertext.size());  // goes to the peer
  if (sound == 0) {
    wipe(shared_key);
    return fail(ErrorCode::InvalidKeyShare, kUnreduced);
  }
  return {};
}

template <class P>
Result<void> MlKem<P>::decapsulate(ByteView dk, ByteView ciphertext,
                                   std::span<std::uint8_t, kMlKemSharedKeySize> shared_key,
                                   PqBackend backend) noexcept {
  std::ranges::fill(shared_key, std::uint8_t{0});
  if (dk.size() != P::kDecapsulationKeySize) {
    return fail(ErrorCode::KeyMalformed, "ML-KEM decapsulation key of wrong length");
  }
  if (ciphertext.size() != P::kCiphertextSize) {
    return fail(ErrorCode::InvalidKeyShare, "ML-KEM ciphertext of wrong length");
  }
  std::uint32_t sound =
      kernels<P>(backend).decapsulate_once(dk.data(), ciphertext.data(), shared_key.data());
  ct::declassify(&sound, sizeof sound);  // an unsound key is refused, for all to see
  if (sound == 0) {
    wipe(shared_key);
    // Which of the two it was; ek and its hash are public.
    const auto ek = dk.template subspan<P::kVectorSize, P::kEncapsulationKeySize>();
    std::array<std::uint8_t, 32> hash;
    sha3_256(ek, hash);
    const bool hash_right = ct_equal(hash, dk.subspan(P::kVectorSize + ek.size(), hash.size()));
    return fail(ErrorCode::KeyMalformed, hash_right ? kUnreduced : kWrongHash);
  }
  return {};
}

template class EncapsulationKey<MlKem512>;
template class EncapsulationKey<MlKem768>;
template class EncapsulationKey<MlKem1024>;
template class DecapsulationKey<MlKem512>;
template class DecapsulationKey<MlKem768>;
template class DecapsulationKey<MlKem1024>;
template struct MlKem<MlKem512>;
template struct MlKem<MlKem768>;
template struct MlKem<MlKem1024>;

}  // namespace nautilus::inline v0::crypto::pq
