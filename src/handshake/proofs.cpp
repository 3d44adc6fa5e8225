#include "handshake/proofs.hpp"

#include <algorithm>
#include <string_view>

namespace nautilus::inline v0::handshake {

ByteVector signature_input(Signer signer, ByteView transcript_hash) {
  const std::string_view context = signer == Signer::Server
                                       ? std::string_view("TLS 1.3, server CertificateVerify")
                                       : std::string_view("TLS 1.3, client CertificateVerify");
  ByteVector out;
  out.reserve(64 + context.size() + 1 + transcript_hash.size());
  out.resize(64, 0x20);
  const ByteView text = as_bytes(context);
  out.insert(out.end(), text.begin(), text.end());
  out.push_back(0);
  out.insert(out.end(), transcript_hash.begin(), transcript_hash.end());
  return out;
}

bool allowed_in_certificate_verify(SignatureScheme scheme) noexcept {
  return scheme != SignatureScheme::rsa_pkcs1_sha256 &&
         scheme != SignatureScheme::rsa_pkcs1_sha384 && scheme != SignatureScheme::rsa_pkcs1_sha512;
}

Result<SignatureVerified> CertificateVerifyCheck::check(const wire::CertificateVerify& message,
                                                        const PeerVerified& peer, Signer signer,
                                                        std::span<const SignatureScheme> offered,
                                                        ByteView transcript_hash) {
  const SignatureScheme scheme = message.algorithm;
  if (!allowed_in_certificate_verify(scheme) ||
      std::ranges::find(offered, scheme) == offered.end()) {
    return fail(ErrorCode::UnofferedSignatureScheme, "CertificateVerify");
  }
  const CertificateVerdict& verdict = peer.verdict();
  if (std::ranges::find(verdict.schemes, scheme) == verdict.schemes.end()) {
    return fail(ErrorCode::UnofferedSignatureScheme,
                "the scheme does not fit the certificate's key");
  }
  if (!verdict.key) return fail(ErrorCode::Unreachable, "verdict without a key");
  const ByteVector input = signature_input(signer, transcript_hash);
  if (auto verified = verdict.key->verify(scheme, input, message.signature); !verified) {
    return propagate(verified);
  }
  return SignatureVerified(scheme);
}

Result<FinishedVerified> FinishedCheck::check(const wire::Finished& message,
                                              const HashAlgorithm& hash,
                                              const state::LabelScheme& labels,
                                              const crypto::HashSecret& base_key,
                                              ByteView transcript_hash) {
  if (message.verify_data.size() != hash.digest_size) {
    return fail(ErrorCode::DecodeError, "Finished of wrong length");
  }
  const crypto::HashSecret expected = state::finished_mac(hash, labels, base_key, transcript_hash);
  if (!ct_equal(expected.expose(), message.verify_data)) return fail(ErrorCode::BadFinished);
  return FinishedVerified();
}

Result<SessionAccepted> BinderCheck::check(ByteView binder, state::PskKind kind,
                                           const state::EarlySecret& early,
                                           const state::LabelScheme& labels,
                                           ByteView truncated_hash) {
  const crypto::HashSecret key = early.binder_key(kind);
  const crypto::HashSecret expected =
      state::finished_mac(early.hash(), labels, key, truncated_hash);
  if (!ct_equal(expected.expose(), binder)) return fail(ErrorCode::BadBinder);
  return SessionAccepted();
}

Result<SessionAccepted> SelectedPskCheck::check(std::uint16_t selected, std::size_t offered) {
  if (selected >= offered) return fail(ErrorCode::UnofferedPsk);
  return SessionAccepted();
}

}  // namespace nautilus::inline v0::handshake
