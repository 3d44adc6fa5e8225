#include "wire/certificate.hpp"

#include "wire/extensions/lists.hpp"
#include "wire/handshake_framing.hpp"

namespace nautilus::inline v0::wire {
namespace {

/// CertificateStatus of RFC 6066 §8: only ocsp(1) exists.
Result<ByteView> decode_certificate_status(ByteView data) {
  Reader reader(data);
  if (reader.u8() != 1) reader.fail_now();
  const ByteView response = reader.vector24(1, 0xFFFFFF);
  if (auto r = reader.finish("status_request"); !r) return propagate(r);
  return response;
}

/// SignedCertificateTimestampList of RFC 6962 §3.3; the whole value is handed on.
Result<ByteView> decode_certificate_timestamps(ByteView data) {
  Reader reader(data);
  Reader list(reader.vector16(1, 0xFFFF));
  if (auto r = reader.finish("signed_certificate_timestamp"); !r) return propagate(r);
  while (!list.empty()) (void)list.vector16(1, 0xFFFF);
  if (auto r = list.finish("signed_certificate_timestamp"); !r) return propagate(r);
  return data;
}

Result<CertificateEntry> decode_entry(Reader& list) {
  CertificateEntry entry;
  entry.cert_data = list.vector24(1, 0xFFFFFF);
  auto block = ExtensionBlock::decode(list, ExtensionHost::CertificateEntry);
  if (!block) return propagate(block);
  entry.extensions = std::move(*block);
  if (const auto status = entry.extensions.find(ExtensionType::status_request)) {
    auto response = decode_certificate_status(*status);
    if (!response) return propagate(response);
    entry.ocsp_response = *response;
  }
  if (const auto data = entry.extensions.find(ExtensionType::signed_certificate_timestamp)) {
    auto timestamps = decode_certificate_timestamps(*data);
    if (!timestamps) return propagate(timestamps);
    entry.certificate_timestamps = *timestamps;
  }
  return entry;
}

}  // namespace

Result<Certificate> decode_certificate(ByteView body) {
  Reader reader(body);
  Certificate message;
  message.certificate_request_context = reader.vector8(0, 255);
  Reader list(reader.vector24(0, 0xFFFFFF));
  if (auto r = reader.finish("Certificate"); !r) return propagate(r);
  while (!list.empty()) {
    auto entry = decode_entry(list);
    if (!entry) return propagate(entry);
    if (message.entries.size() == kMaxCertificates) {
      return fail(ErrorCode::DecodeError, "too many certificates");
    }
    message.entries.push_back(std::move(*entry));
  }
  return message;
}

void encode_certificate(ByteVector& out, ByteView request_context,
                        std::span<const ByteVector> chain, const ExtensionList& leaf_extensions) {
  std::size_t room = 4 + request_context.size() + leaf_extensions.encoded_size();
  for (const ByteVector& certificate : chain) room += 5 + certificate.size();
  encode_handshake(out, HandshakeType::certificate, room, [&](Writer& writer) {
    writer.vector8(request_context);
    const auto length = writer.prefix24();
    for (const ByteVector& certificate : chain) {
      writer.vector24(certificate);
      (&certificate == chain.data() ? leaf_extensions : ExtensionList()).encode(writer);
    }
  });
}

Result<CertificateRequest> decode_certificate_request(ByteView body) {
  Reader reader(body);
  CertificateRequest message;
  message.certificate_request_context = reader.vector8(0, 255);
  auto block = ExtensionBlock::decode(reader, ExtensionHost::CertificateRequest);
  if (!block) return propagate(block);
  if (auto r = reader.finish("CertificateRequest"); !r) return propagate(r);
  message.extensions = std::move(*block);
  using enum ExtensionType;
  if (const auto data = message.extensions.find(signature_algorithms)) {
    auto schemes = decode_signature_schemes(*data);
    if (!schemes) return propagate(schemes);
    message.signature_algorithms = *schemes;
  }
  if (const auto data = message.extensions.find(signature_algorithms_cert)) {
    auto schemes = decode_signature_schemes(*data);
    if (!schemes) return propagate(schemes);
    message.signature_algorithms_cert = *schemes;
  }
  if (const auto data = message.extensions.find(certificate_authorities)) {
    auto names = decode_certificate_authorities(*data);
    if (!names) return propagate(names);
    message.certificate_authorities = std::move(*names);
  }
  return message;
}

void encode_certificate_request(ByteVector& out, ByteView request_context,
                                const ExtensionList& extensions) {
  encode_handshake(out, HandshakeType::certificate_request, [&](Writer& writer) {
    writer.vector8(request_context);
    extensions.encode(writer);
  });
}

Result<CertificateVerify> decode_certificate_verify(ByteView body) {
  Reader reader(body);
  CertificateVerify message;
  message.algorithm = static_cast<SignatureScheme>(reader.u16());
  message.signature = reader.vector16(0, 0xFFFF);
  if (auto r = reader.finish("CertificateVerify"); !r) return propagate(r);
  return message;
}

void encode_certificate_verify(ByteVector& out, SignatureScheme algorithm, ByteView signature) {
  encode_handshake(out, HandshakeType::certificate_verify, [&](Writer& writer) {
    writer.code(algorithm);
    writer.vector16(signature);
  });
}

}  // namespace nautilus::inline v0::wire
