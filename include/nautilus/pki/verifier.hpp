#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/codepoints.hpp>
#include <nautilus/crypto/provider.hpp>
#include <nautilus/crypto/signature.hpp>
#include <nautilus/export.hpp>
#include <nautilus/peer_identity.hpp>
#include <nautilus/pki/trust_store.hpp>
#include <nautilus/result.hpp>
#include <nautilus/server_name.hpp>

namespace nautilus::inline v0 {

/// Which side's certificate is being judged; it decides the extended key usage.
enum class PeerRole : std::uint8_t { Server, Client };

/// A certificate chain as the peer sent it, and what is expected of it. Everything is borrowed for
/// the duration of the call; a verifier that answers later keeps its own copy.
struct CertificateQuestion {
  std::span<const ByteVector> chain;  ///< DER, leaf first, at least one
  PeerRole role = PeerRole::Server;
  /// The name the leaf must carry; null when judging a client, or when the application does not
  /// identify the server by name.
  const ServerName* server_name = nullptr;
  ByteView ocsp_response;  ///< stapled, possibly empty
  TimePoint now;
  ByteView certificate_timestamps =
      {};  ///< SignedCertificateTimestampList (RFC 6962), possibly empty
};

/// A positive judgement: who it is, the key that must have signed CertificateVerify, and the
/// schemes acceptable for it. By itself it opens nothing: only the engine turns it into the
/// `PeerVerified` that the handshake demands, and binds it to the chain it asked about.
struct CertificateVerdict {
  PeerIdentity identity;
  std::shared_ptr<const VerificationKey> key;
  std::vector<SignatureScheme> schemes;
};

/// The proof that a peer's certificate was accepted. Cannot be made by hand: it comes from a
/// verifier's verdict through the engine, and `Connected` cannot be reached without one where a
/// certificate is due.
class PeerVerified {
 public:
  PeerVerified(PeerVerified&&) noexcept = default;
  PeerVerified& operator=(PeerVerified&&) noexcept = default;
  [[nodiscard]] const CertificateVerdict& verdict() const noexcept { return verdict_; }

 private:
  friend struct VerdictToProof;
  explicit PeerVerified(CertificateVerdict verdict) noexcept : verdict_(std::move(verdict)) {}
  CertificateVerdict verdict_;
};

/// Judges peer certificates. Shared among connections and threads.
class NAUTILUS_API CertificateVerifier {
 public:
  virtual ~CertificateVerifier() = default;

  /// Accepts with a verdict or fails with the reason (`UnknownCa`, `CertificateExpired`,
  /// `CertificateNameMismatch`, ...), which picks the alert. Nothing: the verdict will arrive
  /// through `Connection::resume`.
  [[nodiscard]] virtual Eventually<CertificateVerdict> verify(
      const CertificateQuestion& question) const = 0;

  /// Signature schemes acceptable in certificates and CertificateVerify, best first; they become
  /// signature_algorithms. Valid as long as this object.
  [[nodiscard]] virtual std::span<const SignatureScheme> schemes() const noexcept = 0;

  /// DER names of acceptable CAs, as a hint to the peer (RFC 9846 §4.3.4); may be empty.
  [[nodiscard]] virtual std::vector<ByteVector> authorities() const { return {}; }

  /// A digest of everything that decides its verdicts (anchors, options). Sessions accepted under
  /// one digest are not resumed under another.
  [[nodiscard]] virtual ByteVector fingerprint() const = 0;
};

/// Options of the X.509 verifier. The defaults are strict.
struct X509VerifierOptions {
  /// Intermediate certificates allowed between leaf and anchor.
  unsigned max_intermediates = 8;
  /// Signature schemes accepted for CertificateVerify and on the chain; empty: all that are sound.
  std::vector<SignatureScheme> schemes;
};

/// The standard verifier: RFC 5280 path to one of `trust`'s anchors, validity, key usage, purpose,
/// RFC 9525 names, RSA keys of at least 2048 bits and no SHA-1. `keys` loads the leaf's key.
[[nodiscard]] NAUTILUS_API std::shared_ptr<const CertificateVerifier> make_x509_verifier(
    TrustStore trust, std::shared_ptr<const KeyLoader> keys, X509VerifierOptions options = {});

}  // namespace nautilus::inline v0
