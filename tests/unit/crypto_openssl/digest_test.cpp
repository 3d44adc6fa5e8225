#include "crypto/openssl/digest.hpp"

#include <gtest/gtest.h>

#include "support/wycheproof.hpp"

namespace nautilus {
namespace {

using test::wycheproof::from_hex;

ByteVector digest_of(const HashAlgorithm& algorithm, std::string_view text) {
  return to_vector(hash(algorithm, as_bytes(text)));
}

// FIPS 180-4's example message and the empty one.
TEST(LibcryptoDigest, KnownAnswers) {
  EXPECT_EQ(digest_of(crypto::openssl::sha256(), "abc"),
            from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  EXPECT_EQ(digest_of(crypto::openssl::sha256(), ""),
            from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  EXPECT_EQ(digest_of(crypto::openssl::sha384(), "abc"),
            from_hex("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                     "8086072ba1e7cc2358baeca134c825a7"));
  EXPECT_EQ(digest_of(crypto::openssl::sha512(), "abc"),
            from_hex("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"));
}

TEST(LibcryptoDigest, SizesAreTrue) {
  EXPECT_EQ(crypto::openssl::sha256().digest_size, 32U);
  EXPECT_EQ(crypto::openssl::sha256().block_size, 64U);
  EXPECT_EQ(crypto::openssl::sha384().digest_size, 48U);
  EXPECT_EQ(crypto::openssl::sha384().block_size, 128U);
  EXPECT_EQ(crypto::openssl::sha512().digest_size, 64U);
  EXPECT_EQ(crypto::openssl::sha512().block_size, 128U);
}

TEST(LibcryptoDigest, AForkReadsWithoutEnding) {
  for (const HashAlgorithm* algorithm :
       {&crypto::openssl::sha256(), &crypto::openssl::sha384(), &crypto::openssl::sha512()}) {
    Hasher running(*algorithm);
    running.update(as_bytes("a"));
    EXPECT_EQ(to_vector(running.digest()), digest_of(*algorithm, "a"));
    Hasher fork(running);
    fork.update(as_bytes("X"));
    running.update(as_bytes("bc"));
    EXPECT_EQ(to_vector(fork.digest()), digest_of(*algorithm, "aX"));
    EXPECT_EQ(to_vector(running.finish()), digest_of(*algorithm, "abc"));
    running = fork;
    EXPECT_EQ(to_vector(running.finish()), digest_of(*algorithm, "aX"));
  }
}

TEST(LibcryptoDigest, AnyChunkingGivesTheSame) {
  const std::string text(1000, 'q');
  const ByteVector whole = digest_of(crypto::openssl::sha384(), text);
  for (std::size_t chunk = 1; chunk < 300; chunk += 7) {
    Hasher running(crypto::openssl::sha384());
    for (std::size_t at = 0; at < text.size(); at += chunk) {
      running.update(as_bytes(std::string_view(text).substr(at, chunk)));
    }
    EXPECT_EQ(to_vector(running.finish()), whole) << chunk;
  }
}

}  // namespace
}  // namespace nautilus
