// ML-DSA keys in and out of their DER encodings (RFC 9881), as signers and verifiers of the
// provider's interface.
#pragma once

#include <memory>
#include <span>

#include <nautilus/bytes.hpp>
#include <nautilus/codepoints.hpp>
#include <nautilus/crypto/signature.hpp>
#include <nautilus/secret.hpp>

#include "crypto/pq/mldsa.hpp"
#include "crypto/pq/pq_backend.hpp"

namespace nautilus::inline v0::crypto::pq {

/// DER SubjectPublicKeyInfo of an encoded public key.
template <class P>
[[nodiscard]] ByteVector mldsa_spki(std::span<const std::uint8_t, P::kPublicKeySize> public_key);

/// DER PKCS#8 that holds the seed alone, the form to write (RFC 9881 §6).
template <class P>
[[nodiscard]] SecretBytes mldsa_pkcs8(std::span<const std::uint8_t, kMlDsaSeedSize> seed);

/// ML-DSA keys are loaded here, everything else is passed to `others` (not null) unread. Private
/// keys may come as seed, in expanded form, or as both; what does not agree within itself is
/// refused with `KeyMalformed`, the detail saying why. The keys sign and verify CertificateVerify:
/// pure ML-DSA, hedged, with an empty context.
[[nodiscard]] std::shared_ptr<const KeyLoader> mldsa_key_loader(
    std::shared_ptr<const KeyLoader> others, PqBackend backend = PqBackend::best());

extern template ByteVector mldsa_spki<MlDsa44>(
    std::span<const std::uint8_t, MlDsa44::kPublicKeySize>);
extern template ByteVector mldsa_spki<MlDsa65>(
    std::span<const std::uint8_t, MlDsa65::kPublicKeySize>);
extern template ByteVector mldsa_spki<MlDsa87>(
    std::span<const std::uint8_t, MlDsa87::kPublicKeySize>);
extern template SecretBytes mldsa_pkcs8<MlDsa44>(std::span<const std::uint8_t, kMlDsaSeedSize>);
extern template SecretBytes mldsa_pkcs8<MlDsa65>(std::span<const std::uint8_t, kMlDsaSeedSize>);
extern template SecretBytes mldsa_pkcs8<MlDsa87>(std::span<const std::uint8_t, kMlDsaSeedSize>);

}  // namespace nautilus::inline v0::crypto::pq
