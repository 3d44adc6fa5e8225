// libcrypto's X.509 behind small helpers. Included by this folder's .cpp files only.
#pragma once

#include <memory>
#include <span>
#include <string>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/codepoints.hpp>
#include <nautilus/peer_identity.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0::pki::openssl {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
inline void free_stack(STACK_OF(X509) * stack) noexcept { sk_X509_pop_free(stack, X509_free); }

inline void free_octets(void* octets) noexcept { OPENSSL_free(octets); }

/// What libcrypto allocated for its caller, freed even where memory runs out for our copy of it.
template <class T>
using Owned = std::unique_ptr<T, Deleter<free_octets>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>>;
using BignumPtr = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using StoreCtxPtr = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;
using StackPtr = std::unique_ptr<STACK_OF(X509), Deleter<free_stack>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

/// Drops what a scope leaves in libcrypto's error queue.
class ErrorScope {
 public:
  ErrorScope() noexcept { ERR_set_mark(); }
  ~ErrorScope() { ERR_pop_to_mark(); }
  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;
};

/// One DER certificate, nothing before or after. `BadCertificate`.
[[nodiscard]] Result<X509Ptr> parse_certificate(ByteView der);
/// Everything a certificate says about its subject.
[[nodiscard]] PeerIdentity describe_subject(X509* certificate, ByteView der);
/// DER SubjectPublicKeyInfo.
[[nodiscard]] ByteVector public_key_of(X509* certificate);
/// DER Name of the issuer.
[[nodiscard]] ByteVector issuer_of(X509* certificate);
/// RFC 4514 text.
[[nodiscard]] std::string name_text(const X509_NAME* name);
[[nodiscard]] TimePoint time_of(const ASN1_TIME* time) noexcept;
/// The schemes that a certificate's signature may go by, none of them if we know none; static.
[[nodiscard]] std::span<const SignatureScheme> schemes_signing(const X509* certificate) noexcept;
[[nodiscard]] bool has_common(std::span<const SignatureScheme> a,
                              std::span<const SignatureScheme> b) noexcept;

}  // namespace nautilus::inline v0::pki::openssl
