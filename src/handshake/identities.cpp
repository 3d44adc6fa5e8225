#include "handshake/identities.hpp"

#include <algorithm>

#include "handshake/proofs.hpp"

namespace nautilus::inline v0::handshake {
namespace {

bool issued_by_one_of(const Identity& identity, std::span<const ByteVector> authorities) {
  return std::ranges::any_of(identity.issuers(), [&](const ByteVector& issuer) {
    return std::ranges::find(authorities, issuer) != authorities.end();
  });
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equal_names(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// 2 if one of the identity's DNS names is `name`, 1 if an asterisk for its first label covers it
/// (RFC 9525 §6.3).
int fit_of_name(const Identity& identity, std::string_view name) noexcept {
  const std::size_t dot = std::min(name.find('.'), name.size());
  int best = 0;
  for (const std::string& own : identity.description().dns_names) {
    if (equal_names(own, name)) return 2;
    if (own.starts_with("*.") && equal_names(std::string_view(own).substr(1), name.substr(dot)))
      best = 1;
  }
  return best;
}

/// Higher is better. A wrong name is refused for certain, a signature that the peer did not list
/// perhaps, and authorities are only a hint.
int suitability(const Identity& identity, const SelectIdentityRequest& request) {
  const auto& schemes =
      request.certificate_schemes.empty() ? request.signature_schemes : request.certificate_schemes;
  const bool readable = identity.chain_signed_with(schemes);
  const bool trusted = issued_by_one_of(identity, request.certificate_authorities);
  return 4 * fit_of_name(identity, request.server_name) + (readable ? 2 : 0) + (trusted ? 1 : 0);
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

}  // namespace nautilus::inline v0::handshake
