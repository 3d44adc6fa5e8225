// pre_shared_key (RFC 9846 §4.3.11).
#pragma once

#include <span>
#include <vector>

#include <nautilus/bytes.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0::wire {

struct PskIdentity {
  ByteView identity;
  std::uint32_t obfuscated_ticket_age = 0;
};

struct OfferedPsks {
  std::vector<PskIdentity> identities;
  std::vector<ByteView> binders;  ///< as many as identities
  /// Octets of the binders list at the end of the ClientHello, its length included: what the
  /// truncated transcript leaves out (RFC 9846 §4.3.11.2).
  std::size_t binders_size = 0;
};

/// More identities than this in one hello are refused (`DecodeError`).
inline constexpr std::size_t kMaxPskIdentities = 64;

/// Decodes the ClientHello form. A different number of identities and binders is
/// `IllegalParameter`.
[[nodiscard]] Result<OfferedPsks> decode_offered_psks(ByteView data);
/// Encodes identities and zero-filled binders of the given sizes, to be overwritten by
/// `patch_binders` once the transcript up to them is known.
void encode_offered_psks(ByteVector& out, std::span<const PskIdentity> identities,
                         std::span<const std::size_t> binder_sizes);
/// Overwrites the binders at the end of an encoded ClientHello; sizes must be those encoded.
void patch_binders(ByteVector& client_hello, std::span<const ByteView> binders);
/// The size of the binders list, its length included.
[[nodiscard]] std::size_t binders_list_size(std::span<const std::size_t> binder_sizes) noexcept;

/// ServerHello's selected_identity.
[[nodiscard]] Result<std::uint16_t> decode_selected_identity(ByteView data);
void encode_selected_identity(ByteVector& out, std::uint16_t index);

}  // namespace nautilus::inline v0::wire
