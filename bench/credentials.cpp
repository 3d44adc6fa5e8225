#include "credentials.hpp"

#include <chrono>

#include "measure.hpp"

namespace nautilus::bench {
namespace {

CertificateSpec spec(KeyType type, CertificatePurpose purpose, const char* name) {
  const auto now =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  CertificateSpec what;
  what.purpose = purpose;
  what.key_type = type;
  what.common_name = name;
  if (purpose != CertificatePurpose::Authority) what.dns_names = {name};
  what.not_before = now - std::chrono::hours(24);
  what.not_after = now + std::chrono::hours(24 * 90);
  return what;
}

Leaf issue(const IssuedCertificate& root, const CertificateSpec& what) {
  const auto issued = issue_certificate(what, root.certificate_pem, as_text(root.key_pem.expose()));
  if (!issued) die("cannot issue a certificate", issued.error().detail);
  return {issued->certificate_pem, std::string(as_text(issued->key_pem.expose()))};
}

}  // namespace

Credentials make_credentials(KeyType type) {
  const auto root = issue_authority(spec(type, CertificatePurpose::Authority, "Bench Root"));
  if (!root) die("cannot make the root", root.error().detail);
  return {root->certificate_pem, issue(*root, spec(type, CertificatePurpose::Server, kServerName)),
          issue(*root, spec(type, CertificatePurpose::Client, "client.bench.test"))};
}

}  // namespace nautilus::bench
