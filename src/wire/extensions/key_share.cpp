#include "wire/extensions/key_share.hpp"

#include <algorithm>

#include "wire/reader.hpp"
#include "wire/writer.hpp"

namespace nautilus::inline v0::wire {
namespace {

/// A hybrid, its component and GREASE.
constexpr std::size_t kUsualKeyShares = 4;

KeyShareEntry read_entry(Reader& reader) noexcept {
  const auto group = static_cast<NamedGroup>(reader.u16());
  return {group, reader.vector16(1, 0xFFFF)};
}

void write_entry(Writer& writer, const KeyShareEntry& entry) {
  writer.code(entry.group);
  writer.vector16(entry.key_exchange);
}

}  // namespace

Result<std::vector<KeyShareEntry>> decode_client_key_shares(ByteView data) {
  Reader reader(data);
  Reader list(reader.vector16(0, 0xFFFF));
  if (auto r = reader.finish("key_share"); !r) return propagate(r);
  std::vector<KeyShareEntry> shares;
  while (!list.empty()) {
    const KeyShareEntry entry = read_entry(list);
    if (list.failed()) return fail(ErrorCode::DecodeError, "key_share");
    if (shares.size() == kMaxKeyShares) return fail(ErrorCode::DecodeError, "too many key shares");
    if (std::ranges::find(shares, entry.group, &KeyShareEntry::group) != shares.end()) {
      return fail(ErrorCode::IllegalParameter, "two key shares for one group");
    }
    if (shares.empty()) shares.reserve(kUsualKeyShares);
    shares.push_back(entry);
  }
  return shares;
}

void encode_client_key_shares(ByteVector& out, std::span<const KeyShareEntry> shares) {
  std::size_t size = 2;
  for (const KeyShareEntry& share : shares) size += 4 + share.key_exchange.size();
  out.reserve(size);
  Writer writer(out);
  const auto length = writer.prefix16();
  for (const KeyShareEntry& share : shares) write_entry(writer, share);
}

Result<KeyShareEntry> decode_server_key_share(ByteView data) {
  Reader reader(data);
  const KeyShareEntry entry = read_entry(reader);
  if (auto r = reader.finish("key_share"); !r) return propagate(r);
  return entry;
}

void encode_server_key_share(ByteVector& out, const KeyShareEntry& share) {
  out.reserve(4 + share.key_exchange.size());
  Writer writer(out);
  write_entry(writer, share);
}

Result<NamedGroup> decode_selected_group(ByteView data) {
  Reader reader(data);
  const auto group = static_cast<NamedGroup>(reader.u16());
  if (auto r = reader.finish("selected_group"); !r) return propagate(r);
  return group;
}

void encode_selected_group(ByteVector& out, NamedGroup group) { Writer(out).code(group); }

}  // namespace nautilus::inline v0::wire
