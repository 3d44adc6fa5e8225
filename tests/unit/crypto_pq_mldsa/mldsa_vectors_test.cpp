// Wycheproof's vectors for ML-DSA.
#include "crypto/pq/mldsa_keys.hpp"
#include "support/wycheproof.hpp"
#include "unit/crypto_pq_mldsa/mldsa_cases.hpp"

namespace nautilus {
namespace {

namespace wp = test::wycheproof;
using namespace crypto::pq;

template <class Case>
class MlDsaVectors : public test::mldsa::BackendTest<Case> {
 protected:
  void SetUp() override {
    if (!wp::available()) GTEST_SKIP() << wp::kUnavailable;
    test::mldsa::BackendTest<Case>::SetUp();
  }
  static std::string file(const char* kind) {
    return std::string("mldsa_")
        .append(test::mldsa::kSetName<typename Case::Set>)
        .append("_")
        .append(kind);
  }
};
TYPED_TEST_SUITE(MlDsaVectors, test::mldsa::AllCases, test::mldsa::CaseNames);

ByteVector optional_bytes(const wp::Json& test, const char* field) {
  return test.contains(field) ? wp::bytes(test, field) : ByteVector();
}

template <class P>
wp::Outcome check_signing(const MlDsaPrivateKey<P>& key, const wp::Json& group,
                          const wp::Json& test) {
  if (group.contains("publicKey") && group.at("publicKey").is_string()) {
    EXPECT_EQ(test::to_hex(key.public_key()), group.at("publicKey").get<std::string>());
  }
  std::array<std::uint8_t, kMlDsaRandomSize> rnd{};
  std::ranges::copy(optional_bytes(test, "rnd"), rnd.begin());
  MlDsaMu mu;
  if (test.contains("msg")) {
    const auto made =
        key.message_representative(wp::bytes(test, "msg"), optional_bytes(test, "ctx"));
    if (!made) {
      EXPECT_TRUE(wp::is_invalid(test));
      EXPECT_EQ(made.error().code, ErrorCode::ApiMisuse);
      return wp::Outcome::Refused;
    }
    if (test.contains("mu")) {
      EXPECT_EQ(test::to_hex(*made), test.at("mu").get<std::string>());
    }
    mu = *made;
  } else {
    std::ranges::copy(wp::bytes(test, "mu"), mu.begin());
  }
  EXPECT_TRUE(wp::is_valid(test));
  MlDsaSignature<P> signature;
  key.sign_mu(mu, rnd, signature);
  EXPECT_EQ(test::to_hex(signature), test.at("sig").get<std::string>());
  const auto verifier = MlDsaPublicKey<P>::parse(key.public_key(), key.backend());
  EXPECT_TRUE(verifier && verifier->verify_mu(mu, signature));
  return wp::Outcome::Run;
}

wp::Outcome refused_key(const Error& error, const wp::Json& test) {
  EXPECT_TRUE(wp::is_invalid(test)) << error.detail;
  EXPECT_EQ(error.code, ErrorCode::KeyMalformed);
  return wp::Outcome::Refused;
}

TYPED_TEST(MlDsaVectors, SigningFromSeed) {
  using P = typename TypeParam::Set;
  wp::for_each(this->file("sign_seed"), this->backend().name(),
               [&](const wp::Json& group, const wp::Json& test) {
                 const auto key = MlDsaPrivateKey<P>::from_seed(wp::bytes(group, "privateSeed"),
                                                                this->backend());
                 if (!key) return refused_key(key.error(), test);
                 return check_signing<P>(*key, group, test);
               });
}

TYPED_TEST(MlDsaVectors, SigningFromExpandedKey) {
  using P = typename TypeParam::Set;
  wp::for_each(this->file("sign_noseed"), this->backend().name(),
               [&](const wp::Json& group, const wp::Json& test) {
                 const auto key = MlDsaPrivateKey<P>::from_expanded(wp::bytes(group, "privateKey"),
                                                                    this->backend());
                 if (!key) return refused_key(key.error(), test);
                 return check_signing<P>(*key, group, test);
               });
}

TYPED_TEST(MlDsaVectors, Verification) {
  using P = typename TypeParam::Set;
  wp::for_each(this->file("verify"), this->backend().name(),
               [&](const wp::Json& group, const wp::Json& test) {
                 const auto key =
                     MlDsaPublicKey<P>::parse(wp::bytes(group, "publicKey"), this->backend());
                 if (!key) return refused_key(key.error(), test);
                 const auto verified = key->verify(wp::bytes(test, "msg"), wp::bytes(test, "sig"),
                                                   optional_bytes(test, "ctx"));
                 EXPECT_EQ(verified.has_value(), wp::is_valid(test));
                 if (verified) return wp::Outcome::Run;
                 const bool long_context = optional_bytes(test, "ctx").size() > kMlDsaMaxContext;
                 EXPECT_EQ(verified.error().code,
                           long_context ? ErrorCode::ApiMisuse : ErrorCode::BadSignature);
                 return wp::Outcome::Run;
               });
}

class NoOthers final : public KeyLoader {
 public:
  [[nodiscard]] Result<std::shared_ptr<const SigningKey>> load_private_key(
      ByteView) const override {
    return fail(ErrorCode::UnsupportedAlgorithm, "not ML-DSA");
  }
  [[nodiscard]] Result<std::shared_ptr<const VerificationKey>> load_public_key(
      ByteView) const override {
    return fail(ErrorCode::UnsupportedAlgorithm, "not ML-DSA");
  }
};

TYPED_TEST(MlDsaVectors, PrivateKeyDecoding) {
  const auto loader = mldsa_key_loader(std::make_shared<NoOthers>(), this->backend());
  wp::for_each(this->file("pkcs8_decode"), this->backend().name(),
               [&](const wp::Json& /*group*/, const wp::Json& test) {
                 const auto key = loader->load_private_key(wp::bytes(test, "encoded"));
                 if (wp::is_valid(test)) {
                   EXPECT_TRUE(key.has_value()) << key.error().detail;
                   return wp::Outcome::Run;
                 }
                 // "acceptable" is a public half that does not belong to the key: refused here.
                 EXPECT_FALSE(key.has_value());
                 return wp::Outcome::Run;
               });
}

TYPED_TEST(MlDsaVectors, PublicKeyDecoding) {
  using P = typename TypeParam::Set;
  const auto loader = mldsa_key_loader(std::make_shared<NoOthers>(), this->backend());
  wp::for_each(this->file("spki_decode"), this->backend().name(),
               [&](const wp::Json& /*group*/, const wp::Json& test) {
                 const ByteVector spki = wp::bytes(test, "encoded");
                 const auto key = loader->load_public_key(spki);
                 EXPECT_EQ(key.has_value(), wp::is_valid(test));
                 if (key) {
                   const auto octets = std::span(spki).template last<P::kPublicKeySize>();
                   EXPECT_EQ(mldsa_spki<P>(octets), spki);
                 }
                 return wp::Outcome::Run;
               });
}

}  // namespace
}  // namespace nautilus
