#include "crypto/pq/mldsa_keys.hpp"

#include <algorithm>
#include <initializer_list>

#include "unit/crypto_pq_mldsa/mldsa_cases.hpp"

namespace nautilus {
namespace {

using namespace crypto::pq;
using test::mldsa::BrokenRandom;
using test::mldsa::ScriptedRandom;

class OtherLoader final : public KeyLoader {
 public:
  [[nodiscard]] Result<std::shared_ptr<const SigningKey>> load_private_key(
      ByteView) const override {
    return fail(ErrorCode::Unreachable, "passed on");
  }
  [[nodiscard]] Result<std::shared_ptr<const VerificationKey>> load_public_key(
      ByteView) const override {
    return fail(ErrorCode::Unreachable, "passed on");
  }
};

ByteVector tagged(std::uint8_t tag, std::initializer_list<ByteView> parts) {
  ByteVector content;
  for (const ByteView part : parts) content.insert(content.end(), part.begin(), part.end());
  ByteVector out{tag};
  const std::size_t size = content.size();
  if (size >= 256) {
    out.insert(out.end(), {0x82, static_cast<std::uint8_t>(size >> 8)});
  } else if (size >= 128) {
    out.push_back(0x81);
  }
  out.push_back(static_cast<std::uint8_t>(size));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

template <class P>
struct Code;
template <>
struct Code<MlDsa44> {
  static constexpr SignatureScheme kScheme = SignatureScheme::mldsa44;
  static constexpr std::uint8_t kArc = 0x11;
};
template <>
struct Code<MlDsa65> {
  static constexpr SignatureScheme kScheme = SignatureScheme::mldsa65;
  static constexpr std::uint8_t kArc = 0x12;
};
template <>
struct Code<MlDsa87> {
  static constexpr SignatureScheme kScheme = SignatureScheme::mldsa87;
  static constexpr std::uint8_t kArc = 0x13;
};

template <class P>
class MlDsaKeys : public testing::Test {
 protected:
  static constexpr std::array<std::uint8_t, 3> kVersion0 = {2, 1, 0};
  static constexpr std::array<std::uint8_t, 3> kVersion1 = {2, 1, 1};
  static constexpr std::array<std::uint8_t, 4> kMessage = {'p', 'i', 'n', 'g'};

  MlDsaKeys() {
    for (std::size_t i = 0; i < seed_.size(); ++i) seed_[i] = static_cast<std::uint8_t>(i);
    key_.emplace(seed_);
  }

  [[nodiscard]] static ByteVector algorithm() {
    const ByteVector oid{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, Code<P>::kArc};
    return tagged(0x30, {tagged(0x06, {oid})});
  }
  [[nodiscard]] static ByteVector pkcs8(const ByteVector& choice) {
    return tagged(0x30, {kVersion0, algorithm(), tagged(0x04, {choice})});
  }
  [[nodiscard]] ByteVector seed_form() const { return tagged(0x80, {seed_}); }
  [[nodiscard]] ByteVector expanded_form() const { return tagged(0x04, {key_->expanded()}); }
  [[nodiscard]] ByteVector both_form() const {
    return tagged(0x30, {tagged(0x04, {seed_}), expanded_form()});
  }
  [[nodiscard]] std::string why_not(const ByteVector& der) const {
    const auto loaded = loader_->load_private_key(der);
    if (loaded) return "loaded";
    EXPECT_TRUE(loaded.error().code == ErrorCode::KeyMalformed ||
                loaded.error().code == ErrorCode::Unreachable);
    return loaded.error().detail;
  }

  std::array<std::uint8_t, kMlDsaSeedSize> seed_;
  std::optional<MlDsaPrivateKey<P>> key_;
  std::shared_ptr<const KeyLoader> loader_ = mldsa_key_loader(std::make_shared<OtherLoader>());
};
using Sets = testing::Types<MlDsa44, MlDsa65, MlDsa87>;
TYPED_TEST_SUITE(MlDsaKeys, Sets);

TYPED_TEST(MlDsaKeys, TheSeedAloneIsWritten) {
  const SecretBytes der = mldsa_pkcs8<TypeParam>(this->seed_);
  EXPECT_TRUE(std::ranges::equal(der.expose(), this->pkcs8(this->seed_form())));
}

TYPED_TEST(MlDsaKeys, AllThreeFormsSign) {
  const ByteVector spki = mldsa_spki<TypeParam>(this->key_->public_key());
  const auto verifier = this->loader_->load_public_key(spki);
  ASSERT_TRUE(verifier) << verifier.error().detail;
  ScriptedRandom random;
  for (const ByteVector& form : {this->seed_form(), this->expanded_form(), this->both_form()}) {
    const auto signer = this->loader_->load_private_key(this->pkcs8(form));
    ASSERT_TRUE(signer) << signer.error().detail;
    EXPECT_TRUE(std::ranges::equal((*signer)->public_key(), spki));
    ASSERT_EQ((*signer)->schemes().size(), 1U);
    EXPECT_EQ((*signer)->schemes()[0], Code<TypeParam>::kScheme);
    const auto signature = (*signer)->sign(Code<TypeParam>::kScheme, this->kMessage, random);
    ASSERT_TRUE(signature && *signature);
    EXPECT_TRUE((*verifier)->verify(Code<TypeParam>::kScheme, this->kMessage, **signature));
    // The context is empty (draft-ietf-tls-mldsa).
    const auto key = MlDsaPublicKey<TypeParam>::parse(this->key_->public_key());
    EXPECT_TRUE(key && key->verify(this->kMessage, **signature, {}));
    EXPECT_EQ((*verifier)
                  ->verify(Code<TypeParam>::kScheme, ByteView(this->kMessage).first(3), **signature)
                  .error()
                  .code,
              ErrorCode::BadSignature);
  }
}

TYPED_TEST(MlDsaKeys, OnlyTheKeysOwnSchemeIsServed) {
  ScriptedRandom random;
  const auto signer = this->loader_->load_private_key(this->pkcs8(this->seed_form()));
  const auto verifier =
      this->loader_->load_public_key(mldsa_spki<TypeParam>(this->key_->public_key()));
  ASSERT_TRUE(signer && verifier);
  for (const SignatureScheme scheme : {SignatureScheme::mldsa44, SignatureScheme::mldsa65,
                                       SignatureScheme::mldsa87, SignatureScheme::ed25519}) {
    if (scheme == Code<TypeParam>::kScheme) continue;
    const auto made = (*signer)->sign(scheme, this->kMessage, random);
    ASSERT_TRUE(made && !*made);
    EXPECT_EQ(made->error().code, ErrorCode::UnsupportedAlgorithm);
    const auto verified = (*verifier)->verify(scheme, this->kMessage, {});
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().code, ErrorCode::UnsupportedAlgorithm);
  }
  BrokenRandom broken;
  const auto made = (*signer)->sign(Code<TypeParam>::kScheme, this->kMessage, broken);
  ASSERT_TRUE(made && !*made);
  EXPECT_EQ(made->error().code, ErrorCode::RandomFailure);
}

TYPED_TEST(MlDsaKeys, DisagreeingHalvesAreRefused) {
  ByteVector both = this->both_form();
  both[4 + 2 + 5] ^= 1;  // the seed
  EXPECT_EQ(this->why_not(this->pkcs8(both)), "ML-DSA seed and expanded key disagree");
  both = this->both_form();
  both.back() ^= 1;
  EXPECT_EQ(this->why_not(this->pkcs8(both)), "ML-DSA seed and expanded key disagree");
  ByteVector expanded = this->expanded_form();
  expanded.back() ^= 1;
  EXPECT_EQ(this->why_not(this->pkcs8(expanded)), "ML-DSA private key whose parts disagree");

  ByteVector public_key(1 + TypeParam::kPublicKeySize);
  std::ranges::copy(this->key_->public_key(), public_key.begin() + 1);
  const auto version_1 = [&] {
    return tagged(0x30, {this->kVersion1, this->algorithm(), tagged(0x04, {this->seed_form()}),
                         tagged(0x81, {public_key})});
  };
  EXPECT_EQ(this->why_not(version_1()), "loaded");
  public_key.back() ^= 1;
  EXPECT_EQ(this->why_not(version_1()), "private and public half of the key disagree");
}

TYPED_TEST(MlDsaKeys, MalformedKeysAreToldApart) {
  constexpr const char* kForm = "ML-DSA private key in none of its three forms";
  constexpr const char* kLength = "ML-DSA private key of wrong length";
  const ByteView seed(this->seed_);
  EXPECT_EQ(this->why_not(this->pkcs8({})), kForm);
  EXPECT_EQ(this->why_not(this->pkcs8(tagged(0x81, {seed}))), kForm);
  EXPECT_EQ(this->why_not(this->pkcs8(tagged(0x30, {tagged(0x04, {seed})}))), kForm);
  ByteVector trailing = this->seed_form();
  trailing.push_back(0);
  EXPECT_EQ(this->why_not(this->pkcs8(trailing)), kForm);
  EXPECT_EQ(this->why_not(this->pkcs8(tagged(0x80, {seed.first(31)}))),
            "ML-DSA seed of wrong length");
  EXPECT_EQ(this->why_not(this->pkcs8(tagged(0x04, {seed}))), kLength);
  EXPECT_EQ(this->why_not(this->pkcs8(tagged(0x30, {tagged(0x04, {seed}), tagged(0x04, {seed})}))),
            kLength);
  const ByteVector sk(this->key_->expanded().begin(), this->key_->expanded().end());
  EXPECT_EQ(this->why_not(
                this->pkcs8(tagged(0x30, {tagged(0x04, {seed.first(31)}), tagged(0x04, {sk})}))),
            "ML-DSA seed of wrong length");
  ByteVector out_of_range = sk;
  out_of_range[128] = 0xff;
  EXPECT_EQ(this->why_not(this->pkcs8(tagged(0x04, {out_of_range}))),
            "ML-DSA private key with a coefficient out of range");

  const ByteVector wrapped = tagged(0x04, {this->seed_form()});
  const ByteVector with_null = [&] {
    ByteVector content = this->algorithm();
    content.erase(content.begin(), content.begin() + 2);
    content.insert(content.end(), {0x05, 0x00});
    return tagged(0x30, {content});
  }();
  EXPECT_EQ(this->why_not(tagged(0x30, {this->kVersion0, with_null, wrapped})),
            "ML-DSA algorithm identifier with parameters");
  EXPECT_EQ(this->why_not(tagged(0x30, {this->kVersion1, this->algorithm(), wrapped})),
            "PKCS#8 version does not fit its fields");
  const std::array<std::uint8_t, 3> version_2 = {2, 1, 2};
  EXPECT_EQ(this->why_not(tagged(0x30, {version_2, this->algorithm(), wrapped})),
            "PKCS#8 version unknown");
  EXPECT_EQ(this->why_not(tagged(0x30, {this->kVersion0, this->algorithm()})),
            "PKCS#8 without private key");
}

TYPED_TEST(MlDsaKeys, NoPrefixOfAKeyLoads) {
  const ByteVector der = this->pkcs8(this->seed_form());
  for (std::size_t size = 0; size < der.size(); ++size) {
    const ByteView cut = ByteView(der).first(size);
    EXPECT_FALSE(this->loader_->load_private_key(cut)) << size;
  }
  const ByteVector spki = mldsa_spki<TypeParam>(this->key_->public_key());
  for (std::size_t size = 0; size < spki.size(); size += 13) {
    EXPECT_FALSE(this->loader_->load_public_key(ByteView(spki).first(size))) << size;
  }
}

TYPED_TEST(MlDsaKeys, OtherKeysArePassedOn) {
  ByteVector ed25519{0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                     0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
  ed25519.resize(48);
  EXPECT_EQ(this->why_not(ed25519), "passed on");
  const auto key = this->loader_->load_public_key(ed25519);
  ASSERT_FALSE(key);
  EXPECT_STREQ(key.error().detail, "passed on");
}

}  // namespace
}  // namespace nautilus
