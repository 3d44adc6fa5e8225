#include <array>
#include <optional>
#include <utility>

#include <nautilus/providers/default.hpp>

#include "crypto/aegis/backend.hpp"
#include "crypto/curve25519/backend.hpp"
#include "crypto/curve25519/ed25519_keys.hpp"
#include "crypto/curve25519/x25519.hpp"
#include "crypto/hybrid_kx.hpp"
#include "crypto/ipsecmb/backend.hpp"
#include "crypto/openssl/aead.hpp"
#include "crypto/openssl/digest.hpp"
#include "crypto/openssl/ecdh.hpp"
#include "crypto/openssl/key_load.hpp"
#include "crypto/openssl/random.hpp"
#include "crypto/openssl/version.hpp"
#include "crypto/openssl/x25519.hpp"
#include "crypto/pq/mldsa_keys.hpp"
#include "crypto/pq/mlkem_group.hpp"
#include "crypto/pq/pq_backend.hpp"

namespace nautilus::inline v0 {
namespace {

using AeadPtr = std::shared_ptr<const AeadAlgorithm>;
using GroupPtr = std::shared_ptr<const KeyExchangeGroup>;
using crypto::pq::PqBackend;
namespace ossl = crypto::openssl;

enum class Bulk { Libcrypto, IpsecMb };

/// Our own Curve25519; nothing when libcrypto's is used.
using Curve25519 = std::optional<crypto::curve25519::Backend>;

/// Null members are AEADs the loaded libcrypto lacks, as a FIPS-only configuration may.
struct Aeads {
  AeadPtr aes_128_gcm;
  AeadPtr aes_256_gcm;
  AeadPtr chacha20_poly1305;
  AeadPtr aegis_256;
  AeadPtr aegis_128l;
};

template <class T>
std::shared_ptr<T> or_null(Result<std::shared_ptr<T>> result) {
  return result ? std::move(*result) : nullptr;
}

Aeads aeads_of(Bulk bulk, const crypto::ipsecmb::Backend& ipsecmb,
               const crypto::aegis::Backend& aegis) {
  if (bulk == Bulk::IpsecMb) {
    return {ipsecmb.aes_128_gcm, ipsecmb.aes_256_gcm, ipsecmb.chacha20_poly1305, aegis.aegis_256,
            aegis.aegis_128l};
  }
  return {or_null(ossl::aes_128_gcm()), or_null(ossl::aes_256_gcm()),
          or_null(ossl::chacha20_poly1305()), aegis.aegis_256, aegis.aegis_128l};
}

std::vector<CipherSuite> suites_of(const Aeads& aeads) {
  std::vector<CipherSuite> suites;
  const auto add = [&](CipherSuiteId id, const AeadPtr& aead, const HashAlgorithm& hash) {
    if (aead) suites.push_back({id, std::string(to_string(id)), aead, &hash});
  };
  add(CipherSuiteId::TLS_AES_256_GCM_SHA384, aeads.aes_256_gcm, ossl::sha384());
  add(CipherSuiteId::TLS_AES_128_GCM_SHA256, aeads.aes_128_gcm, ossl::sha256());
  add(CipherSuiteId::TLS_CHACHA20_POLY1305_SHA256, aeads.chacha20_poly1305, ossl::sha256());
  // Here for those who ask for them by name.
  add(CipherSuiteId::TLS_AEGIS_256_SHA512, aeads.aegis_256, ossl::sha512());
  add(CipherSuiteId::TLS_AEGIS_128L_SHA256, aeads.aegis_128l, ossl::sha256());
  return suites;
}

std::vector<GroupPtr> all_groups(const Curve25519& curve25519, PqBackend pq) {
  const GroupPtr x25519 =
      curve25519 ? crypto::curve25519::x25519_group(*curve25519) : ossl::x25519_group();
  const GroupPtr p256 = or_null(ossl::ecdh_group(NamedGroup::secp256r1));
  const GroupPtr p384 = or_null(ossl::ecdh_group(NamedGroup::secp384r1));
  const GroupPtr p521 = or_null(ossl::ecdh_group(NamedGroup::secp521r1));
  const GroupPtr mlkem512 = crypto::pq::mlkem_group(NamedGroup::MLKEM512, pq);
  const GroupPtr mlkem768 = crypto::pq::mlkem_group(NamedGroup::MLKEM768, pq);
  const GroupPtr mlkem1024 = crypto::pq::mlkem_group(NamedGroup::MLKEM1024, pq);
  const auto hybrid = [](NamedGroup id, const GroupPtr& classical, const GroupPtr& mlkem) {
    return or_null(crypto::make_hybrid_group(id, classical, mlkem));
  };
  std::vector<GroupPtr> groups{
      hybrid(NamedGroup::X25519MLKEM768, x25519, mlkem768),
      hybrid(NamedGroup::SecP256r1MLKEM768, p256, mlkem768),
      hybrid(NamedGroup::SecP384r1MLKEM1024, p384, mlkem1024),
      x25519,
      p256,
      p384,
      // Here for those who ask for them by name.
      mlkem512,
      mlkem768,
      mlkem1024,
      p521,
  };
  std::erase(groups, nullptr);
  return groups;
}

constexpr std::array kSignatureSchemes{
    SignatureScheme::ed25519,
    SignatureScheme::ecdsa_secp256r1_sha256,
    SignatureScheme::ecdsa_secp384r1_sha384,
    SignatureScheme::ecdsa_secp521r1_sha512,
    SignatureScheme::rsa_pss_rsae_sha256,
    SignatureScheme::rsa_pss_rsae_sha384,
    SignatureScheme::rsa_pss_rsae_sha512,
    SignatureScheme::rsa_pss_pss_sha256,
    SignatureScheme::rsa_pss_pss_sha384,
    SignatureScheme::rsa_pss_pss_sha512,
};

std::vector<BackendInfo> backend_infos(Bulk bulk, const crypto::ipsecmb::Backend& ipsecmb,
                                       const crypto::aegis::Backend& aegis,
                                       const Curve25519& curve25519) {
  const bool wide = bulk == Bulk::IpsecMb;
  std::string mb_note = ipsecmb.note;
  if (ipsecmb.available) mb_note += wide ? "; records" : "; not chosen";
  std::string own_note = "ML-KEM, ML-DSA";
  if (aegis.available) own_note.append(", AEGIS (").append(aegis.note).append(")");
  if (curve25519) own_note.append(", X25519 and Ed25519 (").append(curve25519->name()).append(")");
  return {
      {"libcrypto", ossl::libcrypto_version(), true,
       wide ? "signatures, ECDHE, SHA-2, randomness"
            : "records, signatures, ECDHE, SHA-2, randomness"},
      {"ipsec-mb", ipsecmb.version, ipsecmb.available, std::move(mb_note)},
      {"nautilus", "", true, std::move(own_note)},
  };
}

std::shared_ptr<const KeyLoader> make_key_loader(const Curve25519& curve25519) {
  if (!curve25519) return ossl::key_loader();
  return crypto::curve25519::key_loader(ossl::key_loader(), ossl::sha512(), *curve25519);
}

std::shared_ptr<CryptoProvider> assemble(Bulk bulk, const crypto::ipsecmb::Backend& ipsecmb,
                                         const Curve25519& curve25519, PqBackend pq) {
  const crypto::aegis::Backend aegis = crypto::aegis::load();
  const Aeads aeads = aeads_of(bulk, ipsecmb, aegis);
  auto provider = std::make_shared<CryptoProvider>();
  provider->cipher_suites = suites_of(aeads);
  provider->groups = all_groups(curve25519, pq);
  provider->signature_schemes.assign(kSignatureSchemes.begin(), kSignatureSchemes.end());
  provider->random = ossl::system_random();
  provider->keys = crypto::pq::mldsa_key_loader(make_key_loader(curve25519), pq);
  provider->ticket_aead = aeads.aes_256_gcm;
  provider->sha256 = &ossl::sha256();
  provider->backends = backend_infos(bulk, ipsecmb, aegis, curve25519);
  return provider;
}

Bulk best_of(const crypto::ipsecmb::Backend& ipsecmb) noexcept {
  return ipsecmb.available ? Bulk::IpsecMb : Bulk::Libcrypto;
}

}  // namespace

BackendNames available_backends() {
  BackendNames names{{"libcrypto"}, {"libcrypto"}, {}};
  if (crypto::ipsecmb::load().available) names.bulk_backend.emplace_back("ipsec-mb");
  for (const auto& backend : crypto::curve25519::Backend::all()) {
    names.curve25519.emplace_back(backend.name());
  }
  for (const PqBackend& backend : PqBackend::all()) {
    names.post_quantum.emplace_back(backend.name());
  }
  return names;
}

Result<std::shared_ptr<const CryptoProvider>> make_provider(const ProviderOptions& options) {
  const crypto::ipsecmb::Backend ipsecmb = crypto::ipsecmb::load();
  Bulk bulk = Bulk::Libcrypto;
  if (options.bulk_backend == "auto") {
    bulk = best_of(ipsecmb);
  } else if (options.bulk_backend == "ipsec-mb") {
    if (!ipsecmb.available) return fail(ErrorCode::BackendUnavailable, ipsecmb.note);
    bulk = Bulk::IpsecMb;
  } else if (options.bulk_backend != "libcrypto") {
    return fail(ErrorCode::ConfigInvalid,
                "unknown backend for records; known are auto, libcrypto and ipsec-mb");
  }
  Curve25519 curve25519;
  if (options.curve25519 != "libcrypto") {
    const auto found = crypto::curve25519::Backend::find(options.curve25519);
    if (!found) return propagate(found);
    curve25519 = *found;
  }
  const auto pq = PqBackend::find(options.post_quantum);
  if (!pq) return propagate(pq);
  auto provider = assemble(bulk, ipsecmb, curve25519, *pq);
  if (!provider->ticket_aead) {
    return fail(ErrorCode::BackendUnavailable, "the loaded libcrypto lacks AES-256-GCM");
  }
  return provider;
}

std::shared_ptr<const CryptoProvider> default_provider() {
  static const std::shared_ptr<const CryptoProvider> provider = [] {
    const crypto::ipsecmb::Backend ipsecmb = crypto::ipsecmb::load();
    return assemble(best_of(ipsecmb), ipsecmb, crypto::curve25519::Backend::best(),
                    PqBackend::best());
  }();
  return provider;
}

}  // namespace nautilus::inline v0
