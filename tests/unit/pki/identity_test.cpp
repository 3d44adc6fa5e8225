#include <cstdlib>
#include <typeinfo>

#include <gtest/gtest.h>

#include <nautilus/pki/identity.hpp>

#include "unit/pki/temporary_folder.hpp"
#include "unit/pki/verifier_support.hpp"

namespace nautilus::test {
namespace {

struct Parts {
  std::string chain;
  std::string key;
};

Parts parts() {
  const Infrastructure& pki = Infrastructure::get();
  const ByteVector leaf = issued_by(pki.intermediate, pki.leaf()).certificate;
  return {pem_of(leaf) + pem_of(pki.intermediate.certificate), key_pem(pki.leaf_key)};
}

std::string code_of(const Result<Identity>& identity) {
  return std::string(identity ? "accepted" : to_string(identity.error().code));
}

TEST(Identity, FromPem) {
  const auto identity = Identity::from_pem(parts().chain, parts().key);
  ASSERT_TRUE(identity) << describe(identity.error());
  ASSERT_EQ(identity->chain().size(), 2u);
  EXPECT_EQ(identity->chain()[1], Infrastructure::get().intermediate.certificate);
  EXPECT_EQ(identity->description().common_name, "leaf");
  EXPECT_EQ(identity->description().dns_names, std::vector<std::string>{"server.test"});
  EXPECT_EQ(identity->description().ip_addresses, std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(identity->issuers().size(), 2u);
  EXPECT_TRUE(identity->ocsp_response().empty());
}

TEST(Identity, OneFileMayHoldBoth) {
  const std::string both = parts().key + parts().chain;
  EXPECT_TRUE(Identity::from_pem(both, both));
}

TEST(Identity, FromFiles) {
  const TemporaryFolder folder;
  const auto chain = folder.write("x.pem", parts().chain);
  const auto key = folder.write("x.key", parts().key);
  EXPECT_TRUE(Identity::from_pem_files(chain, key));
  EXPECT_EQ(code_of(Identity::from_pem_files(chain, folder.path() / "absent")), "FileUnreadable");
  EXPECT_EQ(code_of(Identity::from_pem_files(folder.path() / "absent", key)), "FileUnreadable");
  EXPECT_EQ(code_of(Identity::from_pem_files(key, chain)), "PemMalformed");
}

TEST(Identity, AKeyOfSomebodyElse) {
  EXPECT_EQ(code_of(Identity::from_pem(parts().chain, key_pem(make_key("P-256")))), "KeyMismatch");
  EXPECT_EQ(code_of(Identity::from_pem(parts().chain, key_pem(make_key("ED25519")))),
            "KeyMismatch");
  // The leaf comes first: with the chain turned round the key is not the first one's.
  const Infrastructure& pki = Infrastructure::get();
  const std::string turned = pem_of(pki.intermediate.certificate) +
                             pem_of(issued_by(pki.intermediate, pki.leaf()).certificate);
  EXPECT_EQ(code_of(Identity::from_pem(turned, parts().key)), "KeyMismatch");
}

TEST(Identity, KeysThatAreNone) {
  EXPECT_EQ(code_of(Identity::from_pem(parts().chain, "")), "PemMalformed");
  EXPECT_EQ(code_of(Identity::from_pem(parts().chain, parts().chain)), "PemMalformed");
  EXPECT_EQ(code_of(Identity::from_pem(
                parts().chain, "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n")),
            "KeyMalformed");
  EXPECT_EQ(code_of(Identity::from_pem(
                parts().chain, "-----BEGIN PRIVATE KEY-----\nMA*=\n-----END PRIVATE KEY-----\n")),
            "PemMalformed");
}

TEST(Identity, EncryptedKeysAreNamedAsSuch) {
  for (const char* key :
       {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n"
        "MAA=\n-----END EC PRIVATE KEY-----\n"}) {
    const auto identity = Identity::from_pem(parts().chain, key);
    ASSERT_FALSE(identity);
    EXPECT_EQ(identity.error().code, ErrorCode::KeyMalformed);
    EXPECT_NE(std::string(identity.error().detail).find("encrypted"), std::string::npos);
  }
}

TEST(Identity, CertificatesThatAreNone) {
  EXPECT_EQ(code_of(Identity::from_pem("", parts().key)), "PemMalformed");
  EXPECT_EQ(code_of(Identity::from_pem(
                "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", parts().key)),
            "BadCertificate");
  // One behind the leaf counts too.
  EXPECT_EQ(code_of(Identity::from_pem(
                parts().chain + "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
                parts().key)),
            "BadCertificate");
}

TEST(Identity, EveryKindOfKey) {
  const Infrastructure& pki = Infrastructure::get();
  for (const char* kind : {"P-256", "P-384", "P-521", "ED25519", "RSA2048"}) {
    Forgery what = pki.leaf();
    what.key = make_key(kind);
    const auto identity =
        Identity::from_pem(pem_of(issued_by(pki.root, what).certificate), key_pem(what.key));
    ASSERT_TRUE(identity) << kind;
    EXPECT_FALSE(identity->key().schemes().empty());
  }
}

/// Hands out one key, whatever it is asked for.
class OneKey final : public KeyLoader {
 public:
  explicit OneKey(std::shared_ptr<const SigningKey> key) : key_(std::move(key)) {}
  [[nodiscard]] Result<std::shared_ptr<const SigningKey>> load_private_key(
      ByteView) const override {
    if (!key_) return fail(ErrorCode::KeyMalformed, "not one of mine");
    return key_;
  }
  [[nodiscard]] Result<std::shared_ptr<const VerificationKey>> load_public_key(
      ByteView) const override {
    return fail(ErrorCode::KeyMalformed);
  }

 private:
  std::shared_ptr<const SigningKey> key_;
};

TEST(Identity, TheKeyComesFromTheLoaderGiven) {
  const Identity usual = Identity::from_pem(parts().chain, parts().key).value();
  const std::shared_ptr<const SigningKey> key(std::make_shared<Identity>(usual), &usual.key());
  const auto own = Identity::from_pem(parts().chain, parts().key, OneKey(key));
  ASSERT_TRUE(own);
  EXPECT_EQ(&own->key(), key.get());
  EXPECT_EQ(code_of(Identity::from_pem(parts().chain, parts().key, OneKey(nullptr))),
            "KeyMalformed");
  const TemporaryFolder folder;
  EXPECT_EQ(code_of(Identity::from_pem_files(folder.write("x.pem", parts().chain),
                                             folder.write("x.key", parts().key), OneKey(nullptr))),
            "KeyMalformed");
}

// Ed25519 is ours unless another provider is named: so says the type behind the interface.
TEST(Identity, Ed25519SignsWithTheProvidersCode) {
  const Infrastructure& pki = Infrastructure::get();
  Forgery what = pki.leaf();
  what.key = make_key("ED25519");
  const std::string chain = pem_of(issued_by(pki.root, what).certificate);
  const auto type_with = [&](const Identity& identity) -> const std::type_info& {
    const SigningKey& key = identity.key();
    return typeid(key);
  };
  const std::string key = key_pem(what.key);
  const auto libcrypto = make_provider({.curve25519 = "libcrypto"}).value();
  const Identity plain = Identity::from_pem(chain, key).value();
  const Identity theirs = Identity::from_pem(chain, key, *libcrypto->keys).value();
  EXPECT_NE(type_with(plain), type_with(theirs));
  // An RSA key is libcrypto's whoever loads it.
  what.key = make_key("RSA2048");
  const Identity rsa = Identity::from_pem(pem_of(issued_by(pki.root, what).certificate),
                                          key_pem(what.key), *libcrypto->keys)
                           .value();
  EXPECT_EQ(type_with(theirs), type_with(rsa));
}

TEST(Identity, FromPartsNeedsBoth) {
  const Identity whole = Identity::from_pem(parts().chain, parts().key).value();
  EXPECT_EQ(code_of(Identity::from_parts(whole.chain(), nullptr)), "ConfigInvalid");
  auto key = default_provider()->keys->load_private_key(ByteVector{});
  EXPECT_FALSE(key);
  EXPECT_EQ(code_of(Identity::from_parts({}, nullptr)), "ConfigInvalid");
}

TEST(Identity, StaplesAreCopiesWithMore) {
  const Identity plain = Identity::from_pem(parts().chain, parts().key).value();
  const Identity stapled = plain.with_ocsp_response({1, 2, 3}).with_certificate_timestamps({4, 5});
  EXPECT_EQ(to_vector(stapled.ocsp_response()), (ByteVector{1, 2, 3}));
  EXPECT_EQ(to_vector(stapled.certificate_timestamps()), (ByteVector{4, 5}));
  EXPECT_EQ(stapled.chain(), plain.chain());
  EXPECT_TRUE(plain.ocsp_response().empty());
  EXPECT_TRUE(plain.certificate_timestamps().empty());
}

}  // namespace
}  // namespace nautilus::test
