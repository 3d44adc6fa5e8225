// ML-KEM (FIPS 203): key generation, encapsulation and decapsulation for the three parameter sets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <nautilus/bytes.hpp>
#include <nautilus/crypto/random.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

#include "crypto/pq/mlkem_kpke.hpp"
#include "crypto/pq/mlkem_params.hpp"
#include "crypto/pq/sensitive.hpp"

namespace nautilus::inline v0::crypto::pq {

/// d ‖ z, the form a private key is stored in.
inline constexpr std::size_t kMlKemSeedSize = 64;
inline constexpr std::size_t kMlKemSecretSize = 32;
using MlKemSecret = Secret<kMlKemSecretSize>;

/// A private key, expanded for use. Wiped on destruction; move-only.
template <class P>
class MlKemPrivateKey {
 public:
  /// ML-KEM.KeyGen_internal(d, z) (FIPS 203 algorithm 16).
  [[nodiscard]] static MlKemPrivateKey from_seed(
      std::span<const std::uint8_t, kMlKemSeedSize> seed) noexcept;
  /// Reads the expanded encoding. Fails with `KeyMalformed` on a wrong length, a coefficient out of
  /// range, or when the hash inside does not match (FIPS 203 §7.3).
  [[nodiscard]] static Result<MlKemPrivateKey> from_expanded(ByteView encoded) noexcept;

  [[nodiscard]] std::span<const std::uint8_t, P::kEncapsulationKeySize> encapsulation_key()
      const noexcept {
    return ek_;
  }
  /// dk: ŝ ‖ ek ‖ H(ek) ‖ z (FIPS 203 algorithm 16).
  void encode(std::span<std::uint8_t, P::kDecapsulationKeySize> out) const noexcept;

  /// ML-KEM.Decaps (FIPS 203 algorithm 21). Fails with `InvalidKeyShare` only for a wrong length; a
  /// ciphertext that was altered gives a pseudorandom secret instead.
  [[nodiscard]] Result<MlKemSecret> decapsulate(ByteView ciphertext) const noexcept;

 private:
  MlKemPrivateKey() noexcept = default;

  std::array<std::uint8_t, P::kEncapsulationKeySize> ek_{};
  std::array<std::uint8_t, 32> ek_hash_{};
  Secret<32> z_;
  Sensitive<mlkem::NttVector<P>> s_hat_;
};

/// What an encapsulation gives.
template <class P>
struct MlKemEncapsulation {
  std::array<std::uint8_t, P::kCiphertextSize> ciphertext{};
  MlKemSecret secret;
};

/// ML-KEM.Encaps (FIPS 203 algorithm 20) with the checks of §7.2. Fails with `InvalidKeyShare` for a
/// key of wrong length or with a coefficient not below q, `RandomFailure` without randomness.
template <class P>
[[nodiscard]] Result<MlKemEncapsulation<P>> mlkem_encapsulate(ByteView encapsulation_key,
                                                              Random& random) noexcept;

/// ML-KEM.Encaps_internal (FIPS 203 algorithm 17) with the same checks, for known answers: the
/// caller supplies the randomness.
template <class P>
[[nodiscard]] Result<MlKemEncapsulation<P>> mlkem_encapsulate_internal(
    ByteView encapsulation_key, std::span<const std::uint8_t, 32> m) noexcept;

}  // namespace nautilus::inline v0::crypto::pq
