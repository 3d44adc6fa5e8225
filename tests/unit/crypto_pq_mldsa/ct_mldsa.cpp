// ML-DSA with every secret marked as undefined: run under valgrind, which then reports each branch
// and each address that depends on one.
//
//     valgrind --error-exitcode=99 ct_mldsa portable|avx2|emulated
//
// or, built with MemorySanitizer and msan_model.hpp, run as it is with avx512.
#include <cstdio>
#include <string_view>

#include "core/ct.hpp"
#include "crypto/pq/mldsa.hpp"
#include "ct/still_secret.hpp"
#include "unit/crypto_pq/emulated_backend.hpp"

namespace {

using namespace nautilus;
using namespace nautilus::crypto::pq;

constexpr int kSkipped = 77;

int failures = 0;
void expect(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "ct_mldsa: %s\n", what);
  ++failures;
}

template <class P>
void check(PqBackend backend, unsigned round) {
  std::array<std::uint8_t, kMlDsaSeedSize> seed;
  std::array<std::uint8_t, kMlDsaRandomSize> rnd;
  for (std::size_t i = 0; i < seed.size(); ++i) {
    seed[i] = static_cast<std::uint8_t>(17 * i + round);
    rnd[i] = static_cast<std::uint8_t>(29 * i ^ round);
  }
  ct::classify(seed.data(), seed.size());
  ct::classify(rnd.data(), rnd.size());
  const std::array<std::uint8_t, 1> message = {static_cast<std::uint8_t>(round)};

  std::array<std::uint8_t, P::kPublicKeySize> pk;
  std::array<std::uint8_t, P::kPrivateKeySize> sk;
  MlDsaSignature<P> signature;
  MlDsa<P>::key_gen(seed, pk, sk, backend);
  const auto expect_secret = [&](std::size_t at, std::size_t size) {
    expect(test::still_secret(ByteView(sk).subspan(at, size)), "a secret lost in the key");
  };
  expect_secret(32, 32);
  std::size_t at = 128;
  for (std::size_t i = 0; i < P::k + P::l; ++i, at += mldsa::packed_size(P::kEtaBits)) {
    expect_secret(at, mldsa::packed_size(P::kEtaBits));
  }
  for (; at < sk.size(); at += mldsa::packed_size(mldsa::kD)) {
    expect_secret(at, mldsa::packed_size(mldsa::kD));
  }
  expect(MlDsa<P>::sign(sk, message, {}, rnd, signature, backend).has_value(), "signing");
  expect(MlDsa<P>::verify(pk, message, {}, signature, backend).has_value(), "verification");

  const MlDsaPrivateKey<P> key(seed, backend);
  expect(key.sign_deterministic(message, signature).has_value(), "signing with a kept key");
  expect(MlDsa<P>::verify(pk, message, {}, signature, backend).has_value(), "its verification");

  auto loaded = MlDsaPrivateKey<P>::from_expanded(sk, backend);
  expect(loaded.has_value(), "import of an expanded key");
  sk[P::kPrivateKeySize - 1] ^= 1;
  expect(!MlDsaPrivateKey<P>::from_expanded(sk, backend).has_value(), "refusal of a wrong key");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const bool emulated = std::string_view(arguments[1]) == "emulated";
  const auto backend =
      emulated ? Result<PqBackend>(test::emulated_backend()) : PqBackend::find(arguments[1]);
  if (!backend) {
    std::fprintf(stderr, "ct_mldsa: %s: %s; NOT run\n", arguments[1], backend.error().detail);
    return kSkipped;
  }
  expect(backend->parts().mldsa != nullptr, "the backend has no kernels of its own");
  for (unsigned round = 0; round < 3; ++round) {
    check<MlDsa44>(*backend, round);
    check<MlDsa65>(*backend, round);
    check<MlDsa87>(*backend, round);
  }
  return failures == 0 ? 0 : 1;
}
