// Which of several identities is presented (RFC 9846 §4.3.3, §4.3.4, §4.5.1.2).
#include "handshake/identities.hpp"

#include "unit/handshake/machine_fixture.hpp"

namespace nautilus::test {
namespace {

using enum SignatureScheme;

Identity with_names(const TestAuthority& authority, std::vector<std::string> names,
                    KeyType key = KeyType::EcdsaP256) {
  CertificateSpec what;
  what.purpose = CertificatePurpose::Server;
  what.key_type = key;
  what.common_name = names.empty() ? "nameless" : names.front();
  what.dns_names = std::move(names);
  return authority.issue(what);
}

SelectIdentityRequest asking_for(std::string name) {
  SelectIdentityRequest request;
  request.server_name = std::move(name);
  request.signature_schemes = {ecdsa_secp256r1_sha256, ed25519, rsa_pkcs1_sha256,
                               rsa_pss_rsae_sha256};
  return request;
}

/// The common name of what is chosen.
std::string choice(const std::vector<Identity>& identities, const SelectIdentityRequest& request) {
  const auto chosen = handshake::select_identity(identities, request);
  if (!chosen) return std::string(to_string(chosen.error().code));
  return *chosen ? (*chosen)->description().common_name : "nothing";
}

TEST(SelectIdentity, ByNameExactBeforeWildcardBeforeOrder) {
  const TestAuthority authority;
  const std::vector<Identity> identities{
      with_names(authority, {"first.test"}), with_names(authority, {"*.b.test", "b.test"}),
      with_names(authority, {"www.b.test"}), with_names(authority, {})};
  EXPECT_EQ(choice(identities, asking_for("first.test")), "first.test");
  EXPECT_EQ(choice(identities, asking_for("FIRST.Test")), "first.test");
  EXPECT_EQ(choice(identities, asking_for("b.test")), "*.b.test");
  EXPECT_EQ(choice(identities, asking_for("mail.b.test")), "*.b.test");
  EXPECT_EQ(choice(identities, asking_for("www.b.test")), "www.b.test");
  // An asterisk stands for one label, neither none nor two; and unknown names get the first.
  for (const char* other : {"x.mail.b.test", ".b.test.org", "b.test.", "test", "", "*.x.test"}) {
    EXPECT_EQ(choice(identities, asking_for(other)), "first.test") << other;
  }
}

// RFC 9846 §4.5.2-3, §4.5.2-4
TEST(SelectIdentity, OnlyAKeyThatCanSignAsAsked) {
  const TestAuthority authority;
  const std::vector<Identity> identities{with_names(authority, {"ec"}),
                                         with_names(authority, {"ed"}, KeyType::Ed25519),
                                         with_names(authority, {"rsa"}, KeyType::Rsa2048)};
  SelectIdentityRequest request = asking_for("ec");
  EXPECT_EQ(choice(identities, request), "ec");
  request.signature_schemes = {ed25519, rsa_pss_rsae_sha256};
  EXPECT_EQ(choice(identities, request), "ed");
  EXPECT_EQ(handshake::common_scheme(identities[1], request.signature_schemes), ed25519);
  request.signature_schemes = {rsa_pss_rsae_sha256};
  EXPECT_EQ(choice(identities, request), "rsa");
  EXPECT_EQ(handshake::common_scheme(identities[2], request.signature_schemes),
            rsa_pss_rsae_sha256);
  // RSASSA-PKCS1-v1_5 signs certificates, never a handshake.
  request.signature_schemes = {rsa_pkcs1_sha256};
  EXPECT_EQ(choice(identities, request), "NoCommonSignatureScheme");
  EXPECT_FALSE(handshake::common_scheme(identities[2], request.signature_schemes));
  // A client goes on without.
  request.peer = PeerRole::Server;
  EXPECT_EQ(choice(identities, request), "nothing");
}

// RFC 9846 §4.5.1.2-4: signature_algorithms_cert if sent, else signature_algorithms.
TEST(SelectIdentity, AChainThePeerCanRead) {
  const TestAuthority ec("EC authority");
  const TestAuthority rsa("RSA authority", KeyType::Rsa2048);
  const std::vector<Identity> identities{with_names(rsa, {"by-rsa", "x.test"}),
                                         with_names(ec, {"by-ec", "x.test"})};
  SelectIdentityRequest request = asking_for("x.test");
  EXPECT_EQ(choice(identities, request), "by-rsa");
  request.certificate_schemes = {ecdsa_secp256r1_sha256};
  EXPECT_EQ(choice(identities, request), "by-ec");
  request.certificate_schemes.clear();
  request.signature_schemes = {ecdsa_secp256r1_sha256};
  EXPECT_EQ(choice(identities, request), "by-ec");
  // If there is no such chain, the best there is.
  request.certificate_schemes = {ed25519};
  EXPECT_EQ(choice(identities, request), "by-rsa");
  // The name comes first: nobody takes a wrong one.
  request = asking_for("by-rsa");
  request.certificate_schemes = {ecdsa_secp256r1_sha256};
  EXPECT_EQ(choice(identities, request), "by-rsa");
}

TEST(SelectIdentity, AnAuthorityThePeerTrustsDecidesLast) {
  const TestAuthority one("One");
  const TestAuthority two("Two");
  const std::vector<Identity> identities{with_names(one, {"by-one", "x.test"}),
                                         with_names(two, {"by-two", "x.test"})};
  SelectIdentityRequest request = asking_for("x.test");
  request.certificate_authorities = {identities[1].issuers().front()};
  EXPECT_EQ(choice(identities, request), "by-two");
  request.certificate_authorities.push_back(identities[0].issuers().front());
  EXPECT_EQ(choice(identities, request), "by-one");
  request.certificate_authorities = {{0x30, 0}};
  EXPECT_EQ(choice(identities, request), "by-one");
  EXPECT_EQ(choice({}, request), "NoCommonSignatureScheme");
}

// The same through a server: what the client says in its hello chooses.
TEST(SelectIdentity, OfAServerWithTwo) {
  Parts parts;
  parts.server.identity(with_names(parts.authority, {"*.test"}, KeyType::Ed25519));
  Duet duet = parts.duet();
  duet.run();
  ASSERT_TRUE(duet.client.connected());
  EXPECT_EQ(duet.client.facts.peer.common_name, "server");
}

}  // namespace
}  // namespace nautilus::test
