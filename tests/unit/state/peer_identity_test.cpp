#include <gtest/gtest.h>

#include <nautilus/peer_identity.hpp>

namespace nautilus {
namespace {

PeerIdentity full() {
  PeerIdentity identity;
  identity.kind = PeerIdentity::Kind::X509;
  identity.subject = "CN=alpha";
  identity.common_name = "alpha";
  identity.dns_names = {"a.example", "b.example"};
  identity.ip_addresses = {"192.0.2.1", "2001:db8::1"};
  identity.uris = {"spiffe://example/alpha"};
  identity.key_description = "ML-DSA-65";
  identity.key_digest.fill(0xAB);
  identity.certificate_digest.fill(0xCD);
  identity.expires = TimePoint(std::chrono::milliseconds(1'700'000'000'123));
  identity.application = {1, 2, 3};
  return identity;
}

TEST(PeerIdentity, RoundTrip) {
  for (const PeerIdentity& identity : {full(), PeerIdentity{}}) {
    const auto decoded = PeerIdentity::decode(identity.encode());
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, identity);
  }
}

TEST(PeerIdentity, EveryTruncationAndAnyTrailerIsRefused) {
  ByteVector encoded = full().encode();
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    const auto decoded = PeerIdentity::decode(ByteView(encoded).first(size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code, ErrorCode::DecodeError);
  }
  encoded.push_back(0);
  EXPECT_FALSE(PeerIdentity::decode(encoded));
}

TEST(PeerIdentity, UnknownVersionAndKindAreRefused) {
  ByteVector encoded = full().encode();
  for (const std::uint8_t version : ByteVector{0, 2, 255}) {
    encoded[0] = version;
    EXPECT_FALSE(PeerIdentity::decode(encoded));
  }
  encoded[0] = 1;
  encoded[1] = 5;
  EXPECT_FALSE(PeerIdentity::decode(encoded));
  encoded[1] = 4;
  EXPECT_TRUE(PeerIdentity::decode(encoded));
}

TEST(PeerIdentity, DisplayNameTakesTheBestThereIs) {
  PeerIdentity identity = full();
  EXPECT_EQ(identity.display_name(), "a.example");
  identity.dns_names.clear();
  EXPECT_EQ(identity.display_name(), "spiffe://example/alpha");
  identity.uris.clear();
  EXPECT_EQ(identity.display_name(), "alpha");
  identity.common_name.clear();
  EXPECT_EQ(identity.display_name(), "CN=alpha");
  identity.subject.clear();
  EXPECT_EQ(identity.display_name(), "key abababababababab");
}

}  // namespace
}  // namespace nautilus
