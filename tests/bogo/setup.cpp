#include "bogo/setup.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <nautilus/pki/issue.hpp>

namespace nautilus::bogo {
namespace {

/// As the runner expects of a default configuration.
constexpr std::array kDefaultVerifyPrefs{
    SignatureScheme::ecdsa_secp256r1_sha256, SignatureScheme::rsa_pss_rsae_sha256,
    SignatureScheme::rsa_pkcs1_sha256,       SignatureScheme::ecdsa_secp384r1_sha384,
    SignatureScheme::rsa_pss_rsae_sha384,    SignatureScheme::rsa_pkcs1_sha384,
    SignatureScheme::rsa_pss_rsae_sha512,    SignatureScheme::rsa_pkcs1_sha512};

template <class Code>
std::vector<Code> codes(const std::vector<std::uint16_t>& values) {
  std::vector<Code> out;
  for (const std::uint16_t value : values) out.push_back(static_cast<Code>(value));
  return out;
}

/// Accepts every chain whose leaf has a usable key, as the runner demands of a shim: its chains are
/// odd on purpose, and what it tests is the protocol.
class AcceptingVerifier final : public CertificateVerifier {
 public:
  AcceptingVerifier(const Options& options, Seen* seen)
      : keys_(default_provider()->keys),
        fail_(options.verify_fail &&
              (options.verify_peer || options.require_any_client_certificate)),
        // The runner knows which of its callbacks a shim was told to use by the alert.
        failure_(options.custom_verify ? ErrorCode::CertificateUnknown
                                       : ErrorCode::NoCommonSignatureScheme),
        refuse_staple_(options.fail_ocsp_callback),
        seen_(seen) {
    schemes_.assign(kDefaultVerifyPrefs.begin(), kDefaultVerifyPrefs.end());
    if (!options.verify_prefs.empty()) schemes_ = codes<SignatureScheme>(options.verify_prefs);
    if (options.use_client_ca_list != "<NULL>" && options.use_client_ca_list != "<EMPTY>") {
      std::istringstream names(options.use_client_ca_list);
      for (std::string name; std::getline(names, name, ',');)
        authorities_.push_back(from_hex(name));
    }
  }

  [[nodiscard]] Eventually<CertificateVerdict> verify(
      const CertificateQuestion& question) const override {
    if (seen_ != nullptr) seen_->chain.assign(question.chain.begin(), question.chain.end());
    if (fail_) return Result<CertificateVerdict>(fail(failure_, "told to refuse it"));
    if (refuse_staple_) return Result<CertificateVerdict>(fail(ErrorCode::BadOcspResponse));
    return judge(question);
  }
  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return schemes_;
  }
  [[nodiscard]] std::vector<ByteVector> authorities() const override { return authorities_; }
  [[nodiscard]] ByteVector fingerprint() const override { return {1}; }

 private:
  Result<CertificateVerdict> judge(const CertificateQuestion& question) const {
    auto info = inspect_certificate(question.chain.front());
    if (!info) return propagate(info);
    if (!info->key_usage.empty() &&
        std::ranges::find(info->key_usage, "digitalSignature") == info->key_usage.end()) {
      return fail(ErrorCode::CertificateWrongPurpose, "keyUsage");
    }
    auto key = keys_->load_public_key(info->public_key_info);
    if (!key) return propagate(key);
    CertificateVerdict verdict;
    verdict.identity.kind = PeerIdentity::Kind::Application;
    verdict.schemes.assign((*key)->schemes().begin(), (*key)->schemes().end());
    verdict.key = std::move(*key);
    return verdict;
  }
  static ByteVector from_hex(std::string_view text) {
    ByteVector out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
      out.push_back(
          static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    }
    return out;
  }

  std::shared_ptr<const KeyLoader> keys_;
  std::vector<SignatureScheme> schemes_;
  std::vector<ByteVector> authorities_;
  bool fail_;
  ErrorCode failure_;
  bool refuse_staple_;
  Seen* seen_;
};

/// A key that signs with a chosen list of schemes only.
class RestrictedKey final : public SigningKey {
 public:
  RestrictedKey(Identity whole, std::vector<SignatureScheme> schemes)
      : whole_(std::move(whole)), schemes_(std::move(schemes)) {}
  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return schemes_;
  }
  [[nodiscard]] ByteView public_key() const noexcept override { return whole_.key().public_key(); }
  [[nodiscard]] std::string_view description() const noexcept override {
    return whole_.key().description();
  }
  [[nodiscard]] Eventually<ByteVector> sign(SignatureScheme scheme, ByteView message,
                                            Random& random) const override {
    return whole_.key().sign(scheme, message, random);
  }

 private:
  Identity whole_;
  std::vector<SignatureScheme> schemes_;
};

Result<Identity> load(const Credential& credential) {
  auto identity = Identity::from_pem_files(credential.cert_file, credential.key_file);
  if (!identity) return identity;
  if (!credential.ocsp_response.empty()) {
    identity = identity->with_ocsp_response(credential.ocsp_response);
  }
  if (!credential.signed_cert_timestamps.empty()) {
    identity = identity->with_certificate_timestamps(credential.signed_cert_timestamps);
  }
  if (credential.signing_prefs.empty()) return identity;
  const auto able = identity->key().schemes();
  std::vector<SignatureScheme> schemes;
  for (const SignatureScheme scheme : codes<SignatureScheme>(credential.signing_prefs)) {
    if (std::ranges::find(able, scheme) != able.end()) schemes.push_back(scheme);
  }
  return Identity::from_parts(identity->chain(),
                              std::make_shared<RestrictedKey>(*identity, std::move(schemes)));
}

std::vector<std::string> protocols_from_wire(std::string_view wire) {
  std::vector<std::string> names;
  while (!wire.empty()) {
    const auto size = static_cast<std::uint8_t>(wire.front());
    names.emplace_back(wire.substr(1, size));
    wire.remove_prefix(std::min<std::size_t>(wire.size(), size + 1U));
  }
  return names;
}

/// What the library offers here by default is more than the runner's own peer knows.
std::vector<NamedGroup> groups(const Options& options) {
  if (!options.curves.empty()) return codes<NamedGroup>(options.curves);
  return {NamedGroup::X25519MLKEM768, NamedGroup::x25519, NamedGroup::secp256r1,
          NamedGroup::secp384r1};
}

void add_psks(auto& builder, const Options& options) {
  for (const Credential& credential : options.credentials) {
    if (credential.kind != Credential::Kind::Psk) continue;
    builder.external_psk({credential.psk_identity, SecretBytes(ByteView(credential.psk_key)),
                          credential.psk_context,
                          credential.psk_sha384 ? PskHash::Sha384 : PskHash::Sha256});
  }
}

/// What the runner takes for granted.
constexpr std::uint32_t kEarlyDataLimit = 14336;
constexpr std::chrono::milliseconds kReplayWindow = std::chrono::seconds(60);

}  // namespace

Result<Credentials> load_credentials(const Options& options) {
  Credentials out;
  int number = 0;
  for (const Credential& credential : options.credentials) {
    if (credential.kind == Credential::Kind::X509) {
      auto identity = load(credential);
      if (!identity) return propagate(identity);
      out.items.push_back({std::move(*identity), number, credential.must_match_issuer});
    }
    ++number;
  }
  if (!options.default_credential.cert_file.empty()) {
    auto identity = load(options.default_credential);
    if (!identity) return propagate(identity);
    out.items.push_back({std::move(*identity), -1, options.default_credential.must_match_issuer});
  }
  return out;
}

Result<std::optional<Identity>> Credentials::select(const SelectIdentityRequest& request) const {
  if (items.empty()) return std::nullopt;
  for (const Item& item : items) {
    const bool can_sign =
        std::ranges::any_of(item.identity.key().schemes(), [&](SignatureScheme scheme) {
          return std::ranges::find(request.signature_schemes, scheme) !=
                 request.signature_schemes.end();
        });
    const bool matches =
        std::ranges::any_of(item.identity.issuers(), [&](const ByteVector& issuer) {
          return std::ranges::find(request.certificate_authorities, issuer) !=
                 request.certificate_authorities.end();
        });
    if (can_sign && (matches || !item.must_match_issuer)) return item.identity;
  }
  return fail(ErrorCode::NoCommonSignatureScheme);
}

Result<std::shared_ptr<const ClientConfig>> client_config(const Options& options,
                                                          const Credentials& credentials,
                                                          Shared& shared, Seen* seen) {
  auto builder = ClientConfig::builder();
  builder.groups(groups(options));
  if (options.key_shares) builder.key_shares(codes<NamedGroup>(*options.key_shares));
  builder.request_ocsp_response(options.enable_ocsp_stapling);
  builder.request_certificate_timestamps(options.enable_signed_cert_timestamps);
  builder.session_store(shared.sessions);
  builder.early_data(options.enable_early_data);
  builder.grease(options.enable_grease);
  if (options.max_send_fragment > 0) {
    builder.max_record_content(static_cast<std::size_t>(options.max_send_fragment));
  }
  add_psks(builder, options);
  if (options.psk_only()) return builder.build();
  builder.dangerous().verifier(std::make_shared<AcceptingVerifier>(options, seen));
  for (const Credentials::Item& item : credentials.items) builder.identity(item.identity);
  builder.suspend_on({RequestKind::SelectIdentity, RequestKind::Sign});
  if (!options.advertise_alpn.empty()) {
    builder.application_protocols(protocols_from_wire(options.advertise_alpn));
  }
  return builder.build();
}

Result<std::shared_ptr<const ServerConfig>> server_config(const Options& options,
                                                          const Credentials& credentials,
                                                          Shared& shared, Seen* seen) {
  auto builder = ServerConfig::builder();
  builder.groups(groups(options));
  for (const Credentials::Item& item : credentials.items) builder.identity(item.identity);
  builder.suspend_on({RequestKind::SelectIdentity, RequestKind::Sign});
  if (options.require_any_client_certificate || options.verify_peer) {
    builder.dangerous().verifier(std::make_shared<AcceptingVerifier>(options, seen));
    builder.client_auth(options.require_any_client_certificate ? ClientAuth::Required
                                                               : ClientAuth::Optional);
  }
  add_psks(builder, options);
  builder.grease(true);  // the runner's clients expect it of every server
  if (options.max_send_fragment > 0) {
    builder.max_record_content(static_cast<std::size_t>(options.max_send_fragment));
  }
  if (options.enable_early_data)
    builder.early_data({shared.replay, kEarlyDataLimit, kReplayWindow});
  if (!options.select_alpn.empty()) builder.application_protocols({options.select_alpn});
  if (options.reject_alpn) builder.application_protocols({"none of the client's"});
  builder.ticketer(options.no_ticket ? nullptr : shared.ticketer);
  return builder.build();
}

}  // namespace nautilus::bogo
