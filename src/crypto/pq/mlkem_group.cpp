#include "crypto/pq/mlkem_group.hpp"

#include "crypto/pq/mlkem.hpp"

namespace nautilus::inline v0::crypto::pq {
namespace {

template <class P>
class MlKemExchange final : public ActiveKeyExchange {
 public:
  explicit MlKemExchange(MlKemPrivateKey<P> key) noexcept : key_(std::move(key)) {}

  [[nodiscard]] ByteView share() const noexcept override { return key_.encapsulation_key(); }

  Result<SharedSecret> complete(ByteView server_share) override {
    auto secret = key_.decapsulate(server_share);
    if (!secret) return propagate(secret);
    return SharedSecret(secret->expose());
  }

 private:
  MlKemPrivateKey<P> key_;
};

template <class P>
class MlKemGroup final : public KeyExchangeGroup {
 public:
  explicit MlKemGroup(NamedGroup id) noexcept : id_(id) {}

  [[nodiscard]] NamedGroup id() const noexcept override { return id_; }
  [[nodiscard]] std::string_view backend() const noexcept override { return "nautilus portable"; }
  [[nodiscard]] std::size_t client_share_size() const noexcept override {
    return P::kEncapsulationKeySize;
  }
  [[nodiscard]] std::size_t server_share_size() const noexcept override {
    return P::kCiphertextSize;
  }

  Result<std::unique_ptr<ActiveKeyExchange>> start(Random& random) const override {
    Secret<kMlKemSeedSize> seed;
    if (auto r = random.fill(seed.expose_mutable()); !r) return propagate(r);
    return std::make_unique<MlKemExchange<P>>(
        MlKemPrivateKey<P>::from_seed(seed.expose().template first<kMlKemSeedSize>()));
  }

  Result<KeyExchangeResult> respond(ByteView client_share, Random& random) const override {
    auto out = mlkem_encapsulate<P>(client_share, random);
    if (!out) return propagate(out);
    return KeyExchangeResult{to_vector(out->ciphertext), SharedSecret(out->secret.expose())};
  }

 private:
  NamedGroup id_;
};

}  // namespace

std::shared_ptr<const KeyExchangeGroup> mlkem_group(NamedGroup id) {
  switch (id) {
    case NamedGroup::MLKEM512: return std::make_shared<MlKemGroup<MlKem512>>(id);
    case NamedGroup::MLKEM768: return std::make_shared<MlKemGroup<MlKem768>>(id);
    case NamedGroup::MLKEM1024: return std::make_shared<MlKemGroup<MlKem1024>>(id);
    default: return nullptr;
  }
}

}  // namespace nautilus::inline v0::crypto::pq
