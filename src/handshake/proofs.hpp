// Values whose existence proves that a check was made. Each can be made only by the code that makes
// the check, so a state that demands one cannot be reached without it.
#pragma once

#include <optional>
#include <utility>

#include <nautilus/crypto/hash.hpp>
#include <nautilus/pki/verifier.hpp>
#include <nautilus/result.hpp>

#include "crypto/hkdf.hpp"
#include "state/key_schedule.hpp"
#include "wire/certificate.hpp"
#include "wire/small_messages.hpp"

namespace nautilus::inline v0 {

/// The one door from a verdict to a proof. The handshake opens it only for the verdict on the chain
/// it asked about, which it holds while it waits.
struct VerdictToProof {
  [[nodiscard]] static PeerVerified prove(CertificateVerdict verdict) noexcept {
    return PeerVerified(std::move(verdict));
  }
  /// Takes the identity out once the proof has served: nobody asks it for that again.
  [[nodiscard]] static PeerIdentity take_identity(PeerVerified& peer) noexcept {
    return std::move(peer.verdict_.identity);
  }
};

}  // namespace nautilus::inline v0

namespace nautilus::inline v0::handshake {

/// No part of a further handshake message follows the current one: keys may change here
/// (RFC 9846 §5.1).
class HandshakeAligned {
 private:
  friend class Joiner;
  HandshakeAligned() = default;
};

/// The peer's CertificateVerify was checked against the accepted certificate's key.
class SignatureVerified {
 public:
  [[nodiscard]] SignatureScheme scheme() const noexcept { return scheme_; }

 private:
  friend struct CertificateVerifyCheck;
  explicit SignatureVerified(SignatureScheme scheme) noexcept : scheme_(scheme) {}
  SignatureScheme scheme_;
};

/// The peer's Finished was checked.
class FinishedVerified {
 private:
  friend struct FinishedCheck;
  FinishedVerified() = default;
};

/// A PSK binder was checked and the session it belongs to accepted (server), or the server chose
/// the session we offered (client: the proof is the server's Finished under keys from the PSK).
class SessionAccepted {
 private:
  friend struct BinderCheck;
  friend struct SelectedPskCheck;
  SessionAccepted() = default;
};

enum class Signer : std::uint8_t { Client, Server };

/// The octets a CertificateVerify signs (RFC 9846 §4.5.2).
[[nodiscard]] ByteVector signature_input(Signer signer, ByteView transcript_hash);

struct CertificateVerifyCheck {
  /// `offered`: the schemes we asked for. `UnofferedSignatureScheme`, `BadSignature`.
  [[nodiscard]] static Result<SignatureVerified> check(const wire::CertificateVerify& message,
                                                       const PeerVerified& peer, Signer signer,
                                                       std::span<const SignatureScheme> offered,
                                                       ByteView transcript_hash);
};

struct FinishedCheck {
  /// Compares in constant time; `BadFinished`, or `DecodeError` for a wrong length.
  [[nodiscard]] static Result<FinishedVerified> check(const wire::Finished& message,
                                                      const HashAlgorithm& hash,
                                                      const state::LabelScheme& labels,
                                                      const crypto::HashSecret& base_key,
                                                      ByteView transcript_hash);
};

struct BinderCheck {
  /// `truncated_hash`: the transcript up to the binders (RFC 9846 §4.3.11.2). `BadBinder`.
  [[nodiscard]] static Result<SessionAccepted> check(ByteView binder, state::PskKind kind,
                                                     const state::EarlySecret& early,
                                                     const state::LabelScheme& labels,
                                                     ByteView truncated_hash);
};

struct SelectedPskCheck {
  /// `UnofferedPsk` unless the server selected one of the identities we offered.
  [[nodiscard]] static Result<SessionAccepted> check(std::uint16_t selected, std::size_t offered);
};

/// Whether a scheme may sign a CertificateVerify: not RSA-PKCS1 (RFC 9846 §4.3.3).
[[nodiscard]] bool allowed_in_certificate_verify(SignatureScheme scheme) noexcept;

}  // namespace nautilus::inline v0::handshake
