// NewSessionTicket (RFC 9846 §4.7.1).
#include <algorithm>

#include "handshake/grease.hpp"
#include "handshake/server/states.hpp"
#include "wire/extensions/lists.hpp"

namespace nautilus::inline v0::handshake::server {
namespace {

/// Longer ones leave too little room in a client's pre_shared_key, whose length has 16 bits.
constexpr std::size_t kMaxTicketSize = std::size_t{1} << 15;

}  // namespace

Result<void> send_tickets(const ServerSettings& settings, unsigned count, const CipherSuite& suite,
                          const state::LabelScheme& labels,
                          const crypto::HashSecret& resumption_secret, Context& cx) {
  if (!settings.ticketer || count == 0) return {};
  const Negotiated& facts = cx.facts;
  // A ticket never outlives the identity it stands for.
  std::chrono::seconds lifetime = std::min(settings.ticket_lifetime, kMaxTicketLifetime);
  if (cx.now >= facts.peer.expires) return {};
  // No difference of times that could be far apart: a clock may have jumped.
  if (cx.now > facts.peer.expires - lifetime) {
    lifetime = std::min(
        lifetime, std::chrono::duration_cast<std::chrono::seconds>(facts.peer.expires - cx.now));
  }
  if (lifetime.count() <= 0) return {};
  session::ServerSession session;
  session.cipher_suite = suite.id;
  session.issued_at = cx.now;
  session.lifetime = lifetime;
  session.context = settings.context;
  session.server_name = facts.server_name;
  session.application_protocol = facts.application_protocol;
  session.peer = facts.peer;
  session.authenticated_at = facts.authenticated_at;
  if (settings.early_data) {
    session.max_early_data_size = settings.early_data->max_size;
    session.replay_domain = to_vector(settings.early_data->replay->domain());
  }
  for (unsigned i = 0; i < count; ++i) {
    const std::array<std::uint8_t, 2> nonce{static_cast<std::uint8_t>(i >> 8),
                                            static_cast<std::uint8_t>(i)};
    std::array<std::uint8_t, 4> age_add{};
    if (auto r = settings.provider->random->fill(age_add); !r) return r;
    session.psk =
        SecretBytes(state::resumption_psk(*suite.hash, labels, resumption_secret, nonce).expose());
    session.age_add = (std::uint32_t{age_add[0]} << 24) | (std::uint32_t{age_add[1]} << 16) |
                      (std::uint32_t{age_add[2]} << 8) | std::uint32_t{age_add[3]};
    const SecretBytes encoded = session.encode();
    // A ticketer that fails or takes its time costs the client a shortcut, not the connection.
    Eventually<ByteVector> ticket = settings.ticketer->seal(encoded.expose(), cx.now);
    if (!ticket || !*ticket) return {};
    // Nor does one that makes tickets nobody could send back.
    if ((*ticket)->empty() || (*ticket)->size() > kMaxTicketSize) return {};

    wire::ExtensionList extensions;
    if (settings.early_data) {
      wire::encode_max_early_data_size(extensions.add(wire::ExtensionType::early_data),
                                       settings.early_data->max_size);
    }
    if (settings.grease) extensions.add(grease_code<wire::ExtensionType>(age_add[0]));
    settings.edit(wire::ExtensionHost::NewSessionTicket, extensions);
    ByteVector message;
    wire::encode_new_session_ticket(message, static_cast<std::uint32_t>(lifetime.count()),
                                    session.age_add, nonce, **ticket, extensions);
    if (auto r = cx.out.send(Epoch::Application, message); !r) return r;
  }
  return {};
}

}  // namespace nautilus::inline v0::handshake::server
