// ML-KEM on every backend this machine has: each gives the same octets, or refuses the same, for
// keys that are generated, imported or altered, and for ciphertexts that nobody made.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "crypto/pq/mlkem.hpp"
#include "support.hpp"

namespace nautilus::fuzz {
namespace {

using namespace crypto::pq;

template <class Octets>
void fill(Octets& out, ByteView from) {
  std::ranges::fill(out, std::uint8_t{0});
  std::copy_n(from.begin(), std::min(from.size(), out.size()), out.begin());
}

/// Alters a few octets, as the input says.
void alter(ByteSpan octets, Choices& choices) {
  for (std::uint8_t left = choices.u8() % 8; left > 0; --left) {
    const std::size_t at = choices.u16();
    const std::uint8_t change = choices.u8();
    octets[at % octets.size()] ^= change;
  }
}

/// What one backend makes of one input.
template <class P>
struct Outcome {
  std::array<std::uint8_t, P::kEncapsulationKeySize> ek{};
  std::array<std::uint8_t, P::kDecapsulationKeySize> dk{};
  std::optional<ErrorCode> encapsulation;
  std::array<std::uint8_t, P::kCiphertextSize> ciphertext{};
  std::array<std::uint8_t, kMlKemSharedKeySize> sent{};
  std::optional<ErrorCode> decapsulation;
  std::array<std::uint8_t, kMlKemSharedKeySize> received{};
  std::optional<ErrorCode> imported;
  std::array<std::uint8_t, kMlKemSharedKeySize> by_object{};
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

template <class P>
void run(PqBackend backend, Choices choices, Outcome<P>& out) {
  const std::uint8_t what = choices.u8();
  std::array<std::uint8_t, kMlKemSeedSize> seed;
  fill(seed, choices.bytes(seed.size()));
  std::array<std::uint8_t, kMlKemMessageSize> message;
  fill(message, choices.bytes(message.size()));
  MlKem<P>::key_gen(seed, out.ek, out.dk, backend);

  auto ek = out.ek;
  if ((what & 1) != 0) alter(ek, choices);
  const auto encapsulated = MlKem<P>::encapsulate(ek, message, out.ciphertext, out.sent, backend);
  if (!encapsulated) {
    out.encapsulation = encapsulated.error().code;
    require(*out.encapsulation == ErrorCode::InvalidKeyShare, "InvalidKeyShare");
    out.ciphertext.fill(0);
    out.sent.fill(0);
  }
  auto ciphertext = out.ciphertext;
  if ((what & 2) != 0) alter(ciphertext, choices);
  // As a whole from the input, for what no alteration of few octets reaches.
  if ((what & 8) != 0) fill(ciphertext, choices.bytes(ciphertext.size()));
  auto dk = out.dk;
  if ((what & 4) != 0) alter(dk, choices);
  const auto decapsulated = MlKem<P>::decapsulate(dk, ciphertext, out.received, backend);
  if (!decapsulated) out.decapsulation = decapsulated.error().code;
  if ((what & 15) == 0) {
    require(encapsulated && decapsulated && out.sent == out.received, "both hold the same key");
  }

  const auto object = DecapsulationKey<P>::from_expanded(dk, backend);
  if (!object) {
    out.imported = object.error().code;
    require(*out.imported == ErrorCode::KeyMalformed, "KeyMalformed");
  } else {
    const auto key = object->decapsulate(ciphertext);
    require(key.has_value(), "a ciphertext of that length");
    std::ranges::copy(key->expose(), out.by_object.begin());
  }
  require(decapsulated.has_value() == object.has_value(), "both ways refuse the same keys");
  if (object) require(out.by_object == out.received, "both ways give the same key");
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
      fuzz::compare<crypto::pq::MlKem512>(choices);
      break;
    case 1:
      fuzz::compare<crypto::pq::MlKem768>(choices);
      break;
    default:
      fuzz::compare<crypto::pq::MlKem1024>(choices);
      break;
  }
  return 0;
}
