#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nautilus/codepoints.hpp>
#include <nautilus/crypto/aead.hpp>
#include <nautilus/crypto/hash.hpp>
#include <nautilus/crypto/key_exchange.hpp>
#include <nautilus/crypto/random.hpp>
#include <nautilus/crypto/signature.hpp>
#include <nautilus/export.hpp>

namespace nautilus::inline v0 {

/// A cipher suite is data: an id, an AEAD and a hash (RFC 9846 §B.4). Adding one needs no change to
/// the protocol.
struct CipherSuite {
  CipherSuiteId id;
  std::string name;
  std::shared_ptr<const AeadAlgorithm> aead;
  const HashAlgorithm* hash;
};

/// One source of cryptography and whether it can be used here.
struct BackendInfo {
  std::string name;
  std::string version;
  bool available = false;
  std::string note;  ///< what it serves, or why it is off
};

/// Everything the protocol needs from cryptography, in order of preference. Immutable once built
/// into a config; shared among connections and threads.
struct NAUTILUS_API CryptoProvider {
  std::vector<CipherSuite> cipher_suites;
  std::vector<std::shared_ptr<const KeyExchangeGroup>> groups;
  /// Schemes accepted in CertificateVerify, best first.
  std::vector<SignatureScheme> signature_schemes;
  std::shared_ptr<Random> random;
  std::shared_ptr<const KeyLoader> keys;
  /// AEAD (32-octet key) that seals session tickets.
  std::shared_ptr<const AeadAlgorithm> ticket_aead;
  /// SHA-256 for everything that is not bound to a suite (ticket key derivation, digests of
  /// configuration).
  const HashAlgorithm* sha256 = nullptr;
  std::vector<BackendInfo> backends;

  [[nodiscard]] const CipherSuite* find(CipherSuiteId id) const noexcept;
  [[nodiscard]] const KeyExchangeGroup* find(NamedGroup id) const noexcept;
};

}  // namespace nautilus::inline v0
