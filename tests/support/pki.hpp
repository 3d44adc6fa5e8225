// A throwaway authority and what it issues, for tests.
#pragma once

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include <nautilus/pki/identity.hpp>
#include <nautilus/pki/issue.hpp>
#include <nautilus/pki/trust_store.hpp>

namespace nautilus::test {

/// A fixed moment, so that tests do not depend on the clock.
inline const TimePoint kNow = TimePoint(std::chrono::milliseconds(1'790'000'000'000));

class TestAuthority {
 public:
  explicit TestAuthority(std::string name = "Test CA", KeyType type = KeyType::EcdsaP256)
      : issued_(issue_authority(spec(std::move(name), type)).value()) {}

  [[nodiscard]] TrustStore trust() const {
    return TrustStore::from_pem(issued_.certificate_pem).value();
  }
  [[nodiscard]] Identity issue(CertificateSpec what) const {
    if (what.not_before == TimePoint()) what.not_before = kNow - std::chrono::hours(1);
    if (what.not_after == TimePoint()) what.not_after = kNow + std::chrono::hours(24 * 30);
    const auto issued =
        issue_certificate(what, issued_.certificate_pem, as_text(issued_.key_pem.expose())).value();
    return Identity::from_pem(issued.certificate_pem, as_text(issued.key_pem.expose())).value();
  }
  [[nodiscard]] Identity server(KeyType type = KeyType::EcdsaP256,
                                std::string dns = "server.test") const {
    CertificateSpec what;
    what.purpose = CertificatePurpose::Server;
    what.key_type = type;
    what.common_name = "server";
    what.dns_names = {std::move(dns)};
    what.ip_addresses = {"127.0.0.1"};
    return issue(what);
  }
  [[nodiscard]] Identity client(KeyType type = KeyType::EcdsaP256) const {
    CertificateSpec what;
    what.purpose = CertificatePurpose::Client;
    what.key_type = type;
    what.common_name = "client";
    what.dns_names = {"client.test"};
    return issue(what);
  }
  [[nodiscard]] const std::string& certificate_pem() const { return issued_.certificate_pem; }

 private:
  static CertificateSpec spec(std::string name, KeyType type) {
    CertificateSpec what;
    what.purpose = CertificatePurpose::Authority;
    what.key_type = type;
    what.common_name = std::move(name);
    what.not_before = kNow - std::chrono::hours(24);
    what.not_after = kNow + std::chrono::hours(24 * 365);
    return what;
  }
  IssuedCertificate issued_;
};

}  // namespace nautilus::test
