#include <algorithm>
#include <array>

#include <nautilus/pki/identity.hpp>
#include <nautilus/pki/issue.hpp>

#include "pki/openssl/x509.hpp"
#include "pki/pem.hpp"

namespace nautilus::inline v0 {
namespace {

using namespace pki::openssl;

Result<std::shared_ptr<const SigningKey>> key_from_pem(std::string_view pem,
                                                       const KeyLoader& keys) {
  constexpr std::array<std::string_view, 3> kPlain{"PRIVATE KEY", "EC PRIVATE KEY",
                                                   "RSA PRIVATE KEY"};
  if (pem.find("ENCRYPTED") != std::string_view::npos) {
    return fail(ErrorCode::KeyMalformed, "the private key is encrypted");
  }
  auto blocks = pki::parse_pem(pem);
  if (!blocks) return propagate(blocks);
  for (const pki::PemBlock& block : *blocks) {
    if (std::ranges::find(kPlain, block.label) != kPlain.end()) {
      return keys.load_private_key(block.data.expose());
    }
  }
  return fail(ErrorCode::PemMalformed, "no private key in the PEM text");
}

}  // namespace

Result<Identity> Identity::from_parts(std::vector<ByteVector> der_chain,
                                      std::shared_ptr<const SigningKey> key) {
  if (der_chain.empty() || !key) return fail(ErrorCode::ConfigInvalid, "an identity needs both");
  const ErrorScope errors;
  std::vector<ByteVector> issuers;
  std::vector<std::span<const SignatureScheme>> signatures;
  for (const ByteVector& der : der_chain) {
    auto parsed = parse_certificate(der);
    if (!parsed) return propagate(parsed);
    const X509* certificate = parsed->get();
    issuers.push_back(issuer_of(parsed->get()));
    if (X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) != 0) {
      signatures.push_back(schemes_signing(certificate));
    }
  }
  auto leaf = parse_certificate(der_chain.front());
  if (!leaf) return propagate(leaf);
  if (!std::ranges::equal(public_key_of(leaf->get()), key->public_key())) {
    return fail(ErrorCode::KeyMismatch);
  }
  PeerIdentity description = describe_subject(leaf->get(), der_chain.front());
  return Identity(State{std::move(der_chain),
                        std::move(key),
                        std::move(description),
                        std::move(issuers),
                        std::move(signatures),
                        {},
                        {}});
}

bool Identity::chain_signed_with(std::span<const SignatureScheme> accepted) const noexcept {
  return std::ranges::all_of(state_->signatures, [&](std::span<const SignatureScheme> schemes) {
    return has_common(schemes, accepted);
  });
}

Identity Identity::with_ocsp_response(ByteVector response) const {
  State state = *state_;
  state.ocsp_response = std::move(response);
  return Identity(std::move(state));
}

Identity Identity::with_certificate_timestamps(ByteVector list) const {
  State state = *state_;
  state.certificate_timestamps = std::move(list);
  return Identity(std::move(state));
}

Result<Identity> Identity::from_pem(std::string_view chain, std::string_view key,
                                    const KeyLoader& keys) {
  auto certificates = certificates_from_pem(chain);
  if (!certificates) return propagate(certificates);
  auto signing = key_from_pem(key, keys);
  if (!signing) return propagate(signing);
  return from_parts(std::move(*certificates), std::move(*signing));
}

Result<Identity> Identity::from_pem_files(const std::filesystem::path& chain,
                                          const std::filesystem::path& key, const KeyLoader& keys) {
  auto chain_text = pki::read_file(chain);
  if (!chain_text) return propagate(chain_text);
  auto key_text = pki::read_file(key);
  if (!key_text) return propagate(key_text);
  return from_pem(as_text(chain_text->expose()), as_text(key_text->expose()), keys);
}

}  // namespace nautilus::inline v0
