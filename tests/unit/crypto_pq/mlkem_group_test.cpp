#include "crypto/pq/mlkem_group.hpp"

#include <gtest/gtest.h>

#include "crypto/pq/mlkem.hpp"
#include "unit/crypto/fixed_random.hpp"
#include "unit/crypto_pq/hex.hpp"

namespace nautilus {
namespace {

using crypto::pq::mlkem_group;

struct Case {
  NamedGroup id;
  std::size_t client_share;
  std::size_t server_share;
};

class MlKemGroup : public testing::TestWithParam<Case> {};

ByteVector octets(std::size_t size, unsigned start) {
  ByteVector out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(start + 3 * i);
  return out;
}

TEST_P(MlKemGroup, ClientAndServerAgree) {
  const auto group = mlkem_group(GetParam().id);
  ASSERT_NE(group, nullptr);
  EXPECT_EQ(group->id(), GetParam().id);
  EXPECT_EQ(group->client_share_size(), GetParam().client_share);
  EXPECT_EQ(group->server_share_size(), GetParam().server_share);
  EXPECT_EQ(group->component(), std::nullopt);

  test::FixedRandom random(octets(96, 1));
  const auto client = group->start(random);
  ASSERT_TRUE(client);
  EXPECT_EQ(random.used(), 64U);
  EXPECT_EQ((*client)->share().size(), GetParam().client_share);
  EXPECT_TRUE((*client)->component_share().empty());
  const auto server = group->respond((*client)->share(), random);
  ASSERT_TRUE(server);
  EXPECT_EQ(random.used(), 96U);
  EXPECT_EQ(server->share.size(), GetParam().server_share);
  EXPECT_EQ(server->secret.size(), 32U);
  const auto secret = (*client)->complete(server->share);
  ASSERT_TRUE(secret);
  EXPECT_EQ(test::to_hex(secret->expose()), test::to_hex(server->secret.expose()));
}

TEST_P(MlKemGroup, TamperedServerShareGivesAnotherSecret) {
  const auto group = mlkem_group(GetParam().id);
  test::FixedRandom random(octets(96, 2));
  const auto client = group->start(random).value();
  auto server = group->respond(client->share(), random).value();
  server.share[5] = static_cast<std::uint8_t>(server.share[5] ^ 4);
  const auto secret = client->complete(server.share);
  ASSERT_TRUE(secret);
  EXPECT_NE(test::to_hex(secret->expose()), test::to_hex(server.secret.expose()));
}

TEST_P(MlKemGroup, SharesOfWrongLengthAreRefused) {
  const auto group = mlkem_group(GetParam().id);
  test::FixedRandom random(octets(96, 3));
  const auto client = group->start(random).value();
  ByteVector share = to_vector(client->share());
  for (const std::size_t size : {std::size_t{0}, share.size() - 1, share.size() + 1}) {
    share.resize(size);
    const auto refused = group->respond(share, random);
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidKeyShare);
  }
  EXPECT_EQ(random.used(), 64U);  // nothing spent on a share that is refused
  ByteVector ciphertext(GetParam().server_share);
  for (const std::size_t size : {std::size_t{0}, ciphertext.size() - 1, ciphertext.size() + 1}) {
    ciphertext.resize(size);
    const auto refused = client->complete(ciphertext);
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidKeyShare);
  }
}

TEST_P(MlKemGroup, ClientShareOutOfRangeIsRefused) {
  const auto group = mlkem_group(GetParam().id);
  test::FixedRandom random(octets(96, 4));
  ByteVector share = to_vector(group->start(random).value()->share());
  share[0] = 0xff;
  share[1] = static_cast<std::uint8_t>(share[1] | 0x0f);
  const auto refused = group->respond(share, random);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidKeyShare);
}

TEST_P(MlKemGroup, FailingRandomnessIsReported) {
  const auto group = mlkem_group(GetParam().id);
  test::FixedRandom enough(octets(64, 5));
  const auto client = group->start(enough).value();
  test::FixedRandom empty({});
  EXPECT_EQ(group->start(empty).error().code, ErrorCode::RandomFailure);
  EXPECT_EQ(group->respond(client->share(), empty).error().code, ErrorCode::RandomFailure);
}

TEST_P(MlKemGroup, HasNoComponent) {
  const auto group = mlkem_group(GetParam().id);
  test::FixedRandom random(octets(64, 6));
  const auto client = group->start(random).value();
  EXPECT_EQ(client->complete_component(octets(32, 0)).error().code, ErrorCode::ApiMisuse);
}

INSTANTIATE_TEST_SUITE_P(Sets, MlKemGroup,
                         testing::Values(Case{NamedGroup::MLKEM512, 800, 768},
                                         Case{NamedGroup::MLKEM768, 1184, 1088},
                                         Case{NamedGroup::MLKEM1024, 1568, 1568}),
                         [](const auto& set) { return std::string(to_string(set.param.id)); });

TEST(MlKemGroups, OthersAreNotMade) {
  EXPECT_EQ(mlkem_group(NamedGroup::x25519), nullptr);
  EXPECT_EQ(mlkem_group(NamedGroup::X25519MLKEM768), nullptr);
}

}  // namespace
}  // namespace nautilus
