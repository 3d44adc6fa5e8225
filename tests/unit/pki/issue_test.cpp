#include <set>

#include <gtest/gtest.h>

#include <nautilus/pki/identity.hpp>
#include <nautilus/pki/issue.hpp>

#include "unit/pki/verifier_support.hpp"

namespace nautilus::test {
namespace {

using std::chrono::hours;

CertificateSpec authority_spec(KeyType type = KeyType::EcdsaP256) {
  CertificateSpec spec;
  spec.purpose = CertificatePurpose::Authority;
  spec.key_type = type;
  spec.common_name = "Issuing CA";
  spec.not_before = kNow - hours(1);
  spec.not_after = kNow + hours(24 * 365);
  return spec;
}

CertificateSpec leaf_spec() {
  CertificateSpec spec;
  spec.purpose = CertificatePurpose::Peer;
  spec.common_name = "peer";
  spec.dns_names = {"peer.test", "*.peer.test"};
  spec.ip_addresses = {"192.0.2.7", "2001:db8::7"};
  spec.uris = {"spiffe://test/peer"};
  spec.not_before = kNow - hours(1);
  spec.not_after = kNow + hours(24);
  return spec;
}

const IssuedCertificate& authority() {
  static const IssuedCertificate made = issue_authority(authority_spec()).value();
  return made;
}

Result<IssuedCertificate> issue(const CertificateSpec& spec) {
  return issue_certificate(spec, authority().certificate_pem,
                           as_text(authority().key_pem.expose()));
}

ByteVector der_of(const IssuedCertificate& issued) {
  return certificates_from_pem(issued.certificate_pem).value().front();
}

CertificateInfo info_of(const IssuedCertificate& issued) {
  return inspect_certificate(der_of(issued)).value();
}

TEST(Issue, AnAuthoritySaysSo) {
  const CertificateInfo info = info_of(authority());
  EXPECT_TRUE(info.authority);
  EXPECT_EQ(info.issuer, "CN=Issuing CA");
  EXPECT_EQ(info.identity.subject, "CN=Issuing CA");
  EXPECT_EQ(info.key_usage, (std::vector<std::string>{"keyCertSign", "cRLSign"}));
  EXPECT_TRUE(info.extended_key_usage.empty());
  EXPECT_EQ(info.not_before, kNow - hours(1));
  EXPECT_EQ(info.not_after, kNow + hours(24 * 365));
}

TEST(Issue, ALeafSaysWhatWasAsked) {
  const CertificateInfo info = info_of(issue(leaf_spec()).value());
  EXPECT_FALSE(info.authority);
  EXPECT_EQ(info.issuer, "CN=Issuing CA");
  EXPECT_EQ(info.identity.common_name, "peer");
  EXPECT_EQ(info.identity.dns_names, leaf_spec().dns_names);
  EXPECT_EQ(info.identity.ip_addresses, leaf_spec().ip_addresses);
  EXPECT_EQ(info.identity.uris, leaf_spec().uris);
  EXPECT_EQ(info.key_usage, std::vector<std::string>{"digitalSignature"});
  EXPECT_EQ(info.extended_key_usage, (std::vector<std::string>{"serverAuth", "clientAuth"}));
  EXPECT_EQ(info.not_before, leaf_spec().not_before);
  EXPECT_EQ(info.not_after, leaf_spec().not_after);
  EXPECT_EQ(info.signature_algorithm, "ecdsa-with-SHA256");
  EXPECT_FALSE(info.public_key_info.empty());
}

TEST(Issue, PurposesBecomeExtendedKeyUsage) {
  CertificateSpec spec = leaf_spec();
  spec.purpose = CertificatePurpose::Server;
  EXPECT_EQ(info_of(issue(spec).value()).extended_key_usage,
            std::vector<std::string>{"serverAuth"});
  spec.purpose = CertificatePurpose::Client;
  EXPECT_EQ(info_of(issue(spec).value()).extended_key_usage,
            std::vector<std::string>{"clientAuth"});
}

TEST(Issue, SerialsArePositiveLongAndDifferent) {
  std::set<std::string> serials;
  for (int i = 0; i < 50; ++i) {
    const std::string serial = info_of(issue(leaf_spec()).value()).serial;
    EXPECT_EQ(serial.size(), 40u);  // 20 octets (RFC 5280 §4.1.2.2 allows no more)
    EXPECT_GE(serial.front(), '4');
    EXPECT_LE(serial.front(), '7');
    EXPECT_TRUE(serials.insert(serial).second);
  }
}

TEST(Issue, EveryKeyTypeIssuesAndIsIssued) {
  const auto expect_works = [](const IssuedCertificate& root, KeyType type) {
    CertificateSpec spec = leaf_spec();
    spec.key_type = type;
    const auto leaf =
        issue_certificate(spec, root.certificate_pem, as_text(root.key_pem.expose())).value();
    expect_accepted({.chain = {der_of(leaf)}, .name = "peer.test", .anchors = {der_of(root)}});
    EXPECT_TRUE(Identity::from_pem(leaf.certificate_pem, as_text(leaf.key_pem.expose())));
  };
  for (const KeyType type :
       {KeyType::EcdsaP256, KeyType::EcdsaP384, KeyType::Ed25519, KeyType::Rsa2048}) {
    expect_works(authority(), type);
    expect_works(issue_authority(authority_spec(type)).value(), KeyType::EcdsaP256);
  }
}

TEST(Issue, ALeafWithoutASubject) {
  CertificateSpec spec = leaf_spec();
  spec.common_name.clear();
  const auto leaf = issue(spec).value();
  EXPECT_EQ(info_of(leaf).identity.subject, "");
  expect_accepted({.chain = {der_of(leaf)}, .name = "peer.test", .anchors = {der_of(authority())}});
}

TEST(Issue, TimesBeyond2049) {
  CertificateSpec spec = leaf_spec();
  spec.not_after = TimePoint(std::chrono::sys_days(std::chrono::year(2150) / 1 / 1));
  EXPECT_EQ(info_of(issue(spec).value()).not_after, spec.not_after);
}

void expect_impossible(const CertificateSpec& spec) {
  const auto issued = issue(spec);
  ASSERT_FALSE(issued);
  EXPECT_EQ(issued.error().code, ErrorCode::ConfigInvalid) << describe(issued.error());
}

TEST(Issue, ImpossibleSpecs) {
  CertificateSpec spec = leaf_spec();
  spec.not_after = spec.not_before;
  expect_impossible(spec);
  spec = leaf_spec();
  spec.common_name = std::string(65, 'x');
  expect_impossible(spec);
  spec = leaf_spec();
  spec.purpose = CertificatePurpose::Authority;
  expect_impossible(spec);
  spec = CertificateSpec{};
  spec.not_before = kNow;
  spec.not_after = kNow + hours(1);
  expect_impossible(spec);  // without any name
}

TEST(Issue, NamesCannotSmuggleOtherNames) {
  for (const char* name :
       {"a,DNS:evil.test", "a b", "", "a..b", "192.0.2.1", "*", "a\nb", "*.*.a"}) {
    CertificateSpec spec = leaf_spec();
    spec.dns_names = {name};
    expect_impossible(spec);
  }
  for (const char* address : {"server.test", "1.2.3", "", "192.0.2.1,DNS:evil.test"}) {
    CertificateSpec spec = leaf_spec();
    spec.ip_addresses = {address};
    expect_impossible(spec);
  }
  for (const char* uri : {"", "a,DNS:evil.test", "a b", "a\nb"}) {
    CertificateSpec spec = leaf_spec();
    spec.uris = {uri};
    expect_impossible(spec);
  }
}

TEST(Issue, AnAuthorityNeedsANameAndItsOwnKey) {
  CertificateSpec nameless = authority_spec();
  nameless.common_name.clear();
  EXPECT_EQ(issue_authority(nameless).error().code, ErrorCode::ConfigInvalid);

  const auto other = issue_authority(authority_spec()).value();
  const auto mixed =
      issue_certificate(leaf_spec(), authority().certificate_pem, as_text(other.key_pem.expose()));
  EXPECT_EQ(mixed.error().code, ErrorCode::KeyMismatch);
  const auto leaf = issue(leaf_spec()).value();
  const auto below =
      issue_certificate(leaf_spec(), leaf.certificate_pem, as_text(leaf.key_pem.expose()));
  EXPECT_EQ(below.error().code, ErrorCode::ConfigInvalid);
  EXPECT_EQ(issue_certificate(leaf_spec(), authority().certificate_pem, "").error().code,
            ErrorCode::KeyMalformed);
  EXPECT_EQ(issue_certificate(leaf_spec(), "", as_text(authority().key_pem.expose())).error().code,
            ErrorCode::PemMalformed);
}

TEST(Inspect, RefusesWhatIsNoCertificate) {
  ByteVector der = der_of(authority());
  der.push_back(0);
  EXPECT_EQ(inspect_certificate(der).error().code, ErrorCode::BadCertificate);
  EXPECT_EQ(inspect_certificate({}).error().code, ErrorCode::BadCertificate);
}

}  // namespace
}  // namespace nautilus::test
