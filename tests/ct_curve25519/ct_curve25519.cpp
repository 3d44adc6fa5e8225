// X25519 and Ed25519 signing with every secret marked as undefined: run under valgrind, which then
// reports each branch and each address that depends on one, or built with MemorySanitizer, which
// does so for the backend that valgrind cannot run (tests/ct/msan_model.hpp).
//
//     valgrind --error-exitcode=99 ct_curve25519 portable|adx|emulated
//     ct_curve25519 ifma
#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <valgrind/memcheck.h>

#include "core/ct.hpp"
#include "crypto/curve25519/ed25519.hpp"
#include "crypto/curve25519/inverse.hpp"
#include "crypto/curve25519/scalar.hpp"
#include "crypto/curve25519/x25519.hpp"
#include "crypto/openssl/digest.hpp"
#include "unit/crypto/fixed_random.hpp"
#include "unit/crypto_curve25519/emulated_backend.hpp"
#ifdef NAUTILUS_MSAN_MODEL
#include "poisoned_ifma.hpp"
#endif

namespace {

using namespace nautilus;
using namespace nautilus::crypto::curve25519;

constexpr int kSkipped = 77;
using Octets = std::array<std::uint8_t, 32>;

int failures = 0;
void expect(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "ct_curve25519: %s\n", what);
  ++failures;
}

Octets secret_octets(unsigned round) {
  Octets secret;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    secret[i] = static_cast<std::uint8_t>(37 * i + 11 * round + 1);
  }
  ct::classify(secret.data(), secret.size());
  return secret;
}

/// SHA-512 of secrets. libcrypto is not built with the sanitizer, which therefore does not know
/// what its digests are made of.
HashAlgorithm secret_sha512() {
  HashAlgorithm sha512 = crypto::openssl::sha512();
  sha512.finish = [](void* state, std::uint8_t* digest) noexcept {
    crypto::openssl::sha512().finish(state, digest);
    ct::classify(digest, crypto::openssl::sha512().digest_size);
  };
  return sha512;
}

/// Public here, for comparison alone.
Octets revealed(ByteView secret) {
  Octets copy;
  std::memcpy(copy.data(), secret.data(), copy.size());
  ct::declassify(copy.data(), copy.size());
  return copy;
}

void check_kernels(const Kernels& kernels, unsigned round) {
  const Octets scalar = secret_octets(round);
  Octets nine{};
  nine[0] = 9;
  Octets by_ladder{};
  Octets by_tables{};
  kernels.x25519(by_ladder, scalar, nine);
  kernels.x25519_base(by_tables, scalar);
  expect(revealed(by_ladder) == revealed(by_tables), "ladder and tables differ");
  Octets encoded{};
  kernels.edwards_base(encoded, clamped(scalar));
#ifdef NAUTILUS_MSAN_MODEL
  for (const Octets& result : {by_ladder, by_tables, encoded}) {
    expect(msan_model_follows(result.data(), result.size()), "the sanitizer has lost track");
  }
#endif
  expect(revealed(encoded) != Octets{}, "no point");
}

void check_group(Backend backend, unsigned round) {
  const auto group = x25519_group(backend);
  const Octets client_secret = secret_octets(round);
  const Octets server_secret = secret_octets(round + 1);
  test::FixedRandom client_random(ByteVector(client_secret.begin(), client_secret.end()));
  test::FixedRandom server_random(ByteVector(server_secret.begin(), server_secret.end()));
  const auto client = group->start(client_random).value();
  const auto server = group->respond(client->share(), server_random);
  expect(server.has_value(), "no answer");
  const auto secret = client->complete(server->share);
  expect(secret.has_value(), "no secret");
  expect(revealed(secret->expose()) == revealed(server->secret.expose()), "the secrets differ");
  expect(!client->complete(ByteVector(32, 0)), "a share of small order passed");
}

void check_signing(Backend backend, unsigned round) {
  const Octets seed = secret_octets(round);
  static const HashAlgorithm sha512 = secret_sha512();
  const Ed25519PrivateKey key(seed, sha512, backend);
  const ByteVector message(50 * round, 7);
  const Ed25519Signature signature = key.sign(message);
  const Ed25519PublicKey peer(key.public_key(), crypto::openssl::sha512(), backend);
  expect(peer.verify(message, signature).has_value(), "the signature is not valid");
}

void check_numbers(unsigned round) {
  Words a = canonical(load_words(secret_octets(round)));
  Words b = inverse(a);
  b = inverse(b);
  ct::declassify(&a, sizeof a);
  ct::declassify(&b, sizeof b);
  expect(a == b, "inverses differ");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (RUNNING_ON_VALGRIND == 0) {
    std::fprintf(stderr, "ct_curve25519: not under valgrind, nothing would be checked\n");
    return 2;
  }
  Result<Backend> backend = Backend::find(name);
  if (name == "emulated") backend = test::emulated_curve25519();
#ifdef NAUTILUS_CURVE25519_X86
  // valgrind runs the instructions but has a CPUID of its own that does not tell.
  if (name == "adx") backend = Backend(kAdxKernels);
#endif
#ifdef NAUTILUS_MSAN_MODEL
  if (name == "ifma" && __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("avx512vl"))
    backend = test::poisoned_curve25519();
#endif
  if (!backend) {
    std::fprintf(stderr, "ct_curve25519: %.*s: %s\n", static_cast<int>(name.size()), name.data(),
                 backend.error().detail);
    return backend.error().code == ErrorCode::BackendUnavailable ? kSkipped : 2;
  }
  expect(backend->name() == name, "another backend than asked for");
  for (unsigned round = 0; round < 3; ++round) {
    check_kernels(backend->kernels(), round);
    check_group(*backend, round);
    check_signing(*backend, round);
    check_numbers(round);
  }
  if (failures == 0) std::printf("ct_curve25519 [%s]: no leak\n", backend->name().data());
  return failures == 0 ? 0 : 1;
}
