// Every state of both roles times everything that can arrive.
#include "protocol/state_table.hpp"

#include <array>
#include <set>

#include <gtest/gtest.h>

#include "support/pki.hpp"

namespace nautilus::test {
namespace {

// RFC 9846 §4-2, §4.2.2-2, §4.6-3, §4.7.2-2, §4.7.3-1, §5-1, §5-3
TEST(StateTable, TheEngineAgreesWithIt) {
  for (const Violation& violation : check_state_table(HandshakeTypes::All)) {
    ADD_FAILURE() << violation.cell << ": " << violation.what;
  }
}

TEST(StateTable, HasEveryStateOfTheAppendixThatReads) {
  const std::set<std::string> expected{"client WAIT_SH",   "client WAIT_EE", "client WAIT_CERT_CR",
                                       "client WAIT_CERT", "client WAIT_CV", "client WAIT_FINISHED",
                                       "client CONNECTED", "server START",   "server WAIT_EOED",
                                       "server WAIT_CERT", "server WAIT_CV", "server WAIT_FINISHED",
                                       "server CONNECTED"};
  std::set<std::string> found;
  for (const Row& row : state_table()) {
    const std::string name = row.state;
    found.insert((row.side == Side::Client ? "client " : "server ") +
                 name.substr(0, name.find(' ')));
  }
  EXPECT_EQ(found, expected);
}

/// RECVD_CH and NEGOTIATED last only while somebody else is asked; nothing is read meanwhile, and
/// what came too early is judged afterwards.
TEST(StateTable, StatesThatWaitForAnAnswerReadNothing) {
  const TestAuthority authority("Test CA", KeyType::Ed25519);
  const std::array kinds{RequestKind::SelectIdentity, RequestKind::KeyExchange, RequestKind::Sign};
  for (const RequestKind kind : kinds) {
    auto client = ClientConfig::builder();
    client.trust(authority.trust());
    auto server = ServerConfig::builder();
    server.identity(authority.server(KeyType::Ed25519)).suspend_on({kind});
    const ConnectOptions options{ServerName::parse("server.test").value(), "", nullptr};
    Connection hello = Connection::connect(client.build().value(), options, kNow).value();
    Connection tested = Connection::accept(server.build().value(), {}, kNow).value();
    ByteVector octets = to_vector(hello.output());
    const ByteVector again = octets;  // a second ClientHello: illegal in every state to come
    octets.insert(octets.end(), again.begin(), again.end());
    const ByteSpan room = tested.prepare(octets.size());
    std::copy(octets.begin(), octets.end(), room.begin());
    tested.commit(octets.size());
    const Step step = tested.advance(kNow);
    const auto* suspended = std::get_if<Suspended>(&step);
    ASSERT_NE(suspended, nullptr);
    EXPECT_EQ(suspended->kind, kind);
    EXPECT_TRUE(std::holds_alternative<Suspended>(tested.advance(kNow)));
    EXPECT_FALSE(tested.error());
    ASSERT_TRUE(tested.resume(suspended->id, kNow));
    EXPECT_TRUE(std::holds_alternative<Failed>(tested.advance(kNow)));
    EXPECT_EQ(tested.sent_alert(), AlertDescription::unexpected_message);
  }
}

}  // namespace
}  // namespace nautilus::test
