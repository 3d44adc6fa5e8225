// Ed25519: the vectors of RFC 8032 §7.1, what verification refuses, and wiping.
#include "crypto/curve25519/ed25519.hpp"

#include <cstring>
#include <new>

#include "crypto/curve25519/scalar.hpp"
#include "crypto/openssl/digest.hpp"
#include "unit/crypto_curve25519/backends.hpp"

namespace nautilus {
namespace {

using namespace crypto::curve25519;
using test::Octets;
using test::octets32;
using test::wycheproof::from_hex;

struct Vector {
  const char* name;
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};

constexpr Vector kRfc8032[] = {
    {"TEST 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "46b"
     "d25bf5f0595bbe24655141438e7a100b"},
    {"TEST 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"},
    {"TEST 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "659"
     "4a7c15e9716ed28dc027beceea1ec40a"},
    {"TEST 1024", "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
     "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
     "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f5"
     "4e9f77b1e355f6c50544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37"
     "c93a1b270b20329d658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc1a858efc"
     "b8550ee3a5e1998bd177e93a7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b"
     "3b310da903401aa62100ab5d1a36553e06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573c"
     "b116dbefefd75499da96bd68a8a97b928a8bbc103b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204"
     "ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed185ce81bd84359d44254d95629e9855a94a7c1958"
     "d1f8ada5d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24"
     "554119a831a9aad6079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f27088d78b7e883c8759d2c4f5c6"
     "5adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089beccf80cfe2df16a2"
     "cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128bab27af87a"
     "71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae0784504df543af8969b"
     "e3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9"
     "b47acdb751fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb"
     "038dda0847dd988dcda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f672451"
     "7b65e614ad6808d6f6ee34dff7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08"
     "d78ff4ef5d63653a65040cf9bfd4aca7984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e"
     "2ab47b57f7f7276cd419c17a3ca8e1b939ae49e488acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d"
     "5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e6aed3fb0"
     "f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5fb93246f6b1116398a346f1a641f3b041"
     "e989f7914f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f1610e4eafe595f6d9d90d11faa9"
     "33a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380db2eaaa707b4c4185"
     "c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8cac60c905c"
     "15fc910840b94c00a0b9d0",
     "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d"
     "94b"
     "5e8fcd4f681e30a6ac00a9704a188a03"},
    {"TEST SHA(abc)", "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "bbd"
     "454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
     "030"
     "3dca179c138ac17ad9bef1177331a704"},
};

class Ed25519 : public test::Curve25519Test {
 protected:
  [[nodiscard]] Ed25519PrivateKey private_key(const Octets& seed) const {
    return Ed25519PrivateKey(seed, crypto::openssl::sha512(), backend());
  }
  [[nodiscard]] Ed25519PublicKey public_key(const Octets& octets) const {
    return Ed25519PublicKey(octets, crypto::openssl::sha512(), backend());
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, Ed25519, test::kEveryBackend, test::backend_case);

TEST_P(Ed25519, Rfc8032Vectors) {
  for (const Vector& vector : kRfc8032) {
    SCOPED_TRACE(vector.name);
    const Ed25519PrivateKey key(octets32(vector.seed), crypto::openssl::sha512(), backend());
    EXPECT_EQ(key.public_key(), octets32(vector.public_key));
    const ByteVector message = from_hex(vector.message);
    const Ed25519Signature signature = key.sign(message);
    EXPECT_EQ(to_vector(signature), from_hex(vector.signature));
    EXPECT_TRUE(public_key(key.public_key()).verify(message, signature));
  }
}

TEST_P(Ed25519, RefusesEveryChangedBit) {
  const Vector& vector = kRfc8032[2];
  const Ed25519PublicKey key = public_key(octets32(vector.public_key));
  const ByteVector message = from_hex(vector.message);
  const ByteVector signature = from_hex(vector.signature);
  ASSERT_TRUE(key.verify(message, signature));
  for (std::size_t bit = 0; bit < 512; ++bit) {
    ByteVector changed = signature;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    const auto verdict = key.verify(message, changed);
    ASSERT_FALSE(verdict) << bit;
    EXPECT_EQ(verdict.error().code, ErrorCode::BadSignature);
  }
  for (std::size_t bit = 0; bit < 256; ++bit) {
    Octets other = octets32(vector.public_key);
    other[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT_FALSE(public_key(other).verify(message, signature)) << bit;
  }
  ByteVector longer = message;
  longer.push_back(0);
  EXPECT_FALSE(key.verify(longer, signature));
}

TEST_P(Ed25519, RefusesWrongLengths) {
  const Vector& vector = kRfc8032[2];
  const Ed25519PublicKey key = public_key(octets32(vector.public_key));
  const ByteVector message = from_hex(vector.message);
  for (const std::size_t size : {0U, 1U, 32U, 63U, 65U, 128U}) {
    ByteVector signature = from_hex(vector.signature);
    signature.resize(size);
    const auto verdict = key.verify(message, signature);
    ASSERT_FALSE(verdict) << size;
    EXPECT_EQ(verdict.error().code, ErrorCode::BadSignature);
    EXPECT_STREQ(verdict.error().detail, "Ed25519 signature's length");
  }
}

/// s + add, little-endian.
void add_to(std::span<std::uint8_t> s, ByteView add) {
  unsigned carry = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    carry += unsigned{s[i]} + (i < add.size() ? add[i] : 0U);
    s[i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
}

constexpr const char* kOrder = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

// RFC 8032 §5.1.7: S must be in range, or signatures could be changed by anybody.
TEST_P(Ed25519, RefusesSNotBelowTheOrder) {
  const Vector& vector = kRfc8032[2];
  const Ed25519PublicKey key = public_key(octets32(vector.public_key));
  const ByteVector message = from_hex(vector.message);
  ByteVector signature = from_hex(vector.signature);
  for (int multiple = 1; multiple <= 7; ++multiple) {
    add_to(std::span(signature).last(32), from_hex(kOrder));
    const auto verdict = key.verify(message, signature);
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().code, ErrorCode::BadSignature);
    EXPECT_STREQ(verdict.error().detail, "Ed25519 signature with S not below the group's order");
  }
}

/// The points of order 1, 2, 4 and 8 and every other encoding of them.
constexpr const char* kSmallOrder[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

// With S = 0 and R the neutral element these would verify any message half the time or more.
TEST_P(Ed25519, RefusesKeysOfSmallOrder) {
  Ed25519Signature signature{};
  signature[0] = 1;
  for (const char* hex : kSmallOrder) {
    const Ed25519PublicKey key = public_key(octets32(hex));
    EXPECT_FALSE(key.usable()) << hex;
    for (std::uint8_t i = 0; i < 8; ++i) {
      const auto verdict = key.verify(ByteVector{i}, signature);
      ASSERT_FALSE(verdict) << hex;
      EXPECT_EQ(verdict.error().code, ErrorCode::BadSignature);
      EXPECT_STREQ(verdict.error().detail,
                   "Ed25519 key not canonical, not on the curve or of small order");
    }
  }
}

TEST_P(Ed25519, RefusesKeysThatAreNotCanonical) {
  // y from p to 2^255 - 1, with both signs.
  for (int small = 0; small < 19; ++small) {
    for (const std::uint8_t top : {std::uint8_t{0x7f}, std::uint8_t{0xff}}) {
      Octets y;
      y.fill(0xff);
      y[0] = static_cast<std::uint8_t>(0xed + small);
      y[31] = top;
      EXPECT_FALSE(public_key(y).usable()) << small;
    }
  }
}

TEST_P(Ed25519, KeysOffTheCurveAreUnusable) {
  // About half of all y belong to no point; both kinds must turn up.
  test::EdgyRandom random(6);
  int usable = 0;
  for (int i = 0; i < 200; ++i) usable += public_key(random.octets()).usable() ? 1 : 0;
  EXPECT_GT(usable, 50);
  EXPECT_LT(usable, 150);
}

TEST_P(Ed25519, SignsAndVerifiesMessagesOfAllLengths) {
  test::EdgyRandom random(7);
  const Ed25519PrivateKey key(random.octets(), crypto::openssl::sha512(), backend());
  const Ed25519PublicKey verifier = public_key(key.public_key());
  for (std::size_t size = 0; size < 300; size += 7) {
    ByteVector message(size);
    random.fill(message);
    const Ed25519Signature signature = key.sign(message);
    EXPECT_TRUE(verifier.verify(message, signature)) << size;
    EXPECT_EQ(key.sign(message), signature);
  }
}

TEST_P(Ed25519, PrivateKeyIsWipedOnDestruction) {
  const Octets seed = octets32(kRfc8032[0].seed);
  alignas(Ed25519PrivateKey) std::array<std::uint8_t, sizeof(Ed25519PrivateKey)> memory;
  memory.fill(0);
  const Digest expanded = hash(crypto::openssl::sha512(), seed);
  const auto holds = [&](ByteView secret) {
    return std::search(memory.begin(), memory.end(), secret.begin(), secret.end()) != memory.end();
  };
  auto* key = ::new (memory.data()) Ed25519PrivateKey(seed, crypto::openssl::sha512(), backend());
  const ByteView prefix = expanded.view().last(32);
  const ByteView scalar = expanded.view().subspan(1, 30);  // the part that clamping leaves
  EXPECT_TRUE(holds(prefix));
  EXPECT_TRUE(holds(scalar));
  key->~Ed25519PrivateKey();
  // Eight octets in a row are enough to give the rest away.
  EXPECT_FALSE(holds(prefix.first(8)));
  EXPECT_FALSE(holds(scalar.first(8)));
}

}  // namespace
}  // namespace nautilus
