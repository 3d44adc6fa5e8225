// libcrypto fails at every single call that can fail: the error is clean, nothing secret stays in a
// buffer, its error queue is left alone, and the next attempt succeeds.
#include <algorithm>
#include <array>
#include <string_view>

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "crypto/openssl/aead.hpp"
#include "crypto/openssl/ecdh.hpp"
#include "crypto/openssl/key_load.hpp"
#include "crypto/openssl/random.hpp"
#include "crypto/openssl/x25519.hpp"
#include "support/call_faults.hpp"
#include "unit/crypto_openssl/test_keys.hpp"

using Octets = unsigned char;
NAUTILUS_FAULTY_CALL(EVP_CIPHER*, EVP_CIPHER_fetch, nullptr,
                     (OSSL_LIB_CTX * library, const char* name, const char* properties),
                     (library, name, properties));
NAUTILUS_FAULTY_CALL(EVP_CIPHER_CTX*, EVP_CIPHER_CTX_new, nullptr, (), ());
NAUTILUS_FAULTY_CALL(int, EVP_CipherInit_ex2, 0,
                     (EVP_CIPHER_CTX * context, const EVP_CIPHER* cipher, const Octets* key,
                      const Octets* iv, int seal, const OSSL_PARAM* parameters),
                     (context, cipher, key, iv, seal, parameters));
NAUTILUS_FAULTY_CALL(int, EVP_CipherUpdate, 0,
                     (EVP_CIPHER_CTX * context, Octets* out, int* written, const Octets* in,
                      int size),
                     (context, out, written, in, size));
NAUTILUS_FAULTY_CALL(int, EVP_CipherFinal_ex, 0,
                     (EVP_CIPHER_CTX * context, Octets* out, int* written),
                     (context, out, written));
NAUTILUS_FAULTY_CALL(int, EVP_CIPHER_CTX_ctrl, 0,
                     (EVP_CIPHER_CTX * context, int type, int size, void* data),
                     (context, type, size, data));
NAUTILUS_FAULTY_CALL(int, RAND_priv_bytes, 0, (Octets * out, int size), (out, size));
NAUTILUS_FAULTY_CALL(EVP_PKEY*, EVP_PKEY_new_raw_private_key_ex, nullptr,
                     (OSSL_LIB_CTX * library, const char* name, const char* properties,
                      const Octets* key, size_t size),
                     (library, name, properties, key, size));
NAUTILUS_FAULTY_CALL(EVP_PKEY*, EVP_PKEY_new_raw_public_key_ex, nullptr,
                     (OSSL_LIB_CTX * library, const char* name, const char* properties,
                      const Octets* key, size_t size),
                     (library, name, properties, key, size));
NAUTILUS_FAULTY_CALL(int, EVP_PKEY_get_raw_public_key, 0,
                     (const EVP_PKEY* key, Octets* out, size_t* size), (key, out, size));
NAUTILUS_FAULTY_CALL(EVP_PKEY_CTX*, EVP_PKEY_CTX_new_from_pkey, nullptr,
                     (OSSL_LIB_CTX * library, EVP_PKEY* key, const char* properties),
                     (library, key, properties));
NAUTILUS_FAULTY_CALL(int, EVP_PKEY_derive_init, 0, (EVP_PKEY_CTX * context), (context));
NAUTILUS_FAULTY_CALL(int, EVP_PKEY_derive_set_peer_ex, 0,
                     (EVP_PKEY_CTX * context, EVP_PKEY* peer, int validate),
                     (context, peer, validate));
NAUTILUS_FAULTY_CALL(int, EVP_PKEY_sign_init, 0, (EVP_PKEY_CTX * context), (context));
NAUTILUS_FAULTY_CALL(int, EVP_PKEY_sign, 0,
                     (EVP_PKEY_CTX * context, Octets* out, size_t* size, const Octets* digest,
                      size_t digest_size),
                     (context, out, size, digest, digest_size));
NAUTILUS_FAULTY_CALL(int, EVP_PKEY_verify_init, 0, (EVP_PKEY_CTX * context), (context));
NAUTILUS_FAULTY_CALL(int, EVP_PKEY_verify, 0,
                     (EVP_PKEY_CTX * context, const Octets* signature, size_t size,
                      const Octets* digest, size_t digest_size),
                     (context, signature, size, digest, digest_size));
NAUTILUS_FAULTY_CALL(EVP_MD_CTX*, EVP_MD_CTX_new, nullptr, (), ());
NAUTILUS_FAULTY_CALL(int, EVP_DigestSignInit_ex, 0,
                     (EVP_MD_CTX * context, EVP_PKEY_CTX** inner, const char* digest,
                      OSSL_LIB_CTX* library, const char* properties, EVP_PKEY* key,
                      const OSSL_PARAM* parameters),
                     (context, inner, digest, library, properties, key, parameters));
NAUTILUS_FAULTY_CALL(int, EVP_DigestSign, 0,
                     (EVP_MD_CTX * context, Octets* out, size_t* size, const Octets* in,
                      size_t in_size),
                     (context, out, size, in, in_size));
NAUTILUS_FAULTY_CALL(int, EVP_DigestVerifyInit_ex, 0,
                     (EVP_MD_CTX * context, EVP_PKEY_CTX** inner, const char* digest,
                      OSSL_LIB_CTX* library, const char* properties, EVP_PKEY* key,
                      const OSSL_PARAM* parameters),
                     (context, inner, digest, library, properties, key, parameters));
NAUTILUS_FAULTY_CALL(EC_GROUP*, EC_GROUP_new_by_curve_name, nullptr, (int curve), (curve));
NAUTILUS_FAULTY_CALL(EC_POINT*, EC_POINT_new, nullptr, (const EC_GROUP* group), (group));
NAUTILUS_FAULTY_CALL(int, EC_POINT_mul, 0,
                     (const EC_GROUP* group, EC_POINT* out, const BIGNUM* n, const EC_POINT* point,
                      const BIGNUM* m, BN_CTX* scratch),
                     (group, out, n, point, m, scratch));
NAUTILUS_FAULTY_CALL(size_t, EC_POINT_point2oct, 0,
                     (const EC_GROUP* group, const EC_POINT* point, point_conversion_form_t form,
                      Octets* out, size_t size, BN_CTX* scratch),
                     (group, point, form, out, size, scratch));
NAUTILUS_FAULTY_CALL(int, EC_POINT_get_affine_coordinates, 0,
                     (const EC_GROUP* group, const EC_POINT* point, BIGNUM* x, BIGNUM* y,
                      BN_CTX* scratch),
                     (group, point, x, y, scratch));
NAUTILUS_FAULTY_CALL(BIGNUM*, BN_bin2bn, nullptr, (const Octets* in, int size, BIGNUM* out),
                     (in, size, out));
NAUTILUS_FAULTY_CALL(BIGNUM*, BN_new, nullptr, (), ());
NAUTILUS_FAULTY_CALL(BN_CTX*, BN_CTX_new, nullptr, (), ());
NAUTILUS_FAULTY_CALL(int, BN_bn2binpad, -1, (const BIGNUM* number, Octets* out, int size),
                     (number, out, size));

namespace nautilus::test {
namespace {

namespace ossl = crypto::openssl;

bool all_zero(ByteView octets) {
  return std::ranges::all_of(octets, [](std::uint8_t octet) { return octet == 0; });
}

/// A failure of the backend, and nothing left of it for the application to stumble over.
void expect_failure(const Error& error) {
  EXPECT_TRUE(error.code == ErrorCode::CryptoFailure || error.code == ErrorCode::OutOfMemory)
      << describe(error);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

using MakeAead = Result<std::shared_ptr<const AeadAlgorithm>> (*)();
class LibcryptoAeadFaults : public testing::TestWithParam<MakeAead> {};
INSTANTIATE_TEST_SUITE_P(All, LibcryptoAeadFaults,
                         testing::Values(&ossl::aes_128_gcm, &ossl::aes_256_gcm,
                                         &ossl::chacha20_poly1305));

TEST_P(LibcryptoAeadFaults, AlgorithmsAndKeys) {
  const std::uint64_t failed = sweep_calls([&](const Strike& strike) {
    const auto algorithm = GetParam()();
    if (!algorithm) {
      EXPECT_STREQ(strike.function(), "EVP_CIPHER_fetch");
      EXPECT_EQ(algorithm.error().code, ErrorCode::UnsupportedAlgorithm);
      return;
    }
    const auto key = (*algorithm)->make_key(ByteVector((*algorithm)->key_size(), 1));
    if (strike.function() == nullptr) {
      EXPECT_TRUE(key);
    } else {
      ASSERT_FALSE(key) << strike.function();
      expect_failure(key.error());
    }
  });
  EXPECT_GE(failed, 3U);
}

TEST_P(LibcryptoAeadFaults, Sealing) {
  const auto algorithm = GetParam()().value();
  const auto key = algorithm->make_key(ByteVector(algorithm->key_size(), 1)).value();
  const ByteVector nonce(12, 2);
  const ByteVector aad(5, 3);
  const ByteVector text(40, 4);
  const std::array<ByteView, 2> parts{ByteView(text).first(10), ByteView(text).subspan(10)};
  ByteVector expected(text.size() + 16);
  ASSERT_TRUE(key->seal(nonce, aad, parts, expected));
  const std::uint64_t failed = sweep_calls([&](const Strike& strike) {
    ByteVector out(expected.size(), 0xff);
    const auto sealed = key->seal(nonce, aad, parts, out);
    if (strike.function() == nullptr) {
      EXPECT_TRUE(sealed);
      EXPECT_EQ(out, expected);
    } else {
      ASSERT_FALSE(sealed) << strike.function();
      expect_failure(sealed.error());
      EXPECT_TRUE(all_zero(out)) << strike.function();
    }
  });
  EXPECT_GE(failed, 6U);
}

TEST_P(LibcryptoAeadFaults, Opening) {
  const auto algorithm = GetParam()().value();
  const auto key = algorithm->make_key(ByteVector(algorithm->key_size(), 1)).value();
  const ByteVector nonce(12, 2);
  const ByteVector aad(5, 3);
  const ByteVector text(40, 4);
  const ByteView part = text;
  ByteVector sealed(text.size() + 16);
  ASSERT_TRUE(key->seal(nonce, aad, std::span(&part, 1), sealed));
  const std::uint64_t failed = sweep_calls([&](const Strike& strike) {
    ByteVector buffer = sealed;
    const auto size = key->open(nonce, aad, buffer);
    if (strike.function() == nullptr) {
      ASSERT_TRUE(size);
      buffer.resize(*size);
      EXPECT_EQ(buffer, text);
      return;
    }
    ASSERT_FALSE(size) << strike.function();
    EXPECT_TRUE(all_zero(buffer)) << strike.function();
    // How libcrypto says that the tag is wrong.
    if (std::string_view(strike.function()) == "EVP_CipherFinal_ex") {
      EXPECT_EQ(size.error().code, ErrorCode::BadRecordMac);
    } else {
      expect_failure(size.error());
    }
  });
  EXPECT_GE(failed, 5U);
}

void sweep_group(const KeyExchangeGroup& group) {
  const auto random = ossl::system_random();
  const auto client = group.start(*random).value();
  const auto server = group.respond(client->share(), *random).value();
  std::uint64_t failed = sweep_calls([&](const Strike& strike) {
    const auto started = group.start(*random);
    ASSERT_EQ(started.has_value(), strike.function() == nullptr);
    if (!started && started.error().code != ErrorCode::RandomFailure)
      expect_failure(started.error());
  });
  failed += sweep_calls([&](const Strike& strike) {
    const auto answer = group.respond(client->share(), *random);
    ASSERT_EQ(answer.has_value(), strike.function() == nullptr);
    if (!answer && answer.error().code != ErrorCode::RandomFailure) expect_failure(answer.error());
  });
  failed += sweep_calls([&](const Strike& strike) {
    const auto secret = client->complete(server.share);
    if (strike.function() == nullptr) {
      ASSERT_TRUE(secret);
      EXPECT_TRUE(std::ranges::equal(secret->expose(), server.secret.expose()));
      return;
    }
    ASSERT_FALSE(secret) << strike.function();
    expect_failure(secret.error());
  });
  EXPECT_GE(failed, 12U);
}

TEST(LibcryptoFaults, X25519) { sweep_group(*ossl::x25519_group()); }

TEST(LibcryptoFaults, Ecdh) {
  for (const NamedGroup id :
       {NamedGroup::secp256r1, NamedGroup::secp384r1, NamedGroup::secp521r1}) {
    sweep_group(*ossl::ecdh_group(id).value());
  }
  const Strike strike(1);
  EXPECT_EQ(ossl::ecdh_group(NamedGroup::secp256r1).error().code, ErrorCode::UnsupportedAlgorithm);
}

TEST(LibcryptoFaults, Signatures) {
  const auto random = ossl::system_random();
  const auto loader = ossl::key_loader();
  const ByteVector message(100, 7);
  for (const TestKey& made : std::array{ec_key("P-256"), ed25519_key(), rsa_key(2048)}) {
    const auto signer = loader->load_private_key(pkcs8_of(made)).value();
    const auto verifier = loader->load_public_key(signer->public_key()).value();
    const SignatureScheme scheme = signer->schemes().front();
    const ByteVector good = signer->sign(scheme, message, *random)->value();
    std::uint64_t failed = sweep_calls([&](const Strike& strike) {
      const auto signature = signer->sign(scheme, message, *random);
      strike.disarm();
      ASSERT_TRUE(signature);
      if (strike.function() == nullptr) {
        ASSERT_TRUE(*signature);
        EXPECT_TRUE(verifier->verify(scheme, message, **signature));
      } else {
        ASSERT_FALSE(*signature) << strike.function();
        expect_failure(signature->error());
      }
    });
    failed += sweep_calls([&](const Strike& strike) {
      const auto verified = verifier->verify(scheme, message, good);
      ASSERT_EQ(verified.has_value(), strike.function() == nullptr);
      if (verified) return;
      // How libcrypto says that the signature is wrong.
      if (std::string_view(strike.function()) == "EVP_PKEY_verify") {
        EXPECT_EQ(verified.error().code, ErrorCode::BadSignature);
      } else {
        expect_failure(verified.error());
      }
    });
    EXPECT_GE(failed, 5U) << signer->description();
  }
}

TEST(LibcryptoFaults, Randomness) {
  const Strike strike(1);
  ByteVector out(32);
  const auto filled = ossl::system_random()->fill(out);
  ASSERT_FALSE(filled);
  EXPECT_EQ(filled.error().code, ErrorCode::RandomFailure);
  EXPECT_TRUE(all_zero(out));
}

}  // namespace
}  // namespace nautilus::test
