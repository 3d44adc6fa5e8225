#include "crypto/pq/mldsa.hpp"

#include <algorithm>

#include "core/ct.hpp"
#include "crypto/pq/keccak.hpp"
#include "crypto/pq/mldsa_core.hpp"
#include "crypto/pq/mldsa_kernels.hpp"

namespace nautilus::inline v0::crypto::pq {
namespace {

const MlDsaKernels& kernels(PqBackend backend) noexcept {
  const MlDsaKernels* const chosen = backend.parts().mldsa;
  return chosen != nullptr ? *chosen : kMlDsaPortable;
}

constexpr const char* kWrongLength = "ML-DSA private key of wrong length";
constexpr const char* kOutOfRange = "ML-DSA private key with a coefficient out of range";

// μ = H(tr ‖ M', 64) with M' as in FIPS 204 algorithm 2, line 10.
Result<MlDsaMu> representative(PqBackend backend, ByteView tr, ByteView message,
                               ByteView context) noexcept {
  if (context.size() > kMlDsaMaxContext) {
    return fail(ErrorCode::ApiMisuse, "ML-DSA context longer than 255 octets");
  }
  const std::array<std::uint8_t, 2> head = {0, static_cast<std::uint8_t>(context.size())};
  Result<MlDsaMu> mu(std::in_place);
  // What TLS signs fits in here.
  Sensitive<std::array<std::uint8_t, 512>> whole;
  const std::size_t size = tr.size() + head.size() + context.size() + message.size();
  if (size <= whole->size()) {
    std::uint8_t* at = whole->data();
    for (const ByteView part : {tr, ByteView(head), context, message}) {
      at = std::ranges::copy(part, at).out;
    }
    kernels(backend).shake256(whole->data(), size, mu->data(), mu->size());
    return mu;
  }
  Shake256 h;
  h.absorb(tr);
  h.absorb(head);
  h.absorb(context);
  h.absorb(message);
  h.squeeze(*mu);
  return mu;
}

template <class P>
void expand_matrix(PqBackend backend, const std::uint8_t* rho, mldsa::Matrix<P>& a_hat,
                   const MlDsaHash* beside = nullptr) noexcept {
  kernels(backend).expand_a(rho, P::k, P::l, a_hat.front().c.data(), beside);
}

}  // namespace

template <class P>
Result<MlDsaPublicKey<P>> MlDsaPublicKey<P>::parse(ByteView pk, PqBackend backend) noexcept {
  if (pk.size() != kSize) return fail(ErrorCode::KeyMalformed, "ML-DSA public key of wrong length");
  Result<MlDsaPublicKey> result{MlDsaPublicKey(backend)};
  MlDsaPublicKey& key = *result;
  std::ranges::copy(pk, key.octets_.begin());
  mldsa::Core<P>::decode_t1(kernels(backend), pk.data(), key.t1_hat_);
  const MlDsaHash tr = {pk.data(), pk.size(), key.tr_.data(), key.tr_.size()};
  expand_matrix<P>(backend, pk.data(), key.a_hat_, &tr);
  return result;
}

template <class P>
Result<MlDsaMu> MlDsaPublicKey<P>::message_representative(ByteView message,
                                                          ByteView context) const noexcept {
  return representative(backend_, tr_, message, context);
}

template <class P>
Result<void> MlDsaPublicKey<P>::verify(ByteView message, ByteView signature,
                                       ByteView context) const noexcept {
  const auto mu = representative(backend_, tr_, message, context);
  if (!mu) return propagate(mu);
  return verify_mu(*mu, signature);
}

template <class P>
Result<void> MlDsaPublicKey<P>::verify_mu(const MlDsaMu& mu, ByteView signature) const noexcept {
  return mldsa::Core<P>::verify(kernels(backend_), a_hat_, t1_hat_, mu, signature);
}

template <class P>
MlDsaPrivateKey<P>::MlDsaPrivateKey(std::span<const std::uint8_t, kMlDsaSeedSize> seed,
                                    PqBackend backend) noexcept
    : backend_(backend), seed_(ByteView(seed)) {
  ct::classify(seed_.expose().data(), seed_.size());
  mldsa::Core<P>::key_gen(kernels(backend), seed_.expose().template first<kMlDsaSeedSize>(), a_hat_,
                          public_key_, *private_key_);
  // In range by construction.
  (void)mldsa::Core<P>::decode_secrets(kernels(backend), *private_key_, *secrets_);
}

template <class P>
Result<MlDsaPrivateKey<P>> MlDsaPrivateKey<P>::generate(Random& random,
                                                        PqBackend backend) noexcept {
  Secret<kMlDsaSeedSize> seed;
  if (auto filled = random.fill(seed.expose_mutable()); !filled) return propagate(filled);
  return Result<MlDsaPrivateKey>(std::in_place, seed.expose().template first<kMlDsaSeedSize>(),
                                 backend);
}

template <class P>
Result<MlDsaPrivateKey<P>> MlDsaPrivateKey<P>::from_seed(ByteView seed,
                                                         PqBackend backend) noexcept {
  if (seed.size() != kMlDsaSeedSize) {
    return fail(ErrorCode::KeyMalformed, "ML-DSA seed of wrong length");
  }
  return Result<MlDsaPrivateKey>(std::in_place, seed.template first<kMlDsaSeedSize>(), backend);
}

template <class P>
Result<MlDsaPrivateKey<P>> MlDsaPrivateKey<P>::from_expanded(ByteView sk,
                                                             PqBackend backend) noexcept {
  if (sk.size() != kExpandedSize) return fail(ErrorCode::KeyMalformed, kWrongLength);
  Result<MlDsaPrivateKey> result(std::in_place, Unfilled(), backend);
  MlDsaPrivateKey& key = *result;
  std::ranges::copy(sk, key.private_key_->begin());
  std::uint32_t sound =
      mldsa::Core<P>::decode_secrets(kernels(backend), *key.private_key_, *key.secrets_);
  ct::declassify(&sound, sizeof sound);  // an unsound key is refused, for all to see
  if (sound == 0) return fail(ErrorCode::KeyMalformed, kOutOfRange);
  std::uint32_t consistent =
      mldsa::Core<P>::recompute(kernels(backend), *key.private_key_, key.a_hat_, key.public_key_);
  ct::declassify(&consistent, sizeof consistent);
  if (consistent == 0) {
    return fail(ErrorCode::KeyMalformed, "ML-DSA private key whose parts disagree");
  }
  return result;
}

template <class P>
Result<MlDsaMu> MlDsaPrivateKey<P>::message_representative(ByteView message,
                                                           ByteView context) const noexcept {
  return representative(backend_, expanded().template subspan<mldsa::kTrOffset, 64>(), message,
                        context);
}

template <class P>
Result<void> MlDsaPrivateKey<P>::sign(ByteView message, Random& random,
                                      MlDsaSignature<P>& signature,
                                      ByteView context) const noexcept {
  const auto mu = message_representative(message, context);
  if (!mu) return propagate(mu);
  Secret<kMlDsaRandomSize> rnd;
  if (auto filled = random.fill(rnd.expose_mutable()); !filled) return propagate(filled);
  ct::classify(rnd.expose().data(), rnd.size());
  sign_mu(*mu, rnd.expose().template first<kMlDsaRandomSize>(), signature);
  return {};
}

template <class P>
Result<void> MlDsaPrivateKey<P>::sign_deterministic(ByteView message, MlDsaSignature<P>& signature,
                                                    ByteView context) const noexcept {
  const auto mu = message_representative(message, context);
  if (!mu) return propagate(mu);
  constexpr std::array<std::uint8_t, kMlDsaRandomSize> kZeros{};
  sign_mu(*mu, kZeros, signature);
  return {};
}

template <class P>
void MlDsaPrivateKey<P>::sign_mu(const MlDsaMu& mu,
                                 std::span<const std::uint8_t, kMlDsaRandomSize> rnd,
                                 MlDsaSignature<P>& signature) const noexcept {
  mldsa::Core<P>::sign(kernels(backend_), a_hat_, *secrets_,
                       expanded().template subspan<mldsa::kKeyOffset, 32>(), mu, rnd, signature);
}

template <class P>
void MlDsa<P>::key_gen(std::span<const std::uint8_t, kMlDsaSeedSize> seed,
                       std::span<std::uint8_t, P::kPublicKeySize> pk,
                       std::span<std::uint8_t, P::kPrivateKeySize> sk, PqBackend backend) noexcept {
  mldsa::Matrix<P> a_hat;
  mldsa::Core<P>::key_gen(kernels(backend), seed, a_hat, pk, sk);
}

template <class P>
Result<void> MlDsa<P>::sign(ByteView sk, ByteView message, ByteView context,
                            std::span<const std::uint8_t, kMlDsaRandomSize> rnd,
                            MlDsaSignature<P>& signature, PqBackend backend) noexcept {
  if (sk.size() != P::kPrivateKeySize) return fail(ErrorCode::KeyMalformed, kWrongLength);
  const mldsa::PrivateView<P> key(sk);
  const auto mu =
      representative(backend, key.template subspan<mldsa::kTrOffset, 64>(), message, context);
  if (!mu) return propagate(mu);
  Sensitive<mldsa::SecretVectors<P>> secrets;
  std::uint32_t sound = mldsa::Core<P>::decode_secrets(kernels(backend), key, *secrets);
  ct::declassify(&sound, sizeof sound);  // an unsound key is refused, for all to see
  if (sound == 0) return fail(ErrorCode::KeyMalformed, kOutOfRange);
  mldsa::Matrix<P> a_hat;
  expand_matrix<P>(backend, key.data(), a_hat);
  mldsa::Core<P>::sign(kernels(backend), a_hat, *secrets,
                       key.template subspan<mldsa::kKeyOffset, 32>(), *mu, rnd, signature);
  return {};
}

template <class P>
Result<void> MlDsa<P>::verify(ByteView pk, ByteView message, ByteView context, ByteView signature,
                              PqBackend backend) noexcept {
  const auto key = MlDsaPublicKey<P>::parse(pk, backend);
  if (!key) return propagate(key);
  return key->verify(message, signature, context);
}

template class MlDsaPublicKey<MlDsa44>;
template class MlDsaPublicKey<MlDsa65>;
template class MlDsaPublicKey<MlDsa87>;
template class MlDsaPrivateKey<MlDsa44>;
template class MlDsaPrivateKey<MlDsa65>;
template class MlDsaPrivateKey<MlDsa87>;
template struct MlDsa<MlDsa44>;
template struct MlDsa<MlDsa65>;
template struct MlDsa<MlDsa87>;

}  // namespace nautilus::inline v0::crypto::pq
