// Whom a server's certificate speaks for (RFC 9525, RFC 6125 before it).
#include <gtest/gtest.h>

#include "unit/pki/verifier_support.hpp"

namespace nautilus::test {
namespace {

struct NameCase {
  const char* what;
  const char* names;  ///< of subjectAltName; empty: none
  const char* asked;
  bool match;
};

class Names : public testing::TestWithParam<NameCase> {};

TEST_P(Names, MatchOrNot) {
  const auto& [what, names, asked, match] = GetParam();
  const Infrastructure& pki = Infrastructure::get();
  Forgery leaf = pki.leaf(with(server_extensions(), "subjectAltName", names));
  leaf.subject = "server.test";  // a common name that never counts
  const Ask ask{.chain = {issued_by(pki.root, leaf).certificate}, .name = asked};
  if (match) {
    expect_accepted(ask);
  } else {
    expect_refused(ask, ErrorCode::CertificateNameMismatch, AlertDescription::bad_certificate);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Names,
    testing::Values(
        NameCase{"the same", "DNS:server.test", "server.test", true},
        NameCase{"in other case", "DNS:SERVER.Test", "server.TEST", true},
        NameCase{"asked with the root's dot", "DNS:server.test", "server.test.", true},
        NameCase{"second of two", "DNS:a.test,DNS:b.test", "b.test", true},
        NameCase{"another", "DNS:other.test", "server.test", false},
        NameCase{"its parent", "DNS:test", "server.test", false},
        NameCase{"its child", "DNS:a.server.test", "server.test", false},
        NameCase{"a suffix", "DNS:rver.test", "server.test", false},
        NameCase{"no subjectAltName", "", "server.test", false},
        NameCase{"only an address", "IP:127.0.0.1", "server.test", false},
        NameCase{"only a URI", "URI:https://server.test/", "server.test", false},
        NameCase{"only mail", "email:me@server.test", "server.test", false},
        NameCase{"wildcard", "DNS:*.server.test", "a.server.test", true},
        NameCase{"wildcard, two labels", "DNS:*.server.test", "a.b.server.test", false},
        NameCase{"wildcard, no label", "DNS:*.server.test", "server.test", false},
        NameCase{"wildcard within a label", "DNS:a*.server.test", "ab.server.test", false},
        NameCase{"wildcard at a label's end", "DNS:*a.server.test", "ba.server.test", false},
        NameCase{"wildcard not leftmost", "DNS:a.*.test", "a.b.test", false},
        NameCase{"two wildcards", "DNS:*.*.test", "a.b.test", false},
        NameCase{"wildcard for a top level", "DNS:*.test", "server.test", false},
        NameCase{"wildcard alone", "DNS:*", "server.test", false},
        NameCase{"address", "IP:192.0.2.1", "192.0.2.1", true},
        NameCase{"another address", "IP:192.0.2.2", "192.0.2.1", false},
        NameCase{"address as a DNS name", "DNS:192.0.2.1", "192.0.2.1", false},
        NameCase{"address of version 6", "IP:2001:db8::1", "2001:db8:0:0::1", true},
        NameCase{"address in brackets", "IP:2001:db8::1", "[2001:db8::1]", true},
        NameCase{"mapped address", "IP:::ffff:192.0.2.1", "192.0.2.1", false},
        NameCase{"DNS name when an address is asked", "DNS:server.test", "192.0.2.1", false}));

TEST(NamesOf, AClientOrNobodyInParticular) {
  const Infrastructure& pki = Infrastructure::get();
  const Ask ask{.chain = {issued_by(pki.root, pki.leaf()).certificate}, .name = ""};
  expect_accepted(ask);
}

TEST(NamesOf, AnEmbeddedNulDoesNotShortenAName) {
  // subjectAltName with the dNSName "server.test\0.evil.test".
  const Infrastructure& pki = Infrastructure::get();
  auto extensions = with(server_extensions(), "subjectAltName", "");
  extensions.emplace_back("2.5.29.17", "3018 8216 7365727665722e74657374 00 2e6576696c2e74657374");
  std::string& value = extensions.back().second;
  std::erase(value, ' ');
  const ByteVector leaf = issued_by(pki.root, pki.leaf(extensions)).certificate;
  const auto verdict = verdict_on({.chain = {leaf}});
  ASSERT_FALSE(verdict);
  EXPECT_EQ(origin_of(verdict.error().code), ErrorOrigin::PeerCertificate);
}

TEST(NamesOf, ACommonNameIsNeverAName) {
  const Infrastructure& pki = Infrastructure::get();
  Forgery leaf = pki.leaf(with(server_extensions(), "subjectAltName", ""));
  leaf.subject = "server.test";
  expect_refused({.chain = {issued_by(pki.root, leaf).certificate}},
                 ErrorCode::CertificateNameMismatch, AlertDescription::bad_certificate);
}

}  // namespace
}  // namespace nautilus::test
