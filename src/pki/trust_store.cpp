#include <cstdlib>

#include <nautilus/pki/issue.hpp>
#include <nautilus/pki/trust_store.hpp>

#include "pki/pem.hpp"

namespace nautilus::inline v0 {

Result<std::vector<ByteVector>> certificates_from_pem(std::string_view pem) {
  auto blocks = pki::parse_pem(pem);
  if (!blocks) return propagate(blocks);
  std::vector<ByteVector> certificates;
  for (const pki::PemBlock& block : *blocks) {
    if (block.label == "CERTIFICATE" || block.label == "TRUSTED CERTIFICATE") {
      certificates.push_back(to_vector(block.data.expose()));
    }
  }
  if (certificates.empty()) return fail(ErrorCode::PemMalformed, "no CERTIFICATE in the PEM text");
  return certificates;
}

Result<TrustStore> TrustStore::from_pem(std::string_view pem) {
  auto certificates = certificates_from_pem(pem);
  if (!certificates) return propagate(certificates);
  return TrustStore(std::move(*certificates));
}

Result<TrustStore> TrustStore::from_pem_file(const std::filesystem::path& path) {
  auto text = pki::read_file(path);
  if (!text) return propagate(text);
  return from_pem(as_text(text->expose()));
}

Result<TrustStore> TrustStore::system() {
  if (const char* file = std::getenv("SSL_CERT_FILE")) return from_pem_file(file);
  return from_pem_file("/etc/ssl/certs/ca-certificates.crt");
}

}  // namespace nautilus::inline v0
