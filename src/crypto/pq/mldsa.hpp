// ML-DSA (FIPS 204), the signature scheme, for MlDsa44, MlDsa65 and MlDsa87. Pure ML-DSA and the
// variant where the caller brings μ; HashML-DSA is left out on purpose. No heap memory, secrets
// wiped; time depends on secrets only where FIPS 204 allows it: in how often signing starts anew.
// Key objects are some ten kilobytes of inline storage. Every function takes the backend that is to
// compute.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <nautilus/bytes.hpp>
#include <nautilus/crypto/random.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

#include "crypto/pq/mldsa_params.hpp"
#include "crypto/pq/pq_backend.hpp"
#include "crypto/pq/sensitive.hpp"

namespace nautilus::inline v0::crypto::pq {

/// Octets of the seed ξ, of the signing randomness rnd, of the message representative μ, and the
/// most that a context string may have.
inline constexpr std::size_t kMlDsaSeedSize = 32;
inline constexpr std::size_t kMlDsaRandomSize = 32;
inline constexpr std::size_t kMlDsaMuSize = 64;
inline constexpr std::size_t kMlDsaMaxContext = 255;

using MlDsaMu = std::array<std::uint8_t, kMlDsaMuSize>;
template <class P>
using MlDsaSignature = std::array<std::uint8_t, P::kSignatureSize>;

/// A public key with its matrix Â, expanded once.
template <class P>
class MlDsaPublicKey {
 public:
  static constexpr std::size_t kSize = P::kPublicKeySize;

  /// Fails with `KeyMalformed` when the length is wrong: every value of the right length is a key.
  [[nodiscard]] static Result<MlDsaPublicKey> parse(ByteView pk,
                                                    PqBackend backend = PqBackend::best()) noexcept;

  /// ML-DSA.Verify (FIPS 204 algorithm 3). Fails with `BadSignature`, the detail saying why, and
  /// with `ApiMisuse` for a context that is too long.
  [[nodiscard]] Result<void> verify(ByteView message, ByteView signature,
                                    ByteView context = {}) const noexcept;

  /// ML-DSA.Verify_internal (algorithm 8) with μ from outside.
  [[nodiscard]] Result<void> verify_mu(const MlDsaMu& mu, ByteView signature) const noexcept;

  /// μ for a message and a context, as a signer elsewhere may be given. Fails with `ApiMisuse` for
  /// a context that is too long.
  [[nodiscard]] Result<MlDsaMu> message_representative(ByteView message,
                                                       ByteView context = {}) const noexcept;

  /// The encoded key; valid as long as this object.
  [[nodiscard]] std::span<const std::uint8_t, P::kPublicKeySize> octets() const noexcept {
    return octets_;
  }

 private:
  explicit MlDsaPublicKey(PqBackend backend) noexcept : backend_(backend) {}

  PqBackend backend_;
  std::array<std::uint8_t, kSize> octets_;
  std::array<std::uint8_t, 64> tr_;
  std::array<mldsa::Poly, P::k> t1_hat_;  // NTT(-t1)
  std::array<mldsa::Poly, P::k * P::l> a_hat_;
};

namespace mldsa {

/// The secret vectors of a private key, ready for multiplication with a challenge.
template <class P>
struct SecretVectors {
  std::array<SmallPoly, P::l> s1;
  std::array<SmallPoly, P::k> s2;
  std::array<Poly, P::k> t0_hat;
};

}  // namespace mldsa

/// A private key with its public key and everything expanded once. Move-only; wiped on destruction
/// and when moved from (a moved-from key may only be destroyed or assigned to).
template <class P>
class MlDsaPrivateKey {
 public:
  static constexpr std::size_t kExpandedSize = P::kPrivateKeySize;

  /// ML-DSA.KeyGen_internal (FIPS 204 algorithm 6) from ξ, fresh random octets. The caller still
  /// owns, and wipes, `seed`.
  explicit MlDsaPrivateKey(std::span<const std::uint8_t, kMlDsaSeedSize> seed,
                           PqBackend backend = PqBackend::best()) noexcept;

  /// ML-DSA.KeyGen (algorithm 1). Fails only as `random` does.
  [[nodiscard]] static Result<MlDsaPrivateKey> generate(
      Random& random, PqBackend backend = PqBackend::best()) noexcept;

  /// Imports ξ. Fails with `KeyMalformed` when the length is wrong.
  [[nodiscard]] static Result<MlDsaPrivateKey> from_seed(
      ByteView seed, PqBackend backend = PqBackend::best()) noexcept;

  /// Imports the encoding of FIPS 204 algorithm 24. Fails with `KeyMalformed`, the detail saying
  /// why, when the length is wrong, when a coefficient of s1 or s2 is out of range, and when t0 or
  /// tr is not what follows from the rest.
  [[nodiscard]] static Result<MlDsaPrivateKey> from_expanded(
      ByteView sk, PqBackend backend = PqBackend::best()) noexcept;

  /// ML-DSA.Sign (algorithm 2), hedged: with 32 octets from `random`. Fails as `random` does and
  /// with `ApiMisuse` for a context that is too long.
  [[nodiscard]] Result<void> sign(ByteView message, Random& random, MlDsaSignature<P>& signature,
                                  ByteView context = {}) const noexcept;

  /// The deterministic variant of the same. Fails with `ApiMisuse` for a context that is too long.
  [[nodiscard]] Result<void> sign_deterministic(ByteView message, MlDsaSignature<P>& signature,
                                                ByteView context = {}) const noexcept;

  /// ML-DSA.Sign_internal (algorithm 7) with μ from outside; `rnd` is random, or zero for the
  /// deterministic variant.
  void sign_mu(const MlDsaMu& mu, std::span<const std::uint8_t, kMlDsaRandomSize> rnd,
               MlDsaSignature<P>& signature) const noexcept;

  /// μ for a message and a context. Fails with `ApiMisuse` for a context that is too long.
  [[nodiscard]] Result<MlDsaMu> message_representative(ByteView message,
                                                       ByteView context = {}) const noexcept;

  /// The encoded public key; valid as long as this object.
  [[nodiscard]] std::span<const std::uint8_t, P::kPublicKeySize> public_key() const noexcept {
    return public_key_;
  }

  /// ξ; empty where the key came in expanded form. Secret; valid as long as this object.
  [[nodiscard]] ByteView seed() const noexcept { return seed_.expose(); }

  /// The encoding of FIPS 204 algorithm 24. Secret; valid as long as this object.
  [[nodiscard]] std::span<const std::uint8_t, P::kPrivateKeySize> expanded() const noexcept {
    return *private_key_;
  }

  /// What computes here.
  [[nodiscard]] PqBackend backend() const noexcept { return backend_; }

 private:
  struct Unfilled {};

 public:
  /// For `from_expanded` alone, as its argument's type says.
  MlDsaPrivateKey(Unfilled /*unfilled*/, PqBackend backend) noexcept : backend_(backend) {}

 private:
  PqBackend backend_;
  BoundedSecret<kMlDsaSeedSize> seed_;
  Sensitive<std::array<std::uint8_t, P::kPrivateKeySize>> private_key_;
  std::array<std::uint8_t, P::kPublicKeySize> public_key_;
  Sensitive<mldsa::SecretVectors<P>> secrets_;
  std::array<mldsa::Poly, P::k * P::l> a_hat_;
};

/// The three operations from octets to octets, with nothing kept between calls.
template <class P>
struct MlDsa {
  /// ML-DSA.KeyGen_internal (FIPS 204 algorithm 6). `sk` is secret.
  static void key_gen(std::span<const std::uint8_t, kMlDsaSeedSize> seed,
                      std::span<std::uint8_t, P::kPublicKeySize> pk,
                      std::span<std::uint8_t, P::kPrivateKeySize> sk,
                      PqBackend backend = PqBackend::best()) noexcept;

  /// ML-DSA.Sign (algorithm 2) with the given randomness. Fails with `KeyMalformed` for a key of
  /// wrong length or with s1 or s2 out of range (nothing else of it is checked), and with
  /// `ApiMisuse` for a context that is too long.
  [[nodiscard]] static Result<void> sign(ByteView sk, ByteView message, ByteView context,
                                         std::span<const std::uint8_t, kMlDsaRandomSize> rnd,
                                         MlDsaSignature<P>& signature,
                                         PqBackend backend = PqBackend::best()) noexcept;

  /// ML-DSA.Verify (algorithm 3). Fails as `MlDsaPublicKey::parse` and `verify` do.
  [[nodiscard]] static Result<void> verify(ByteView pk, ByteView message, ByteView context,
                                           ByteView signature,
                                           PqBackend backend = PqBackend::best()) noexcept;
};

extern template class MlDsaPublicKey<MlDsa44>;
extern template class MlDsaPublicKey<MlDsa65>;
extern template class MlDsaPublicKey<MlDsa87>;
extern template class MlDsaPrivateKey<MlDsa44>;
extern template class MlDsaPrivateKey<MlDsa65>;
extern template class MlDsaPrivateKey<MlDsa87>;
extern template struct MlDsa<MlDsa44>;
extern template struct MlDsa<MlDsa65>;
extern template struct MlDsa<MlDsa87>;

}  // namespace nautilus::inline v0::crypto::pq
