// ML-DSA and ML-KEM for a foreign peer to talk to: one request per run, all octets in hexadecimal.
//
//     pq_peer BACKEND mldsa-key    44|65|87          SEED                   -> SPKI, PKCS#8
//     pq_peer BACKEND mldsa-sign   44|65|87          SEED MESSAGE CONTEXT   -> signature
//     pq_peer BACKEND mldsa-load   -                 PKCS#8 MESSAGE         -> SPKI, signature
//     pq_peer BACKEND mldsa-verify 44|65|87          SPKI MESSAGE CONTEXT SIGNATURE
//     pq_peer BACKEND mlkem-key    512|768|1024      SEED                   -> ek
//     pq_peer BACKEND mlkem-encaps 512|768|1024      ek RANDOM              -> ciphertext, key
//     pq_peer BACKEND mlkem-decaps 512|768|1024      SEED CIPHERTEXT        -> key
//
// What follows the set comes line by line from the standard input; the answer goes to the standard
// output in the same way. Exit status 1: refused, the reason on the standard error.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/pq/mldsa.hpp"
#include "crypto/pq/mldsa_keys.hpp"
#include "crypto/pq/mlkem.hpp"

namespace {

using namespace nautilus;
using namespace nautilus::crypto::pq;

[[noreturn]] void refuse(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  std::exit(1);
}

template <class T>
T& need(Result<T>& result) {
  if (!result) refuse(result.error().detail);
  return *result;
}

ByteVector next() {
  std::string line;
  if (!std::getline(std::cin, line) || line.size() % 2 != 0) refuse("a line is missing");
  ByteVector octets(line.size() / 2);
  for (std::size_t i = 0; i < octets.size(); ++i) {
    octets[i] = static_cast<std::uint8_t>(std::stoi(line.substr(2 * i, 2), nullptr, 16));
  }
  return octets;
}

void answer(ByteView octets) {
  for (const std::uint8_t octet : octets) std::printf("%02x", octet);
  std::printf("\n");
}

template <std::size_t Size>
std::array<std::uint8_t, Size> exactly(const ByteVector& octets) {
  if (octets.size() != Size) refuse("a line of wrong length");
  std::array<std::uint8_t, Size> copy;
  std::ranges::copy(octets, copy.begin());
  return copy;
}

/// Random octets, drawn by nobody: the other side checks, it does not predict.
class Counting final : public Random {
 public:
  Result<void> fill(ByteSpan out) noexcept override {
    for (std::uint8_t& octet : out) octet = next_++;
    return {};
  }

 private:
  std::uint8_t next_ = 1;
};

class NoOthers final : public KeyLoader {
 public:
  [[nodiscard]] Result<std::shared_ptr<const SigningKey>> load_private_key(
      ByteView) const override {
    return fail(ErrorCode::UnsupportedAlgorithm, "not ML-DSA");
  }
  [[nodiscard]] Result<std::shared_ptr<const VerificationKey>> load_public_key(
      ByteView) const override {
    return fail(ErrorCode::UnsupportedAlgorithm, "not ML-DSA");
  }
};

void mldsa_load(PqBackend backend) {
  const ByteVector pkcs8 = next();
  const ByteVector message = next();
  auto key = mldsa_key_loader(std::make_shared<NoOthers>(), backend)->load_private_key(pkcs8);
  const auto& signer = need(key);
  answer(signer->public_key());
  Counting random;
  auto signature = signer->sign(signer->schemes()[0], message, random);
  if (!signature) refuse("signing does not answer at once");
  answer(need(*signature));
}

template <class P>
void mldsa(std::string_view what, PqBackend backend) {
  if (what == "mldsa-verify") {
    const ByteVector spki = next();
    auto loaded = mldsa_key_loader(std::make_shared<NoOthers>(), backend)->load_public_key(spki);
    (void)need(loaded);
    auto key = MlDsaPublicKey<P>::parse(ByteView(spki).last(P::kPublicKeySize), backend);
    const ByteVector message = next();
    const ByteVector context = next();
    const ByteVector signature = next();
    const auto verified = need(key).verify(message, signature, context);
    if (!verified) refuse(verified.error().detail);
    return;
  }
  const auto seed = exactly<kMlDsaSeedSize>(next());
  const auto key = std::make_unique<MlDsaPrivateKey<P>>(seed, backend);
  if (what == "mldsa-key") {
    answer(mldsa_spki<P>(key->public_key()));
    answer(mldsa_pkcs8<P>(seed).expose());
    return;
  }
  const ByteVector message = next();
  const ByteVector context = next();
  MlDsaSignature<P> signature;
  Counting random;
  const auto made = key->sign(message, random, signature, context);
  if (!made) refuse(made.error().detail);
  answer(signature);
}

template <class P>
void mlkem(std::string_view what, PqBackend backend) {
  if (what == "mlkem-encaps") {
    const ByteVector ek = next();
    const auto random = exactly<kMlKemMessageSize>(next());
    std::array<std::uint8_t, P::kCiphertextSize> ciphertext;
    std::array<std::uint8_t, kMlKemSharedKeySize> key;
    const auto made = MlKem<P>::encapsulate(ek, random, ciphertext, key, backend);
    if (!made) refuse(made.error().detail);
    answer(ciphertext);
    answer(key);
    return;
  }
  const DecapsulationKey<P> key(exactly<kMlKemSeedSize>(next()), backend);
  if (what == "mlkem-key") {
    answer(key.encapsulation_key());
    return;
  }
  auto shared = key.decapsulate(next());
  answer(need(shared).expose());
}

bool run(std::string_view what, std::string_view set, PqBackend backend) {
  if (what == "mldsa-load") return mldsa_load(backend), true;
  if (set == "44") return mldsa<MlDsa44>(what, backend), true;
  if (set == "65") return mldsa<MlDsa65>(what, backend), true;
  if (set == "87") return mldsa<MlDsa87>(what, backend), true;
  if (set == "512") return mlkem<MlKem512>(what, backend), true;
  if (set == "768") return mlkem<MlKem768>(what, backend), true;
  if (set == "1024") return mlkem<MlKem1024>(what, backend), true;
  return false;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) refuse("usage: pq_peer BACKEND REQUEST SET");
  auto backend = PqBackend::find(arguments[1]);
  if (!backend && backend.error().code == ErrorCode::BackendUnavailable) return 77;
  if (!run(arguments[2], arguments[3], need(backend))) refuse("unknown set");
  return 0;
}
