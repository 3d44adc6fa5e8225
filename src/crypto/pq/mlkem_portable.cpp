// The kernels in plain C++: FIPS 203 as it is written, over Kpke.
#include <algorithm>
#include <cstring>

#include "core/ct.hpp"
#include "crypto/pq/keccak.hpp"
#include "crypto/pq/mlkem_kernels.hpp"
#include "crypto/pq/mlkem_kpke.hpp"
#include "crypto/pq/sensitive.hpp"

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

Octets32 octets32(const std::uint8_t* at) noexcept { return Octets32(at, 32); }

template <class P>
struct Portable {
  using Vector = mlkem::NttVector<P>;
  using Matrix = mlkem::NttMatrix<P>;

  // The arrays of the interface are the storage of these very types.
  static Vector& vector_at(std::int16_t* at) noexcept { return *reinterpret_cast<Vector*>(at); }
  static const Vector& vector_at(const std::int16_t* at) noexcept {
    return *reinterpret_cast<const Vector*>(at);
  }
  static Matrix& matrix_at(std::int16_t* at) noexcept { return *reinterpret_cast<Matrix*>(at); }
  static mlkem::VectorView<P> encoded(const std::uint8_t* at) noexcept {
    return mlkem::VectorView<P>(at, P::kVectorSize);
  }
  static std::span<std::uint8_t, 32> hash_at(std::uint8_t* at) noexcept {
    return std::span<std::uint8_t, 32>(at, 32);
  }

  static void key_gen(const std::uint8_t* d, MlKemKeyParts key) noexcept {
    const mlkem::EncapsulationKeySpan<P> ek(key.ek, P::kEncapsulationKeySize);
    Kpke<P>::key_gen(octets32(d), ek, vector_at(key.s_hat), matrix_at(key.a_hat));
    sha3_256(ek, hash_at(key.hash));
  }

  static std::uint32_t expand(const std::uint8_t* dk_pke, MlKemKeyParts key) noexcept {
    sha3_256(ByteView(key.ek, P::kEncapsulationKeySize), hash_at(key.hash));
    Kpke<P>::expand_matrix(octets32(key.ek + P::kVectorSize), matrix_at(key.a_hat));
    return check_ek(key.ek) & Kpke<P>::decode_vector(encoded(dk_pke), vector_at(key.s_hat));
  }

  static void encode_s(const std::int16_t* s_hat, std::uint8_t* out) noexcept {
    Kpke<P>::encode_vector(vector_at(s_hat), mlkem::VectorSpan<P>(out, P::kVectorSize));
  }

  static std::uint32_t check_ek(const std::uint8_t* ek) noexcept {
    Vector t_hat;
    return Kpke<P>::decode_vector(encoded(ek), t_hat);
  }

  static std::uint32_t encapsulate(const std::uint8_t* ek, const std::uint8_t* m,
                                   std::uint8_t* ciphertext, std::uint8_t* shared_key) noexcept {
    Vector t_hat;
    const std::uint32_t sound = Kpke<P>::decode_vector(encoded(ek), t_hat);
    std::array<std::uint8_t, 32> hash;
    sha3_256(ByteView(ek, P::kEncapsulationKeySize), hash);
    Sensitive<KeyAndCoins> derived;
    derive_key_and_coins(octets32(m), hash, *derived);
    Kpke<P>::encrypt(t_hat, octets32(ek + P::kVectorSize), octets32(m), derived->coins(),
                     mlkem::CiphertextSpan<P>(ciphertext, P::kCiphertextSize));
    std::ranges::copy(derived->key(), shared_key);
    return sound;
  }

  // Algorithm 18, line by line.
  static void decapsulate(MlKemKeyView key, const std::uint8_t* z, const std::uint8_t* ciphertext,
                          std::uint8_t* shared_key) noexcept {
    const mlkem::CiphertextView<P> c(ciphertext, P::kCiphertextSize);
    Sensitive<std::array<std::uint8_t, 32>> m;
    Kpke<P>::decrypt(vector_at(key.s_hat), c, *m);
    Sensitive<KeyAndCoins> derived;
    derive_key_and_coins(*m, octets32(key.hash), *derived);

    // K' = J(z ‖ c), what a false ciphertext gets.
    Shake256 j;
    j.absorb(octets32(z));
    j.absorb(c);
    j.squeeze(ByteSpan(shared_key, 32));

    Vector t_hat;
    (void)Kpke<P>::decode_vector(encoded(key.ek), t_hat);
    Sensitive<std::array<std::uint8_t, P::kCiphertextSize>> again;
    Kpke<P>::encrypt(t_hat, *reinterpret_cast<const Matrix*>(key.a_hat), *m, derived->coins(),
                     *again);

    std::uint32_t difference = 0;
    for (std::size_t i = 0; i < c.size(); ++i) {
      difference |= static_cast<std::uint32_t>(c[i] ^ (*again)[i]);
    }
    const std::uint32_t equal = ~ct::mask_nonzero(difference);
    ct::conditional_copy(equal, shared_key, derived->key().data(), 32);
  }

  static std::uint32_t decapsulate_once(const std::uint8_t* dk, const std::uint8_t* ciphertext,
                                        std::uint8_t* shared_key) noexcept {
    struct Public {
      Matrix a_hat;
      std::array<std::uint8_t, P::kEncapsulationKeySize> ek;
      std::array<std::uint8_t, 32> hash;
    } space;
    Sensitive<Vector> s_hat;
    std::memcpy(space.ek.data(), dk + P::kVectorSize, space.ek.size());
    const std::uint32_t sound = expand(dk, {.s_hat = s_hat->front().c.data(),
                                            .a_hat = space.a_hat.front().front().c.data(),
                                            .ek = space.ek.data(),
                                            .hash = space.hash.data()});
    const std::uint8_t* const stated_hash = dk + P::kVectorSize + P::kEncapsulationKeySize;
    const bool hash_right = std::memcmp(space.hash.data(), stated_hash, 32) == 0;  // both public
    decapsulate({.s_hat = s_hat->front().c.data(),
                 .a_hat = space.a_hat.front().front().c.data(),
                 .ek = space.ek.data(),
                 .hash = space.hash.data()},
                stated_hash + 32, ciphertext, shared_key);
    return hash_right ? sound : 0;
  }

  static constexpr MlKemKernels kKernels = {key_gen,     expand,      encode_s,        check_ek,
                                            encapsulate, decapsulate, decapsulate_once};
};

}  // namespace

const MlKemKernelSet kMlKemPortable = {Portable<MlKem512>::kKernels, Portable<MlKem768>::kKernels,
                                       Portable<MlKem1024>::kKernels};

void wipe_memory(void* at, std::size_t size) noexcept {
  wipe({static_cast<std::uint8_t*>(at), size});
}

void declassify_memory(const void* at, std::size_t size) noexcept { ct::declassify(at, size); }

}  // namespace nautilus::inline v0::crypto::pq
