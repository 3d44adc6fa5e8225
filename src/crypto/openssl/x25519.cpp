#include "crypto/openssl/x25519.hpp"

#include <array>

#include "crypto/openssl/ossl_ptr.hpp"

namespace nautilus::inline v0::crypto::openssl {
namespace {

constexpr std::size_t kSize = 32;

struct KeyPair {
  PkeyPtr key;
  std::array<std::uint8_t, kSize> share;
};

Result<KeyPair> generate(Random& random) {
  Secret<kSize> scalar;
  if (auto filled = random.fill(scalar.expose_mutable()); !filled) return propagate(filled);
  KeyPair pair;
  pair.key.reset(
      EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, scalar.expose().data(), kSize));
  std::size_t size = kSize;
  if (!pair.key || EVP_PKEY_get_raw_public_key(pair.key.get(), pair.share.data(), &size) != 1 ||
      size != kSize) {
    return fail(ErrorCode::CryptoFailure, "libcrypto: X25519 key generation failed");
  }
  return pair;
}

Result<SharedSecret> agree(EVP_PKEY* own, ByteView peer_share) {
  if (peer_share.size() != kSize) {
    return fail(ErrorCode::InvalidKeyShare, "X25519 share of the wrong length");
  }
  const PkeyPtr peer(
      EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, peer_share.data(), kSize));
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr));
  // No validation of the peer's key: every string is a point; the result tells (RFC 9846 §7.4.2).
  if (!peer || !context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer_ex(context.get(), peer.get(), 0) != 1) {
    return fail(ErrorCode::CryptoFailure, "libcrypto: X25519 set-up failed");
  }
  SharedSecret secret(kSize);
  std::size_t size = kSize;
  static constexpr std::array<std::uint8_t, kSize> kZero{};
  if (EVP_PKEY_derive(context.get(), secret.expose_mutable().data(), &size) != 1 || size != kSize ||
      ct_equal(secret.expose(), kZero)) {
    return fail(ErrorCode::InvalidKeyShare, "X25519 share of small order");
  }
  return secret;
}

class X25519KeyExchange final : public ActiveKeyExchange {
 public:
  explicit X25519KeyExchange(KeyPair pair) noexcept : pair_(std::move(pair)) {}
  [[nodiscard]] ByteView share() const noexcept override { return pair_.share; }
  [[nodiscard]] Result<SharedSecret> complete(ByteView server_share) override {
    const ErrorScope errors;
    return agree(pair_.key.get(), server_share);
  }

 private:
  KeyPair pair_;
};

class X25519Group final : public KeyExchangeGroup {
 public:
  [[nodiscard]] NamedGroup id() const noexcept override { return NamedGroup::x25519; }
  [[nodiscard]] std::string_view backend() const noexcept override { return "libcrypto"; }
  [[nodiscard]] std::size_t client_share_size() const noexcept override { return kSize; }
  [[nodiscard]] std::size_t server_share_size() const noexcept override { return kSize; }

  [[nodiscard]] Result<std::unique_ptr<ActiveKeyExchange>> start(Random& random) const override {
    const ErrorScope errors;
    Result<KeyPair> pair = generate(random);
    if (!pair) return propagate(pair);
    return std::make_unique<X25519KeyExchange>(std::move(*pair));
  }

  [[nodiscard]] Result<KeyExchangeResult> respond(ByteView client_share,
                                                  Random& random) const override {
    if (client_share.size() != kSize) {
      return fail(ErrorCode::InvalidKeyShare, "X25519 share of the wrong length");
    }
    const ErrorScope errors;
    const Result<KeyPair> pair = generate(random);
    if (!pair) return propagate(pair);
    Result<SharedSecret> secret = agree(pair->key.get(), client_share);
    if (!secret) return propagate(secret);
    return KeyExchangeResult{to_vector(pair->share), std::move(*secret)};
  }
};

}  // namespace

std::shared_ptr<const KeyExchangeGroup> x25519_group() {
  return std::make_shared<const X25519Group>();
}

}  // namespace nautilus::inline v0::crypto::openssl
