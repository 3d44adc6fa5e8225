#include "crypto/hybrid_kx.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace nautilus::inline v0::crypto {
namespace {

using GroupPtr = std::shared_ptr<const KeyExchangeGroup>;

/// How a hybrid lays out its halves. Only X25519MLKEM768 puts ML-KEM first.
struct Layout {
  NamedGroup id;
  NamedGroup classical;
  NamedGroup mlkem;
  bool mlkem_first;
};

constexpr std::array kLayouts{
    Layout{NamedGroup::X25519MLKEM768, NamedGroup::x25519, NamedGroup::MLKEM768, true},
    Layout{NamedGroup::SecP256r1MLKEM768, NamedGroup::secp256r1, NamedGroup::MLKEM768, false},
    Layout{NamedGroup::SecP384r1MLKEM1024, NamedGroup::secp384r1, NamedGroup::MLKEM1024, false},
};

struct Halves {
  ByteView classical;
  ByteView mlkem;
};

/// Splits a share whose length has been checked.
Halves split(const Layout& layout, ByteView share, std::size_t mlkem_size) noexcept {
  if (layout.mlkem_first) return {share.subspan(mlkem_size), share.first(mlkem_size)};
  const std::size_t classical_size = share.size() - mlkem_size;
  return {share.first(classical_size), share.subspan(classical_size)};
}

ByteVector join(const Layout& layout, ByteView classical, ByteView mlkem) {
  const ByteView first = layout.mlkem_first ? mlkem : classical;
  const ByteView second = layout.mlkem_first ? classical : mlkem;
  ByteVector out;
  out.reserve(first.size() + second.size());
  out.insert(out.end(), first.begin(), first.end());
  out.insert(out.end(), second.begin(), second.end());
  return out;
}

SharedSecret join_secrets(const Layout& layout, const SharedSecret& classical,
                          const SharedSecret& mlkem) noexcept {
  const SharedSecret& first = layout.mlkem_first ? mlkem : classical;
  const SharedSecret& second = layout.mlkem_first ? classical : mlkem;
  SharedSecret out(first.size() + second.size());
  std::ranges::copy(first.expose(), out.expose_mutable().begin());
  std::ranges::copy(second.expose(), out.expose_mutable().subspan(first.size()).begin());
  return out;
}

class HybridKeyExchange final : public ActiveKeyExchange {
 public:
  HybridKeyExchange(const Layout& layout, std::size_t server_share_size,
                    std::size_t ciphertext_size, std::unique_ptr<ActiveKeyExchange> classical,
                    std::unique_ptr<ActiveKeyExchange> mlkem)
      : layout_(layout),
        server_share_size_(server_share_size),
        ciphertext_size_(ciphertext_size),
        classical_(std::move(classical)),
        mlkem_(std::move(mlkem)),
        share_(join(layout, classical_->share(), mlkem_->share())) {}

  [[nodiscard]] ByteView share() const noexcept override { return share_; }

  [[nodiscard]] Result<SharedSecret> complete(ByteView server_share) override {
    if (server_share.size() != server_share_size_) {
      return fail(ErrorCode::InvalidKeyShare, "hybrid share of the wrong length");
    }
    const Halves halves = split(layout_, server_share, ciphertext_size_);
    const Result<SharedSecret> classical = classical_->complete(halves.classical);
    if (!classical) return propagate(classical);
    const Result<SharedSecret> mlkem = mlkem_->complete(halves.mlkem);
    if (!mlkem) return propagate(mlkem);
    return join_secrets(layout_, *classical, *mlkem);
  }

  [[nodiscard]] ByteView component_share() const noexcept override { return classical_->share(); }

  [[nodiscard]] Result<SharedSecret> complete_component(ByteView server_share) override {
    return classical_->complete(server_share);
  }

 private:
  const Layout& layout_;
  std::size_t server_share_size_;
  std::size_t ciphertext_size_;
  std::unique_ptr<ActiveKeyExchange> classical_;
  std::unique_ptr<ActiveKeyExchange> mlkem_;
  ByteVector share_;
};

std::string joint_backend(const KeyExchangeGroup& classical, const KeyExchangeGroup& mlkem) {
  std::string name(classical.backend());
  if (classical.backend() != mlkem.backend()) name.append("+").append(mlkem.backend());
  return name;
}

class HybridGroup final : public KeyExchangeGroup {
 public:
  HybridGroup(const Layout& layout, GroupPtr classical, GroupPtr mlkem)
      : layout_(layout),
        classical_(std::move(classical)),
        mlkem_(std::move(mlkem)),
        backend_(joint_backend(*classical_, *mlkem_)) {}

  [[nodiscard]] NamedGroup id() const noexcept override { return layout_.id; }
  [[nodiscard]] std::string_view backend() const noexcept override { return backend_; }
  [[nodiscard]] std::size_t client_share_size() const noexcept override {
    return classical_->client_share_size() + mlkem_->client_share_size();
  }
  [[nodiscard]] std::size_t server_share_size() const noexcept override {
    return classical_->server_share_size() + mlkem_->server_share_size();
  }
  [[nodiscard]] std::optional<NamedGroup> component() const noexcept override {
    return layout_.classical;
  }

  [[nodiscard]] Result<std::unique_ptr<ActiveKeyExchange>> start(Random& random) const override {
    auto classical = classical_->start(random);
    if (!classical) return propagate(classical);
    auto mlkem = mlkem_->start(random);
    if (!mlkem) return propagate(mlkem);
    return std::make_unique<HybridKeyExchange>(layout_, server_share_size(),
                                               mlkem_->server_share_size(), std::move(*classical),
                                               std::move(*mlkem));
  }

  [[nodiscard]] Result<KeyExchangeResult> respond(ByteView client_share,
                                                  Random& random) const override {
    if (client_share.size() != client_share_size()) {
      return fail(ErrorCode::InvalidKeyShare, "hybrid share of the wrong length");
    }
    const Halves halves = split(layout_, client_share, mlkem_->client_share_size());
    const auto classical = classical_->respond(halves.classical, random);
    if (!classical) return propagate(classical);
    const auto mlkem = mlkem_->respond(halves.mlkem, random);
    if (!mlkem) return propagate(mlkem);
    return KeyExchangeResult{join(layout_, classical->share, mlkem->share),
                             join_secrets(layout_, classical->secret, mlkem->secret)};
  }

 private:
  const Layout& layout_;
  GroupPtr classical_;
  GroupPtr mlkem_;
  std::string backend_;
};

}  // namespace

Result<GroupPtr> make_hybrid_group(NamedGroup id, GroupPtr classical, GroupPtr mlkem) {
  const auto layout = std::ranges::find(kLayouts, id, &Layout::id);
  if (layout == kLayouts.end()) return fail(ErrorCode::ApiMisuse, "not a hybrid group");
  if (!classical || !mlkem || classical->id() != layout->classical ||
      mlkem->id() != layout->mlkem) {
    return fail(ErrorCode::ApiMisuse, "these are not the hybrid group's components");
  }
  return std::make_shared<const HybridGroup>(*layout, std::move(classical), std::move(mlkem));
}

}  // namespace nautilus::inline v0::crypto
