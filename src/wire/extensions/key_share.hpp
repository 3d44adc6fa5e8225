// key_share (RFC 9846 §4.3.8), in its three forms.
#pragma once

#include <span>
#include <vector>

#include <nautilus/bytes.hpp>
#include <nautilus/result.hpp>

#include "wire/codepoints.hpp"

namespace nautilus::inline v0::wire {

struct KeyShareEntry {
  NamedGroup group;
  ByteView key_exchange;
};

/// More shares than this in one hello are refused (`DecodeError`): the check for duplicates must
/// not become quadratic work for an attacker to order.
inline constexpr std::size_t kMaxKeyShares = 64;

/// ClientHello's client_shares. Entries of one group must not repeat (`IllegalParameter`).
[[nodiscard]] Result<std::vector<KeyShareEntry>> decode_client_key_shares(ByteView data);
void encode_client_key_shares(ByteVector& out, std::span<const KeyShareEntry> shares);

/// ServerHello's server_share.
[[nodiscard]] Result<KeyShareEntry> decode_server_key_share(ByteView data);
void encode_server_key_share(ByteVector& out, const KeyShareEntry& share);

/// HelloRetryRequest's selected_group.
[[nodiscard]] Result<NamedGroup> decode_selected_group(ByteView data);
void encode_selected_group(ByteVector& out, NamedGroup group);

}  // namespace nautilus::inline v0::wire
