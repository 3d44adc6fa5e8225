#include "crypto/pq/mlkem_group.hpp"

#include <utility>

#include "crypto/pq/mlkem.hpp"

namespace nautilus::inline v0::crypto::pq {
namespace {

template <class P>
class ActiveMlKem final : public ActiveKeyExchange {
 public:
  ActiveMlKem(std::span<const std::uint8_t, kMlKemSeedSize> seed, PqBackend backend) noexcept
      : key_(seed, backend) {}

  [[nodiscard]] ByteView share() const noexcept override { return key_.encapsulation_key(); }

  [[nodiscard]] Result<SharedSecret> complete(ByteView server_share) override {
    auto key = key_.decapsulate(server_share);
    if (!key) return propagate(key);
    return SharedSecret(key->expose());
  }

 private:
  DecapsulationKey<P> key_;
};

template <class P, NamedGroup Id>
class MlKemGroup final : public KeyExchangeGroup {
 public:
  explicit MlKemGroup(PqBackend backend) noexcept : backend_(backend) {}

  [[nodiscard]] NamedGroup id() const noexcept override { return Id; }
  [[nodiscard]] std::string_view backend() const noexcept override { return "nautilus"; }
  [[nodiscard]] std::size_t client_share_size() const noexcept override {
    return P::kEncapsulationKeySize;
  }
  [[nodiscard]] std::size_t server_share_size() const noexcept override {
    return P::kCiphertextSize;
  }

  [[nodiscard]] Result<std::unique_ptr<ActiveKeyExchange>> start(Random& random) const override {
    Secret<kMlKemSeedSize> seed;
    if (auto filled = random.fill(seed.expose_mutable()); !filled) return propagate(filled);
    return std::make_unique<ActiveMlKem<P>>(seed.expose().template first<kMlKemSeedSize>(),
                                            backend_);
  }

  [[nodiscard]] Result<KeyExchangeResult> respond(ByteView client_share,
                                                  Random& random) const override {
    const auto key = EncapsulationKey<P>::parse(client_share, backend_);
    if (!key) return propagate(key);
    const auto made = key->encapsulate(random);
    if (!made) return propagate(made);
    return KeyExchangeResult{.share = to_vector(made->ciphertext),
                             .secret = SharedSecret(made->shared_key.expose())};
  }

 private:
  PqBackend backend_;
};

}  // namespace

std::shared_ptr<const KeyExchangeGroup> mlkem_group(NamedGroup group, PqBackend backend) {
  switch (group) {
    case NamedGroup::MLKEM512:
      return std::make_shared<MlKemGroup<MlKem512, NamedGroup::MLKEM512>>(backend);
    case NamedGroup::MLKEM768:
      return std::make_shared<MlKemGroup<MlKem768, NamedGroup::MLKEM768>>(backend);
    case NamedGroup::MLKEM1024:
      return std::make_shared<MlKemGroup<MlKem1024, NamedGroup::MLKEM1024>>(backend);
    default:
      return nullptr;
  }
}

}  // namespace nautilus::inline v0::crypto::pq
