#include "crypto/hkdf.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "crypto/openssl/digest.hpp"
#include "support/wycheproof.hpp"

namespace nautilus {
namespace {

using crypto::hkdf_expand;
using crypto::hkdf_expand_label;
using crypto::hkdf_extract;
using crypto::HmacKey;
using test::wycheproof::from_hex;

const HashAlgorithm& sha256() { return crypto::openssl::sha256(); }
const HashAlgorithm& sha384() { return crypto::openssl::sha384(); }
const HashAlgorithm& sha512() { return crypto::openssl::sha512(); }

ByteVector mac(const HashAlgorithm& hash, const std::string& key, const std::string& message) {
  return to_vector(HmacKey(hash, from_hex(key)).mac(from_hex(message)).expose());
}

ByteVector expand(const HmacKey& prk, const std::string& info, std::size_t size) {
  ByteVector out(size);
  EXPECT_TRUE(hkdf_expand(prk, from_hex(info), out));
  return out;
}

std::string repeat(const std::string& octet, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += octet;
  return out;
}

TEST(Hmac, Rfc4231Case1) {
  const std::string key = repeat("0b", 20);
  EXPECT_EQ(mac(sha256(), key, "4869205468657265"),
            from_hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
  EXPECT_EQ(mac(sha384(), key, "4869205468657265"),
            from_hex("afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
                     "faea9ea9076ede7f4af152e8b2fa9cb6"));
  EXPECT_EQ(mac(sha512(), key, "4869205468657265"),
            from_hex("87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
                     "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"));
}

// A key longer than the block is hashed first (131 octets exceed SHA-512's block as well).
TEST(Hmac, Rfc4231Case6LongKey) {
  const std::string key = repeat("aa", 131);
  const std::string message =
      "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b"
      "6579204669727374";
  EXPECT_EQ(mac(sha256(), key, message),
            from_hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
  EXPECT_EQ(mac(sha384(), key, message),
            from_hex("4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
                     "0c2ef6ab4030fe8296248df163f44952"));
}

TEST(Hmac, StreamedEqualsOneShotAndTheKeyIsReusable) {
  const HmacKey key(sha256(), from_hex("0102030405"));
  const ByteVector message(300, 0x5a);
  const ByteVector expected = to_vector(key.mac(message).expose());
  for (std::size_t cut = 0; cut <= message.size(); cut += 37) {
    Hasher running = key.start();
    running.update(ByteView(message).first(cut)).update(ByteView(message).subspan(cut));
    EXPECT_EQ(to_vector(key.finish(running).expose()), expected) << cut;
  }
}

// RFC 2104: only keys longer than the block are hashed first.
TEST(Hmac, KeyOfExactlyOneBlockIsUsedAsItIs) {
  for (const HashAlgorithm* hash : {&sha256(), &sha384()}) {
    const ByteVector key(hash->block_size, 0x11);
    const ByteVector inner_pad(hash->block_size, 0x11 ^ 0x36);
    const ByteVector outer_pad(hash->block_size, 0x11 ^ 0x5c);
    const Digest inner = Hasher(*hash).update(inner_pad).update(as_bytes("m")).finish();
    const Digest outer = Hasher(*hash).update(outer_pad).update(inner).finish();
    EXPECT_EQ(to_vector(HmacKey(*hash, key).mac(as_bytes("m")).expose()), to_vector(outer));
  }
}

TEST(Hkdf, Rfc5869Case1) {
  const auto prk = hkdf_extract(sha256(), from_hex("000102030405060708090a0b0c"),
                                from_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"));
  EXPECT_EQ(to_vector(prk.expose()),
            from_hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"));
  EXPECT_EQ(expand(HmacKey(sha256(), prk.expose()), "f0f1f2f3f4f5f6f7f8f9", 42),
            from_hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                     "34007208d5b887185865"));
}

TEST(Hkdf, Rfc5869Case3NoSaltNoInfo) {
  const auto prk = hkdf_extract(sha256(), {}, from_hex(repeat("0b", 22)));
  EXPECT_EQ(to_vector(prk.expose()),
            from_hex("19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04"));
  EXPECT_EQ(expand(HmacKey(sha256(), prk.expose()), "", 42),
            from_hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
                     "9d201395faa4b61a96c8"));
}

TEST(Hkdf, ExpandStopsAt255Digests) {
  const HmacKey prk(sha256(), from_hex("00"));
  std::vector<std::uint8_t> most(255 * 32);
  EXPECT_TRUE(hkdf_expand(prk, {}, most));
  std::vector<std::uint8_t> more(255 * 32 + 1);
  const auto refused = hkdf_expand(prk, {}, more);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::ApiMisuse);
}

TEST(Hkdf, ShorterOutputIsAPrefix) {
  const HmacKey prk(sha384(), from_hex("0badc0de"));
  const ByteVector whole = expand(prk, "01", 200);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(expand(prk, "01", size),
              ByteVector(whole.begin(), whole.begin() + std::ptrdiff_t(size)));
  }
}

// The simple 1-RTT handshake of RFC 8448 §3: server handshake traffic key and iv.
TEST(ExpandLabel, Rfc8448TrafficKeys) {
  const HmacKey secret(
      sha256(), from_hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"));
  ByteVector key(16);
  ByteVector iv(12);
  ASSERT_TRUE(hkdf_expand_label(secret, crypto::kTls13LabelPrefix, "key", {}, key));
  ASSERT_TRUE(hkdf_expand_label(secret, crypto::kTls13LabelPrefix, "iv", {}, iv));
  EXPECT_EQ(key, from_hex("3fce516009c21727d0f2e4e86ee403bc"));
  EXPECT_EQ(iv, from_hex("5d313eb2671276ee13000b30"));
}

TEST(ExpandLabel, EqualsExpandOverTheHandBuiltStructure) {
  const HmacKey secret(sha256(), from_hex("aa"));
  ByteVector out(300);
  ASSERT_TRUE(hkdf_expand_label(secret, "p ", "lab", from_hex("c0ffee"), out));
  EXPECT_EQ(out, expand(secret,
                        "012c"
                        "05"
                        "70206c6162"
                        "03"
                        "c0ffee",
                        300));
}

TEST(ExpandLabel, RefusesWhatDoesNotFit) {
  const HmacKey secret(sha256(), from_hex("aa"));
  ByteVector out(16);
  const std::string label(250, 'x');
  EXPECT_FALSE(hkdf_expand_label(secret, "tls13 ", label, {}, out));
  EXPECT_TRUE(hkdf_expand_label(secret, "tls13 ", std::string(249, 'x'), {}, out));
  EXPECT_FALSE(hkdf_expand_label(secret, "tls13 ", "key", ByteVector(256), out));
  EXPECT_TRUE(hkdf_expand_label(secret, "tls13 ", "key", ByteVector(255), out));
  ByteVector huge(65536);
  EXPECT_FALSE(hkdf_expand_label(secret, "tls13 ", "key", {}, huge));
}

}  // namespace
}  // namespace nautilus
