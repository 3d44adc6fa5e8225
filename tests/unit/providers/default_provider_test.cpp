#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nautilus/providers/default.hpp>

#include "crypto/aegis/backend.hpp"

namespace nautilus {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

std::vector<CipherSuiteId> suites_of(const CryptoProvider& provider) {
  std::vector<CipherSuiteId> ids;
  for (const CipherSuite& suite : provider.cipher_suites) ids.push_back(suite.id);
  return ids;
}

std::vector<NamedGroup> groups_of(const CryptoProvider& provider) {
  std::vector<NamedGroup> ids;
  for (const auto& group : provider.groups) ids.push_back(group->id());
  return ids;
}

const BackendInfo* backend_of(const CryptoProvider& provider, std::string_view name) {
  for (const BackendInfo& backend : provider.backends) {
    if (backend.name == name) return &backend;
  }
  return nullptr;
}

/// AEGIS is always our own.
void expect_bulk(const CryptoProvider& provider, std::string_view backend) {
  for (const CipherSuite& suite : provider.cipher_suites) {
    const bool aegis = suite.aead->name().starts_with("AEGIS");
    EXPECT_EQ(suite.aead->backend(), aegis ? "nautilus" : backend) << suite.name;
  }
}

TEST(DefaultProvider, ListsAreCompleteAndInOrder) {
  const auto provider = default_provider();
  ASSERT_TRUE(provider);
  std::vector suites{CipherSuiteId::TLS_AES_256_GCM_SHA384, CipherSuiteId::TLS_AES_128_GCM_SHA256,
                     CipherSuiteId::TLS_CHACHA20_POLY1305_SHA256};
  if (crypto::aegis::load().available) {
    suites.push_back(CipherSuiteId::TLS_AEGIS_256_SHA512);
    suites.push_back(CipherSuiteId::TLS_AEGIS_128L_SHA256);
  }
  EXPECT_THAT(suites_of(*provider), ElementsAreArray(suites));
  EXPECT_THAT(groups_of(*provider),
              ElementsAre(NamedGroup::X25519MLKEM768, NamedGroup::SecP256r1MLKEM768,
                          NamedGroup::SecP384r1MLKEM1024, NamedGroup::x25519, NamedGroup::secp256r1,
                          NamedGroup::secp384r1, NamedGroup::MLKEM512, NamedGroup::MLKEM768,
                          NamedGroup::MLKEM1024, NamedGroup::secp521r1));
  using enum SignatureScheme;
  EXPECT_THAT(
      provider->signature_schemes,
      ElementsAre(ed25519, ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512,
                  rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512, rsa_pss_pss_sha256,
                  rsa_pss_pss_sha384, rsa_pss_pss_sha512));
  ASSERT_TRUE(provider->random && provider->keys && provider->ticket_aead && provider->sha256);
  EXPECT_EQ(provider->ticket_aead->key_size(), 32U);
  EXPECT_EQ(provider->sha256->digest_size, 32U);
}

TEST(DefaultProvider, IsSharedByItsCallers) { EXPECT_EQ(default_provider(), default_provider()); }

TEST(DefaultProvider, SuitesPairTheRightAeadAndHash) {
  const auto provider = default_provider();
  const CipherSuite* suite = provider->find(CipherSuiteId::TLS_AES_256_GCM_SHA384);
  EXPECT_EQ(suite->name, "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(suite->aead->name(), "AES-256-GCM");
  EXPECT_EQ(suite->hash->name, "SHA-384");
  suite = provider->find(CipherSuiteId::TLS_AES_128_GCM_SHA256);
  EXPECT_EQ(suite->aead->name(), "AES-128-GCM");
  EXPECT_EQ(suite->hash->name, "SHA-256");
  suite = provider->find(CipherSuiteId::TLS_CHACHA20_POLY1305_SHA256);
  EXPECT_EQ(suite->aead->name(), "ChaCha20-Poly1305");
  EXPECT_EQ(suite->hash->name, "SHA-256");
  if (!crypto::aegis::load().available) return;
  suite = provider->find(CipherSuiteId::TLS_AEGIS_256_SHA512);
  EXPECT_EQ(suite->aead->name(), "AEGIS-256");
  EXPECT_EQ(suite->hash->name, "SHA-512");
  suite = provider->find(CipherSuiteId::TLS_AEGIS_128L_SHA256);
  EXPECT_EQ(suite->aead->name(), "AEGIS-128L");
  EXPECT_EQ(suite->hash->name, "SHA-256");
}

TEST(DefaultProvider, EveryGroupAgreesWithItself) {
  const auto provider = default_provider();
  for (const auto& group : provider->groups) {
    SCOPED_TRACE(to_string(group->id()));
    auto client = group->start(*provider->random);
    ASSERT_TRUE(client);
    ASSERT_EQ((*client)->share().size(), group->client_share_size());
    const auto server = group->respond((*client)->share(), *provider->random);
    ASSERT_TRUE(server);
    ASSERT_EQ(server->share.size(), group->server_share_size());
    const auto secret = (*client)->complete(server->share);
    ASSERT_TRUE(secret);
    EXPECT_GE(secret->size(), 32U);
    EXPECT_EQ(to_vector(secret->expose()), to_vector(server->secret.expose()));
  }
}

TEST(DefaultProvider, OneKeyServesAHybridAndItsComponent) {
  const auto provider = default_provider();
  for (const auto& hybrid : provider->groups) {
    if (!hybrid->component()) continue;
    SCOPED_TRACE(to_string(hybrid->id()));
    const KeyExchangeGroup* classical = provider->find(*hybrid->component());
    ASSERT_NE(classical, nullptr);
    const auto client = hybrid->start(*provider->random).value();
    ASSERT_EQ(client->component_share().size(), classical->client_share_size());
    const auto server = classical->respond(client->component_share(), *provider->random);
    ASSERT_TRUE(server);
    const auto secret = client->complete_component(server->share);
    ASSERT_TRUE(secret);
    EXPECT_EQ(to_vector(secret->expose()), to_vector(server->secret.expose()));
  }
}

TEST(MakeProvider, LibcryptoAlone) {
  const auto provider = make_provider({.bulk_backend = "libcrypto"});
  ASSERT_TRUE(provider);
  expect_bulk(**provider, "libcrypto");
  ASSERT_NE(backend_of(**provider, "libcrypto"), nullptr);
  EXPECT_TRUE(backend_of(**provider, "libcrypto")->available);
  EXPECT_TRUE(backend_of(**provider, "libcrypto")->version.starts_with("3."));
}

TEST(MakeProvider, IpsecMbOrTheReasonWhyNot) {
  const BackendInfo* info = backend_of(*default_provider(), "ipsec-mb");
  ASSERT_NE(info, nullptr);
  EXPECT_FALSE(info->note.empty());
  const auto provider = make_provider({.bulk_backend = "ipsec-mb"});
  if (!info->available) {
    ASSERT_FALSE(provider);
    EXPECT_EQ(provider.error().code, ErrorCode::BackendUnavailable);
    EXPECT_EQ(provider.error().detail, info->note);
    return;
  }
  ASSERT_TRUE(provider);
  expect_bulk(**provider, "ipsec-mb");
}

TEST(MakeProvider, AutoTakesTheFastestThatRuns) {
  const auto provider = make_provider();
  ASSERT_TRUE(provider);
  const bool wide = backend_of(**provider, "ipsec-mb")->available;
  expect_bulk(**provider, wide ? "ipsec-mb" : "libcrypto");
}

TEST(MakeProvider, Curve25519IsOursUnlessLibcryptoIsNamed) {
  const auto note_of = [](const CryptoProvider& provider) {
    return backend_of(provider, "nautilus")->note;
  };
  EXPECT_EQ(default_provider()->find(NamedGroup::x25519)->backend(), "nautilus");
  EXPECT_EQ(default_provider()->find(NamedGroup::X25519MLKEM768)->backend(), "nautilus");
  EXPECT_THAT(note_of(*default_provider()), testing::HasSubstr("X25519 and Ed25519"));
  const auto portable = make_provider({.curve25519 = "portable"}).value();
  EXPECT_EQ(portable->find(NamedGroup::x25519)->backend(), "nautilus");
  EXPECT_THAT(note_of(*portable), testing::HasSubstr("(portable)"));
  const auto libcrypto = make_provider({.curve25519 = "libcrypto"}).value();
  EXPECT_EQ(libcrypto->find(NamedGroup::x25519)->backend(), "libcrypto");
  EXPECT_EQ(libcrypto->find(NamedGroup::X25519MLKEM768)->backend(), "libcrypto+nautilus");
  EXPECT_THAT(note_of(*libcrypto), testing::Not(testing::HasSubstr("X25519")));
}

TEST(MakeProvider, Curve25519NamesThatAreUnknownOrDoNotRunHereAreRefused) {
  for (const char* name : {"", "openssl", "IFMA", "avx512"}) {
    const auto provider = make_provider({.curve25519 = name});
    ASSERT_FALSE(provider) << name;
    EXPECT_EQ(provider.error().code, ErrorCode::ConfigInvalid);
  }
  for (const char* name : {"adx", "ifma"}) {
    const auto provider = make_provider({.curve25519 = name});
    if (provider) {
      EXPECT_THAT(backend_of(**provider, "nautilus")->note, testing::HasSubstr(name));
    } else {
      EXPECT_EQ(provider.error().code, ErrorCode::BackendUnavailable);
    }
  }
}

// Every backend agrees with libcrypto's, and their signatures hold for each other.
TEST(MakeProvider, Curve25519BackendsUnderstandEachOther) {
  const auto libcrypto = make_provider({.curve25519 = "libcrypto"}).value();
  const auto own = default_provider();
  const auto client = own->find(NamedGroup::x25519)->start(*own->random).value();
  const auto server =
      libcrypto->find(NamedGroup::x25519)->respond(client->share(), *own->random).value();
  EXPECT_EQ(to_vector(client->complete(server.share).value().expose()),
            to_vector(server.secret.expose()));
  // RFC 8410 §10.3.
  const ByteVector der = [] {
    ByteVector out{0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                   0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
    for (std::uint8_t i = 0; i < 32; ++i) out.push_back(static_cast<std::uint8_t>(7 * i + 1));
    return out;
  }();
  const ByteVector message(100, 0x5a);
  for (const auto& [signer, verifier] : {std::pair{own, libcrypto}, {libcrypto, own}}) {
    const auto key = signer->keys->load_private_key(der).value();
    EXPECT_EQ(key->description(), "Ed25519");
    const auto signature = key->sign(SignatureScheme::ed25519, message, *signer->random)->value();
    const auto peer = verifier->keys->load_public_key(key->public_key()).value();
    EXPECT_TRUE(peer->verify(SignatureScheme::ed25519, message, signature));
  }
}

TEST(MakeProvider, UnknownNamesAreRefused) {
  for (const char* name : {"", "openssl", "IPSEC-MB", "ipsecmb"}) {
    const auto provider = make_provider({.bulk_backend = name});
    ASSERT_FALSE(provider) << name;
    EXPECT_EQ(provider.error().code, ErrorCode::ConfigInvalid);
  }
}

}  // namespace
}  // namespace nautilus
