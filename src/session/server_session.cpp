#include "session/server_session.hpp"

#include <algorithm>

#include "wire/reader.hpp"
#include "wire/writer.hpp"

namespace nautilus::inline v0::session {
namespace {

constexpr std::uint8_t kVersion = 2;

std::uint64_t ticks(TimePoint time) noexcept {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
TimePoint time_from(std::uint64_t ticks) noexcept {
  return TimePoint(std::chrono::milliseconds(static_cast<std::int64_t>(ticks)));
}

}  // namespace

SecretBytes ServerSession::encode() const {
  ByteVector out;
  const ByteVector identity = peer.encode();
  out.reserve(512 + identity.size() + context.size() + server_name.size());
  wire::Writer writer(out);
  writer.u8(kVersion);
  writer.code(cipher_suite);
  writer.vector8(psk.expose());
  writer.u32(age_add);
  writer.u64(ticks(issued_at));
  writer.u32(static_cast<std::uint32_t>(lifetime.count()));
  writer.vector8(context);
  writer.vector16(as_bytes(server_name));
  writer.vector8(as_bytes(application_protocol));
  writer.vector24(identity);
  writer.u64(ticks(authenticated_at));
  writer.u32(max_early_data_size);
  writer.vector8(replay_domain);
  SecretBytes encoded{ByteView(out)};
  wipe(out);
  return encoded;
}

Result<ServerSession> ServerSession::decode(ByteView encoded) {
  wire::Reader reader(encoded);
  if (reader.u8() != kVersion) reader.fail_now();
  ServerSession session;
  session.cipher_suite = static_cast<CipherSuiteId>(reader.u16());
  session.psk = SecretBytes(reader.vector8(1, 255));
  session.age_add = reader.u32();
  session.issued_at = time_from(reader.u64());
  session.lifetime = std::chrono::seconds(reader.u32());
  session.context = to_vector(reader.vector8(0, 255));
  session.server_name = as_text(reader.vector16(0, 0xFFFF));
  session.application_protocol = as_text(reader.vector8(0, 255));
  auto peer = PeerIdentity::decode(reader.vector24(0, 0xFFFFFF));
  session.authenticated_at = time_from(reader.u64());
  session.max_early_data_size = reader.u32();
  session.replay_domain = to_vector(reader.vector8(0, 255));
  if (auto r = reader.finish("server session"); !r) return propagate(r);
  if (!peer) return propagate(peer);
  session.peer = std::move(*peer);
  return session;
}

Refusal judge(const ServerSession& session, const Acceptance& acceptance) noexcept {
  // A clock that runs backwards counts as expiry: the age cannot be told any more.
  const bool past = session.issued_at <= TimePoint::max() - session.lifetime &&
                    session.issued_at + session.lifetime <= acceptance.now;
  if (acceptance.now < session.issued_at || past) return Refusal::Expired;
  if (session.peer.authenticated() && acceptance.now >= session.peer.expires) {
    return Refusal::IdentityExpired;
  }
  if (!std::ranges::equal(session.context, acceptance.context)) return Refusal::OtherContext;
  if (session.server_name != acceptance.server_name) return Refusal::OtherServerName;
  if (acceptance.identity_required && !session.peer.authenticated()) return Refusal::NoIdentity;
  return Refusal::None;
}

}  // namespace nautilus::inline v0::session
