// Certificates that nobody should issue, and that our own issuing therefore cannot make: made with
// libcrypto, field by field, so that tests can present them to the verifier.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/pki/trust_store.hpp>

struct evp_pkey_st;

namespace nautilus::test {

/// A fixed moment, so that tests do not depend on the clock.
inline const TimePoint kNow = TimePoint(std::chrono::milliseconds(1'790'000'000'000));

using KeyHandle = std::shared_ptr<evp_pkey_st>;

/// A fresh key: "P-256", "P-384", "P-521", "ED25519", "ED448", "RSA1024", "RSA2048".
[[nodiscard]] KeyHandle make_key(const std::string& kind);
/// Its unencrypted PKCS#8 in PEM.
[[nodiscard]] std::string key_pem(const KeyHandle& key);

/// One extension in the syntax of openssl's configuration, e.g. {"keyUsage",
/// "critical,keyCertSign"}; a dotted OID takes octets in hexadecimal, "critical," in front where it
/// is so.
using Extension = std::pair<std::string, std::string>;

struct Forgery {
  std::string subject;  ///< common name; empty: an empty subject
  KeyHandle key;
  std::vector<Extension> extensions;
  TimePoint not_before = kNow - std::chrono::hours(24);
  TimePoint not_after = kNow + std::chrono::hours(24 * 30);
  std::string digest = "SHA256";  ///< of the signature; ignored for EdDSA
  int version = 3;
};

/// A certificate and what it takes to issue others with it.
struct Issuer {
  std::string subject;
  KeyHandle key;
  ByteVector certificate;
};

[[nodiscard]] Issuer self_signed(const Forgery& what);
[[nodiscard]] Issuer issued_by(const Issuer& issuer, const Forgery& what);

/// What an authority and a server's leaf usually say.
[[nodiscard]] std::vector<Extension> authority_extensions();
[[nodiscard]] std::vector<Extension> server_extensions(
    const std::string& names = "DNS:server.test,IP:127.0.0.1");
/// `extensions` with `name` saying `value` instead, or nothing at all where that is empty.
[[nodiscard]] std::vector<Extension> with(std::vector<Extension> extensions,
                                          const std::string& name, const std::string& value);

[[nodiscard]] std::string pem_of(const ByteVector& der);
[[nodiscard]] TrustStore trust_in(const std::vector<ByteVector>& anchors);

}  // namespace nautilus::test
