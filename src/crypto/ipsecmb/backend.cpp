#include "crypto/ipsecmb/backend.hpp"

#include "crypto/ipsecmb/manager.hpp"

namespace nautilus::inline v0::crypto::ipsecmb {
namespace {

bool has(Findings found, std::uint64_t features) noexcept {
  return (found.features & features) == features;
}

}  // namespace

const char* reason_against(Findings found) noexcept {
  if (has(found, IMB_FEATURE_SELF_TEST) && !has(found, IMB_FEATURE_SELF_TEST_PASS)) {
    return "the library's self-test failed";
  }
  // Without these the library falls back to software AES.
  if (!has(found, IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ) || has(found, IMB_FEATURE_AESNI_EMU)) {
    return "the CPU lacks AES-NI or PCLMULQDQ";
  }
  if (found.arch != IMB_ARCH_AVX2 && found.arch != IMB_ARCH_AVX512) return "the CPU lacks AVX2";
  return nullptr;
}

const char* instructions_of(Findings found) noexcept {
  const bool vaes = has(found, IMB_FEATURE_VAES | IMB_FEATURE_VPCLMULQDQ);
  if (found.arch == IMB_ARCH_AVX512) return vaes ? "AVX-512 with VAES" : "AVX-512";
  return vaes ? "AVX2 with VAES" : "AVX2";
}

Backend load() {
  Backend backend;
  backend.version = imb_get_version_str();
  // "v1.3.0" in some builds.
  if (backend.version.starts_with('v')) backend.version.erase(0, 1);
  const std::shared_ptr<IMB_MGR> manager(alloc_mb_mgr(0), [](IMB_MGR* made) {
    if (made != nullptr) free_mb_mgr(made);
  });
  if (!manager) {
    backend.note = "the library could not allocate its manager";
    return backend;
  }
  IMB_ARCH arch = IMB_ARCH_NONE;
  init_mb_mgr_auto(manager.get(), &arch);
  const Findings found{manager->features, arch};
  const char* against = reason_against(found);
  if (against != nullptr) {
    backend.note = against;
    return backend;
  }
  backend.available = true;
  backend.note = instructions_of(found);
  backend.aes_128_gcm = make_gcm(manager, GcmKeySize::Aes128);
  backend.aes_256_gcm = make_gcm(manager, GcmKeySize::Aes256);
  backend.chacha20_poly1305 = make_chacha20_poly1305(manager);
  return backend;
}

}  // namespace nautilus::inline v0::crypto::ipsecmb
