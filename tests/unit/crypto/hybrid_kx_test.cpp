#include "crypto/hybrid_kx.hpp"

#include <gtest/gtest.h>

#include "unit/crypto/fixed_random.hpp"

namespace nautilus {
namespace {

/// Stands in for a component: shares and secrets are runs of one octet, so that the layout shows.
struct FakeSizes {
  NamedGroup id;
  std::size_t client;
  std::size_t server;
  std::size_t secret;
  std::uint8_t mark;
};

class FakeGroup final : public KeyExchangeGroup {
 public:
  explicit FakeGroup(FakeSizes sizes) : sizes_(sizes) {}
  [[nodiscard]] NamedGroup id() const noexcept override { return sizes_.id; }
  [[nodiscard]] std::string_view backend() const noexcept override { return "fake"; }
  [[nodiscard]] std::size_t client_share_size() const noexcept override { return sizes_.client; }
  [[nodiscard]] std::size_t server_share_size() const noexcept override { return sizes_.server; }
  [[nodiscard]] Result<std::unique_ptr<ActiveKeyExchange>> start(Random& random) const override {
    std::uint8_t octet = 0;
    if (auto filled = random.fill({&octet, 1}); !filled) return propagate(filled);
    return std::make_unique<Active>(sizes_);
  }
  [[nodiscard]] Result<KeyExchangeResult> respond(ByteView share, Random& random) const override {
    std::uint8_t octet = 0;
    if (auto filled = random.fill({&octet, 1}); !filled) return propagate(filled);
    if (share.size() != sizes_.client || share[0] != sizes_.mark) {
      return fail(ErrorCode::InvalidKeyShare);
    }
    return KeyExchangeResult{ByteVector(sizes_.server, sizes_.mark), secret_of(sizes_)};
  }

 private:
  static SharedSecret secret_of(const FakeSizes& sizes) {
    return SharedSecret(ByteView(ByteVector(sizes.secret, sizes.mark)));
  }
  class Active final : public ActiveKeyExchange {
   public:
    explicit Active(FakeSizes sizes) : sizes_(sizes), share_(sizes.client, sizes.mark) {}
    [[nodiscard]] ByteView share() const noexcept override { return share_; }
    [[nodiscard]] Result<SharedSecret> complete(ByteView share) override {
      if (share.size() != sizes_.server || share[0] != sizes_.mark) {
        return fail(ErrorCode::InvalidKeyShare);
      }
      return secret_of(sizes_);
    }

   private:
    FakeSizes sizes_;
    ByteVector share_;
  };
  FakeSizes sizes_;
};

std::shared_ptr<const KeyExchangeGroup> fake(FakeSizes sizes) {
  return std::make_shared<const FakeGroup>(sizes);
}

constexpr std::uint8_t kEc = 0xec;
constexpr std::uint8_t kPq = 0x9c;
constexpr FakeSizes kX25519{NamedGroup::x25519, 32, 32, 32, kEc};
constexpr FakeSizes kP256{NamedGroup::secp256r1, 65, 65, 32, kEc};
constexpr FakeSizes kP384{NamedGroup::secp384r1, 97, 97, 48, kEc};
constexpr FakeSizes kMlkem768{NamedGroup::MLKEM768, 1184, 1088, 32, kPq};
constexpr FakeSizes kMlkem1024{NamedGroup::MLKEM1024, 1568, 1568, 32, kPq};

struct Case {
  NamedGroup id;
  FakeSizes classical;
  FakeSizes mlkem;
  bool mlkem_first;
  std::size_t client;
  std::size_t server;
  std::size_t secret;
};

class HybridLayout : public testing::TestWithParam<Case> {};

ByteVector joined(bool pq_first, std::size_t classical, std::size_t pq) {
  ByteVector out(pq_first ? pq : classical, pq_first ? kPq : kEc);
  out.insert(out.end(), pq_first ? classical : pq, pq_first ? kEc : kPq);
  return out;
}

TEST_P(HybridLayout, SharesAndSecretsAreInTheGroupsOrder) {
  const Case& c = GetParam();
  const auto made = crypto::make_hybrid_group(c.id, fake(c.classical), fake(c.mlkem));
  ASSERT_TRUE(made);
  const KeyExchangeGroup& group = **made;
  EXPECT_EQ(group.id(), c.id);
  EXPECT_EQ(group.component(), c.classical.id);
  EXPECT_EQ(group.client_share_size(), c.client);
  EXPECT_EQ(group.server_share_size(), c.server);
  EXPECT_EQ(group.backend(), "fake");

  test::FixedRandom random(ByteVector(4));
  const auto client = group.start(random);
  ASSERT_TRUE(client);
  const ByteVector client_share = joined(c.mlkem_first, c.classical.client, c.mlkem.client);
  EXPECT_EQ(to_vector((*client)->share()), client_share);
  EXPECT_EQ(to_vector((*client)->component_share()), ByteVector(c.classical.client, kEc));

  const auto server = group.respond(client_share, random);
  ASSERT_TRUE(server);
  EXPECT_EQ(server->share, joined(c.mlkem_first, c.classical.server, c.mlkem.server));
  const ByteVector secret = joined(c.mlkem_first, c.classical.secret, c.mlkem.secret);
  EXPECT_EQ(secret.size(), c.secret);
  EXPECT_EQ(to_vector(server->secret.expose()), secret);
  const auto completed = (*client)->complete(server->share);
  ASSERT_TRUE(completed);
  EXPECT_EQ(to_vector(completed->expose()), secret);
}

TEST_P(HybridLayout, ComponentAlone) {
  const Case& c = GetParam();
  const auto group = crypto::make_hybrid_group(c.id, fake(c.classical), fake(c.mlkem)).value();
  test::FixedRandom random(ByteVector(2));
  const auto client = group->start(random).value();
  const auto secret = client->complete_component(ByteVector(c.classical.server, kEc));
  ASSERT_TRUE(secret);
  EXPECT_EQ(to_vector(secret->expose()), ByteVector(c.classical.secret, kEc));
}

TEST_P(HybridLayout, WrongLengthsAndSwappedHalvesAreRefused) {
  const Case& c = GetParam();
  const auto group = crypto::make_hybrid_group(c.id, fake(c.classical), fake(c.mlkem)).value();
  test::FixedRandom random(ByteVector(100));
  const auto client = group->start(random).value();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, c.classical.server, c.mlkem.server,
                                 c.server - 1, c.server + 1}) {
    const auto refused = client->complete(ByteVector(size, kEc));
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidKeyShare);
  }
  for (const std::size_t size : {std::size_t{0}, c.client - 1, c.client + 1}) {
    const auto refused = group->respond(ByteVector(size, kEc), random);
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidKeyShare);
  }
  EXPECT_FALSE(client->complete(joined(!c.mlkem_first, c.classical.server, c.mlkem.server)));
  EXPECT_FALSE(group->respond(joined(!c.mlkem_first, c.classical.client, c.mlkem.client), random));
}

TEST_P(HybridLayout, AFailingGeneratorPropagates) {
  const Case& c = GetParam();
  const auto group = crypto::make_hybrid_group(c.id, fake(c.classical), fake(c.mlkem)).value();
  for (const std::size_t octets : {0U, 1U}) {  // fails in the first half, in the second half
    test::FixedRandom random{ByteVector(octets)};
    const auto started = group->start(random);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::RandomFailure);
    test::FixedRandom other{ByteVector(octets)};
    const auto responded =
        group->respond(joined(c.mlkem_first, c.classical.client, c.mlkem.client), other);
    ASSERT_FALSE(responded);
    EXPECT_EQ(responded.error().code, ErrorCode::RandomFailure);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rfc10024, HybridLayout,
    testing::Values(Case{NamedGroup::X25519MLKEM768, kX25519, kMlkem768, true, 1216, 1120, 64},
                    Case{NamedGroup::SecP256r1MLKEM768, kP256, kMlkem768, false, 1249, 1153, 64},
                    Case{NamedGroup::SecP384r1MLKEM1024, kP384, kMlkem1024, false, 1665, 1665, 80}),
    [](const auto& named) { return std::string(to_string(named.param.id)); });

TEST(Hybrid, RefusesForeignComponents) {
  EXPECT_FALSE(crypto::make_hybrid_group(NamedGroup::X25519MLKEM768, fake(kP256), fake(kMlkem768)));
  EXPECT_FALSE(
      crypto::make_hybrid_group(NamedGroup::X25519MLKEM768, fake(kX25519), fake(kMlkem1024)));
  EXPECT_FALSE(crypto::make_hybrid_group(NamedGroup::X25519MLKEM768, nullptr, fake(kMlkem768)));
  EXPECT_FALSE(crypto::make_hybrid_group(NamedGroup::X25519MLKEM768, fake(kX25519), nullptr));
  const auto not_hybrid =
      crypto::make_hybrid_group(NamedGroup::x25519, fake(kX25519), fake(kMlkem768));
  ASSERT_FALSE(not_hybrid);
  EXPECT_EQ(not_hybrid.error().code, ErrorCode::ApiMisuse);
}

TEST(ActiveKeyExchange, PlainGroupsHaveNoComponent) {
  test::FixedRandom random(ByteVector(1));
  const auto plain = fake(kX25519)->start(random).value();
  EXPECT_TRUE(plain->component_share().empty());
  const auto refused = plain->complete_component(ByteVector(32, kEc));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::ApiMisuse);
}

}  // namespace
}  // namespace nautilus
