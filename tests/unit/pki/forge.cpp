#include "unit/pki/forge.hpp"

#include <map>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "pki/pem.hpp"

namespace nautilus::test {
namespace {

using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;

ByteVector from_hex(std::string_view hex) {
  long size = 0;
  unsigned char* octets = OPENSSL_hexstr2buf(std::string(hex).c_str(), &size);
  ByteVector out(octets, octets + size);
  OPENSSL_free(octets);
  return out;
}

void set_name(X509_NAME* name, const std::string& common_name) {
  if (common_name.empty()) return;
  EXPECT_EQ(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(common_name.data()),
                                       static_cast<int>(common_name.size()), -1, 0),
            1);
}

void set_time(ASN1_TIME* field, TimePoint time) {
  ASN1_TIME_set(field, std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

X509_EXTENSION* make_extension(X509V3_CTX& ctx, const Extension& what) {
  const auto& [name, value] = what;
  if (name.find('.') == std::string::npos) {
    return X509V3_EXT_conf(nullptr, &ctx, name.c_str(), value.c_str());
  }
  const bool critical = value.starts_with("critical,");
  const ByteVector octets = from_hex(critical ? value.substr(9) : value);
  ASN1_OCTET_STRING* text = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(text, octets.data(), static_cast<int>(octets.size()));
  ASN1_OBJECT* oid = OBJ_txt2obj(name.c_str(), 1);
  X509_EXTENSION* extension = X509_EXTENSION_create_by_OBJ(nullptr, oid, critical ? 1 : 0, text);
  ASN1_OBJECT_free(oid);
  ASN1_OCTET_STRING_free(text);
  return extension;
}

bool is_eddsa(const KeyHandle& key) {
  const int kind = EVP_PKEY_get_base_id(key.get());
  return kind == EVP_PKEY_ED25519 || kind == EVP_PKEY_ED448;
}

Issuer forge(const Forgery& what, const Issuer* issuer) {
  static long serial = 1;
  const X509Ptr certificate(X509_new(), &X509_free);
  const KeyHandle& signer = issuer != nullptr ? issuer->key : what.key;
  X509_set_version(certificate.get(), what.version - 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  set_time(X509_getm_notBefore(certificate.get()), what.not_before);
  set_time(X509_getm_notAfter(certificate.get()), what.not_after);
  set_name(X509_get_subject_name(certificate.get()), what.subject);
  set_name(X509_get_issuer_name(certificate.get()),
           issuer != nullptr ? issuer->subject : what.subject);
  X509_set_pubkey(certificate.get(), what.key.get());
  X509V3_CTX ctx;
  X509V3_set_ctx(&ctx, certificate.get(), certificate.get(), nullptr, nullptr, 0);
  for (const Extension& extension : what.extensions) {
    X509_EXTENSION* made = make_extension(ctx, extension);
    EXPECT_NE(made, nullptr) << extension.first << " = " << extension.second;
    X509_add_ext(certificate.get(), made, -1);
    X509_EXTENSION_free(made);
  }
  const EVP_MD* digest = is_eddsa(signer) ? nullptr : EVP_get_digestbyname(what.digest.c_str());
  EXPECT_GT(X509_sign(certificate.get(), signer.get(), digest), 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  EXPECT_GT(size, 0);
  Issuer made{what.subject, what.key, ByteVector(der, der + size)};
  OPENSSL_free(der);
  return made;
}

}  // namespace

KeyHandle make_key(const std::string& kind) {
  EVP_PKEY* key = kind.starts_with("RSA")
                      ? EVP_RSA_gen(static_cast<unsigned>(std::stoi(kind.substr(3))))
                  : kind.starts_with("P-") ? EVP_EC_gen(kind.c_str())
                                           : EVP_PKEY_Q_keygen(nullptr, nullptr, kind.c_str());
  EXPECT_NE(key, nullptr) << kind;
  return {key, &EVP_PKEY_free};
}

std::string key_pem(const KeyHandle& key) {
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key.get());
  unsigned char* der = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  PKCS8_PRIV_KEY_INFO_free(info);
  EXPECT_GT(size, 0);
  const SecretBytes pem = pki::encode_pem("PRIVATE KEY", {der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return std::string(as_text(pem.expose()));
}

Issuer self_signed(const Forgery& what) { return forge(what, nullptr); }
Issuer issued_by(const Issuer& issuer, const Forgery& what) { return forge(what, &issuer); }

std::vector<Extension> authority_extensions() {
  return {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign,cRLSign"}};
}

std::vector<Extension> server_extensions(const std::string& names) {
  return {{"basicConstraints", "critical,CA:FALSE"},
          {"keyUsage", "critical,digitalSignature"},
          {"extendedKeyUsage", "serverAuth"},
          {"subjectAltName", names}};
}

std::vector<Extension> with(std::vector<Extension> extensions, const std::string& name,
                            const std::string& value) {
  std::erase_if(extensions, [&](const Extension& e) { return e.first == name; });
  if (!value.empty()) extensions.emplace_back(name, value);
  return extensions;
}

std::string pem_of(const ByteVector& der) {
  return std::string(as_text(pki::encode_pem("CERTIFICATE", der).expose()));
}

TrustStore trust_in(const std::vector<ByteVector>& anchors) {
  std::string pem;
  for (const ByteVector& anchor : anchors) pem += pem_of(anchor);
  return TrustStore::from_pem(pem).value();
}

}  // namespace nautilus::test
