// The standard verifier over libcrypto's path building.
#include <algorithm>
#include <array>

#include <nautilus/pki/verifier.hpp>

#include "crypto/openssl/digest.hpp"
#include "pki/openssl/x509.hpp"

namespace nautilus::inline v0 {
namespace {

using namespace pki::openssl;

/// 112-bit strength: RSA of 2048 bits or more, nothing signed with SHA-1.
constexpr int kAuthLevel = 2;

constexpr std::array kSchemes{
    SignatureScheme::ecdsa_secp256r1_sha256, SignatureScheme::ecdsa_secp384r1_sha384,
    SignatureScheme::ecdsa_secp521r1_sha512, SignatureScheme::ed25519,
    SignatureScheme::rsa_pss_rsae_sha256,    SignatureScheme::rsa_pss_rsae_sha384,
    SignatureScheme::rsa_pss_rsae_sha512,    SignatureScheme::rsa_pss_pss_sha256,
    SignatureScheme::rsa_pss_pss_sha384,     SignatureScheme::rsa_pss_pss_sha512,
    SignatureScheme::rsa_pkcs1_sha256,       SignatureScheme::rsa_pkcs1_sha384,
    SignatureScheme::rsa_pkcs1_sha512};

bool signed_over_md5(const X509* certificate) noexcept {
  int hash = NID_undef;
  (void)OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &hash, nullptr);
  return hash == NID_md5;
}

/// Why libcrypto stopped, and at which certificate.
std::unexpected<Error> refusal(const X509_STORE_CTX* ctx) noexcept {
  switch (X509_STORE_CTX_get_error(ctx)) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return fail(ErrorCode::UnknownCa);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fail(ErrorCode::CertificateExpired);
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fail(ErrorCode::CertificateNotYetValid);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fail(ErrorCode::CertificateNameMismatch);
    case X509_V_ERR_INVALID_PURPOSE:
      return fail(ErrorCode::CertificateWrongPurpose);
    case X509_V_ERR_CERT_REVOKED:
      return fail(ErrorCode::CertificateRevoked);
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
      return fail(ErrorCode::UnsupportedCertificate, "a key is too short");
    case X509_V_ERR_CA_MD_TOO_WEAK:
      // MD5 has an alert of its own (RFC 9846 §4.5.1.3-2).
      if (signed_over_md5(X509_STORE_CTX_get_current_cert(ctx))) {
        return fail(ErrorCode::BadCertificate, "a signature over MD5");
      }
      return fail(ErrorCode::UnsupportedCertificate, "a signature uses a weak hash");
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
      return fail(ErrorCode::BadCertificate, "the chain is too long");
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return fail(ErrorCode::BadCertificate, "a signature in the chain is not valid");
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
      return fail(ErrorCode::UnsupportedCertificate, "unknown critical extension");
    case X509_V_ERR_OUT_OF_MEM:
      return fail(ErrorCode::OutOfMemory);
    default:
      return fail(ErrorCode::BadCertificate);
  }
}

/// Lengths go into the fingerprint too, so that no two sets of anchors look alike.
void add_number(Hasher& hasher, std::size_t number) noexcept {
  std::array<std::uint8_t, 8> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    octets[i] = static_cast<std::uint8_t>(std::uint64_t{number} >> (56 - 8 * i));
  }
  hasher.update(octets);
}

class X509Verifier final : public CertificateVerifier {
 public:
  X509Verifier(TrustStore trust, std::shared_ptr<const KeyLoader> keys, X509VerifierOptions options)
      : keys_(std::move(keys)), options_(options), store_(X509_STORE_new()) {
    Hasher digested(crypto::openssl::sha256());
    add_number(digested, options_.max_intermediates);
    for (const SignatureScheme scheme : kSchemes) {
      const auto& wanted = options_.schemes;
      if (wanted.empty() || std::ranges::find(wanted, scheme) != wanted.end()) {
        schemes_.push_back(scheme);
        add_number(digested, static_cast<std::size_t>(scheme));
      }
    }
    add_number(digested, 0);
    const ErrorScope errors;
    for (const ByteVector& der : trust.anchors()) {
      add_number(digested, der.size());
      digested.update(der);
      // An anchor that cannot be read trusts nobody; the others still count.
      auto anchor = parse_certificate(der);
      if (!anchor || X509_STORE_add_cert(store_.get(), anchor->get()) != 1) continue;
      // libcrypto reads extensions on first use: let that be here, before threads share the store.
      (void)X509_check_purpose(anchor->get(), -1, 0);
      add_authority(anchor->get());
    }
    fingerprint_ = to_vector(digested.finish());
  }

  Eventually<CertificateVerdict> verify(const CertificateQuestion& question) const override {
    const ErrorScope errors;
    return judge(question);
  }

  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return schemes_;
  }
  [[nodiscard]] std::vector<ByteVector> authorities() const override { return authorities_; }
  [[nodiscard]] ByteVector fingerprint() const override { return fingerprint_; }

 private:
  void add_authority(X509* anchor) {
    unsigned char* der = nullptr;
    const int size = i2d_X509_NAME(X509_get_subject_name(anchor), &der);
    const Owned<unsigned char> owned(der);
    // The hint must fit a message; a system's store does not, and says nothing anyway.
    if (size > 0 && authorities_.size() < kMaxAuthorities)
      authorities_.emplace_back(der, der + size);
  }

  Result<CertificateVerdict> judge(const CertificateQuestion& question) const {
    if (question.chain.empty()) return fail(ErrorCode::BadCertificate, "no certificate");
    auto leaf = parse_certificate(question.chain.front());
    if (!leaf) return propagate(leaf);
    const StackPtr others(sk_X509_new_null());
    for (const ByteVector& der : question.chain.subspan(1)) {
      auto other = parse_certificate(der);
      if (!other) return propagate(other);
      if (!others || sk_X509_push(others.get(), other->get()) == 0) {
        return fail(ErrorCode::OutOfMemory);
      }
      (void)other->release();
    }
    auto expires = build_path(leaf->get(), others.get(), question);
    if (!expires) return propagate(expires);

    auto key = keys_->load_public_key(public_key_of(leaf->get()));
    if (!key) {
      const bool malformed = key.error().code == ErrorCode::KeyMalformed;
      return fail(malformed ? ErrorCode::BadCertificate : ErrorCode::UnsupportedCertificate,
                  "the leaf's key");
    }
    CertificateVerdict verdict;
    verdict.identity = describe_subject(leaf->get(), question.chain.front());
    verdict.identity.expires = *expires;
    const auto schemes = (*key)->schemes();
    verdict.schemes.assign(schemes.begin(), schemes.end());
    verdict.key = std::move(*key);
    return verdict;
  }

  /// Builds and checks a path; returns the earliest expiry on it.
  Result<TimePoint> build_path(X509* leaf, STACK_OF(X509) * others,
                               const CertificateQuestion& question) const {
    const StoreCtxPtr ctx(X509_STORE_CTX_new());
    if (!ctx || X509_STORE_CTX_init(ctx.get(), store_.get(), leaf, others) != 1) {
      return fail(ErrorCode::OutOfMemory);
    }
    if (auto r = set_parameters(X509_STORE_CTX_get0_param(ctx.get()), question); !r) {
      return propagate(r);
    }
    if (X509_verify_cert(ctx.get()) != 1) return refusal(ctx.get());
    // digitalSignature is what CertificateVerify needs; purpose checks ask for less.
    if ((X509_get_extension_flags(leaf) & EXFLAG_KUSAGE) != 0 &&
        (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0) {
      return fail(ErrorCode::CertificateWrongPurpose, "keyUsage lacks digitalSignature");
    }
    TimePoint expires = TimePoint::max();
    STACK_OF(X509)* path = X509_STORE_CTX_get0_chain(ctx.get());
    for (int i = 0; i < sk_X509_num(path); ++i) {
      expires = std::min(expires, time_of(X509_get0_notAfter(sk_X509_value(path, i))));
      // The anchor is trusted as it is; whatever it signed, and below, must use an accepted scheme.
      if (i + 1 < sk_X509_num(path) &&
          !has_common(schemes_signing(sk_X509_value(path, i)), schemes_)) {
        return fail(ErrorCode::UnsupportedCertificate,
                    "a signature scheme the policy does not allow");
      }
    }
    return expires;
  }

  Result<void> set_parameters(X509_VERIFY_PARAM* parameters,
                              const CertificateQuestion& question) const {
    const bool server = question.role == PeerRole::Server;
    // Any anchor may end a path, self-signed or not.
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_purpose(parameters,
                                  server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);
    X509_VERIFY_PARAM_set_auth_level(parameters, kAuthLevel);
    X509_VERIFY_PARAM_set_depth(parameters, static_cast<int>(options_.max_intermediates));
    X509_VERIFY_PARAM_set_time(
        parameters,
        std::chrono::duration_cast<std::chrono::seconds>(question.now.time_since_epoch()).count());
    X509_VERIFY_PARAM_set_hostflags(
        parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (question.server_name == nullptr) return {};
    const ServerName& name = *question.server_name;
    const int set =
        name.is_dns()
            ? X509_VERIFY_PARAM_set1_host(parameters, name.text().data(), name.text().size())
            : X509_VERIFY_PARAM_set1_ip(parameters, name.address().data(), name.address().size());
    if (set != 1) return fail(ErrorCode::OutOfMemory);
    return {};
  }

  static constexpr std::size_t kMaxAuthorities = 16;

  std::shared_ptr<const KeyLoader> keys_;
  X509VerifierOptions options_;
  StorePtr store_;
  std::vector<SignatureScheme> schemes_;
  ByteVector fingerprint_;
  std::vector<ByteVector> authorities_;
};

}  // namespace

std::shared_ptr<const CertificateVerifier> make_x509_verifier(TrustStore trust,
                                                              std::shared_ptr<const KeyLoader> keys,
                                                              X509VerifierOptions options) {
  return std::make_shared<X509Verifier>(std::move(trust), std::move(keys), options);
}

}  // namespace nautilus::inline v0
