// The policies as data.
#include <algorithm>
#include <array>

#include <nautilus/policy.hpp>

namespace nautilus::inline v0 {
namespace {

using enum NamedGroup;
using enum SignatureScheme;
using enum CipherSuiteId;

constexpr std::array kModernGroups{X25519MLKEM768, SecP256r1MLKEM768, SecP384r1MLKEM1024,
                                   x25519,         secp256r1,         secp384r1};
constexpr std::array kModernFurther{MLKEM512, MLKEM768, MLKEM1024, secp521r1};
constexpr std::array kPqGroups{X25519MLKEM768, SecP256r1MLKEM768, SecP384r1MLKEM1024};
constexpr std::array kPqFurther{MLKEM512, MLKEM768, MLKEM1024};
constexpr std::array kCnsa2Groups{MLKEM1024};
constexpr std::array kNistGroups{SecP256r1MLKEM768, SecP384r1MLKEM1024, secp256r1, secp384r1};
constexpr std::array kNistFurther{MLKEM512, MLKEM768, MLKEM1024, secp521r1};

constexpr std::array kAllSuites{TLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256,
                                TLS_CHACHA20_POLY1305_SHA256};
constexpr std::array kAesSuites{TLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256};
constexpr std::array kAes256Suite{TLS_AES_256_GCM_SHA384};

constexpr std::array kAllSchemes{mldsa65,
                                 mldsa87,
                                 mldsa44,
                                 ed25519,
                                 ecdsa_secp256r1_sha256,
                                 ecdsa_secp384r1_sha384,
                                 ecdsa_secp521r1_sha512,
                                 rsa_pss_rsae_sha256,
                                 rsa_pss_rsae_sha384,
                                 rsa_pss_rsae_sha512,
                                 rsa_pss_pss_sha256,
                                 rsa_pss_pss_sha384,
                                 rsa_pss_pss_sha512,
                                 rsa_pkcs1_sha256,
                                 rsa_pkcs1_sha384,
                                 rsa_pkcs1_sha512};
constexpr std::array kNistSchemes{mldsa65,
                                  mldsa87,
                                  mldsa44,
                                  ecdsa_secp256r1_sha256,
                                  ecdsa_secp384r1_sha384,
                                  ecdsa_secp521r1_sha512,
                                  rsa_pss_rsae_sha256,
                                  rsa_pss_rsae_sha384,
                                  rsa_pss_rsae_sha512,
                                  rsa_pss_pss_sha256,
                                  rsa_pss_pss_sha384,
                                  rsa_pss_pss_sha512,
                                  rsa_pkcs1_sha256,
                                  rsa_pkcs1_sha384,
                                  rsa_pkcs1_sha512};
constexpr std::array kCnsa2Schemes{mldsa87};

constexpr std::array<PolicyData, 4> kPolicies{{
    {Policy::Modern, "modern", kModernGroups, kModernFurther, kAllSuites, kAllSchemes, false},
    {Policy::PqRequired, "pq_required", kPqGroups, kPqFurther, kAllSuites, kAllSchemes, false},
    {Policy::Cnsa2, "cnsa2", kCnsa2Groups, {}, kAes256Suite, kCnsa2Schemes, true},
    {Policy::Nist, "nist", kNistGroups, kNistFurther, kAesSuites, kNistSchemes, false},
}};

}  // namespace

const PolicyData& policy_data(Policy policy) noexcept {
  return kPolicies[static_cast<std::size_t>(policy)];
}

std::optional<Policy> find_policy(std::string_view name) noexcept {
  const auto found = std::ranges::find(kPolicies, name, &PolicyData::name);
  if (found == kPolicies.end()) return std::nullopt;
  return found->policy;
}

std::span<const PolicyData> policies() noexcept { return kPolicies; }

}  // namespace nautilus::inline v0
