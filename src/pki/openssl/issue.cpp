// Issues certificates: enough for tests, demonstrations and small private authorities.
#include <array>

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <nautilus/pki/issue.hpp>
#include <nautilus/server_name.hpp>

#include "pki/openssl/x509.hpp"
#include "pki/pem.hpp"

namespace nautilus::inline v0 {
namespace {

using namespace pki::openssl;

PkeyPtr make_key(KeyType type) {
  switch (type) {
    case KeyType::EcdsaP256:
      return PkeyPtr(EVP_EC_gen("P-256"));
    case KeyType::EcdsaP384:
      return PkeyPtr(EVP_EC_gen("P-384"));
    case KeyType::Ed25519:
      return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case KeyType::Rsa2048:
      return PkeyPtr(EVP_RSA_gen(2048));
    case KeyType::Rsa3072:
      return PkeyPtr(EVP_RSA_gen(3072));
  }
  return nullptr;
}

/// The hash a key of this kind signs certificates with; none for EdDSA.
const EVP_MD* digest_for(const EVP_PKEY* key) noexcept {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) return nullptr;
  return EVP_PKEY_get_bits(key) == 384 ? EVP_sha384() : EVP_sha256();
}

bool set_serial(X509* certificate) {
  std::array<unsigned char, 20> octets{};
  if (RAND_bytes(octets.data(), octets.size()) != 1) return false;
  octets[0] = static_cast<unsigned char>((octets[0] & 0x7F) | 0x40);  // positive, of full length
  BIGNUM* number = BN_bin2bn(octets.data(), octets.size(), nullptr);
  const bool set = number != nullptr &&
                   BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return set;
}

bool set_time(ASN1_TIME* field, TimePoint time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return ASN1_TIME_set(field, static_cast<time_t>(seconds)) != nullptr;
}

bool add_extension(X509* certificate, X509V3_CTX& ctx, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &ctx, nid, value.c_str());
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

bool is_plain_uri(const std::string& uri) noexcept {
  return !uri.empty() && uri.find_first_of(",\n\r ") == std::string::npos;
}

Result<std::string> alternative_names(const CertificateSpec& spec) {
  std::string names;
  const auto add = [&](std::string_view kind, const std::string& value) {
    if (!names.empty()) names.push_back(',');
    names.append(kind).append(value);
  };
  for (const std::string& name : spec.dns_names) {
    const std::string_view host = name.starts_with("*.") ? std::string_view(name).substr(2) : name;
    if (!is_dns_host_name(host)) return fail(ErrorCode::ConfigInvalid, "not a DNS name");
    add("DNS:", name);
  }
  for (const std::string& address : spec.ip_addresses) {
    auto parsed = ServerName::parse(address);
    if (!parsed || parsed->is_dns()) return fail(ErrorCode::ConfigInvalid, "not an IP address");
    add("IP:", parsed->text());
  }
  for (const std::string& uri : spec.uris) {
    if (!is_plain_uri(uri)) return fail(ErrorCode::ConfigInvalid, "not a URI");
    add("URI:", uri);
  }
  return names;
}

std::string extended_usage(CertificatePurpose purpose) {
  switch (purpose) {
    case CertificatePurpose::Server:
      return "serverAuth";
    case CertificatePurpose::Client:
      return "clientAuth";
    case CertificatePurpose::Peer:
      return "serverAuth,clientAuth";
    case CertificatePurpose::Authority:
      return {};
  }
  return {};
}

Result<void> fill(X509* certificate, const CertificateSpec& spec, EVP_PKEY* key, X509* issuer) {
  const bool authority = spec.purpose == CertificatePurpose::Authority;
  auto names = alternative_names(spec);
  if (!names) return propagate(names);
  if (spec.not_after <= spec.not_before) return fail(ErrorCode::ConfigInvalid, "never valid");
  if (spec.common_name.size() > 64) {
    return fail(ErrorCode::ConfigInvalid, "a common name has at most 64 octets");
  }
  X509_NAME* subject = X509_get_subject_name(certificate);
  bool ok = X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
            set_time(X509_getm_notBefore(certificate), spec.not_before) &&
            set_time(X509_getm_notAfter(certificate), spec.not_after) &&
            X509_set_pubkey(certificate, key) == 1;
  if (ok && !spec.common_name.empty()) {
    ok = X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(spec.common_name.data()),
                                    static_cast<int>(spec.common_name.size()), -1, 0) == 1;
  }
  ok = ok && X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1;

  X509V3_CTX ctx;
  X509V3_set_ctx(&ctx, issuer, certificate, nullptr, nullptr, 0);
  ok = ok &&
       add_extension(certificate, ctx, NID_basic_constraints,
                     authority ? "critical,CA:TRUE" : "critical,CA:FALSE") &&
       add_extension(certificate, ctx, NID_key_usage,
                     authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
       add_extension(certificate, ctx, NID_subject_key_identifier, "hash") &&
       add_extension(certificate, ctx, NID_authority_key_identifier, "keyid");
  if (ok && !authority) {
    ok = add_extension(certificate, ctx, NID_ext_key_usage, extended_usage(spec.purpose));
  }
  // A certificate without a subject carries its name, critically, in subjectAltName.
  if (ok && !names->empty()) {
    const std::string critical = spec.common_name.empty() ? "critical," : "";
    ok = add_extension(certificate, ctx, NID_subject_alt_name, critical + *names);
  }
  if (!ok) return fail(ErrorCode::CryptoFailure, "cannot make the certificate");
  return {};
}

Result<IssuedCertificate> to_pem(X509* certificate, EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) return fail(ErrorCode::CryptoFailure, "cannot encode the certificate");
  const Owned<unsigned char> owned(der);
  const SecretBytes pem = pki::encode_pem("CERTIFICATE", {der, static_cast<std::size_t>(size)});
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key);
  unsigned char* key_der = nullptr;
  const int key_size = info != nullptr ? i2d_PKCS8_PRIV_KEY_INFO(info, &key_der) : 0;
  PKCS8_PRIV_KEY_INFO_free(info);
  if (key_size <= 0) return fail(ErrorCode::CryptoFailure, "cannot encode the key");
  const auto clear = [key_size](unsigned char* octets) {
    OPENSSL_clear_free(octets, static_cast<std::size_t>(key_size));
  };
  const std::unique_ptr<unsigned char, decltype(clear)> owned_key(key_der, clear);
  return IssuedCertificate{
      std::string(as_text(pem.expose())),
      pki::encode_pem("PRIVATE KEY", {key_der, static_cast<std::size_t>(key_size)})};
}

Result<IssuedCertificate> issue(const CertificateSpec& spec, X509* issuer, EVP_PKEY* issuer_key) {
  const PkeyPtr key = make_key(spec.key_type);
  const X509Ptr certificate(X509_new());
  if (!key || !certificate) return fail(ErrorCode::CryptoFailure, "cannot make a key");
  // A self-signed certificate names itself, so its subject has to be there first.
  X509* signer = issuer != nullptr ? issuer : certificate.get();
  EVP_PKEY* signer_key = issuer_key != nullptr ? issuer_key : key.get();
  if (auto r = fill(certificate.get(), spec, key.get(), signer); !r) return propagate(r);
  if (X509_sign(certificate.get(), signer_key, digest_for(signer_key)) <= 0) {
    return fail(ErrorCode::CryptoFailure, "cannot sign the certificate");
  }
  return to_pem(certificate.get(), key.get());
}

Result<PkeyPtr> key_from_pem(std::string_view pem) {
  auto blocks = pki::parse_pem(pem);
  if (!blocks) return propagate(blocks);
  for (const pki::PemBlock& block : *blocks) {
    const ByteView der = block.data.expose();
    const unsigned char* at = der.data();
    PkeyPtr key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
    if (key) return key;
  }
  return fail(ErrorCode::KeyMalformed, "the authority's private key");
}

}  // namespace

Result<IssuedCertificate> issue_authority(const CertificateSpec& spec) {
  const ErrorScope errors;
  if (spec.common_name.empty()) return fail(ErrorCode::ConfigInvalid, "an authority needs a name");
  CertificateSpec authority = spec;
  authority.purpose = CertificatePurpose::Authority;
  return issue(authority, nullptr, nullptr);
}

Result<IssuedCertificate> issue_certificate(const CertificateSpec& spec,
                                            std::string_view authority_pem,
                                            std::string_view authority_key_pem) {
  const ErrorScope errors;
  if (spec.purpose == CertificatePurpose::Authority) {
    return fail(ErrorCode::ConfigInvalid, "issue_authority makes authorities");
  }
  if (spec.common_name.empty() && spec.dns_names.empty() && spec.ip_addresses.empty() &&
      spec.uris.empty()) {
    return fail(ErrorCode::ConfigInvalid, "a certificate needs a name");
  }
  auto chain = certificates_from_pem(authority_pem);
  if (!chain) return propagate(chain);
  auto authority = parse_certificate(chain->front());
  if (!authority) return propagate(authority);
  if (X509_check_ca(authority->get()) != 1) {
    return fail(ErrorCode::ConfigInvalid, "the issuer is not an authority");
  }
  auto key = key_from_pem(authority_key_pem);
  if (!key) return propagate(key);
  if (X509_check_private_key(authority->get(), key->get()) != 1) {
    return fail(ErrorCode::KeyMismatch, "the authority's");
  }
  return issue(spec, authority->get(), key->get());
}

}  // namespace nautilus::inline v0
