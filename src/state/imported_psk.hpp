// The importer of external PSKs (RFC 9258).
#pragma once

#include <nautilus/crypto/hash.hpp>
#include <nautilus/external_psk.hpp>
#include <nautilus/result.hpp>

#include "state/key_schedule.hpp"

namespace nautilus::inline v0::state {

/// One external PSK made ready for suites of one hash.
struct ImportedPsk {
  ByteVector identity;           ///< the encoded ImportedIdentity, as it appears in pre_shared_key
  ByteVector external_identity;  ///< what the application calls it
  HashSecret key;                ///< ipskx
  const HashAlgorithm* hash;     ///< the target KDF's
};

/// Derives ipskx for `target` (RFC 9258 §5.1). `source` is the hash of the PSK itself. Both must be
/// SHA-256 or SHA-384. `ConfigInvalid` for an identity or context that cannot be encoded, or a key
/// of less than 16 octets.
[[nodiscard]] Result<ImportedPsk> import_psk(const ExternalPsk& psk, const HashAlgorithm& source,
                                             const HashAlgorithm& target);

}  // namespace nautilus::inline v0::state
