// ipsec-mb's dispatch table. Included by this folder's .cpp files only.
#pragma once

#include <cstdint>
#include <memory>

#include <intel-ipsec-mb.h>

#include <nautilus/crypto/aead.hpp>

namespace nautilus::inline v0::crypto::ipsecmb {

/// Filled once for this CPU; the direct calls used here only read function pointers from it, so it
/// is shared among keys and threads. (The job interface would write to it.)
using ManagerPtr = std::shared_ptr<const IMB_MGR>;

enum class GcmKeySize : std::size_t { Aes128 = 16, Aes256 = 32 };

[[nodiscard]] std::shared_ptr<const AeadAlgorithm> make_gcm(ManagerPtr manager, GcmKeySize size);
[[nodiscard]] std::shared_ptr<const AeadAlgorithm> make_chacha20_poly1305(ManagerPtr manager);

/// What the library found out about this CPU.
struct Findings {
  std::uint64_t features;  ///< IMB_FEATURE_…
  IMB_ARCH arch;
};
/// Why the CPU is better served by libcrypto; null when it is not. Static storage.
[[nodiscard]] const char* reason_against(Findings found) noexcept;
/// Which instructions do the work where there is no such reason. Static storage.
[[nodiscard]] const char* instructions_of(Findings found) noexcept;

/// Below this it is faster to copy all parts into the output and seal them there in one go; above,
/// the parts are gathered from where they lie.
inline constexpr std::size_t kGatherThreshold = 512;

}  // namespace nautilus::inline v0::crypto::ipsecmb
