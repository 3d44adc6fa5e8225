// Reading keys: PEM text, private keys (PKCS#8, SEC 1, PKCS #1) and SubjectPublicKeyInfo, by the
// loaders of the default provider. A private key that loads signs, and its public half verifies
// that; a public key that loads verifies no arbitrary octets.
#include <algorithm>
#include <array>

#include <nautilus/providers/default.hpp>

#include "fake_provider.hpp"
#include "pki/pem.hpp"
#include "support.hpp"

namespace nautilus::fuzz {
namespace {

bool same(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

const KeyLoader& loader() {
  static const auto provider = default_provider();
  return *provider->keys;
}

/// What a loader may fail with.
void require_load_error(const Error& error) {
  require(error.code == ErrorCode::KeyMalformed || error.code == ErrorCode::UnsupportedAlgorithm,
          "KeyMalformed or UnsupportedAlgorithm");
}

void load_public(ByteView spki) {
  const auto key = loader().load_public_key(spki);
  if (!key) return require_load_error(key.error());
  require(!(*key)->schemes().empty() && !(*key)->description().empty(), "what it is");
  const ByteVector message(40, 0x20);
  const std::size_t size = std::min<std::size_t>(spki.size(), 512);
  for (const SignatureScheme scheme : (*key)->schemes()) {
    for (const ByteView signature : {ByteView(), ByteView(message), spki.first(size)}) {
      const auto verified = (*key)->verify(scheme, message, signature);
      require(!verified && verified.error().code == ErrorCode::BadSignature, "no signature");
    }
  }
  const auto other = (*key)->verify(static_cast<SignatureScheme>(0xFFFF), message, message);
  require(!other && other.error().code == ErrorCode::UnsupportedAlgorithm, "no scheme");
}

void load_private(ByteView der) {
  const auto key = loader().load_private_key(der);
  if (!key) return require_load_error(key.error());
  require(!(*key)->schemes().empty() && !(*key)->description().empty(), "what it is");
  const auto verifier = loader().load_public_key((*key)->public_key());
  require(verifier.has_value(), "its public half loads");
  FixedRandom random;
  const ByteVector message(40, 0x20);
  for (const SignatureScheme scheme : (*key)->schemes()) {
    const auto signature = (*key)->sign(scheme, message, random);
    require(signature.has_value() && signature->has_value(), "it signs");
    require((*verifier)->verify(scheme, message, **signature).has_value(), "rightly");
  }
}

void read_pem(ByteView text) {
  const auto blocks = pki::parse_pem(as_text(text));
  if (!blocks) {
    require(blocks.error().code == ErrorCode::PemMalformed, "PemMalformed");
    return;
  }
  std::size_t keys = 0;
  for (const pki::PemBlock& block : *blocks) {
    const SecretBytes encoded = pki::encode_pem(block.label, block.data.expose());
    const auto again = pki::parse_pem(as_text(encoded.expose()));
    require(again && again->size() == 1, "one block");
    require(again->front().label == block.label, "its label");
    require(same(again->front().data.expose(), block.data.expose()), "its octets");
    if (++keys > 2) continue;
    if (block.label.ends_with("PRIVATE KEY")) load_private(block.data.expose());
    if (block.label == "PUBLIC KEY") load_public(block.data.expose());
  }
}

void encode_any(ByteView octets) {
  const SecretBytes encoded = pki::encode_pem("ANY", octets);
  const auto blocks = pki::parse_pem(as_text(encoded.expose()));
  require(blocks && blocks->size() == 1, "one block");
  require(same(blocks->front().data.expose(), octets), "its octets");
}

}  // namespace
}  // namespace nautilus::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nautilus;
  fuzz::Choices choices(ByteView(data, size));
  switch (choices.u8() % 4) {
    case 0:
      fuzz::read_pem(choices.all());
      break;
    case 1:
      fuzz::load_private(choices.all());
      break;
    case 2:
      fuzz::load_public(choices.all());
      break;
    default:
      fuzz::encode_any(choices.all());
      break;
  }
  return 0;
}
