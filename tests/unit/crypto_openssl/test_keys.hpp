// Keys made on the spot by libcrypto, in every encoding the loader takes.
#pragma once

#include <memory>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <nautilus/bytes.hpp>

namespace nautilus::test {

struct PkeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using TestKey = std::unique_ptr<EVP_PKEY, PkeyFree>;

inline TestKey ec_key(const char* curve) { return TestKey(EVP_EC_gen(curve)); }
inline TestKey ed25519_key() { return TestKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }
inline TestKey rsa_key(unsigned bits) { return TestKey(EVP_RSA_gen(bits)); }

/// An id-RSASSA-PSS key; bound to `digest`, MGF1 over it and its length as salt when one is given.
inline TestKey rsa_pss_key(const EVP_MD* digest, const EVP_MD* mgf1 = nullptr) {
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_keygen_init(context);
  EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048);
  if (digest != nullptr) {
    EVP_PKEY_CTX_set_rsa_pss_keygen_md(context, digest);
    EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md(context, mgf1 != nullptr ? mgf1 : digest);
    EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(context, EVP_MD_get_size(digest));
  }
  EVP_PKEY_keygen(context, &key);
  EVP_PKEY_CTX_free(context);
  return TestKey(key);
}

template <class Encode>
ByteVector encoded(Encode encode) {
  unsigned char* der = nullptr;
  const int size = encode(&der);
  if (size <= 0) return {};
  ByteVector out(der, der + size);
  OPENSSL_free(der);
  return out;
}

inline ByteVector spki_of(const TestKey& key) {
  return encoded([&](unsigned char** out) { return i2d_PUBKEY(key.get(), out); });
}

inline ByteVector pkcs8_of(const TestKey& key) {
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key.get());
  ByteVector out = encoded([&](unsigned char** der) { return i2d_PKCS8_PRIV_KEY_INFO(info, der); });
  PKCS8_PRIV_KEY_INFO_free(info);
  return out;
}

/// SEC 1 for elliptic curves, PKCS #1 for RSA.
inline ByteVector traditional_of(const TestKey& key) {
  return encoded([&](unsigned char** out) { return i2d_PrivateKey(key.get(), out); });
}

}  // namespace nautilus::test
