#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/export.hpp>
#include <nautilus/peer_identity.hpp>
#include <nautilus/result.hpp>
#include <nautilus/secret.hpp>

namespace nautilus::inline v0 {

enum class KeyType : std::uint8_t { EcdsaP256, EcdsaP384, Ed25519, Rsa2048, Rsa3072 };

enum class CertificatePurpose : std::uint8_t {
  Authority,  ///< issues others
  Server,
  Client,
  Peer,  ///< both server and client
};

/// What to issue.
struct CertificateSpec {
  CertificatePurpose purpose = CertificatePurpose::Peer;
  KeyType key_type = KeyType::EcdsaP256;
  std::string common_name;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> uris;
  TimePoint not_before;
  TimePoint not_after;
};

/// A certificate and its private key, both PEM.
struct IssuedCertificate {
  std::string certificate_pem;
  SecretBytes key_pem;  ///< unencrypted PKCS#8
};

/// A self-signed authority. Fails with `ConfigInvalid` for an impossible spec.
[[nodiscard]] NAUTILUS_API Result<IssuedCertificate> issue_authority(const CertificateSpec& spec);

/// A leaf with a fresh key, signed by the given authority (PEM).
[[nodiscard]] NAUTILUS_API Result<IssuedCertificate> issue_certificate(
    const CertificateSpec& spec, std::string_view authority_pem,
    std::string_view authority_key_pem);

/// What a certificate says, for people and tools.
struct CertificateInfo {
  PeerIdentity identity;
  std::string issuer;  ///< RFC 4514 text
  std::string serial;  ///< hexadecimal
  std::string signature_algorithm;
  ByteVector
      public_key_info;  ///< DER SubjectPublicKeyInfo, as `KeyLoader::load_public_key` takes it
  TimePoint not_before;
  TimePoint not_after;
  bool authority = false;
  std::vector<std::string> key_usage;
  std::vector<std::string> extended_key_usage;
};

/// Parses one DER certificate. `BadCertificate` if it is malformed.
[[nodiscard]] NAUTILUS_API Result<CertificateInfo> inspect_certificate(ByteView der);

/// All CERTIFICATE blocks of a PEM text as DER, in order. `PemMalformed` if a block is broken or
/// there is none.
[[nodiscard]] NAUTILUS_API Result<std::vector<ByteVector>> certificates_from_pem(
    std::string_view pem);

}  // namespace nautilus::inline v0
