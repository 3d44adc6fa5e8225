#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <ctime>

#include <openssl/rsa.h>

#include <nautilus/pki/issue.hpp>

#include "crypto/openssl/digest.hpp"
#include "pki/openssl/x509.hpp"

namespace nautilus::inline v0::pki::openssl {
namespace {

std::string bio_text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

ByteView octets_of(const ASN1_STRING* text) noexcept {
  return {ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string ip_text(ByteView address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = address.size() == 4 ? AF_INET : AF_INET6;
  if (address.size() != 4 && address.size() != 16) return {};
  return ::inet_ntop(family, address.data(), text.data(), text.size()) != nullptr ? text.data()
                                                                                  : "";
}

void read_names(X509* certificate, PeerIdentity& identity) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    switch (name->type) {
      case GEN_DNS:
        identity.dns_names.emplace_back(as_text(octets_of(name->d.dNSName)));
        break;
      case GEN_URI:
        identity.uris.emplace_back(as_text(octets_of(name->d.uniformResourceIdentifier)));
        break;
      case GEN_IPADD:
        identity.ip_addresses.push_back(ip_text(octets_of(name->d.iPAddress)));
        break;
      default:
        break;
    }
  }
}

std::string common_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* utf8 = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  const Owned<unsigned char> owned(utf8);
  std::string text;
  if (size > 0) text.assign(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  return text;
}

std::string key_text(EVP_PKEY* key) {
  if (key == nullptr) return "unknown";
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
      return "Ed25519";
    case EVP_PKEY_RSA:
      return "RSA " + std::to_string(EVP_PKEY_get_bits(key));
    case EVP_PKEY_RSA_PSS:
      return "RSA-PSS " + std::to_string(EVP_PKEY_get_bits(key));
    case EVP_PKEY_EC:
      return "ECDSA P-" + std::to_string(EVP_PKEY_get_bits(key));
    default:
      return "unknown";
  }
}

template <std::size_t N>
void digest_into(std::array<std::uint8_t, N>& out, ByteView data) {
  const Digest digest = hash(crypto::openssl::sha256(), data);
  std::memcpy(out.data(), digest.view().data(), N);
}

std::vector<std::string> key_usage_text(X509* certificate) {
  static constexpr std::array<std::pair<std::uint32_t, const char*>, 6> kNames{
      {{KU_DIGITAL_SIGNATURE, "digitalSignature"},
       {KU_NON_REPUDIATION, "nonRepudiation"},
       {KU_KEY_ENCIPHERMENT, "keyEncipherment"},
       {KU_KEY_AGREEMENT, "keyAgreement"},
       {KU_KEY_CERT_SIGN, "keyCertSign"},
       {KU_CRL_SIGN, "cRLSign"}}};
  std::vector<std::string> usage;
  if ((X509_get_extension_flags(certificate) & EXFLAG_KUSAGE) == 0) return usage;
  for (const auto& [bit, name] : kNames) {
    if ((X509_get_key_usage(certificate) & bit) != 0) usage.emplace_back(name);
  }
  return usage;
}

std::vector<std::string> extended_usage_text(X509* certificate) {
  std::vector<std::string> usage;
  if ((X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) == 0) return usage;
  const std::uint32_t bits = X509_get_extended_key_usage(certificate);
  if ((bits & XKU_SSL_SERVER) != 0) usage.emplace_back("serverAuth");
  if ((bits & XKU_SSL_CLIENT) != 0) usage.emplace_back("clientAuth");
  return usage;
}

std::string serial_text(X509* certificate) {
  const BignumPtr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  const Owned<char> hex(number ? BN_bn2hex(number.get()) : nullptr);
  return hex ? hex.get() : "";
}

}  // namespace

Result<X509Ptr> parse_certificate(ByteView der) {
  const ErrorScope errors;
  const unsigned char* at = der.data();
  X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) return fail(ErrorCode::BadCertificate, "malformed certificate");
  if (at != der.data() + der.size()) {
    return fail(ErrorCode::BadCertificate, "octets after the certificate");
  }
  return certificate;
}

ByteVector issuer_of(X509* certificate) {
  const unsigned char* der = nullptr;
  std::size_t size = 0;
  if (X509_NAME_get0_der(X509_get_issuer_name(certificate), &der, &size) != 1) return {};
  return {der, der + size};
}

ByteVector public_key_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  const Owned<unsigned char> owned(der);
  ByteVector out;
  if (size > 0) out.assign(der, der + size);
  return out;
}

std::string name_text(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) {
    return {};
  }
  return bio_text(bio.get());
}

TimePoint time_of(const ASN1_TIME* time) noexcept {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return TimePoint();
  return TimePoint(std::chrono::seconds(::timegm(&parts)));
}

PeerIdentity describe_subject(X509* certificate, ByteView der) {
  const ErrorScope errors;
  PeerIdentity identity;
  identity.kind = PeerIdentity::Kind::X509;
  identity.subject = name_text(X509_get_subject_name(certificate));
  identity.common_name = common_name(X509_get_subject_name(certificate));
  read_names(certificate, identity);
  identity.key_description = key_text(X509_get0_pubkey(certificate));
  digest_into(identity.key_digest, public_key_of(certificate));
  digest_into(identity.certificate_digest, der);
  identity.expires = time_of(X509_get0_notAfter(certificate));
  return identity;
}

}  // namespace nautilus::inline v0::pki::openssl

namespace nautilus::inline v0 {

Result<CertificateInfo> inspect_certificate(ByteView der) {
  using namespace pki::openssl;
  const ErrorScope errors;
  auto parsed = parse_certificate(der);
  if (!parsed) return propagate(parsed);
  X509* certificate = parsed->get();
  CertificateInfo info;
  info.identity = describe_subject(certificate, der);
  info.public_key_info = public_key_of(certificate);
  info.issuer = name_text(X509_get_issuer_name(certificate));
  info.serial = serial_text(certificate);
  if (const char* name = OBJ_nid2ln(X509_get_signature_nid(certificate))) {
    info.signature_algorithm = name;
  }
  info.not_before = time_of(X509_get0_notBefore(certificate));
  info.not_after = time_of(X509_get0_notAfter(certificate));
  info.authority = X509_check_ca(certificate) == 1;
  info.key_usage = key_usage_text(certificate);
  info.extended_key_usage = extended_usage_text(certificate);
  return info;
}

}  // namespace nautilus::inline v0
