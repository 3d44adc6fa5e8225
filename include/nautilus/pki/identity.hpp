#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <nautilus/bytes.hpp>
#include <nautilus/codepoints.hpp>
#include <nautilus/crypto/signature.hpp>
#include <nautilus/export.hpp>
#include <nautilus/peer_identity.hpp>
#include <nautilus/providers/default.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0 {

/// What we prove ourselves with: a certificate chain and the key of its leaf. Immutable and cheap
/// to copy.
class NAUTILUS_API Identity {
 public:
  /// Reads the chain (leaf first) and an unencrypted private key. `FileUnreadable`, `PemMalformed`,
  /// `KeyMalformed`, and `KeyMismatch` when the key is not the leaf's. `keys`, a provider's `keys`,
  /// decides whose code signs; it need not outlive the call.
  [[nodiscard]] static Result<Identity> from_pem_files(
      const std::filesystem::path& chain, const std::filesystem::path& key,
      const KeyLoader& keys = *default_provider()->keys);
  [[nodiscard]] static Result<Identity> from_pem(std::string_view chain, std::string_view key,
                                                 const KeyLoader& keys = *default_provider()->keys);
  /// A chain with a key that lives elsewhere. `KeyMismatch` when they do not belong together.
  [[nodiscard]] static Result<Identity> from_parts(std::vector<ByteVector> der_chain,
                                                   std::shared_ptr<const SigningKey> key);

  /// The same identity with an OCSP response for its leaf, stapled for peers that ask for one
  /// (RFC 6066 §8). DER; passed on as it is.
  [[nodiscard]] Identity with_ocsp_response(ByteVector response) const;
  /// The same identity with certificate timestamps for its leaf: a SignedCertificateTimestampList
  /// (RFC 6962 §3.3), passed on as it is.
  [[nodiscard]] Identity with_certificate_timestamps(ByteVector list) const;

  /// DER certificates, leaf first.
  [[nodiscard]] const std::vector<ByteVector>& chain() const noexcept { return state_->chain; }
  [[nodiscard]] const SigningKey& key() const noexcept { return *state_->key; }
  /// What the leaf says about us, for display and for choosing among identities.
  [[nodiscard]] const PeerIdentity& description() const noexcept { return state_->description; }
  /// DER names of the chain's issuers, the leaf's first.
  [[nodiscard]] const std::vector<ByteVector>& issuers() const noexcept { return state_->issuers; }
  /// Whether every signature in the chain is of an accepted kind, the end's own if it signed itself
  /// aside (RFC 9846 §4.5.1.2).
  [[nodiscard]] bool chain_signed_with(std::span<const SignatureScheme> accepted) const noexcept;
  [[nodiscard]] ByteView ocsp_response() const noexcept { return state_->ocsp_response; }
  [[nodiscard]] ByteView certificate_timestamps() const noexcept {
    return state_->certificate_timestamps;
  }

 private:
  struct State {
    std::vector<ByteVector> chain;
    std::shared_ptr<const SigningKey> key;
    PeerIdentity description;
    std::vector<ByteVector> issuers;
    std::vector<std::span<const SignatureScheme>> signatures;  // static storage
    ByteVector ocsp_response;
    ByteVector certificate_timestamps;
  };
  explicit Identity(State state) : state_(std::make_shared<const State>(std::move(state))) {}
  std::shared_ptr<const State> state_;
};

}  // namespace nautilus::inline v0
