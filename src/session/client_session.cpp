#include <nautilus/session/store.hpp>

#include "wire/reader.hpp"
#include "wire/writer.hpp"

namespace nautilus::inline v0 {
namespace {

constexpr std::uint8_t kVersion = 1;

std::uint64_t ticks(TimePoint time) noexcept {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
TimePoint time_from(std::uint64_t ticks) noexcept {
  return TimePoint(std::chrono::milliseconds(static_cast<std::int64_t>(ticks)));
}

}  // namespace

bool ClientSession::expired(TimePoint now) const noexcept {
  // The times may come from a file or from any store: no sum may overflow.
  if (lifetime.count() <= 0 || lifetime > kMaxTicketLifetime) return true;
  const bool past = received_at <= TimePoint::max() - lifetime && received_at + lifetime <= now;
  return now < received_at || past || now >= peer.expires;
}

ClientSession ClientSession::clone() const {
  ClientSession copy;
  copy.cipher_suite = cipher_suite;
  copy.psk = psk.clone();
  copy.ticket = ticket;
  copy.lifetime = lifetime;
  copy.age_add = age_add;
  copy.received_at = received_at;
  copy.max_early_data_size = max_early_data_size;
  copy.application_protocol = application_protocol;
  copy.peer = peer;
  copy.authenticated_at = authenticated_at;
  copy.context = context;
  return copy;
}

SecretBytes ClientSession::encode() const {
  ByteVector out;
  const ByteVector identity = peer.encode();
  out.reserve(256 + ticket.size() + identity.size() + context.size());  // no stray copy of the PSK
  wire::Writer writer(out);
  writer.u8(kVersion);
  writer.code(cipher_suite);
  writer.vector8(psk.expose());
  writer.vector16(ticket);
  writer.u32(static_cast<std::uint32_t>(lifetime.count()));
  writer.u32(age_add);
  writer.u64(ticks(received_at));
  writer.u32(max_early_data_size);
  writer.vector8(as_bytes(application_protocol));
  writer.vector24(identity);
  writer.u64(ticks(authenticated_at));
  writer.vector16(context);
  SecretBytes encoded{ByteView(out)};
  wipe(out);
  return encoded;
}

Result<ClientSession> ClientSession::decode(ByteView encoded) {
  wire::Reader reader(encoded);
  if (reader.u8() != kVersion) reader.fail_now();
  ClientSession session;
  session.cipher_suite = static_cast<CipherSuiteId>(reader.u16());
  session.psk = SecretBytes(reader.vector8(1, 255));
  session.ticket = to_vector(reader.vector16(1, 0xFFFF));
  session.lifetime = std::chrono::seconds(reader.u32());
  if (session.lifetime > kMaxTicketLifetime) reader.fail_now();
  session.age_add = reader.u32();
  session.received_at = time_from(reader.u64());
  session.max_early_data_size = reader.u32();
  session.application_protocol = as_text(reader.vector8(0, 255));
  auto peer = PeerIdentity::decode(reader.vector24(0, 0xFFFFFF));
  session.authenticated_at = time_from(reader.u64());
  session.context = to_vector(reader.vector16(0, 0xFFFF));
  if (auto r = reader.finish("client session"); !r) return propagate(r);
  if (!peer) return propagate(peer);
  session.peer = std::move(*peer);
  return session;
}

}  // namespace nautilus::inline v0
