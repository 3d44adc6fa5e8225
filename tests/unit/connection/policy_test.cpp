// The policies as data, and that nothing leads around them.
#include <nautilus/policy.hpp>

#include "support/scene.hpp"

namespace nautilus::test {
namespace {

std::string snapshot(const PolicyData& policy) {
  std::string out(policy.name);
  const auto list = [&](std::string_view title, const auto& codes) {
    out.append("\n").append(title).append(":");
    for (const auto code : codes) out.append(" ").append(to_string(code));
  };
  list("groups", policy.groups);
  list("further", policy.further_groups);
  list("suites", policy.cipher_suites);
  list("schemes", policy.signature_schemes);
  return out;
}

constexpr std::string_view kModernSchemes =
    "mldsa65 mldsa87 mldsa44 ed25519 ecdsa_secp256r1_sha256 ecdsa_secp384r1_sha384 "
    "ecdsa_secp521r1_sha512 rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512 "
    "rsa_pss_pss_sha256 rsa_pss_pss_sha384 rsa_pss_pss_sha512 rsa_pkcs1_sha256 rsa_pkcs1_sha384 "
    "rsa_pkcs1_sha512";

// A change of a policy is a decision: it has to be made here as well.
TEST(Policies, AreWhatTheyWere) {
  EXPECT_EQ(
      snapshot(policy_data(Policy::Modern)),
      "modern\n"
      "groups: X25519MLKEM768 SecP256r1MLKEM768 SecP384r1MLKEM1024 x25519 secp256r1 secp384r1\n"
      "further: MLKEM512 MLKEM768 MLKEM1024 secp521r1\n"
      "suites: TLS_AES_256_GCM_SHA384 TLS_AES_128_GCM_SHA256 TLS_CHACHA20_POLY1305_SHA256\n"
      "schemes: " +
          std::string(kModernSchemes));
  EXPECT_EQ(snapshot(policy_data(Policy::PqRequired)),
            "pq_required\n"
            "groups: X25519MLKEM768 SecP256r1MLKEM768 SecP384r1MLKEM1024\n"
            "further: MLKEM512 MLKEM768 MLKEM1024\n"
            "suites: TLS_AES_256_GCM_SHA384 TLS_AES_128_GCM_SHA256 TLS_CHACHA20_POLY1305_SHA256\n"
            "schemes: " +
                std::string(kModernSchemes));
  EXPECT_EQ(snapshot(policy_data(Policy::Cnsa2)),
            "cnsa2\n"
            "groups: MLKEM1024\n"
            "further:\n"
            "suites: TLS_AES_256_GCM_SHA384\n"
            "schemes: mldsa87");
  EXPECT_EQ(snapshot(policy_data(Policy::Nist)),
            "nist\n"
            "groups: SecP256r1MLKEM768 SecP384r1MLKEM1024 secp256r1 secp384r1\n"
            "further: MLKEM512 MLKEM768 MLKEM1024 secp521r1\n"
            "suites: TLS_AES_256_GCM_SHA384 TLS_AES_128_GCM_SHA256\n"
            "schemes: mldsa65 mldsa87 mldsa44 ecdsa_secp256r1_sha256 ecdsa_secp384r1_sha384 "
            "ecdsa_secp521r1_sha512 rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512 "
            "rsa_pss_pss_sha256 rsa_pss_pss_sha384 rsa_pss_pss_sha512 rsa_pkcs1_sha256 "
            "rsa_pkcs1_sha384 rsa_pkcs1_sha512");
  EXPECT_EQ(policies().size(), 4U);
}

TEST(Policies, AreFoundByName) {
  for (const PolicyData& policy : policies()) EXPECT_EQ(find_policy(policy.name), policy.policy);
  EXPECT_FALSE(find_policy("Modern"));
  EXPECT_FALSE(find_policy(""));
}

TEST(Policies, BoundExplicitChoices) {
  Scene scene;
  const auto build = [&](Policy policy, auto choose) {
    auto client = ClientConfig::builder();
    client.trust(scene.authority.trust()).policy(policy);
    choose(client);
    return client.build();
  };
  const auto groups = [](NamedGroup group) {
    return [group](ClientConfigBuilder& b) { b.groups({group}); };
  };
  const auto suites = [](CipherSuiteId suite) {
    return [suite](ClientConfigBuilder& b) { b.cipher_suites({suite}); };
  };
  EXPECT_TRUE(build(Policy::PqRequired, groups(NamedGroup::MLKEM768)));
  EXPECT_EQ(build(Policy::PqRequired, groups(NamedGroup::x25519)).error().code,
            ErrorCode::ConfigInvalid);
  EXPECT_TRUE(build(Policy::Nist, groups(NamedGroup::secp521r1)));
  EXPECT_EQ(build(Policy::Nist, groups(NamedGroup::X25519MLKEM768)).error().code,
            ErrorCode::ConfigInvalid);
  EXPECT_EQ(build(Policy::Nist, suites(CipherSuiteId::TLS_CHACHA20_POLY1305_SHA256)).error().code,
            ErrorCode::ConfigInvalid);
}

TEST(Policies, WhoseAlgorithmsTheProviderLacksFailAtBuild) {
  auto provider = std::make_shared<CryptoProvider>(*default_provider());
  std::erase_if(provider->groups,
                [](const auto& group) { return group->id() == NamedGroup::MLKEM1024; });
  Scene scene;
  auto client = ClientConfig::builder(provider);
  client.trust(scene.authority.trust()).policy(Policy::Cnsa2);
  EXPECT_EQ(client.build().error().code, ErrorCode::ConfigInvalid);
}

TEST(Policies, ForbidAnIdentityTheyCannotUse) {
  Scene scene;
  scene.server.policy(Policy::Nist).identity(scene.authority.server(KeyType::Ed25519));
  EXPECT_EQ(scene.server.build().error().code, ErrorCode::ConfigInvalid);
}

TEST(Policies, PqRequiredRefusesAClassicalPeer) {
  Scene scene;
  scene.client.groups({NamedGroup::x25519, NamedGroup::secp256r1});
  scene.server.policy(Policy::PqRequired);
  Pipe pipe = scene.pipe();
  pipe.run();
  ASSERT_TRUE(pipe.server.error);
  EXPECT_EQ(pipe.server.error->code, ErrorCode::NoCommonGroup);
  EXPECT_EQ(pipe.client.error->peer_alert, AlertDescription::handshake_failure);
}

TEST(Policies, NistHandshakes) {
  Scene scene;
  scene.client.policy(Policy::Nist);
  scene.server.policy(Policy::Nist);
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(pipe.client.connection.negotiated().group, NamedGroup::SecP256r1MLKEM768);
}

TEST(Policies, HoldForTheWholeChain) {
  // The leaf is ECDSA, but an Ed25519 authority signed it.
  TestAuthority authority("CA", KeyType::Ed25519);
  auto client = ClientConfig::builder();
  client.trust(authority.trust()).policy(Policy::Nist);
  auto server = ServerConfig::builder();
  server.identity(authority.server());
  Pipe pipe(client.build().value(), server.build().value());
  pipe.run();
  ASSERT_TRUE(pipe.client.error);
  EXPECT_EQ(pipe.client.error->code, ErrorCode::UnsupportedCertificate);
}

TEST(Policies, ArePartOfWhatATicketIsBoundTo) {
  Scene scene;
  scene.server.ticketer(make_ticketer(default_provider()).value());
  scene.pipe().run();
  scene.server.policy(Policy::PqRequired);
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  EXPECT_FALSE(pipe.server.connection.negotiated().resumed);
}

}  // namespace
}  // namespace nautilus::test
