// X25519: the vectors of RFC 7748, its treatment of odd inputs, and the key exchange group.
#include "crypto/curve25519/x25519.hpp"

#include <cstdlib>

#include "unit/crypto/fixed_random.hpp"
#include "unit/crypto_curve25519/backends.hpp"

namespace nautilus {
namespace {

using test::Octets;
using test::octets32;

class X25519 : public test::Curve25519Test {};
INSTANTIATE_TEST_SUITE_P(Backends, X25519, test::kEveryBackend, test::backend_case);

// RFC 7748 §5.2.
TEST_P(X25519, Rfc7748Vectors) {
  EXPECT_EQ(x25519(octets32("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                   octets32("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")),
            octets32("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
  EXPECT_EQ(x25519(octets32("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
                   octets32("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493")),
            octets32("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"));
}

// RFC 7748 §5.2: k and u start as 9; each step takes k := X25519(k, u), u := the old k.
class Iterated {
 public:
  explicit Iterated(const crypto::curve25519::Kernels& kernels) : kernels_(kernels) {
    k_[0] = u_[0] = 9;
  }
  Octets after(int steps) {
    for (; done_ < steps; ++done_) {
      Octets next;
      kernels_.x25519(next, k_, u_);
      u_ = k_;
      k_ = next;
    }
    return k_;
  }

 private:
  const crypto::curve25519::Kernels& kernels_;
  Octets k_{};
  Octets u_{};
  int done_ = 0;
};

TEST_P(X25519, Rfc7748Iterated) {
  Iterated iterated(kernels());
  EXPECT_EQ(iterated.after(1),
            octets32("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"));
  EXPECT_EQ(iterated.after(1000),
            octets32("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
}

TEST_P(X25519, Rfc7748MillionIterations) {
  if (std::getenv("NAUTILUS_LONG") == nullptr) {
    GTEST_SKIP() << "NAUTILUS_LONG is not set: the 1,000,000 iterations were NOT run";
  }
  if (kernels().name == "emulated" && std::atoi(std::getenv("NAUTILUS_LONG")) < 1000000) {
    GTEST_SKIP() << "NAUTILUS_LONG is less than 1,000,000: the iterations were NOT run";
  }
  EXPECT_EQ(Iterated(kernels()).after(1000000),
            octets32("7c3911e0ab2586fd864497297e575e6f3bc601c0883c30df5f4dd2d24f665424"));
}

// RFC 7748 §6.1.
TEST_P(X25519, Rfc7748DiffieHellman) {
  const Octets alice = octets32("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  const Octets bob = octets32("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  Octets alice_public{};
  Octets bob_public{};
  kernels().x25519_base(alice_public, alice);
  kernels().x25519_base(bob_public, bob);
  EXPECT_EQ(alice_public,
            octets32("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
  EXPECT_EQ(bob_public,
            octets32("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
  const Octets shared =
      octets32("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  EXPECT_EQ(x25519(alice, bob_public), shared);
  EXPECT_EQ(x25519(bob, alice_public), shared);
}

TEST_P(X25519, FixedBaseIsTheLadderOnNine) {
  test::EdgyRandom random(1);
  Octets nine{};
  nine[0] = 9;
  for (int i = 0; i < 200; ++i) {
    const Octets scalar = random.octets();
    Octets base{};
    kernels().x25519_base(base, scalar);
    ASSERT_EQ(base, x25519(scalar, nine));
  }
}

TEST_P(X25519, ClampsTheScalar) {
  test::EdgyRandom random(2);
  const Octets u = random.octets();
  const Octets scalar = random.octets();
  const Octets expected = x25519(scalar, u);
  Octets base{};
  kernels().x25519_base(base, scalar);
  for (const auto& [index, bit] : {std::pair{0, 1}, {0, 2}, {0, 4}, {31, 0x80}, {31, 0x40}}) {
    Octets changed = scalar;
    changed[static_cast<std::size_t>(index)] ^= static_cast<std::uint8_t>(bit);
    EXPECT_EQ(x25519(changed, u), expected);
    Octets changed_base{};
    kernels().x25519_base(changed_base, changed);
    EXPECT_EQ(changed_base, base);
  }
  Octets other = scalar;
  other[0] ^= 8;
  EXPECT_NE(x25519(other, u), expected);
}

// RFC 7748 §5: bit 255 is masked, values from p on are taken modulo p.
TEST_P(X25519, MasksTheTopBitAndReducesU) {
  test::EdgyRandom random(3);
  const Octets scalar = random.octets();
  Octets u = random.octets();
  u[31] &= 0x7f;
  Octets marked = u;
  marked[31] |= 0x80;
  EXPECT_EQ(x25519(scalar, marked), x25519(scalar, u));
  for (std::uint8_t small = 0; small < 19; ++small) {
    Octets reduced{};
    reduced[0] = small;
    Octets above;  // p + small
    above.fill(0xff);
    above[0] = static_cast<std::uint8_t>(0xed + small);
    above[31] = 0x7f;
    EXPECT_EQ(x25519(scalar, above), x25519(scalar, reduced)) << int{small};
  }
}

// All u whose order divides 8, on the curve or its twist, canonical and not.
constexpr const char* kSmallOrder[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};

class X25519Group : public test::Curve25519Test {};
INSTANTIATE_TEST_SUITE_P(Backends, X25519Group, test::kEveryBackend, test::backend_case);

TEST_P(X25519Group, RefusesSharesOfSmallOrder) {
  const auto group = crypto::curve25519::x25519_group(backend());
  test::EdgyRandom octets(4);
  for (const char* hex : kSmallOrder) {
    for (const std::uint8_t top_bit : {std::uint8_t{0}, std::uint8_t{0x80}}) {
      Octets u = octets32(hex);
      u[31] |= top_bit;
      const Octets scalar = octets.octets();
      EXPECT_EQ(x25519(scalar, u), Octets{});
      test::FixedRandom random(ByteVector(scalar.begin(), scalar.end()));
      const auto answer = group->respond(u, random);
      ASSERT_FALSE(answer) << hex;
      EXPECT_EQ(answer.error().code, ErrorCode::InvalidKeyShare);
      test::FixedRandom again(ByteVector(scalar.begin(), scalar.end()));
      const auto secret = group->start(again).value()->complete(u);
      ASSERT_FALSE(secret) << hex;
      EXPECT_EQ(secret.error().code, ErrorCode::InvalidKeyShare);
    }
  }
}

TEST_P(X25519Group, RefusesWrongLengths) {
  const auto group = crypto::curve25519::x25519_group(backend());
  EXPECT_EQ(group->id(), NamedGroup::x25519);
  EXPECT_EQ(group->backend(), "nautilus");
  EXPECT_EQ(group->client_share_size(), 32U);
  EXPECT_EQ(group->server_share_size(), 32U);
  for (const std::size_t size : {0U, 1U, 31U, 33U, 64U}) {
    const ByteVector share(size, 9);
    test::FixedRandom random(ByteVector(32, 5));
    const auto client = group->start(random).value();
    const auto completed = client->complete(share);
    ASSERT_FALSE(completed);
    EXPECT_EQ(completed.error().code, ErrorCode::InvalidKeyShare);
    test::FixedRandom more(ByteVector(32, 5));
    const auto answered = group->respond(share, more);
    ASSERT_FALSE(answered);
    EXPECT_EQ(answered.error().code, ErrorCode::InvalidKeyShare);
  }
}

TEST_P(X25519Group, BothSidesAgree) {
  const auto group = crypto::curve25519::x25519_group(backend());
  test::EdgyRandom octets(5);
  for (int i = 0; i < 20; ++i) {
    ByteVector seed(64);
    octets.fill(seed);
    test::FixedRandom random(seed);
    const auto client = group->start(random).value();
    const auto server = group->respond(client->share(), random);
    ASSERT_TRUE(server);
    const auto secret = client->complete(server->share);
    ASSERT_TRUE(secret);
    EXPECT_EQ(to_vector(secret->expose()), to_vector(server->secret.expose()));
    EXPECT_EQ(random.used(), 64U);
  }
}

TEST_P(X25519Group, PassesOnAFailingGenerator) {
  const auto group = crypto::curve25519::x25519_group(backend());
  test::FixedRandom random(ByteVector(31, 1));
  EXPECT_EQ(group->start(random).error().code, ErrorCode::RandomFailure);
  EXPECT_EQ(group->respond(ByteVector(32, 9), random).error().code, ErrorCode::RandomFailure);
}

TEST(Curve25519Backend, NamesAndChoice) {
  using crypto::curve25519::Backend;
  EXPECT_EQ(Backend::portable().name(), "portable");
  EXPECT_EQ(Backend::find("portable").value(), Backend::portable());
  EXPECT_EQ(Backend::find("auto").value(), Backend::best());
  const auto all = Backend::all();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.front().name(), "portable");
  EXPECT_EQ(all.back(), Backend::best());
  for (const char* name : {"", "PORTABLE", "avx2", "libcrypto", "emulated"}) {
    const auto found = Backend::find(name);
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error().code, ErrorCode::ConfigInvalid);
  }
  for (const char* name : {"adx", "ifma"}) {
    const auto found = Backend::find(name);
    const bool listed = std::ranges::any_of(all, [&](Backend b) { return b.name() == name; });
    EXPECT_EQ(found.has_value(), listed);
    if (!found) {
      EXPECT_EQ(found.error().code, ErrorCode::BackendUnavailable);
    }
  }
}

}  // namespace
}  // namespace nautilus
