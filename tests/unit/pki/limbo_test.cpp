// x509-limbo: path validation cases from outside, read from the folder that NAUTILUS_VECTORS names.
// Where our verdict differs from the suite's, the case stands in `kDivergences` with the reason;
// one that differs without standing there fails, and so does one that stands there and agrees.
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <nautilus/pki/issue.hpp>

#include "unit/pki/verifier_support.hpp"

namespace nautilus::test {
namespace {

using Json = nlohmann::json;

/// What the verifier does not do at all.
constexpr std::string_view kUnsupportedFeatures[] = {"has-crl"};

constexpr const char* kProfileOfIssuers =
    "the rule binds those who issue; libcrypto does not enforce it and no trust depends on it";
constexpr const char* kBrowserForum =
    "a rule of the CA/Browser Forum for public authorities; ours may be private ones";
constexpr const char* kCommonName =
    "the common name is never a name to us, so what it holds does not matter";
constexpr const char* kDigitalSignature =
    "stricter: a leaf's keyUsage must have digitalSignature, this one's has keyCertSign only";
constexpr const char* kOnePath =
    "libcrypto builds one path and does not look for another when a name constraint fails";
constexpr const char* kNameSyntax =
    "libcrypto does not judge the syntax of names that nobody asked for, and allows underscores";

const std::map<std::string, std::string>& divergences() {
  static const std::map<std::string, std::string> table = {
      {"rfc5280::aki::leaf-missing-aki", kProfileOfIssuers},
      {"rfc5280::aki::intermediate-missing-aki", kProfileOfIssuers},
      {"rfc5280::ski::root-missing-ski", kProfileOfIssuers},
      {"rfc5280::nc::permitted-dns-match-noncritical", kProfileOfIssuers},
      {"rfc5280::nc::not-allowed-in-ee-noncritical", kProfileOfIssuers},
      {"rfc5280::pc::ica-noncritical-pc", kProfileOfIssuers},
      {"rfc5280::san::noncritical-with-empty-subject", kProfileOfIssuers},
      {"rfc5280::serial::too-long", kProfileOfIssuers},
      {"rfc5280::serial::zero", kProfileOfIssuers},
      {"rfc5280::root-non-critical-basic-constraints", kProfileOfIssuers},
      {"webpki::aki::root-with-aki-authoritycertissuer", kBrowserForum},
      {"webpki::aki::root-with-aki-authoritycertserialnumber", kBrowserForum},
      {"webpki::eku::ee-anyeku", kBrowserForum},
      {"webpki::eku::ee-critical-eku", kBrowserForum},
      {"webpki::eku::ee-without-eku", kBrowserForum},
      {"webpki::eku::root-has-eku", kBrowserForum},
      {"webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf", kBrowserForum},
      {"webpki::ee-basicconstraints-ca", kBrowserForum},
      {"webpki::cn::ipv4-hex-mismatch", kCommonName},
      {"webpki::cn::ipv4-leading-zeros-mismatch", kCommonName},
      {"webpki::cn::ipv6-uppercase-mismatch", kCommonName},
      {"webpki::cn::utf8-vs-punycode-mismatch", kCommonName},
      {"webpki::cn::not-in-san", kCommonName},
      {"pathlen::validation-ignores-pathlen-in-leaf", kDigitalSignature},
      {"rfc5280::ca-as-leaf", kDigitalSignature},
      {"rfc5280::nc::nc-forbids-alternate-chain-ica", kOnePath},
      {"rfc5280::nc::nc-forbids-same-chain-ica", kOnePath},
      {"rfc5280::nc::nc-permits-invalid-email-san", kNameSyntax},
      {"rfc5280::san::underscore-dns", kNameSyntax},
      {"cve::cve-2025-61727",
       "libcrypto compares an excluded subtree with the wildcard's text, not with what it covers"},
      {"rfc5280::validity::notafter-fractional", "the second of notAfter itself counts as expired"},
      {"webpki::san::public-suffix-multi-label-wildcard-san",
       "there is no list of public suffixes"},
  };
  return table;
}

TimePoint time_of(const Json& text) {
  if (text.is_null()) return kNow;
  std::tm parts{};
  EXPECT_NE(::strptime(text.get<std::string>().c_str(), "%Y-%m-%dT%H:%M:%S", &parts), nullptr);
  return TimePoint(std::chrono::seconds(::timegm(&parts)));
}

/// The question of a case; nothing where it asks for a kind of name that TLS does not have.
std::optional<Ask> ask_of(const Json& test) {
  Ask ask;
  const auto add = [](std::vector<ByteVector>& list, const Json& pem) {
    const auto certificates = certificates_from_pem(pem.get<std::string>());
    if (certificates) list.insert(list.end(), certificates->begin(), certificates->end());
  };
  add(ask.chain, test.at("peer_certificate"));
  for (const Json& pem : test.at("untrusted_intermediates")) add(ask.chain, pem);
  ask.anchors.clear();
  for (const Json& pem : test.at("trusted_certs")) add(ask.anchors, pem);
  ask.role = test.at("validation_kind") == "SERVER" ? PeerRole::Server : PeerRole::Client;
  ask.now = time_of(test.at("validation_time"));
  ask.name.clear();
  if (const Json& name = test.at("expected_peer_name"); !name.is_null()) {
    ask.name = name.at("value").get<std::string>();
    if (name.at("kind") == "RFC822" || !ServerName::parse(ask.name)) return std::nullopt;
  }
  if (!test.at("max_chain_depth").is_null()) {
    ask.options.max_intermediates = test.at("max_chain_depth").get<unsigned>();
  }
  return ask;
}

bool unsupported(const Json& test) {
  for (const Json& feature : test.at("features")) {
    if (std::ranges::find(kUnsupportedFeatures, feature.get<std::string>()) !=
        std::end(kUnsupportedFeatures)) {
      return true;
    }
  }
  return false;
}

TEST(Limbo, VerdictsAgreeOrAreListed) {
  const char* folder = std::getenv("NAUTILUS_VECTORS");
  if (folder == nullptr) {
    GTEST_SKIP() << "NAUTILUS_VECTORS is not set: x509-limbo's cases were NOT run";
  }
  std::ifstream file(std::string(folder) + "/x509-limbo.json");
  ASSERT_TRUE(file.is_open()) << "cannot read x509-limbo.json";
  const Json suite = Json::parse(file);
  int agreed = 0;
  int differing = 0;
  int skipped = 0;
  std::map<std::string, std::string> unmet = divergences();
  for (const Json& test : suite.at("testcases")) {
    const auto id = test.at("id").get<std::string>();
    const auto ask = unsupported(test) ? std::nullopt : ask_of(test);
    if (!ask || ask->anchors.empty()) {
      std::cout << "skipped: " << id << "\n";
      ++skipped;
      continue;
    }
    const bool accepted = verdict_on(*ask).has_value();
    const bool expected = test.at("expected_result") == "SUCCESS";
    if (accepted == expected) {
      ++agreed;
      EXPECT_FALSE(divergences().contains(id)) << id << " agrees: take it off the list";
      continue;
    }
    ++differing;
    unmet.erase(id);
    EXPECT_TRUE(divergences().contains(id))
        << id << ": " << (accepted ? "accepted" : "refused") << ", expected otherwise\n"
        << test.at("description").get<std::string>();
  }
  for (const auto& [id, reason] : unmet) ADD_FAILURE() << id << " is listed but was not seen";
  std::cout << "x509-limbo: " << agreed << " agree, " << differing << " differ as listed, "
            << skipped << " outside the profile\n";
  EXPECT_EQ(agreed + differing + skipped, static_cast<int>(suite.at("testcases").size()));
  EXPECT_GT(agreed, 0);
}

}  // namespace
}  // namespace nautilus::test
