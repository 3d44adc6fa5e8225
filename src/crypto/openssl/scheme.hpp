// What each SignatureScheme means in terms of key kind and hash.
#pragma once

#include <span>

#include <nautilus/codepoints.hpp>
#include <nautilus/crypto/hash.hpp>

namespace nautilus::inline v0::crypto::openssl {

/// The kinds of key this backend knows. RSA keys by their algorithm identifier: rsaEncryption or
/// id-RSASSA-PSS (RFC 9846 §4.3.3 keeps their schemes apart).
enum class KeyKind { EcdsaP256, EcdsaP384, EcdsaP521, Ed25519, Rsa, RsaPss };

struct SchemeInfo {
  SignatureScheme scheme;
  KeyKind kind;
  /// Null for Ed25519, which hashes by itself.
  const HashAlgorithm& (*hash)() noexcept;
};

/// Null for schemes that belong to no key kind here.
[[nodiscard]] const SchemeInfo* find_scheme(SignatureScheme scheme) noexcept;

/// The CertificateVerify schemes of a kind, best first. Static storage.
[[nodiscard]] std::span<const SignatureScheme> schemes_of(KeyKind kind) noexcept;

}  // namespace nautilus::inline v0::crypto::openssl
