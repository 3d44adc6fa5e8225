// Every backend against libcrypto on random and edge inputs: X25519 always equal, Ed25519's
// signatures equal, its verdicts equal but for keys that ours refuses.
#include <cstdlib>
#include <iostream>
#include <memory>

#include <openssl/evp.h>

#include "crypto/curve25519/ed25519.hpp"
#include "crypto/openssl/digest.hpp"
#include "unit/crypto_curve25519/backends.hpp"

namespace nautilus {
namespace {

using namespace crypto::curve25519;
using test::Octets;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;

Key private_key(const char* type, const Octets& octets) {
  return Key(EVP_PKEY_new_raw_private_key_ex(nullptr, type, nullptr, octets.data(), 32));
}

Octets public_of(const Key& key) {
  Octets out{};
  std::size_t size = 32;
  EXPECT_EQ(EVP_PKEY_get_raw_public_key(key.get(), out.data(), &size), 1);
  return out;
}

/// All zero where libcrypto refuses.
Octets libcrypto_x25519(const Key& own, const Octets& u) {
  const Key peer(EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, u.data(), 32));
  const std::unique_ptr<EVP_PKEY_CTX, Free> context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, own.get(), nullptr));
  Octets out{};
  std::size_t size = 32;
  if (EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer_ex(context.get(), peer.get(), 0) != 1 ||
      EVP_PKEY_derive(context.get(), out.data(), &size) != 1) {
    return {};
  }
  return out;
}

Ed25519Signature libcrypto_sign(const Key& key, ByteView message) {
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  Ed25519Signature out{};
  std::size_t size = out.size();
  EXPECT_EQ(
      EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(), nullptr),
      1);
  EXPECT_EQ(EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()), 1);
  return out;
}

bool libcrypto_verifies(const Octets& key, ByteView message, ByteView signature) {
  const Key peer(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, key.data(), 32));
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, peer.get(),
                                 nullptr) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

/// Encodings of small order; one is used as a key or as R now and then.
constexpr const char* kOddPoints[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

class Curve25519Differential : public test::Curve25519Test {
 protected:
  /// Returns how often ours refused a key alone.
  int compare(test::EdgyRandom& random, int rounds) const {
    int keys_refused = 0;
    for (int i = 0; i < rounds && !HasFailure(); ++i) {
      compare_x25519(random);
      keys_refused += compare_ed25519(random) ? 1 : 0;
    }
    return keys_refused;
  }

 private:
  void compare_x25519(test::EdgyRandom& random) const {
    const Octets scalar = random.octets();
    const Octets u = random.octets();
    const Key key = private_key("X25519", scalar);
    ASSERT_EQ(x25519(scalar, u), libcrypto_x25519(key, u));
    Octets base{};
    kernels().x25519_base(base, scalar);
    ASSERT_EQ(base, public_of(key));
  }

  bool compare_ed25519(test::EdgyRandom& random) const {
    const Octets seed = random.octets();
    ByteVector message(random.next() % 200);
    random.fill(message);
    const Key key = private_key("ED25519", seed);
    const Ed25519PrivateKey own(seed, crypto::openssl::sha512(), backend());
    EXPECT_EQ(own.public_key(), public_of(key));
    Ed25519Signature signature = own.sign(message);
    EXPECT_EQ(signature, libcrypto_sign(key, message));
    Octets public_key = own.public_key();
    EXPECT_TRUE(verifies(public_key, message, signature));
    // Spoil something, or nothing.
    switch (random.next() % 8) {
      case 0:
        signature[random.next() % 64] ^= static_cast<std::uint8_t>(1U << (random.next() % 8));
        break;
      case 1:
        random.fill(std::span(signature).last(32));
        break;
      case 2:
        public_key = random.octets();
        break;
      case 3:
        public_key = odd_point(random);
        break;
      case 4:
        std::ranges::copy(odd_point(random), signature.begin());
        break;
      case 5:  // S = 0 and R of small order fit a key of small order.
        public_key = odd_point(random);
        signature.fill(0);
        std::ranges::copy(odd_point(random), signature.begin());
        break;
      default:
        break;
    }
    const bool theirs = libcrypto_verifies(public_key, message, signature);
    const bool usable = Ed25519PublicKey(public_key, crypto::openssl::sha512(), backend()).usable();
    EXPECT_EQ(verifies(public_key, message, signature), theirs && usable);
    return theirs && !usable;
  }

  [[nodiscard]] bool verifies(const Octets& key, ByteView message, ByteView signature) const {
    return Ed25519PublicKey(key, crypto::openssl::sha512(), backend())
        .verify(message, signature)
        .has_value();
  }

  static Octets odd_point(test::EdgyRandom& random) {
    return test::octets32(kOddPoints[random.next() % std::size(kOddPoints)]);
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, Curve25519Differential, test::kEveryBackend, test::backend_case);

TEST_P(Curve25519Differential, AgreesWithLibcrypto) {
  test::EdgyRandom random(21);
  EXPECT_GT(compare(random, 1000), 0);
}

TEST_P(Curve25519Differential, AgreesWithLibcryptoOnManyInputs) {
  const char* wanted = std::getenv("NAUTILUS_LONG");
  if (wanted == nullptr) {
    GTEST_SKIP() << "NAUTILUS_LONG is not set: its number of inputs (up to 1,000,000) was NOT run";
  }
  test::EdgyRandom random(22);
  // Plain vectors are slow and the code is that of the IFMA backend.
  const int most = backend().name() == "emulated" ? 20000 : 1000000;
  const int rounds = std::min(std::atoi(wanted), most);
  ASSERT_GT(rounds, 0);
  const int refused = compare(random, rounds);
  std::cout << "curve25519 [" << backend().name() << "]: " << rounds << " inputs agree, " << refused
            << " of small order refused by ours alone\n";
}

}  // namespace
}  // namespace nautilus
