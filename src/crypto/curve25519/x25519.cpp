#include "crypto/curve25519/x25519.hpp"

#include <array>
#include <utility>

#include "core/ct.hpp"
#include "crypto/curve25519/kernels.hpp"

namespace nautilus::inline v0::crypto::curve25519 {
namespace {

constexpr std::size_t kSize = 32;

class KeyPair {
 public:
  /// A key that is not there yet: `generate` fills it.
  explicit KeyPair(Backend backend) noexcept : backend_(backend) {}

  [[nodiscard]] Result<void> generate(Random& random) {
    if (auto filled = random.fill(scalar_.expose_mutable()); !filled) return propagate(filled);
    ct::classify(scalar_.expose().data(), kSize);
    backend_.kernels().x25519_base(share_, octets());
    ct::declassify(share_.data(), kSize);  // it is sent
    return {};
  }

  [[nodiscard]] ByteView share() const noexcept { return share_; }

  [[nodiscard]] Result<SharedSecret> agree(ByteView peer_share) const noexcept {
    if (peer_share.size() != kSize) {
      return fail(ErrorCode::InvalidKeyShare, "X25519 share of the wrong length");
    }
    SharedSecret secret(kSize);
    backend_.kernels().x25519(secret.expose_mutable().first<kSize>(), octets(),
                              peer_share.first<kSize>());
    static constexpr std::array<std::uint8_t, kSize> kZero{};
    // Every string is a point; the result tells those of small order (RFC 9846 §7.4.2).
    bool zero = ct_equal(secret.expose(), kZero);
    ct::declassify(&zero, sizeof zero);  // the alert tells it
    if (zero) {
      return fail(ErrorCode::InvalidKeyShare, "X25519 share of small order");
    }
    return secret;
  }

 private:
  [[nodiscard]] Octets32 octets() const noexcept { return scalar_.expose().first<kSize>(); }

  Secret<kSize> scalar_;
  std::array<std::uint8_t, kSize> share_{};
  Backend backend_;
};

class X25519KeyExchange final : public ActiveKeyExchange {
 public:
  explicit X25519KeyExchange(KeyPair pair) noexcept : pair_(std::move(pair)) {}
  [[nodiscard]] ByteView share() const noexcept override { return pair_.share(); }
  [[nodiscard]] Result<SharedSecret> complete(ByteView server_share) override {
    return pair_.agree(server_share);
  }

 private:
  KeyPair pair_;
};

class X25519Group final : public KeyExchangeGroup {
 public:
  explicit X25519Group(Backend backend) noexcept : backend_(backend) {}
  [[nodiscard]] NamedGroup id() const noexcept override { return NamedGroup::x25519; }
  [[nodiscard]] std::string_view backend() const noexcept override { return "nautilus"; }
  [[nodiscard]] std::size_t client_share_size() const noexcept override { return kSize; }
  [[nodiscard]] std::size_t server_share_size() const noexcept override { return kSize; }

  [[nodiscard]] Result<std::unique_ptr<ActiveKeyExchange>> start(Random& random) const override {
    KeyPair pair(backend_);
    if (auto made = pair.generate(random); !made) return propagate(made);
    return std::make_unique<X25519KeyExchange>(std::move(pair));
  }

  [[nodiscard]] Result<KeyExchangeResult> respond(ByteView client_share,
                                                  Random& random) const override {
    if (client_share.size() != kSize) {
      return fail(ErrorCode::InvalidKeyShare, "X25519 share of the wrong length");
    }
    KeyPair pair(backend_);
    if (auto made = pair.generate(random); !made) return propagate(made);
    Result<SharedSecret> secret = pair.agree(client_share);
    if (!secret) return propagate(secret);
    return KeyExchangeResult{to_vector(pair.share()), std::move(*secret)};
  }

 private:
  Backend backend_;
};

}  // namespace

std::shared_ptr<const KeyExchangeGroup> x25519_group(Backend backend) {
  return std::make_shared<const X25519Group>(backend);
}

}  // namespace nautilus::inline v0::crypto::curve25519
