// Fragments into messages, and the proof that nothing is left over (RFC 9846 §5.1).
#include "handshake/joiner.hpp"

#include "unit/handshake/machine_fixture.hpp"

namespace nautilus::handshake {
namespace {

ByteVector message(std::uint8_t type, std::size_t size) {
  ByteVector out(4 + size, 0xAB);
  out[0] = type;
  out[1] = static_cast<std::uint8_t>(size >> 16);
  out[2] = static_cast<std::uint8_t>(size >> 8);
  out[3] = static_cast<std::uint8_t>(size);
  return out;
}

TEST(JoinerTest, WaitsForTheWholeMessage) {
  const ByteVector whole = message(11, 300);
  Joiner joiner;
  EXPECT_TRUE(joiner.empty());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto next = joiner.next();
    ASSERT_TRUE(next);
    EXPECT_FALSE(*next) << "after " << i << " octets";
    EXPECT_EQ(joiner.empty(), i == 0);
    joiner.add(ByteView(whole).subspan(i, 1));
  }
  auto next = joiner.next();
  ASSERT_TRUE(next && *next);
  EXPECT_EQ((*next)->type, wire::HandshakeType::certificate);
  EXPECT_EQ(to_vector((*next)->encoded), whole);
  EXPECT_EQ((*next)->body().size(), 300U);
  EXPECT_TRUE(joiner.aligned_after_first());
  joiner.pop();
  EXPECT_TRUE(joiner.empty());
}

TEST(JoinerTest, SeveralInOneFragment) {
  ByteVector all = message(8, 0);
  for (const auto& [type, size] : {std::pair<std::uint8_t, std::size_t>{11, 5}, {20, 32}}) {
    const ByteVector one = message(type, size);
    all.insert(all.end(), one.begin(), one.end());
  }
  Joiner joiner;
  joiner.add(all);
  for (const int type : {8, 11, 20}) {
    auto next = joiner.next();
    ASSERT_TRUE(next && *next);
    EXPECT_EQ(static_cast<int>((*next)->type), type);
    // The proof only with the last one.
    EXPECT_EQ(joiner.aligned_after_first().has_value(), type == 20);
    joiner.pop();
  }
  EXPECT_TRUE(joiner.empty());
}

TEST(JoinerTest, ASingleOctetOfTheNextIsNotAligned) {
  Joiner joiner;
  joiner.add(message(20, 32));
  EXPECT_TRUE(joiner.aligned_after_first());
  joiner.add(ByteVector{4});
  EXPECT_FALSE(joiner.aligned_after_first());
  joiner.pop();
  EXPECT_FALSE(joiner.empty());
}

TEST(JoinerTest, LimitIsJudgedByTheHeaderAlone) {
  Joiner fits;
  fits.add(ByteView(message(11, kMaxHandshakeMessage - 4)).first(4));
  auto next = fits.next();
  ASSERT_TRUE(next);
  EXPECT_FALSE(*next);

  for (const std::size_t size : {kMaxHandshakeMessage - 3, std::size_t{0xFFFFFF}}) {
    Joiner joiner;
    joiner.add(ByteView(message(11, size)).first(3));
    EXPECT_TRUE(joiner.next()) << "the length is not known yet";
    joiner.add(ByteView(message(11, size)).subspan(3, 1));
    const auto refused = joiner.next();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::MessageTooLarge);
  }
}

TEST(JoinerTest, LongestMessageArrives) {
  const ByteVector longest = message(11, kMaxHandshakeMessage - 4);
  Joiner joiner;
  for (std::size_t at = 0; at < longest.size(); at += 16384) {
    joiner.add(ByteView(longest).subspan(at, std::min<std::size_t>(16384, longest.size() - at)));
  }
  auto next = joiner.next();
  ASSERT_TRUE(next && *next);
  EXPECT_EQ((*next)->encoded.size(), kMaxHandshakeMessage);
}

}  // namespace
}  // namespace nautilus::handshake

namespace nautilus::test {
namespace {

/// Whatever changes keys must end its record.
class KeyChange : public testing::TestWithParam<HandshakeType> {};
// RFC 9846 §5.1-2
TEST_P(KeyChange, InsideARecordIsRefused) {
  Parts parts;
  Duet duet = parts.duet();
  std::optional<Error> refused;
  const auto interrupt = [&](Actor& actor, ByteVector& message) {
    if (type_of(message) != GetParam() || refused) return;
    const auto r = actor.receive(message, true);
    ASSERT_FALSE(r) << "taken with the next message's first octet behind it";
    refused = r.error();
    message.clear();
  };
  duet.to_client = [&](ByteVector& message) { interrupt(duet.client, message); };
  duet.to_server = [&](ByteVector& message) { interrupt(duet.server, message); };
  duet.run();
  expect_refused(refused, {std::string(wire::to_string(GetParam())), ErrorCode::MessageNotAligned,
                           AlertDescription::unexpected_message});
}
INSTANTIATE_TEST_SUITE_P(Messages, KeyChange,
                         testing::Values(HandshakeType::client_hello, HandshakeType::server_hello,
                                         HandshakeType::finished));

// RFC 9846 §5.1-2
TEST(KeyChanges, OfKeyUpdateAndTheClientsFinishedToo) {
  Parts parts;
  Duet duet = parts.duet();
  duet.run();
  ASSERT_TRUE(duet.client.connected() && duet.server.connected());
  const ByteVector update{24, 0, 0, 1, 0};
  for (Actor* actor : {&duet.client, &duet.server}) {
    const auto r = actor->receive(update, true);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, ErrorCode::MessageNotAligned);
  }
  Duet other = parts.duet();
  std::optional<Error> refused;
  other.to_server = [&](ByteVector& message) {
    if (type_of(message) != HandshakeType::finished) return;
    refused = other.server.receive(message, true).error();
    message.clear();
  };
  other.run();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, ErrorCode::MessageNotAligned);
  EXPECT_FALSE(other.server.connected());
}

/// Messages that change no key may share a record with what follows.
TEST(KeyChanges, OthersMayShareARecord) {
  Parts parts;
  parts.client.identity(parts.authority.client(KeyType::Ed25519));
  parts.server.trust(parts.authority.trust());
  Duet duet = parts.duet();
  int shared = 0;
  duet.to_client = [&](ByteVector& message) {
    const HandshakeType type = type_of(message);
    if (type == HandshakeType::server_hello || type == HandshakeType::finished) return;
    if (type == HandshakeType::new_session_ticket) return;
    EXPECT_TRUE(duet.client.receive(message, true));
    ++shared;
    message.clear();
  };
  duet.run();
  EXPECT_EQ(shared, 4);
  EXPECT_TRUE(duet.client.connected());
  EXPECT_TRUE(duet.server.connected());
}

}  // namespace
}  // namespace nautilus::test
