#include "state/transcript.hpp"

#include <gtest/gtest.h>

#include "crypto/openssl/digest.hpp"
#include "support/rfc8448.hpp"

namespace nautilus::state {
namespace {

using test::to_hex;

TEST(Transcript, SameBeforeAndAfterTheHashIsKnown) {
  const HashAlgorithm& hash = crypto::openssl::sha256();
  const std::string expected = to_hex(nautilus::hash(hash, as_bytes("onetwothree")));
  Transcript late;
  late.add(as_bytes("one"));
  late.add(as_bytes("two"));
  EXPECT_FALSE(late.started());
  EXPECT_EQ(to_hex(late.hash_with(hash, as_bytes("three"))), expected);
  late.start(hash);
  EXPECT_TRUE(late.started());
  EXPECT_EQ(to_hex(late.hash_with(hash, as_bytes("three"))), expected);
  EXPECT_EQ(to_hex(late.hash()), to_hex(nautilus::hash(hash, as_bytes("onetwo"))));
  late.add(as_bytes("three"));
  EXPECT_EQ(to_hex(late.hash()), expected);
}

TEST(Transcript, MessageHashReplacesTheFirstHello) {
  for (const HashAlgorithm* hash : {&crypto::openssl::sha256(), &crypto::openssl::sha384()}) {
    Transcript transcript;
    transcript.add(as_bytes("hello"));
    transcript.start(*hash);
    transcript.replace_with_message_hash();
    transcript.add(as_bytes("retry"));
    const Digest hello = nautilus::hash(*hash, as_bytes("hello"));
    ByteVector canonical{254, 0, 0, static_cast<std::uint8_t>(hash->digest_size)};
    canonical.insert(canonical.end(), hello.view().begin(), hello.view().end());
    canonical.insert(canonical.end(), {'r', 'e', 't', 'r', 'y'});
    EXPECT_EQ(to_hex(transcript.hash()), to_hex(nautilus::hash(*hash, canonical)));
  }
}

}  // namespace
}  // namespace nautilus::state
