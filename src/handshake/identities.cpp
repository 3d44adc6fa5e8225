#include "handshake/identities.hpp"

#include <algorithm>

#include "handshake/proofs.hpp"
#include "wire/extensions/lists.hpp"

namespace nautilus::inline v0::handshake {
namespace {

bool issued_by_one_of(const Identity& identity, std::span<const ByteVector> authorities) {
  return std::ranges::any_of(identity.issuers(), [&](const ByteVector& issuer) {
    return std::ranges::find(authorities, issuer) != authorities.end();
  });
}

/// Higher is better; names weigh more than authorities, which are only a hint.
int suitability(const Identity& identity, const SelectIdentityRequest& request) {
  const auto& names = identity.description().dns_names;
  const bool named = std::ranges::find(names, request.server_name) != names.end();
  const bool trusted = issued_by_one_of(identity, request.certificate_authorities);
  return (named ? 2 : 0) + (trusted ? 1 : 0);
}

}  // namespace

std::optional<SignatureScheme> common_scheme(const Identity& identity,
                                             std::span<const SignatureScheme> offered) noexcept {
  for (const SignatureScheme scheme : identity.key().schemes()) {
    if (allowed_in_certificate_verify(scheme) &&
        std::ranges::find(offered, scheme) != offered.end()) {
      return scheme;
    }
  }
  return std::nullopt;
}

Result<std::optional<Identity>> select_identity(std::span<const Identity> identities,
                                                const SelectIdentityRequest& request) {
  const Identity* best = nullptr;
  int best_suitability = -1;
  for (const Identity& identity : identities) {
    if (!common_scheme(identity, request.signature_schemes)) continue;
    const int value = suitability(identity, request);
    if (value <= best_suitability) continue;
    best = &identity;
    best_suitability = value;
  }
  if (best != nullptr) return *best;
  if (request.peer == PeerRole::Client) return fail(ErrorCode::NoCommonSignatureScheme);
  return std::nullopt;
}

wire::ExtensionList leaf_extensions(const Identity& identity, Staples wanted) {
  wire::ExtensionList list;
  if (wanted.ocsp_response && !identity.ocsp_response().empty()) {
    wire::encode_certificate_status(list.add(wire::ExtensionType::status_request),
                                    identity.ocsp_response());
  }
  if (wanted.certificate_timestamps && !identity.certificate_timestamps().empty()) {
    list.add(wire::ExtensionType::signed_certificate_timestamp) =
        to_vector(identity.certificate_timestamps());
  }
  return list;
}

}  // namespace nautilus::inline v0::handshake
