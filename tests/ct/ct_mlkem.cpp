// ML-KEM with every secret marked as undefined: run under valgrind, which then reports each branch
// and each address that depends on one.
//
//     valgrind --error-exitcode=99 ct_mlkem portable|avx2|emulated
//
// or, built with MemorySanitizer and msan_model.hpp, run as it is with avx512.
#include <cstdio>
#include <cstring>
#include <string_view>

#include <valgrind/memcheck.h>

#include "core/ct.hpp"
#include "crypto/pq/mlkem.hpp"
#include "ct/still_secret.hpp"
#include "unit/crypto_pq/emulated_backend.hpp"

namespace {

using namespace nautilus;
using namespace nautilus::crypto::pq;

constexpr int kSkipped = 77;

int failures = 0;
void expect(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "ct_mlkem: %s\n", what);
  ++failures;
}

// The shared keys are public here, for comparison alone.
using SharedKey = std::array<std::uint8_t, kMlKemSharedKeySize>;
SharedKey revealed(ByteView secret) {
  SharedKey copy;
  std::memcpy(copy.data(), secret.data(), copy.size());
  ct::declassify(copy.data(), copy.size());
  return copy;
}

template <class P>
struct Inputs {
  std::array<std::uint8_t, kMlKemSeedSize> seed;
  std::array<std::uint8_t, kMlKemMessageSize> m;

  explicit Inputs(unsigned round) {
    for (std::size_t i = 0; i < seed.size(); ++i) {
      seed[i] = static_cast<std::uint8_t>(17 * i + round);
    }
    for (std::size_t i = 0; i < m.size(); ++i) m[i] = static_cast<std::uint8_t>(29 * i ^ round);
    ct::classify(seed.data(), seed.size());
    ct::classify(m.data(), m.size());
  }
};

template <class P>
void check_octets(PqBackend backend, unsigned round) {
  const Inputs<P> inputs(round);
  std::array<std::uint8_t, P::kEncapsulationKeySize> ek;
  std::array<std::uint8_t, P::kDecapsulationKeySize> dk;
  std::array<std::uint8_t, P::kCiphertextSize> ciphertext;
  SharedKey sent;
  SharedKey received;
  MlKem<P>::key_gen(inputs.seed, ek, dk, backend);
  for (std::size_t i = 0; i < P::k; ++i) {
    expect(test::still_secret(ByteView(dk).subspan(384 * i, 384)), "a secret lost in the key");
  }
  expect(MlKem<P>::encapsulate(ek, inputs.m, ciphertext, sent, backend).has_value(), "encaps");
  expect(test::still_secret(sent), "a secret lost in encapsulation");
  expect(MlKem<P>::decapsulate(dk, ciphertext, received, backend).has_value(), "decaps");
  expect(test::still_secret(received), "a secret lost in decapsulation");
  expect(revealed(sent) == revealed(received), "the keys differ");
  ciphertext[round] = static_cast<std::uint8_t>(ciphertext[round] ^ 0x20);
  expect(MlKem<P>::decapsulate(dk, ciphertext, received, backend).has_value(), "false decaps");
  expect(revealed(sent) != revealed(received), "the keys are equal");
}

template <class P>
void check_objects(PqBackend backend, unsigned round) {
  const Inputs<P> inputs(round);
  const DecapsulationKey<P> key(inputs.seed, backend);
  const auto peer = EncapsulationKey<P>::parse(key.encapsulation_key(), backend);
  expect(peer.has_value(), "parse");
  auto made = peer->encapsulate_with(inputs.m);
  const auto agreed = key.decapsulate(made.ciphertext);
  const auto sent = revealed(made.shared_key.expose());
  expect(revealed(agreed->expose()) == sent, "the keys differ");
  made.ciphertext.back() = static_cast<std::uint8_t>(made.ciphertext.back() ^ 1);
  const auto rejected = key.decapsulate(made.ciphertext);
  expect(revealed(rejected->expose()) != sent, "the keys are equal");

  std::array<std::uint8_t, P::kDecapsulationKeySize> dk;
  key.write_expanded(dk);
  const auto imported = DecapsulationKey<P>::from_expanded(dk, backend);
  expect(imported.has_value(), "import");
  const auto again = imported->decapsulate(made.ciphertext);
  expect(revealed(again->expose()) == revealed(rejected->expose()), "the imported key differs");
}

template <class P>
void check_set(PqBackend backend) {
  for (unsigned round = 0; round < 2; ++round) {
    check_octets<P>(backend, round);
    check_objects<P>(backend, round);
  }
}

Result<PqBackend> backend_named(std::string_view name) {
  if (name == "emulated") return test::emulated_backend();
  return PqBackend::find(name);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (RUNNING_ON_VALGRIND == 0) {
    std::fprintf(stderr, "ct_mlkem: not under valgrind, nothing would be checked\n");
    return 2;
  }
  const auto backend = backend_named(name);
  if (!backend) {
    std::fprintf(stderr, "ct_mlkem: %.*s: %s\n", static_cast<int>(name.size()), name.data(),
                 backend.error().detail);
    return backend.error().code == ErrorCode::BackendUnavailable ? kSkipped : 2;
  }
  expect(backend->name() == name, "another backend than asked for");
  check_set<MlKem512>(*backend);
  check_set<MlKem768>(*backend);
  check_set<MlKem1024>(*backend);
  std::printf("ct_mlkem: %.*s checked\n", static_cast<int>(name.size()), name.data());
  return failures == 0 ? 0 : 1;
}
