// Our Curve25519 on every backend this machine has, against libcrypto: X25519 for any scalar and
// any share, Ed25519 keys, signatures, and verdicts on anything.
#include <algorithm>
#include <array>
#include <optional>

#include "crypto/curve25519/backend.hpp"
#include "crypto/curve25519/ed25519.hpp"
#include "crypto/curve25519/ed25519_keys.hpp"
#include "crypto/curve25519/x25519.hpp"
#include "crypto/openssl/digest.hpp"
#include "crypto/openssl/key_load.hpp"
#include "crypto/openssl/x25519.hpp"
#include "support.hpp"

namespace nautilus::fuzz {
namespace {

using namespace crypto::curve25519;
using Octets = std::array<std::uint8_t, 32>;

Octets octets(Choices& choices) {
  Octets out{};
  std::ranges::copy(choices.bytes(out.size()), out.begin());
  return out;
}

/// Yields the same octets for ever.
class OneKey final : public Random {
 public:
  explicit OneKey(const Octets& key) : key_(key) {}
  Result<void> fill(ByteSpan out) noexcept override {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = key_[i % key_.size()];
    return {};
  }

 private:
  Octets key_;
};

/// Our share and the secret, or nothing where the peer's share is refused.
struct Exchange {
  ByteVector share;
  std::optional<ByteVector> as_client;
  std::optional<ByteVector> as_server;
  friend bool operator==(const Exchange&, const Exchange&) = default;
};

Exchange exchange(const KeyExchangeGroup& group, const Octets& key, ByteView peer) {
  OneKey random(key);
  Exchange out;
  const auto active = group.start(random);
  require(active.has_value(), "a key");
  out.share = to_vector((*active)->share());
  const auto client = (*active)->complete(peer);
  const auto server = group.respond(peer, random);
  for (const auto* error :
       {client ? nullptr : &client.error(), server ? nullptr : &server.error()}) {
    require(error == nullptr || error->code == ErrorCode::InvalidKeyShare, "InvalidKeyShare");
  }
  if (client) out.as_client = to_vector(client->expose());
  if (server) {
    out.as_server = to_vector(server->secret.expose());
    require(server->share == out.share, "one key, one share");
  }
  require(out.as_client == out.as_server, "client and server compute the same");
  return out;
}

void compare_x25519(Choices& choices) {
  const Octets key = octets(choices);
  ByteVector peer = to_vector(choices.bytes(32));
  if (choices.flag()) peer.resize(32);
  const auto theirs = exchange(*crypto::openssl::x25519_group(), key, peer);
  for (const Backend backend : Backend::all()) {
    require(exchange(*x25519_group(backend), key, peer) == theirs, "X25519 as libcrypto has it");
  }
}

ByteVector ed25519_spki(const Octets& key) {
  ByteVector out{0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00};
  out.insert(out.end(), key.begin(), key.end());
  return out;
}

/// libcrypto does not refuse points of small order nor encodings that are not canonical; we do.
bool theirs_is_laxer(const Octets& key) {
  const Ed25519PublicKey parsed(key, crypto::openssl::sha512(), Backend::portable());
  return !parsed.usable();
}

void compare_verdicts(const Octets& key, ByteView message, ByteView signature) {
  const auto loaded = crypto::openssl::key_loader()->load_public_key(ed25519_spki(key));
  require(loaded.has_value(), "any 32 octets load");
  const bool theirs = (*loaded)->verify(SignatureScheme::ed25519, message, signature).has_value();
  std::optional<std::string_view> detail;
  for (const Backend backend : Backend::all()) {
    const Ed25519PublicKey ours(key, crypto::openssl::sha512(), backend);
    const auto verdict = ours.verify(message, signature);
    if (theirs_is_laxer(key)) {
      require(!verdict, "an unusable key verifies nothing");
    } else {
      require(verdict.has_value() == theirs, "the verdict is libcrypto's");
    }
    const std::string_view why = verdict ? "" : verdict.error().detail;
    require(!detail || *detail == why, "the same reason on every backend");
    detail = why;
  }
}

void compare_ed25519(Choices& choices) {
  const Octets seed = octets(choices);
  const std::uint8_t what = choices.u8();
  const std::uint16_t at = choices.u16();
  const std::uint8_t flip = choices.u8();
  const ByteView message = choices.all();

  ByteVector pkcs8{0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                   0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
  pkcs8.insert(pkcs8.end(), seed.begin(), seed.end());
  const auto theirs = crypto::openssl::key_loader()->load_private_key(pkcs8);
  require(theirs.has_value(), "any seed loads");
  OneKey random(seed);
  const auto expected = (*theirs)->sign(SignatureScheme::ed25519, message, random);
  require(expected.has_value() && expected->has_value(), "libcrypto signs");
  Ed25519PublicOctets public_key{};
  for (const Backend backend : Backend::all()) {
    const Ed25519PrivateKey ours(seed, crypto::openssl::sha512(), backend);
    const ByteVector spki = ed25519_spki(ours.public_key());
    require(std::ranges::equal(spki, (*theirs)->public_key()), "the public key");
    require(std::ranges::equal(ours.sign(message), **expected), "the signature");
    public_key = ours.public_key();
  }
  ByteVector signature = **expected;
  if ((what & 1) != 0) signature[at % signature.size()] ^= flip;
  if ((what & 2) != 0) public_key[at % public_key.size()] ^= flip;
  if ((what & 4) != 0) signature.resize(signature.size() - 1 - at % 4);
  compare_verdicts(public_key, message, signature);
}

void compare_anything(Choices& choices) {
  const Octets key = octets(choices);
  const ByteVector signature = to_vector(choices.bytes(64));
  compare_verdicts(key, choices.all(), signature);
}

}  // namespace
}  // namespace nautilus::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nautilus;
  fuzz::Choices choices(ByteView(data, size));
  switch (choices.u8() % 3) {
    case 0:
      fuzz::compare_x25519(choices);
      break;
    case 1:
      fuzz::compare_ed25519(choices);
      break;
    default:
      fuzz::compare_anything(choices);
      break;
  }
  return 0;
}
