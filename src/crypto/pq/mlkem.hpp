// ML-KEM (FIPS 203), the key encapsulation mechanism, for MlKem512, MlKem768 and MlKem1024.
// Constant time in everything secret, no heap memory, secrets wiped. Key objects are some kilobytes
// of inline storage. What lies on the wire and in key files is checked on import, so the objects
// themselves are always sound. Every function takes the backend that is to compute.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <nautilus/bytes.hpp>
#include <nautilus/crypto/random.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

#include "crypto/pq/mlkem_kernels.hpp"
#include "crypto/pq/mlkem_params.hpp"
#include "crypto/pq/mlkem_poly.hpp"
#include "crypto/pq/pq_backend.hpp"
#include "crypto/pq/sensitive.hpp"

namespace nautilus::inline v0::crypto::pq {

/// Octets of the seed d ‖ z, of the message m and of the shared key K.
inline constexpr std::size_t kMlKemSeedSize = 64;
inline constexpr std::size_t kMlKemMessageSize = 32;
inline constexpr std::size_t kMlKemSharedKeySize = 32;

using MlKemSharedKey = Secret<kMlKemSharedKeySize>;

/// What encapsulation gives: the ciphertext for the peer and the key that both will share.
template <class P>
struct Encapsulation {
  std::array<std::uint8_t, P::kCiphertextSize> ciphertext;
  MlKemSharedKey shared_key;
};

/// A checked encapsulation key.
template <class P>
class EncapsulationKey {
 public:
  static constexpr std::size_t kSize = P::kEncapsulationKeySize;

  /// Checks a key (FIPS 203 §7.2: length and modulus). Fails with `InvalidKeyShare`.
  [[nodiscard]] static Result<EncapsulationKey> parse(
      ByteView ek, PqBackend backend = PqBackend::best()) noexcept;

  /// ML-KEM.Encaps (FIPS 203 algorithm 20). Fails only as `random` does.
  [[nodiscard]] Result<Encapsulation<P>> encapsulate(Random& random) const noexcept;

  /// ML-KEM.Encaps_internal (FIPS 203 algorithm 17), for tests: `m` must be fresh random octets.
  [[nodiscard]] Encapsulation<P> encapsulate_with(
      std::span<const std::uint8_t, kMlKemMessageSize> m) const noexcept;

 private:
  explicit EncapsulationKey(PqBackend backend) noexcept : backend_(backend) {}

  PqBackend backend_;
  std::array<std::uint8_t, kSize> octets_;
};

/// A decapsulation key with its encapsulation key. Holds ŝ and Â expanded, so that decapsulation
/// repeats nothing that key generation did. Move-only; wiped on destruction and when moved from (a
/// moved-from key may only be destroyed or assigned to).
template <class P>
class DecapsulationKey {
 public:
  static constexpr std::size_t kExpandedSize = P::kDecapsulationKeySize;

  /// ML-KEM.KeyGen_internal (FIPS 203 algorithm 16) from d ‖ z, 64 fresh random octets. The caller
  /// still owns, and wipes, `seed`.
  explicit DecapsulationKey(std::span<const std::uint8_t, kMlKemSeedSize> seed,
                            PqBackend backend = PqBackend::best()) noexcept;

  /// ML-KEM.KeyGen (FIPS 203 algorithm 19). Fails only as `random` does.
  [[nodiscard]] static Result<DecapsulationKey> generate(
      Random& random, PqBackend backend = PqBackend::best()) noexcept;

  /// Imports the 64-octet form d ‖ z. Fails with `KeyMalformed` when the length is wrong.
  [[nodiscard]] static Result<DecapsulationKey> from_seed(
      ByteView seed, PqBackend backend = PqBackend::best()) noexcept;

  /// Imports the expanded form (FIPS 203 §7.3: length and hash). Fails with `KeyMalformed`, also
  /// when a coefficient is not below q, which key generation never makes.
  [[nodiscard]] static Result<DecapsulationKey> from_expanded(
      ByteView dk, PqBackend backend = PqBackend::best()) noexcept;

  /// The encoded encapsulation key; valid as long as this object.
  [[nodiscard]] std::span<const std::uint8_t, P::kEncapsulationKeySize> encapsulation_key()
      const noexcept {
    return encapsulation_key_;
  }

  /// d ‖ z; empty where the key came in expanded form. Secret; valid as long as this object.
  [[nodiscard]] ByteView seed() const noexcept { return seed_.expose(); }

  /// Writes the expanded form dk_PKE ‖ ek ‖ H(ek) ‖ z. Secret.
  void write_expanded(std::span<std::uint8_t, P::kDecapsulationKeySize> out) const noexcept;

  /// ML-KEM.Decaps (FIPS 203 algorithm 21). Fails with `InvalidKeyShare` when the ciphertext's
  /// length is wrong. A ciphertext that nobody made for this key gives a pseudorandom key, by
  /// design without any sign of it.
  [[nodiscard]] Result<MlKemSharedKey> decapsulate(ByteView ciphertext) const noexcept;

  /// What computes here.
  [[nodiscard]] PqBackend backend() const noexcept { return backend_; }

 private:
  struct Unfilled {};

 public:
  /// For `from_expanded` alone, as its argument's type says.
  DecapsulationKey(Unfilled /*unfilled*/, PqBackend backend) noexcept : backend_(backend) {}

 private:
  [[nodiscard]] MlKemKeyParts parts() noexcept;

  PqBackend backend_;
  Sensitive<mlkem::NttVector<P>> s_hat_;
  Secret<32> z_;
  BoundedSecret<kMlKemSeedSize> seed_;
  std::array<std::uint8_t, P::kEncapsulationKeySize> encapsulation_key_;
  std::array<std::uint8_t, 32> hash_;  // H(ek)
  mlkem::NttMatrix<P> a_hat_;
};

/// The three operations from octets to octets, with nothing kept between calls: for a key that is
/// used once, decapsulation costs a third less than by way of an object.
template <class P>
struct MlKem {
  /// ML-KEM.KeyGen_internal (FIPS 203 algorithm 16) from d ‖ z. `dk` is secret.
  static void key_gen(std::span<const std::uint8_t, kMlKemSeedSize> seed,
                      std::span<std::uint8_t, P::kEncapsulationKeySize> ek,
                      std::span<std::uint8_t, P::kDecapsulationKeySize> dk,
                      PqBackend backend = PqBackend::best()) noexcept;

  /// ML-KEM.Encaps_internal (algorithm 17) after the checks of §7.2; `m` must be fresh random
  /// octets. Fails with `InvalidKeyShare`; the outputs then mean nothing.
  [[nodiscard]] static Result<void> encapsulate(
      ByteView ek, std::span<const std::uint8_t, kMlKemMessageSize> m,
      std::span<std::uint8_t, P::kCiphertextSize> ciphertext,
      std::span<std::uint8_t, kMlKemSharedKeySize> shared_key,
      PqBackend backend = PqBackend::best()) noexcept;

  /// ML-KEM.Decaps_internal (algorithm 18) after the checks of §7.3 and of the coefficients. Fails
  /// with `KeyMalformed` for a wrong key and with `InvalidKeyShare` for a ciphertext of wrong
  /// length; `shared_key` is then zero.
  [[nodiscard]] static Result<void> decapsulate(
      ByteView dk, ByteView ciphertext, std::span<std::uint8_t, kMlKemSharedKeySize> shared_key,
      PqBackend backend = PqBackend::best()) noexcept;
};

extern template class EncapsulationKey<MlKem512>;
extern template class EncapsulationKey<MlKem768>;
extern template class EncapsulationKey<MlKem1024>;
extern template class DecapsulationKey<MlKem512>;
extern template class DecapsulationKey<MlKem768>;
extern template class DecapsulationKey<MlKem1024>;
extern template struct MlKem<MlKem512>;
extern template struct MlKem<MlKem768>;
extern template struct MlKem<MlKem1024>;

}  // namespace nautilus::inline v0::crypto::pq
