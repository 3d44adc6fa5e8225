// Keys, records and small helpers for the record layer's tests.
#pragma once

#include <gtest/gtest.h>

#include "crypto/hkdf.hpp"
#include "crypto/openssl/aead.hpp"
#include "crypto/openssl/digest.hpp"
#include "record/framing.hpp"
#include "record/protection.hpp"
#include "support/rfc8448.hpp"

namespace nautilus::record {

using wire::ContentType;

inline CipherSuite aes128_suite() {
  return {CipherSuiteId{0x1301}, "TLS_AES_128_GCM_SHA256", *crypto::openssl::aes_128_gcm(),
          &crypto::openssl::sha256()};
}

inline Protection protection_of(std::string_view secret_hex) {
  return std::move(*Protection::from_secret(aes128_suite(), "tls13 ", test::from_hex(secret_hex)));
}
inline Protection protection() { return protection_of(test::rfc8448_simple::kServerApplication); }

/// A protected record of the sequence number, type and content.
inline ByteVector sealed(const Protection& keys, std::uint64_t sequence, ContentType type,
                         ByteView content, std::size_t padding = 0) {
  ByteBuffer out;
  EXPECT_TRUE(keys.seal(sequence, type, {&content, 1}, padding, out));
  return to_vector(out.view());
}

/// A record around an arbitrary inner plaintext, as only a misbehaving peer would make it: straight
/// from the AEAD, past the checks of `Protection::seal`.
inline ByteVector sealed_inner(std::string_view secret_hex, ByteView inner) {
  const CipherSuite suite = aes128_suite();
  const crypto::HmacKey secret(*suite.hash, test::from_hex(secret_hex));
  ByteVector key(16);
  ByteVector iv(12);
  EXPECT_TRUE(crypto::hkdf_expand_label(secret, "tls13 ", "key", {}, key));
  EXPECT_TRUE(crypto::hkdf_expand_label(secret, "tls13 ", "iv", {}, iv));
  ByteVector record(kHeaderSize + inner.size() + 16);
  encode_header(record.data(), ContentType::application_data, 0x0303, inner.size() + 16);
  EXPECT_TRUE((*suite.aead->make_key(key))
                  ->seal(iv, ByteView(record).first(kHeaderSize), {&inner, 1},
                         ByteSpan(record).subspan(kHeaderSize)));
  return record;
}

inline ByteVector plain(std::uint8_t type, ByteView content) {
  ByteVector record(kHeaderSize);
  encode_header(record.data(), static_cast<ContentType>(type), 0x0303, content.size());
  record.insert(record.end(), content.begin(), content.end());
  return record;
}

}  // namespace nautilus::record
