#include <algorithm>

#include <nautilus/peer_identity.hpp>

#include "wire/reader.hpp"
#include "wire/writer.hpp"

namespace nautilus::inline v0 {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxText = 0xFFFF;

void write_text(wire::Writer& writer, std::string_view text) {
  writer.vector16(as_bytes(text.substr(0, kMaxText)));
}

void write_list(wire::Writer& writer, const std::vector<std::string>& list) {
  const std::size_t count = std::min(list.size(), kMaxText);
  writer.u16(static_cast<std::uint16_t>(count));
  for (std::size_t i = 0; i < count; ++i) write_text(writer, list[i]);
}

std::string read_text(wire::Reader& reader) {
  return std::string(as_text(reader.vector16(0, kMaxText)));
}

std::vector<std::string> read_list(wire::Reader& reader) {
  std::vector<std::string> list;
  for (std::size_t left = reader.u16(); left > 0 && !reader.failed(); --left) {
    list.push_back(read_text(reader));
  }
  return list;
}

}  // namespace

std::string PeerIdentity::display_name() const {
  if (!dns_names.empty()) return dns_names.front();
  if (!uris.empty()) return uris.front();
  if (!common_name.empty()) return common_name;
  if (!subject.empty()) return subject;
  if (kind == Kind::None) return "anonymous";
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = "key ";
  for (std::size_t i = 0; i < 8; ++i) {
    text.push_back(kHex[key_digest[i] >> 4]);
    text.push_back(kHex[key_digest[i] & 15]);
  }
  return text;
}

ByteVector PeerIdentity::encode() const {
  ByteVector out;
  wire::Writer writer(out);
  writer.u8(kVersion);
  writer.code(kind);
  write_text(writer, subject);
  write_text(writer, common_name);
  write_list(writer, dns_names);
  write_list(writer, ip_addresses);
  write_list(writer, uris);
  write_text(writer, key_description);
  writer.bytes(key_digest);
  writer.bytes(certificate_digest);
  writer.u64(static_cast<std::uint64_t>(expires.time_since_epoch().count()));
  writer.vector24(application);
  return out;
}

Result<PeerIdentity> PeerIdentity::decode(ByteView encoded) {
  wire::Reader reader(encoded);
  if (reader.u8() != kVersion) reader.fail_now();
  PeerIdentity identity;
  const std::uint8_t kind = reader.u8();
  if (kind > static_cast<std::uint8_t>(Kind::ExternalPsk)) reader.fail_now();
  identity.kind = static_cast<Kind>(kind);
  identity.subject = read_text(reader);
  identity.common_name = read_text(reader);
  identity.dns_names = read_list(reader);
  identity.ip_addresses = read_list(reader);
  identity.uris = read_list(reader);
  identity.key_description = read_text(reader);
  identity.key_digest = reader.array<32>();
  identity.certificate_digest = reader.array<32>();
  identity.expires = TimePoint(std::chrono::milliseconds(static_cast<std::int64_t>(reader.u64())));
  identity.application = to_vector(reader.vector24(0, 0xFFFFFF));
  if (auto r = reader.finish("peer identity"); !r) return propagate(r);
  return identity;
}

}  // namespace nautilus::inline v0
