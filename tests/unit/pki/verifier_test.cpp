// Chains good and bad, each with its own verdict and alert (RFC 5280, RFC 9846 §6.2).
#include <gtest/gtest.h>

#include <nautilus/pki/issue.hpp>

#include "unit/pki/verifier_support.hpp"

namespace nautilus::test {
namespace {

using Chain = std::vector<ByteVector>;

using enum ErrorCode;
using Alert = AlertDescription;
using std::chrono::hours;
using std::chrono::seconds;

const Infrastructure& pki() { return Infrastructure::get(); }

ByteVector leaf_of(const Issuer& issuer, const Forgery& what) {
  return issued_by(issuer, what).certificate;
}
/// A chain through the intermediate.
std::vector<ByteVector> chain_of(const Forgery& leaf) {
  return {leaf_of(pki().intermediate, leaf), pki().intermediate.certificate};
}

TEST(Verifier, AcceptsAGoodChain) {
  expect_accepted({.chain = {leaf_of(pki().root, pki().leaf())}});
  expect_accepted({.chain = chain_of(pki().leaf())});
}

TEST(Verifier, TheRootMayBeSentAndStrangersAmongTheChainDoNotMatter) {
  const Issuer stranger = self_signed(
      {.subject = "Stranger", .key = make_key("P-256"), .extensions = authority_extensions()});
  auto chain = chain_of(pki().leaf());
  chain.push_back(pki().root.certificate);
  expect_accepted({.chain = chain});
  chain.insert(chain.begin() + 1, stranger.certificate);
  expect_accepted({.chain = chain});
  // In any order behind the leaf (RFC 9846 §4.5.1).
  std::swap(chain[1], chain[3]);
  expect_accepted({.chain = chain});
}

TEST(Verifier, TheVerdictNamesThePeerItsKeyAndTheEarliestExpiry) {
  Forgery what =
      pki().leaf(server_extensions("DNS:server.test,DNS:*.b.test,IP:127.0.0.1,IP:2001:db8::1,"
                                   "URI:spiffe://test/server"));
  what.not_after = kNow + hours(24 * 90);
  const auto chain = chain_of(what);
  const auto verdict = verdict_on({.chain = chain});
  ASSERT_TRUE(verdict);
  const PeerIdentity& identity = verdict->identity;
  EXPECT_EQ(identity.subject, "CN=leaf");
  EXPECT_EQ(identity.common_name, "leaf");
  EXPECT_EQ(identity.dns_names, (std::vector<std::string>{"server.test", "*.b.test"}));
  EXPECT_EQ(identity.ip_addresses, (std::vector<std::string>{"127.0.0.1", "2001:db8::1"}));
  EXPECT_EQ(identity.uris, std::vector<std::string>{"spiffe://test/server"});
  EXPECT_EQ(identity.key_description, "ECDSA P-256");
  const auto digest = [](ByteView octets) {
    return to_vector(hash(*default_provider()->sha256, octets).view());
  };
  EXPECT_EQ(to_vector(identity.key_digest),
            digest(inspect_certificate(chain.front()).value().public_key_info));
  EXPECT_EQ(to_vector(identity.certificate_digest), digest(chain.front()));
  // The intermediate goes before the leaf does.
  EXPECT_EQ(identity.expires, kNow + hours(24 * 60));
  EXPECT_EQ(verdict->schemes, std::vector{SignatureScheme::ecdsa_secp256r1_sha256});
}

TEST(Verifier, WrongAuthority) {
  const Issuer other = self_signed(
      {.subject = "Other", .key = make_key("P-256"), .extensions = authority_extensions()});
  expect_refused({.chain = {leaf_of(other, pki().leaf())}}, UnknownCa, Alert::unknown_ca);
  // Nor does it help to send that authority along.
  expect_refused({.chain = {leaf_of(other, pki().leaf()), other.certificate}}, UnknownCa,
                 Alert::unknown_ca);
}

TEST(Verifier, AnAuthorityOfTheSameNameWithAnotherKey) {
  const Issuer impostor = self_signed(
      {.subject = "Root", .key = make_key("P-256"), .extensions = authority_extensions()});
  expect_refused({.chain = {leaf_of(impostor, pki().leaf())}}, BadCertificate,
                 Alert::bad_certificate);
}

TEST(Verifier, NothingInBetween) {
  expect_refused({.chain = {leaf_of(pki().intermediate, pki().leaf())}}, UnknownCa,
                 Alert::unknown_ca);
}

TEST(Verifier, ASelfSignedLeaf) {
  const Issuer leaf = self_signed(pki().leaf());
  expect_refused({.chain = {leaf.certificate}}, UnknownCa, Alert::unknown_ca);
  // Unless it is an anchor itself.
  expect_accepted({.chain = {leaf.certificate}, .anchors = {leaf.certificate}});
}

TEST(Verifier, AnIntermediateMayBeAnAnchor) {
  expect_accepted({.chain = {leaf_of(pki().intermediate, pki().leaf())},
                   .anchors = {pki().intermediate.certificate}});
}

TEST(Verifier, Validity) {
  const Forgery what = pki().leaf();
  const auto chain = chain_of(what);
  expect_accepted({.chain = chain, .now = what.not_before});
  expect_accepted({.chain = chain, .now = what.not_after - seconds(1)});
  expect_refused({.chain = chain, .now = what.not_before - seconds(1)}, CertificateNotYetValid,
                 Alert::certificate_expired);
  expect_refused({.chain = chain, .now = what.not_after + seconds(1)}, CertificateExpired,
                 Alert::certificate_expired);
}

TEST(Verifier, ValidityOfWhatIsAbove) {
  Forgery old{.subject = "Old", .key = make_key("P-256"), .extensions = authority_extensions()};
  old.not_after = kNow - seconds(1);
  const Issuer intermediate = issued_by(pki().root, old);
  expect_refused({.chain = {leaf_of(intermediate, pki().leaf()), intermediate.certificate}},
                 CertificateExpired, Alert::certificate_expired);
  const Issuer root = self_signed(old);
  expect_refused({.chain = {leaf_of(root, pki().leaf())}, .anchors = {root.certificate}},
                 CertificateExpired, Alert::certificate_expired);
  old.not_before = kNow + seconds(1);
  old.not_after = kNow + hours(1);
  const Issuer early = issued_by(pki().root, old);
  expect_refused({.chain = {leaf_of(early, pki().leaf()), early.certificate}},
                 CertificateNotYetValid, Alert::certificate_expired);
}

TEST(Verifier, Purpose) {
  const auto usage = [](const char* value) {
    return Chain{
        leaf_of(pki().root, pki().leaf(with(server_extensions(), "extendedKeyUsage", value)))};
  };
  expect_refused({.chain = usage("clientAuth")}, CertificateWrongPurpose,
                 Alert::unsupported_certificate);
  expect_refused({.chain = usage("serverAuth"), .role = PeerRole::Client, .name = ""},
                 CertificateWrongPurpose, Alert::unsupported_certificate);
  for (const char* other : {"codeSigning", "emailProtection,OCSPSigning", "1.2.3.4"}) {
    expect_refused({.chain = usage(other)}, CertificateWrongPurpose,
                   Alert::unsupported_certificate);
  }
  expect_accepted({.chain = usage("clientAuth"), .role = PeerRole::Client, .name = ""});
  for (const PeerRole role : {PeerRole::Server, PeerRole::Client}) {
    expect_accepted({.chain = usage("serverAuth,clientAuth"), .role = role});
    expect_accepted({.chain = usage(""), .role = role});  // any purpose
  }
}

// RFC 9846 §4.5.1.2-2
TEST(Verifier, KeyUsage) {
  const auto usage = [](const char* value) {
    return Chain{leaf_of(pki().root, pki().leaf(with(server_extensions(), "keyUsage", value)))};
  };
  expect_accepted({.chain = usage("digitalSignature")});
  expect_accepted({.chain = usage("")});
  for (const char* value :
       {"critical,keyEncipherment", "keyAgreement", "critical,nonRepudiation"}) {
    expect_refused({.chain = usage(value)}, CertificateWrongPurpose,
                   Alert::unsupported_certificate);
  }
}

TEST(Verifier, WhoIsNoAuthorityIssuesNothing) {
  const auto below = [](std::vector<Extension> extensions) {
    const Issuer issuer = issued_by(
        pki().root,
        {.subject = "No authority", .key = make_key("P-256"), .extensions = std::move(extensions)});
    return Chain{leaf_of(issuer, pki().leaf()), issuer.certificate};
  };
  const auto good = authority_extensions();
  expect_accepted({.chain = below(good)});
  expect_refused({.chain = below(with(good, "basicConstraints", "critical,CA:FALSE"))},
                 BadCertificate, Alert::bad_certificate);
  expect_refused({.chain = below(with(good, "keyUsage", "critical,digitalSignature"))},
                 BadCertificate, Alert::bad_certificate);
  expect_refused({.chain = below(server_extensions())}, BadCertificate, Alert::bad_certificate);
  expect_refused({.chain = below({})}, BadCertificate, Alert::bad_certificate);
}

TEST(Verifier, AVersion1CertificateIsNoIntermediate) {
  const Issuer old =
      issued_by(pki().root,
                {.subject = "Version 1", .key = make_key("P-256"), .extensions = {}, .version = 1});
  expect_refused({.chain = {leaf_of(old, pki().leaf()), old.certificate}}, BadCertificate,
                 Alert::bad_certificate);
}

TEST(Verifier, PathLength) {
  const auto authority = [](const char* constraints) {
    return Forgery{.subject = "Limited",
                   .key = make_key("P-256"),
                   .extensions = with(authority_extensions(), "basicConstraints", constraints)};
  };
  const Issuer none = issued_by(pki().root, authority("critical,CA:TRUE,pathlen:0"));
  expect_accepted({.chain = {leaf_of(none, pki().leaf()), none.certificate}});
  Forgery deeper{
      .subject = "Deeper", .key = make_key("P-256"), .extensions = authority_extensions()};
  const Issuer below = issued_by(none, deeper);
  expect_refused({.chain = {leaf_of(below, pki().leaf()), below.certificate, none.certificate}},
                 BadCertificate, Alert::bad_certificate);
  const Issuer one = issued_by(pki().root, authority("critical,CA:TRUE,pathlen:1"));
  const Issuer below_one = issued_by(one, deeper);
  expect_accepted(
      {.chain = {leaf_of(below_one, pki().leaf()), below_one.certificate, one.certificate}});
}

TEST(Verifier, NameConstraints) {
  const auto below = [](const char* constraints) {
    const Issuer issuer = issued_by(
        pki().root, {.subject = "Constrained",
                     .key = make_key("P-256"),
                     .extensions = with(authority_extensions(), "nameConstraints", constraints)});
    return Chain{leaf_of(issuer, pki().leaf(server_extensions("DNS:server.test"))),
                 issuer.certificate};
  };
  expect_accepted({.chain = below("critical,permitted;DNS:test")});
  expect_refused({.chain = below("critical,permitted;DNS:example")}, BadCertificate,
                 Alert::bad_certificate);
  expect_refused({.chain = below("critical,excluded;DNS:test")}, BadCertificate,
                 Alert::bad_certificate);
}

TEST(Verifier, WeakKeys) {
  Forgery weak = pki().leaf();
  weak.key = make_key("RSA1024");
  expect_refused({.chain = {leaf_of(pki().root, weak)}}, UnsupportedCertificate,
                 Alert::unsupported_certificate);
  const Issuer intermediate = issued_by(
      pki().root, {.subject = "Weak", .key = weak.key, .extensions = authority_extensions()});
  expect_refused({.chain = {leaf_of(intermediate, pki().leaf()), intermediate.certificate}},
                 UnsupportedCertificate, Alert::unsupported_certificate);
  Forgery strong = pki().leaf();
  strong.key = make_key("RSA2048");
  expect_accepted({.chain = {leaf_of(pki().root, strong)}});
}

TEST(Verifier, WeakSignatures) {
  Forgery weak = pki().leaf();
  weak.digest = "SHA1";
  expect_refused({.chain = {leaf_of(pki().root, weak)}}, UnsupportedCertificate,
                 Alert::unsupported_certificate);
  Forgery authority{.subject = "SHA-1 authority",
                    .key = make_key("P-256"),
                    .extensions = authority_extensions(),
                    .digest = "SHA1"};
  const Issuer intermediate = issued_by(pki().root, authority);
  expect_refused({.chain = {leaf_of(intermediate, pki().leaf()), intermediate.certificate}},
                 UnsupportedCertificate, Alert::unsupported_certificate);
  // An anchor is trusted for its key; how it signed itself says nothing.
  const Issuer root = self_signed(authority);
  expect_accepted({.chain = {leaf_of(root, pki().leaf())}, .anchors = {root.certificate}});
}

// RFC 9846 §4.5.1.3-2
TEST(Verifier, Md5HasItsOwnAlert) {
  Forgery broken = pki().leaf();
  broken.key = make_key("RSA2048");
  broken.digest = "MD5";
  const Issuer rsa = self_signed(
      {.subject = "RSA", .key = make_key("RSA2048"), .extensions = authority_extensions()});
  expect_refused({.chain = {leaf_of(rsa, broken)}, .anchors = {rsa.certificate}}, BadCertificate,
                 Alert::bad_certificate);
  const Issuer intermediate = issued_by(rsa, {.subject = "MD5 authority",
                                              .key = make_key("P-256"),
                                              .extensions = authority_extensions(),
                                              .digest = "MD5"});
  expect_refused({.chain = {leaf_of(intermediate, pki().leaf()), intermediate.certificate},
                  .anchors = {rsa.certificate}},
                 BadCertificate, Alert::bad_certificate);
}

TEST(Verifier, EveryKeyTheProfileKnows) {
  for (const char* kind : {"P-256", "P-384", "P-521", "ED25519", "RSA2048"}) {
    SCOPED_TRACE(kind);
    Forgery what = pki().leaf();
    what.key = make_key(kind);
    expect_accepted({.chain = {leaf_of(pki().root, what)}});
    const Issuer root =
        self_signed({.subject = "R", .key = make_key(kind), .extensions = authority_extensions()});
    expect_accepted({.chain = {leaf_of(root, pki().leaf())}, .anchors = {root.certificate}});
  }
}

TEST(Verifier, AKeyOutsideTheProfile) {
  Forgery what = pki().leaf();
  what.key = make_key("ED448");
  expect_refused({.chain = {leaf_of(pki().root, what)}}, UnsupportedCertificate,
                 Alert::unsupported_certificate);
}

TEST(Verifier, AcceptedSchemesHoldForTheWholeChain) {
  const Issuer rsa_root = self_signed(
      {.subject = "RSA", .key = make_key("RSA2048"), .extensions = authority_extensions()});
  const Ask ask{.chain = {leaf_of(rsa_root, pki().leaf())}, .anchors = {rsa_root.certificate}};
  expect_accepted(ask);
  Ask strict = ask;
  strict.options.schemes = {SignatureScheme::ecdsa_secp256r1_sha256};
  expect_refused(strict, UnsupportedCertificate, Alert::unsupported_certificate);
  strict.options.schemes.push_back(SignatureScheme::rsa_pkcs1_sha256);
  expect_accepted(strict);
}

TEST(Verifier, AlteredCertificates) {
  const ByteVector good = leaf_of(pki().root, pki().leaf());
  // Any octet changed: never accepted. (One in nine, and all of the last, which are the signature.)
  for (std::size_t at = 0; at < good.size(); at += at < good.size() - 40 ? 9 : 1) {
    ByteVector bad = good;
    bad[at] ^= 0x04;
    const auto verdict = verdict_on({.chain = {bad}});
    ASSERT_FALSE(verdict) << at;
    EXPECT_EQ(origin_of(verdict.error().code), ErrorOrigin::PeerCertificate) << at;
  }
  ByteVector bad = good;
  bad.back() ^= 1;
  expect_refused({.chain = {bad}}, BadCertificate, Alert::bad_certificate);
}

TEST(Verifier, MalformedDer) {
  const ByteVector good = leaf_of(pki().root, pki().leaf());
  for (std::size_t size = 0; size < good.size(); size += 13) {
    const ByteVector cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    expect_refused({.chain = {cut}}, BadCertificate, Alert::bad_certificate);
  }
  ByteVector trailing = good;
  trailing.push_back(0);
  expect_refused({.chain = {trailing}}, BadCertificate, Alert::bad_certificate);
  // Behind the leaf too, though the path would not need it.
  expect_refused({.chain = {good, trailing}}, BadCertificate, Alert::bad_certificate);
  expect_refused({.chain = {good, ByteVector(3, 0x30)}}, BadCertificate, Alert::bad_certificate);
  expect_refused({.chain = {}}, BadCertificate, Alert::bad_certificate);
}

TEST(Verifier, CriticalExtensionsNobodyKnows) {
  auto extensions = server_extensions();
  extensions.emplace_back("1.3.6.1.4.1.99999.1", "0500");
  expect_accepted({.chain = {leaf_of(pki().root, pki().leaf(extensions))}});
  extensions.back().second = "critical,0500";
  expect_refused({.chain = {leaf_of(pki().root, pki().leaf(extensions))}}, UnsupportedCertificate,
                 Alert::unsupported_certificate);
  auto authority = authority_extensions();
  authority.emplace_back("1.3.6.1.4.1.99999.1", "critical,0500");
  const Issuer issuer = issued_by(
      pki().root, {.subject = "Critical", .key = make_key("P-256"), .extensions = authority});
  expect_refused({.chain = {leaf_of(issuer, pki().leaf()), issuer.certificate}},
                 UnsupportedCertificate, Alert::unsupported_certificate);
}

/// Leaf first, `count` intermediates behind it.
std::vector<ByteVector> long_chain(unsigned count) {
  std::vector<ByteVector> reversed;
  Issuer issuer = pki().root;
  for (unsigned i = 0; i < count; ++i) {
    issuer = issued_by(issuer, {.subject = "Level " + std::to_string(i),
                                .key = make_key("P-256"),
                                .extensions = authority_extensions()});
    reversed.push_back(issuer.certificate);
  }
  reversed.push_back(leaf_of(issuer, pki().leaf()));
  return {reversed.rbegin(), reversed.rend()};
}

TEST(Verifier, ALongChain) {
  expect_accepted({.chain = long_chain(8)});
  expect_refused({.chain = long_chain(9)}, BadCertificate, Alert::bad_certificate);
  X509VerifierOptions options;
  options.max_intermediates = 1;
  expect_accepted({.chain = long_chain(1), .options = options});
  expect_refused({.chain = long_chain(2), .options = options}, BadCertificate,
                 Alert::bad_certificate);
  options.max_intermediates = 0;
  expect_accepted({.chain = long_chain(0), .options = options});
  expect_refused({.chain = long_chain(1), .options = options}, BadCertificate,
                 Alert::bad_certificate);
}

TEST(Verifier, SeveralAnchors) {
  const Issuer other = self_signed(
      {.subject = "Other", .key = make_key("P-256"), .extensions = authority_extensions()});
  const Chain anchors{pki().root.certificate, other.certificate};
  expect_accepted({.chain = chain_of(pki().leaf()), .anchors = anchors});
  expect_accepted({.chain = {leaf_of(other, pki().leaf())}, .anchors = anchors});
}

TEST(Verifier, AnAnchorThatCannotBeReadTrustsNobody) {
  expect_refused({.chain = chain_of(pki().leaf()), .anchors = {ByteVector(10, 0x30)}}, UnknownCa,
                 Alert::unknown_ca);
  expect_accepted(
      {.chain = chain_of(pki().leaf()), .anchors = {ByteVector(10, 0x30), pki().root.certificate}});
}

std::shared_ptr<const CertificateVerifier> verifier(const std::vector<ByteVector>& anchors,
                                                    X509VerifierOptions options = {}) {
  return make_x509_verifier(trust_in(anchors), default_provider()->keys, std::move(options));
}

TEST(Verifier, TheFingerprintTellsVerifiersApart) {
  const Chain root{pki().root.certificate};
  const Chain both{pki().root.certificate, pki().intermediate.certificate};
  const ByteVector mark = verifier(root)->fingerprint();
  EXPECT_EQ(mark.size(), 32u);
  EXPECT_EQ(mark, verifier(root)->fingerprint());
  EXPECT_NE(mark, verifier(both)->fingerprint());
  EXPECT_NE(mark, verifier({pki().intermediate.certificate})->fingerprint());
  X509VerifierOptions shorter;
  shorter.max_intermediates = 7;
  EXPECT_NE(mark, verifier(root, shorter)->fingerprint());
  X509VerifierOptions fewer;
  fewer.schemes = {SignatureScheme::ed25519};
  EXPECT_NE(mark, verifier(root, fewer)->fingerprint());
}

TEST(Verifier, NamesItsAuthorities) {
  const auto names =
      verifier({pki().root.certificate, pki().intermediate.certificate})->authorities();
  ASSERT_EQ(names.size(), 2u);
  // SEQUENCE { SET { SEQUENCE { commonName, UTF8String "Root" } } }
  EXPECT_EQ(names[0], (ByteVector{0x30, 0x0F, 0x31, 0x0D, 0x30, 0x0B, 0x06, 0x03, 0x55, 0x04, 0x03,
                                  0x0C, 0x04, 'R', 'o', 'o', 't'}));
}

// RFC 9846 §4.3.3-10
TEST(Verifier, OffersNoWeakScheme) {
  const auto v = verifier({pki().root.certificate});
  for (const SignatureScheme scheme : v->schemes()) {
    EXPECT_NE(to_string(scheme), "unknown");  // SHA-1 schemes have no name here
  }
  EXPECT_EQ(v->schemes().front(), SignatureScheme::ecdsa_secp256r1_sha256);
}

}  // namespace
}  // namespace nautilus::test
