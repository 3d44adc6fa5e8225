#include "handshake/staples.hpp"

#include <algorithm>

#include "wire/extensions/lists.hpp"

namespace nautilus::inline v0::handshake {

using enum wire::ExtensionType;

wire::ExtensionList leaf_extensions(const Identity& identity, Staples wanted) {
  wire::ExtensionList list;
  if (wanted.ocsp_response && !identity.ocsp_response().empty()) {
    wire::encode_certificate_status(list.add(status_request), identity.ocsp_response());
  }
  if (wanted.certificate_timestamps && !identity.certificate_timestamps().empty()) {
    list.add(signed_certificate_timestamp) = to_vector(identity.certificate_timestamps());
  }
  return list;
}

Result<VerifyCertificateRequest> question_about(const wire::Certificate& message, PeerRole peer,
                                                const std::optional<ServerName>& server_name,
                                                Staples asked) {
  const auto was_asked = [asked](const wire::ExtensionView& extension) {
    return (extension.type == status_request && asked.ocsp_response) ||
           (extension.type == signed_certificate_timestamp && asked.certificate_timestamps);
  };
  VerifyCertificateRequest request{{}, peer, server_name, {}, {}};
  for (const wire::CertificateEntry& entry : message.entries) {
    if (!std::ranges::all_of(entry.extensions.all(), was_asked)) {
      return fail(ErrorCode::UnsolicitedExtension, "in a certificate entry");
    }
    request.chain.push_back(to_vector(entry.cert_data));
  }
  const wire::CertificateEntry& leaf = message.entries.front();
  if (leaf.ocsp_response) request.ocsp_response = to_vector(*leaf.ocsp_response);
  if (leaf.certificate_timestamps) {
    request.certificate_timestamps = to_vector(*leaf.certificate_timestamps);
  }
  return request;
}

}  // namespace nautilus::inline v0::handshake
