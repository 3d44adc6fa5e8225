#include <gtest/gtest.h>

#include <nautilus/crypto/provider.hpp>

#include "crypto/openssl/digest.hpp"
#include "crypto/openssl/x25519.hpp"

namespace nautilus {
namespace {

TEST(CryptoProvider, FindsWhatItHasAndNothingElse) {
  CryptoProvider provider;
  EXPECT_EQ(provider.find(CipherSuiteId::TLS_AES_128_GCM_SHA256), nullptr);
  EXPECT_EQ(provider.find(NamedGroup::x25519), nullptr);

  provider.cipher_suites.push_back(
      {CipherSuiteId::TLS_AES_128_GCM_SHA256, "one", nullptr, &crypto::openssl::sha256()});
  provider.cipher_suites.push_back(
      {CipherSuiteId::TLS_AES_256_GCM_SHA384, "two", nullptr, &crypto::openssl::sha384()});
  provider.groups.push_back(crypto::openssl::x25519_group());

  ASSERT_NE(provider.find(CipherSuiteId::TLS_AES_256_GCM_SHA384), nullptr);
  EXPECT_EQ(provider.find(CipherSuiteId::TLS_AES_256_GCM_SHA384)->name, "two");
  EXPECT_EQ(provider.find(CipherSuiteId::TLS_CHACHA20_POLY1305_SHA256), nullptr);
  ASSERT_NE(provider.find(NamedGroup::x25519), nullptr);
  EXPECT_EQ(provider.find(NamedGroup::x25519)->id(), NamedGroup::x25519);
  EXPECT_EQ(provider.find(NamedGroup::secp256r1), nullptr);
}

}  // namespace
}  // namespace nautilus
