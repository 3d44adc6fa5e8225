// After the handshake: tickets and key updates (RFC 9846 §4.7).
#include "handshake/client/states.hpp"

namespace nautilus::inline v0::handshake::client {
namespace {

/// Tickets kept from one connection; a server that sends more has them ignored.
constexpr unsigned kMaxTicketsKept = 8;

}  // namespace

Connected::Connected(Common common_in, ApplicationTraffic traffic_in,
                     crypto::HashSecret resumption_secret_in, const ServerProof&,
                     FinishedVerified) noexcept
    : settings(common_in.settings),
      store_key(std::move(common_in.store_key)),
      traffic(std::move(traffic_in)),
      resumption_secret(std::move(resumption_secret_in)) {}

Result<State> Connected::on(Incoming<wire::NewSessionTicket> message, Context& cx) && {
  if (++traffic.tickets_in_a_row > kMaxTicketsInARow) return fail(ErrorCode::TooManyTickets);
  const std::chrono::seconds lifetime(message->ticket_lifetime);
  if (lifetime > kMaxTicketLifetime) {
    return fail(ErrorCode::IllegalParameter, "ticket_lifetime of more than seven days");
  }
  if (settings->store && lifetime.count() != 0 && tickets < kMaxTicketsKept) {
    ++tickets;
    const crypto::HashSecret psk = state::resumption_psk(*traffic.suite->hash, traffic.labels,
                                                         resumption_secret, message->ticket_nonce);
    ClientSession session;
    session.cipher_suite = traffic.suite->id;
    session.psk = SecretBytes(psk.expose());
    session.ticket = to_vector(message->ticket);
    session.lifetime = lifetime;
    session.age_add = message->ticket_age_add;
    session.received_at = cx.now;
    session.max_early_data_size = message->max_early_data_size.value_or(0);
    session.application_protocol = cx.facts.application_protocol;
    session.peer = cx.facts.peer;
    session.authenticated_at = cx.facts.authenticated_at;
    session.context = settings->context;
    settings->store->put(store_key, std::move(session));
  }
  return std::make_unique<Connected>(std::move(*this));
}

Result<State> Connected::on(Incoming<wire::KeyUpdate> message, Context& cx) && {
  if (auto r = traffic.receive(*message.message, cx); !r) return propagate(r);
  return std::make_unique<Connected>(std::move(*this));
}

}  // namespace nautilus::inline v0::handshake::client
