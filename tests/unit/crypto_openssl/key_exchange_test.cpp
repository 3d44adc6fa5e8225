#include <gtest/gtest.h>
#include <openssl/err.h>

#include "crypto/openssl/ecdh.hpp"
#include "crypto/openssl/random.hpp"
#include "crypto/openssl/x25519.hpp"
#include "support/wycheproof.hpp"
#include "unit/crypto/fixed_random.hpp"

namespace nautilus {
namespace {

using test::FixedRandom;
using test::wycheproof::from_hex;

std::shared_ptr<const KeyExchangeGroup> group_of(NamedGroup id) {
  return id == NamedGroup::x25519 ? crypto::openssl::x25519_group()
                                  : crypto::openssl::ecdh_group(id).value();
}

struct Sizes {
  NamedGroup id;
  std::size_t share;
  std::size_t secret;
};

class LibcryptoGroup : public testing::TestWithParam<Sizes> {
 protected:
  std::shared_ptr<const KeyExchangeGroup> group_ = group_of(GetParam().id);
  std::shared_ptr<Random> random_ = crypto::openssl::system_random();
};

TEST_P(LibcryptoGroup, BothSidesAgree) {
  EXPECT_EQ(group_->id(), GetParam().id);
  EXPECT_EQ(group_->client_share_size(), GetParam().share);
  EXPECT_EQ(group_->server_share_size(), GetParam().share);
  EXPECT_FALSE(group_->component());
  for (int i = 0; i < 5; ++i) {
    const auto client = group_->start(*random_).value();
    ASSERT_EQ(client->share().size(), GetParam().share);
    const auto server = group_->respond(client->share(), *random_);
    ASSERT_TRUE(server);
    EXPECT_EQ(server->share.size(), GetParam().share);
    const auto secret = client->complete(server->share);
    ASSERT_TRUE(secret);
    EXPECT_EQ(secret->size(), GetParam().secret);
    EXPECT_EQ(to_vector(secret->expose()), to_vector(server->secret.expose()));
  }
}

TEST_P(LibcryptoGroup, KeysAreFresh) {
  const auto one = group_->start(*random_).value();
  const auto two = group_->start(*random_).value();
  EXPECT_NE(to_vector(one->share()), to_vector(two->share()));
}

TEST_P(LibcryptoGroup, WrongLengthsAreRefused) {
  ERR_clear_error();
  const auto client = group_->start(*random_).value();
  const ByteVector good = to_vector(client->share());
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, good.size() - 1, good.size() + 1, good.size() * 2}) {
    ByteVector bad = good;
    bad.resize(size);
    const auto completed = client->complete(bad);
    ASSERT_FALSE(completed) << size;
    EXPECT_EQ(completed.error().code, ErrorCode::InvalidKeyShare);
    const auto responded = group_->respond(bad, *random_);
    ASSERT_FALSE(responded) << size;
    EXPECT_EQ(responded.error().code, ErrorCode::InvalidKeyShare);
  }
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_P(LibcryptoGroup, AFailingGeneratorPropagates) {
  FixedRandom empty{ByteVector()};
  const auto started = group_->start(empty);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::RandomFailure);
  const auto client = group_->start(*random_).value();
  const auto responded = group_->respond(client->share(), empty);
  ASSERT_FALSE(responded);
  EXPECT_EQ(responded.error().code, ErrorCode::RandomFailure);
}

TEST_P(LibcryptoGroup, TheGeneratorAloneDecidesTheKey) {
  const ByteVector octets(66, 0x01);
  FixedRandom one{octets};
  FixedRandom two{octets};
  EXPECT_EQ(to_vector(group_->start(one).value()->share()),
            to_vector(group_->start(two).value()->share()));
  EXPECT_EQ(one.used(), GetParam().secret);
}

INSTANTIATE_TEST_SUITE_P(All, LibcryptoGroup,
                         testing::Values(Sizes{NamedGroup::x25519, 32, 32},
                                         Sizes{NamedGroup::secp256r1, 65, 32},
                                         Sizes{NamedGroup::secp384r1, 97, 48},
                                         Sizes{NamedGroup::secp521r1, 133, 66}),
                         [](const auto& named) { return std::string(to_string(named.param.id)); });

class LibcryptoCurve : public testing::TestWithParam<Sizes> {
 protected:
  std::shared_ptr<const KeyExchangeGroup> group_ = group_of(GetParam().id);
  std::shared_ptr<Random> random_ = crypto::openssl::system_random();
};

// RFC 9846 §4.3.8.2-1
TEST_P(LibcryptoCurve, PointsThatAreNotUncompressedPointsOfTheCurveAreRefused) {
  ERR_clear_error();
  const auto client = group_->start(*random_).value();
  const ByteVector good = to_vector(client->share());
  const auto refused = [&](const ByteVector& bad) {
    const auto completed = client->complete(bad);
    ASSERT_FALSE(completed);
    EXPECT_EQ(completed.error().code, ErrorCode::InvalidKeyShare);
    const auto responded = group_->respond(bad, *random_);
    ASSERT_FALSE(responded);
    EXPECT_EQ(responded.error().code, ErrorCode::InvalidKeyShare);
  };
  for (const unsigned form : {0x00U, 0x01U, 0x02U, 0x03U, 0x05U, 0x06U, 0x07U, 0x84U}) {
    ByteVector bad = good;
    bad[0] = static_cast<std::uint8_t>(form);
    refused(bad);
  }
  ByteVector off_curve = good;
  off_curve.back() = static_cast<std::uint8_t>(off_curve.back() ^ 1U);
  refused(off_curve);
  ByteVector too_big(good.size(), 0xff);  // both coordinates above the prime
  too_big[0] = 0x04;
  refused(too_big);
  ByteVector origin(good.size());  // (0, 0)
  origin[0] = 0x04;
  refused(origin);
  ByteVector compressed(good.begin(), good.begin() + std::ptrdiff_t(1 + GetParam().secret));
  compressed[0] = static_cast<std::uint8_t>(0x02 + (good.back() & 1U));
  refused(compressed);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_P(LibcryptoCurve, ScalarsOutOfRangeAreDrawnAgain) {
  const std::size_t size = GetParam().secret;
  ByteVector octets(size);                  // zero
  octets.insert(octets.end(), size, 0xff);  // above the order
  octets.insert(octets.end(), size, 0x00);
  octets.insert(octets.end(), size - 1, 0x00);
  octets.push_back(0x01);  // one: the base point itself
  FixedRandom random{octets};
  const auto client = group_->start(random);
  ASSERT_TRUE(client);
  EXPECT_EQ(random.used(), 4 * size);
}

TEST_P(LibcryptoCurve, AStuckGeneratorIsAnErrorNotALoop) {
  FixedRandom zeros{ByteVector(100000)};
  const auto client = group_->start(zeros);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, ErrorCode::RandomFailure);
}

INSTANTIATE_TEST_SUITE_P(All, LibcryptoCurve,
                         testing::Values(Sizes{NamedGroup::secp256r1, 65, 32},
                                         Sizes{NamedGroup::secp384r1, 97, 48},
                                         Sizes{NamedGroup::secp521r1, 133, 66}),
                         [](const auto& named) { return std::string(to_string(named.param.id)); });

// RFC 7748 §6.1.
TEST(LibcryptoX25519, KnownAnswer) {
  const auto group = crypto::openssl::x25519_group();
  FixedRandom alice_key{
      from_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")};
  FixedRandom bob_key{from_hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")};
  const auto alice = group->start(alice_key).value();
  const auto bob = group->respond(alice->share(), bob_key).value();
  EXPECT_EQ(to_vector(alice->share()),
            from_hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
  EXPECT_EQ(bob.share,
            from_hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
  EXPECT_EQ(to_vector(bob.secret.expose()),
            from_hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"));
  EXPECT_EQ(to_vector(alice->complete(bob.share).value().expose()), to_vector(bob.secret.expose()));
}

TEST(LibcryptoX25519, SharesOfSmallOrderAreRefused) {
  const auto group = crypto::openssl::x25519_group();
  const auto random = crypto::openssl::system_random();
  const auto client = group->start(*random).value();
  for (const char* low : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000000",
                          "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    const auto completed = client->complete(from_hex(low));
    ASSERT_FALSE(completed) << low;
    EXPECT_EQ(completed.error().code, ErrorCode::InvalidKeyShare);
    const auto responded = group->respond(from_hex(low), *random);
    ASSERT_FALSE(responded) << low;
    EXPECT_EQ(responded.error().code, ErrorCode::InvalidKeyShare);
  }
}

TEST(LibcryptoEcdh, OtherGroupsAreRefused) {
  for (const NamedGroup id : {NamedGroup::x25519, NamedGroup::MLKEM768, NamedGroup{0x1234}}) {
    const auto made = crypto::openssl::ecdh_group(id);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::UnsupportedAlgorithm);
  }
}

}  // namespace
}  // namespace nautilus
