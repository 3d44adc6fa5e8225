// ML-DSA on every backend this machine has: each gives the same verdict, down to its reason, on
// arbitrary and on altered keys, messages and signatures, and makes the same signatures.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "crypto/pq/mldsa.hpp"
#include "support.hpp"

namespace nautilus::fuzz {
namespace {

using namespace crypto::pq;

struct Verdict {
  bool valid = false;
  ErrorCode code = ErrorCode::Unreachable;
  std::string_view detail;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

void alter(ByteSpan octets, Choices& choices) {
  for (std::uint8_t left = choices.u8() % 8; left > 0; --left) {
    const std::size_t at = choices.u16();
    const std::uint8_t change = choices.u8();
    octets[at % octets.size()] ^= change;
  }
}

template <class P>
struct Outcome {
  std::array<std::uint8_t, P::kPublicKeySize> pk{};
  std::array<std::uint8_t, P::kPrivateKeySize> sk{};
  MlDsaSignature<P> signature{};
  Verdict signing;
  Verdict verifying;
  Verdict importing;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

template <class R>
Verdict verdict(const R& result) {
  if (result) return {true, {}, {}};
  return {false, result.error().code, result.error().detail};
}

template <class P>
void run(PqBackend backend, Choices choices, Outcome<P>& out) {
  const std::uint8_t what = choices.u8();
  std::array<std::uint8_t, kMlDsaSeedSize> seed{};
  seed[0] = choices.u8();
  const ByteVector context = to_vector(choices.bytes(choices.u8() % 4));
  const ByteVector message = to_vector(choices.bytes(choices.u8()));
  MlDsa<P>::key_gen(seed, out.pk, out.sk, backend);

  auto pk = out.pk;
  auto sk = out.sk;
  if ((what & 1) != 0) alter(sk, choices);
  const bool sign = (what & 2) == 0;
  if (sign) {
    const std::array<std::uint8_t, kMlDsaRandomSize> rnd{};
    out.signing = verdict(MlDsa<P>::sign(sk, message, context, rnd, out.signature, backend));
    if (!out.signing.valid) out.signature.fill(0);
  }
  out.importing = verdict(MlDsaPrivateKey<P>::from_expanded(sk, backend));
  auto signature = out.signature;
  if (!sign) {
    const ByteView octets = choices.bytes(signature.size());
    std::ranges::copy(octets, signature.begin());
  }
  if ((what & 4) != 0) alter(signature, choices);
  if ((what & 8) != 0) alter(pk, choices);
  const std::size_t size =
      (what & 16) != 0 ? signature.size() - choices.u8() % 3 : signature.size();
  out.verifying =
      verdict(MlDsa<P>::verify(pk, message, context, ByteView(signature).first(size), backend));
  if ((what & 31) == 0) require(out.signing.valid && out.verifying.valid, "our own signature");
  if (signature != out.signature || size != signature.size()) {
    // Found by chance only; and ML-DSA's signatures have no second form.
    require(!out.verifying.valid || pk != out.pk, "no other signature");
  }
}

template <class P>
void compare(Choices choices) {
  static const auto backends = PqBackend::all();
  const auto first = std::make_unique<Outcome<P>>();
  run<P>(backends.front(), choices, *first);
  for (std::size_t i = 1; i < backends.size(); ++i) {
    const auto other = std::make_unique<Outcome<P>>();
    run<P>(backends[i], choices, *other);
    require(*other == *first, "the same on every backend");
  }
}

}  // namespace
}  // namespace nautilus::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nautilus;
  fuzz::Choices choices(ByteView(data, size));
  switch (choices.u8() % 3) {
    case 0:
      fuzz::compare<crypto::pq::MlDsa44>(choices);
      break;
    case 1:
      fuzz::compare<crypto::pq::MlDsa65>(choices);
      break;
    default:
      fuzz::compare<crypto::pq::MlDsa87>(choices);
      break;
  }
  return 0;
}
