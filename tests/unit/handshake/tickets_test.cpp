// Tickets as they are issued and taken, and what the choice of a PSK means for early data
// (RFC 9846 §4.3.10, §4.3.11, §4.7.1).
#include <set>

#include "unit/handshake/machine_fixture.hpp"
#include "wire/small_messages.hpp"

namespace nautilus::test {
namespace {

using enum AlertDescription;

ByteVector ticket_message(const ExtensionList& extensions) {
  ByteVector message;
  wire::encode_new_session_ticket(message, 60, 7, ByteVector{1}, ByteVector{9, 9}, extensions);
  return message;
}

// RFC 9846 §4.7.1-5, §4.7.1-7
TEST(OwnTickets, AreAllDifferentAndLiveSevenDaysAtMost) {
  Parts parts;
  parts.client.session_store(make_memory_session_store());
  parts.server.ticket_count(4, 4).ticket_lifetime(kMaxTicketLifetime);
  Duet duet = parts.duet();
  duet.run();
  std::set<std::uint32_t> ages;
  std::set<ByteVector> nonces;
  std::set<ByteVector> tickets;
  for (const ByteVector& message : duet.server.out.sent) {
    if (type_of(message) != HandshakeType::new_session_ticket) continue;
    const auto ticket =
        wire::decode_new_session_ticket(ByteView(message).subspan(wire::kHandshakeHeaderSize));
    ASSERT_TRUE(ticket);
    EXPECT_LE(ticket->ticket_lifetime, 604800U);
    EXPECT_GT(ticket->ticket_lifetime, 0U);
    ages.insert(ticket->ticket_age_add);
    nonces.insert(to_vector(ticket->ticket_nonce));
    tickets.insert(to_vector(ticket->ticket));
  }
  EXPECT_EQ(ages.size(), 4U);
  EXPECT_EQ(nonces.size(), 4U);
  EXPECT_EQ(tickets.size(), 4U);
  parts.server.ticket_lifetime(kMaxTicketLifetime + std::chrono::seconds(1));
  EXPECT_FALSE(parts.server.build());
}

// RFC 9846 §4.7.1-1, §4.7.1-8
TEST(Tickets, AreKeptByThoseWhoHaveAStore) {
  for (const bool keeping : {false, true}) {
    Parts parts;
    const auto store = make_memory_session_store();
    parts.client.session_store(keeping ? store : nullptr);
    parts.server.ticket_count(0, 0);
    Duet duet = parts.duet();
    duet.run();
    ASSERT_TRUE(duet.client.connected());
    ExtensionList extensions;
    extensions.add(ExtensionType{0xABCD}) = {1, 2, 3};
    extensions.add(ExtensionType::early_data) = {0, 0, 1, 0};
    ASSERT_TRUE(duet.client.receive(ticket_message(extensions)));
    EXPECT_TRUE(duet.client.connected());
    // The next hello says what was kept.
    const Actor again(parts.client.build().value());
    const auto hello = wire::decode_client_hello(
                           ByteView(again.out.sent.front()).subspan(wire::kHandshakeHeaderSize))
                           .value();
    const std::size_t offered = hello.pre_shared_key ? hello.pre_shared_key->identities.size() : 0;
    EXPECT_EQ(offered, keeping ? 1U : 0U);
  }
}

/// A client that holds a ticket for early data and an external PSK, and a server that knows only
/// the latter.
struct TwoPsks {
  static ExternalPsk psk() {
    return {{1, 2, 3}, SecretBytes(ByteView(ByteVector(32, 0x5c))), {}, PskHash::Sha256};
  }
  TwoPsks() {
    parts.client.session_store(make_memory_session_store()).early_data().external_psk(psk());
    parts.server.ticket_count(0, 0);
    {
      Duet first = parts.duet();
      first.run();
      ExtensionList early;
      early.add(ExtensionType::early_data) = {0, 0, 1, 0};
      EXPECT_TRUE(first.client.receive(ticket_message(early)));
    }
    parts.server.external_psk(psk());
  }
  Parts parts;
};

// RFC 9846 §4.3.10-2, §4.3.10-6: with another PSK than the first, early data is passed over.
TEST(EarlyDataPsk, AnotherThanTheFirstRefusesIt) {
  TwoPsks made;
  Duet duet = made.parts.duet();
  EXPECT_EQ(duet.client.facts.early_data, EarlyDataState::Offered);
  duet.run();
  ASSERT_TRUE(duet.client.connected() && duet.server.connected());
  EXPECT_EQ(duet.client.facts.early_data, EarlyDataState::Rejected);
  EXPECT_EQ(duet.client.facts.peer.kind, PeerIdentity::Kind::ExternalPsk);
}

// RFC 9846 §4.3.11-7
TEST(EarlyDataPsk, AServerThatAcceptsItUnderAnotherIsRefused) {
  TwoPsks made;
  Duet duet = made.parts.duet();
  duet.to_client = [](ByteVector& message) {
    if (type_of(message) != HandshakeType::encrypted_extensions) return;
    ExtensionList accepting;
    accepting.add(ExtensionType::early_data);
    message = message_of(HandshakeType::encrypted_extensions, accepting);
  };
  duet.run();
  expect_refused(duet.client_error,
                 {"the second PSK", ErrorCode::IllegalParameter, illegal_parameter});
}

}  // namespace
}  // namespace nautilus::test
