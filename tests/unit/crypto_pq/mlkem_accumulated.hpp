#pragma once

#include <string>

#include <gtest/gtest.h>

#include "crypto/pq/keccak.hpp"
#include "crypto/pq/mlkem.hpp"
#include "unit/crypto_pq/hex.hpp"

namespace nautilus::test {

/// One digest over `iterations` key generations, encapsulations and decapsulations, the latter of
/// sound and of random ciphertexts. Every input comes from one SHAKE-128 stream over the empty
/// message: d ‖ z, m, a random ciphertext. Absorbed are ek, ct, K and the key for the random one.
template <class P>
std::string mlkem_accumulated(int iterations, crypto::pq::PqBackend backend) {
  crypto::pq::Shake128 inputs;
  crypto::pq::Shake128 outputs;
  for (int i = 0; i < iterations; ++i) {
    std::array<std::uint8_t, 64> seed;
    std::array<std::uint8_t, 32> m;
    std::array<std::uint8_t, P::kCiphertextSize> random_ciphertext;
    inputs.squeeze(seed);
    inputs.squeeze(m);
    inputs.squeeze(random_ciphertext);

    const crypto::pq::DecapsulationKey<P> key(seed, backend);
    outputs.absorb(key.encapsulation_key());
    const auto peer = crypto::pq::EncapsulationKey<P>::parse(key.encapsulation_key(), backend);
    if (!peer) return "the encapsulation key was refused";
    const auto made = peer->encapsulate_with(m);
    outputs.absorb(made.ciphertext);
    outputs.absorb(made.shared_key.expose());

    const auto agreed = key.decapsulate(made.ciphertext);
    if (!agreed || !ct_equal(agreed->expose(), made.shared_key.expose())) return "keys differ";
    const auto rejected = key.decapsulate(random_ciphertext);
    if (!rejected) return "a random ciphertext was refused";
    outputs.absorb(rejected->expose());
  }
  std::array<std::uint8_t, 32> digest;
  outputs.squeeze(digest);
  return to_hex(digest);
}

}  // namespace nautilus::test
