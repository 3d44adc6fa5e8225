// Certificate (RFC 9846 §4.5.1), CertificateRequest (§4.4.2), CertificateVerify (§4.5.2).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "wire/code_list.hpp"
#include "wire/codepoints.hpp"
#include "wire/extension_block.hpp"

namespace nautilus::inline v0::wire {

/// A chain with more entries than this is refused (`DecodeError`): it would be work before
/// authentication.
inline constexpr std::size_t kMaxCertificates = 64;

struct CertificateEntry {
  ByteView cert_data;
  ExtensionBlock extensions;
  std::optional<ByteView> ocsp_response;           ///< from status_request
  std::optional<ByteView> certificate_timestamps;  ///< a SignedCertificateTimestampList (RFC 6962)
};

struct Certificate {
  ByteView certificate_request_context;
  std::vector<CertificateEntry> entries;  ///< leaf first; empty when the client has none
};

[[nodiscard]] Result<Certificate> decode_certificate(ByteView body);
/// `chain`: DER certificates, leaf first. Only the leaf's entry carries extensions.
void encode_certificate(ByteVector& out, ByteView request_context,
                        std::span<const ByteVector> chain,
                        const ExtensionList& leaf_extensions = {});

struct CertificateRequest {
  ByteView certificate_request_context;
  ExtensionBlock extensions;
  std::optional<CodeList<SignatureScheme>> signature_algorithms;
  std::optional<CodeList<SignatureScheme>> signature_algorithms_cert;
  std::optional<std::vector<ByteView>> certificate_authorities;
};

[[nodiscard]] Result<CertificateRequest> decode_certificate_request(ByteView body);
void encode_certificate_request(ByteVector& out, ByteView request_context,
                                const ExtensionList& extensions);

struct CertificateVerify {
  SignatureScheme algorithm{};
  ByteView signature;
};

[[nodiscard]] Result<CertificateVerify> decode_certificate_verify(ByteView body);
void encode_certificate_verify(ByteVector& out, SignatureScheme algorithm, ByteView signature);

}  // namespace nautilus::inline v0::wire
