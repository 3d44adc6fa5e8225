// What a client refuses after ServerHello: EncryptedExtensions, CertificateRequest, Certificate,
// CertificateVerify, Finished (RFC 9846 §4.4, §4.5), and NewSessionTicket (§4.7.1).
#include "unit/handshake/machine_fixture.hpp"

namespace nautilus::test {
namespace {

using enum AlertDescription;

struct Case {
  Refusal refusal;
  HandshakeType message;
  ByteVector replacement;  ///< empty: `change` decides
  void (*change)(ByteVector&) = nullptr;
  void (*prepare)(Parts&) = nullptr;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.refusal.what; }

ByteVector extensions(std::initializer_list<std::pair<std::uint16_t, ByteVector>> items) {
  ExtensionList list;
  for (const auto& [type, data] : items) list.add(ExtensionType{type}) = data;
  return message_of(HandshakeType::encrypted_extensions, list);
}

/// Client authentication is on, so that every message of the server's occurs.
class ServerFlightRefused : public testing::TestWithParam<Case> {};
TEST_P(ServerFlightRefused, ByTheClient) {
  const Case& c = GetParam();
  Parts parts;
  parts.client.identity(parts.authority.client(KeyType::Ed25519));
  parts.server.trust(parts.authority.trust());
  if (c.prepare != nullptr) c.prepare(parts);
  Duet duet = parts.duet();
  int changed = 0;
  duet.to_client = [&](ByteVector& message) {
    if (type_of(message) != c.message) return;
    ++changed;
    if (c.change != nullptr) {
      c.change(message);
    } else {
      message = c.replacement;
    }
  };
  duet.run();
  EXPECT_EQ(changed, 1);
  expect_refused(duet.client_error, c.refusal);
  EXPECT_FALSE(duet.client.connected());
  EXPECT_FALSE(duet.server.connected());
  // Neither application keys nor anything of our own flight.
  EXPECT_EQ(duet.client.out.sent.size(), 1U);
  EXPECT_EQ(duet.client.out.receive_epochs, (std::vector{Epoch::Handshake}));
}

constexpr auto kExtensions = HandshakeType::encrypted_extensions;
constexpr auto kRequest = HandshakeType::certificate_request;
constexpr auto kCertificate = HandshakeType::certificate;
constexpr auto kVerify = HandshakeType::certificate_verify;
constexpr auto kFinished = HandshakeType::finished;

void offer_h2(Parts& parts) { parts.client.application_protocols({"h2"}); }

// RFC 9846 §4.3-2, §4.4.1-2
INSTANTIATE_TEST_SUITE_P(
    EncryptedExtensions, ServerFlightRefused,
    testing::Values(
        Case{{"unknown and unasked", ErrorCode::UnsolicitedExtension, unsupported_extension},
             kExtensions,
             extensions({{0xABCD, {}}})},
        Case{{"a reserved type", ErrorCode::UnsolicitedExtension, unsupported_extension},
             kExtensions,
             extensions({{0x1A1A, {}}})},
        Case{
            {"a protocol nobody asked for", ErrorCode::UnsolicitedExtension, unsupported_extension},
            kExtensions,
            extensions({{16, {0, 3, 2, 'h', '2'}}})},
        Case{{"a protocol that was not offered", ErrorCode::UnofferedApplicationProtocol,
              illegal_parameter},
             kExtensions,
             extensions({{16, {0, 3, 2, 'h', '3'}}}),
             nullptr,
             offer_h2},
        Case{{"two protocols", ErrorCode::DecodeError, decode_error},
             kExtensions,
             extensions({{16, {0, 6, 2, 'h', '2', 2, 'h', '3'}}}),
             nullptr,
             offer_h2},
        Case{{"early data that was not offered", ErrorCode::UnsolicitedExtension,
              unsupported_extension},
             kExtensions,
             extensions({{42, {}}})},
        Case{{"max_fragment_length, unasked", ErrorCode::UnsolicitedExtension,
              unsupported_extension},
             kExtensions,
             extensions({{1, {1}}})},
        Case{{"record_size_limit, unasked", ErrorCode::UnsolicitedExtension, unsupported_extension},
             kExtensions,
             extensions({{28, {0x40, 1}}})},
        Case{{"record_size_limit too small", ErrorCode::IllegalParameter, illegal_parameter},
             kExtensions,
             extensions({{28, {0, 63}}}),
             nullptr,
             [](Parts& parts) { parts.client.record_size_limit(1000); }},
        Case{{"a key share", ErrorCode::ForbiddenExtension, illegal_parameter},
             kExtensions,
             extensions({{51, {0, 0x1D}}})},
        Case{{"a version", ErrorCode::ForbiddenExtension, illegal_parameter},
             kExtensions,
             extensions({{43, {3, 4}}})},
        Case{{"signature algorithms", ErrorCode::ForbiddenExtension, illegal_parameter},
             kExtensions,
             extensions({{13, {0, 2, 8, 7}}})},
        Case{{"a server_name with content", ErrorCode::DecodeError, decode_error},
             kExtensions,
             extensions({{0, {0}}})},
        Case{{"twice the same", ErrorCode::DuplicateExtension, illegal_parameter},
             kExtensions,
             extensions({{0, {}}, {0, {}}})},
        Case{{"trailing octets", ErrorCode::DecodeError, decode_error},
             kExtensions,
             {8, 0, 0, 3, 0, 0, 0}},
        Case{{"no vector", ErrorCode::DecodeError, decode_error}, kExtensions, {8, 0, 0, 0}}));

ByteVector request(const ExtensionList& list, ByteView context = {}) {
  return message_of(kRequest, list, context);
}
ExtensionList algorithms(ByteVector data) {
  ExtensionList list;
  list.add(ExtensionType::signature_algorithms) = std::move(data);
  return list;
}

INSTANTIATE_TEST_SUITE_P(
    CertificateRequest, ServerFlightRefused,
    testing::Values(Case{{"a context", ErrorCode::IllegalParameter, illegal_parameter},
                         kRequest,
                         request(algorithms({0, 2, 8, 7}), ByteVector{1})},
                    Case{{"no algorithms", ErrorCode::MissingExtension, missing_extension},
                         kRequest,
                         request({})},
                    Case{{"an empty list of algorithms", ErrorCode::DecodeError, decode_error},
                         kRequest,
                         request(algorithms({0, 0}))},
                    Case{{"one that belongs elsewhere", ErrorCode::ForbiddenExtension,
                          illegal_parameter},
                         kRequest,
                         request([] {
                           ExtensionList list = algorithms({0, 2, 8, 7});
                           list.add(ExtensionType::supported_versions) = {3, 4};
                           return list;
                         }())}));

// RFC 9846 §4.3-2, §4.5.1.3-1
INSTANTIATE_TEST_SUITE_P(
    Certificate, ServerFlightRefused,
    testing::Values(
        Case{{"none at all", ErrorCode::EmptyServerCertificate, decode_error},
             kCertificate,
             {11, 0, 0, 4, 0, 0, 0, 0}},
        Case{{"a context", ErrorCode::IllegalParameter, illegal_parameter},
             kCertificate,
             {},
             [](ByteVector& message) {
               message.insert(message.begin() + 5, 9);
               message[4] = 1;
               ++message[3];
             }},
        Case{{"an empty entry", ErrorCode::DecodeError, decode_error},
             kCertificate,
             {11, 0, 0, 9, 0, 0, 0, 5, 0, 0, 0, 0, 0}},
        Case{{"a staple nobody asked for", ErrorCode::UnsolicitedExtension, unsupported_extension},
             kCertificate,
             {11, 0, 0, 19, 0, 0, 0, 15, 0, 0, 1, 0x30, 0, 9, 0, 5, 0, 5, 1, 0, 0, 1, 0x30}},
        Case{{"not a certificate", ErrorCode::BadCertificate, bad_certificate},
             kCertificate,
             {11, 0, 0, 10, 0, 0, 0, 6, 0, 0, 1, 0x30, 0, 0}}));

/// Adds the group's order to S, the signature's second half (RFC 8032 §5.1.7 wants it below).
void add_ed25519_order(ByteVector& message) {
  constexpr std::array<std::uint8_t, 32> kOrder{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                                0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                                0,    0,    0,    0,    0,    0,    0,    0,
                                                0,    0,    0,    0,    0,    0,    0,    0x10};
  unsigned carry = 0;
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    std::uint8_t& octet = message[message.size() - 32 + i];
    carry += unsigned{octet} + kOrder[i];
    octet = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  EXPECT_EQ(carry, 0U);
}

// RFC 9846 §4.5.2-5, §4.5.2-7, §4.5.3-1
INSTANTIATE_TEST_SUITE_P(
    Proofs, ServerFlightRefused,
    testing::Values(
        Case{{"another signature", ErrorCode::BadSignature, decrypt_error},
             kVerify,
             {},
             [](ByteVector& message) { message.back() ^= 1; }},
        Case{{"an empty signature", ErrorCode::BadSignature, decrypt_error},
             kVerify,
             {15, 0, 0, 4, 8, 7, 0, 0}},
        Case{{"an Ed25519 signature that lacks an octet", ErrorCode::BadSignature, decrypt_error},
             kVerify,
             {},
             [](ByteVector& message) {
               message.pop_back();
               --message[3];
               --message[7];
             }},
        Case{{"the same signature with S + L for S", ErrorCode::BadSignature, decrypt_error},
             kVerify,
             {},
             add_ed25519_order},
        Case{{"an R that is no point", ErrorCode::BadSignature, decrypt_error},
             kVerify,
             {},
             [](ByteVector& message) { std::fill_n(message.begin() + 8, 32, std::uint8_t{0xFF}); }},
        Case{{"a scheme that was not offered", ErrorCode::UnofferedSignatureScheme,
              illegal_parameter},
             kVerify,
             {15, 0, 0, 4, 2, 3, 0, 0}},
        Case{{"PKCS #1, which only certificates may use", ErrorCode::UnofferedSignatureScheme,
              illegal_parameter},
             kVerify,
             {15, 0, 0, 4, 4, 1, 0, 0}},
        Case{{"a scheme that does not fit the key", ErrorCode::UnofferedSignatureScheme,
              illegal_parameter},
             kVerify,
             {15, 0, 0, 4, 4, 3, 0, 0}},
        Case{{"trailing octets", ErrorCode::DecodeError, decode_error},
             kVerify,
             {15, 0, 0, 5, 8, 7, 0, 0, 0}},
        Case{{"another MAC", ErrorCode::BadFinished, decrypt_error},
             kFinished,
             {},
             [](ByteVector& message) { message[4] ^= 0x80; }},
        Case{{"a short MAC", ErrorCode::DecodeError, decode_error},
             kFinished,
             {},
             [](ByteVector& message) {
               message.pop_back();
               --message[3];
             }},
        Case{{"a long MAC", ErrorCode::DecodeError, decode_error},
             kFinished,
             {},
             [](ByteVector& message) {
               message.push_back(0);
               ++message[3];
             }},
        Case{{"an empty Finished", ErrorCode::DecodeError, decode_error},
             kFinished,
             {20, 0, 0, 0}}));

/// A client's proofs are judged by the same checks.
class ClientFlightRefused : public testing::TestWithParam<Case> {};
TEST_P(ClientFlightRefused, ByTheServer) {
  const Case& c = GetParam();
  Parts parts;
  parts.client.identity(parts.authority.client(KeyType::Ed25519));
  parts.server.trust(parts.authority.trust());
  Duet duet = parts.duet();
  duet.to_server = [&](ByteVector& message) {
    if (type_of(message) != c.message) return;
    if (c.change != nullptr) {
      c.change(message);
    } else {
      message = c.replacement;
    }
  };
  duet.run();
  expect_refused(duet.server_error, c.refusal);
  EXPECT_FALSE(duet.server.connected());
  EXPECT_FALSE(duet.server.facts.peer.authenticated() && c.message != kFinished);
  EXPECT_EQ(duet.server.out.receive_epochs, (std::vector{Epoch::Handshake}));
}
// RFC 9846 §4.3-2, §4.5.2-7, §4.5.3-1
INSTANTIATE_TEST_SUITE_P(
    Messages, ClientFlightRefused,
    testing::Values(
        Case{{"no certificate where one is required", ErrorCode::CertificateRequired,
              certificate_required},
             kCertificate,
             {11, 0, 0, 4, 0, 0, 0, 0}},
        Case{{"a context", ErrorCode::IllegalParameter, illegal_parameter},
             kCertificate,
             {},
             [](ByteVector& message) {
               message.insert(message.begin() + 5, 9);
               message[4] = 1;
               ++message[3];
             }},
        Case{{"a staple nobody asked for", ErrorCode::UnsolicitedExtension, unsupported_extension},
             kCertificate,
             {11, 0, 0, 19, 0, 0, 0, 15, 0, 0, 1, 0x30, 0, 9, 0, 5, 0, 5, 1, 0, 0, 1, 0x30}},
        Case{{"another signature", ErrorCode::BadSignature, decrypt_error},
             kVerify,
             {},
             [](ByteVector& message) { message.back() ^= 1; }},
        Case{{"a scheme that was not offered", ErrorCode::UnofferedSignatureScheme,
              illegal_parameter},
             kVerify,
             {15, 0, 0, 4, 2, 3, 0, 0}},
        Case{{"another MAC", ErrorCode::BadFinished, decrypt_error},
             kFinished,
             {},
             [](ByteVector& message) { message.back() ^= 1; }},
        Case{{"a short MAC", ErrorCode::DecodeError, decode_error},
             kFinished,
             {},
             [](ByteVector& message) {
               message.pop_back();
               --message[3];
             }}));

/// The server's own signature, sent back as the client's: the context strings differ.
TEST(ClientFlight, ReflectedSignatureIsRefused) {
  Parts parts;
  parts.client.identity(parts.authority.client(KeyType::Ed25519));
  parts.server.trust(parts.authority.trust());
  Duet duet = parts.duet();
  duet.to_server = [&](ByteVector& message) {
    if (type_of(message) != kVerify) return;
    for (const ByteVector& sent : duet.server.out.sent) {
      if (type_of(sent) == kVerify) message = sent;
    }
  };
  duet.run();
  expect_refused(duet.server_error, {"reflected", ErrorCode::BadSignature, decrypt_error});
}

TEST(NewSessionTicket, LifetimeOfMoreThanSevenDaysIsRefused) {
  Parts parts;
  Duet duet = parts.duet();
  duet.run();
  ASSERT_TRUE(duet.client.connected());
  ByteVector message;
  wire::encode_new_session_ticket(message, 604800, 1, {}, ByteVector{1}, {});
  EXPECT_TRUE(duet.client.receive(message));
  message.clear();
  wire::encode_new_session_ticket(message, 604801, 1, {}, ByteVector{1}, {});
  const auto r = duet.client.receive(message);
  ASSERT_FALSE(r);
  expect_refused(r.error(), {"eight days", ErrorCode::IllegalParameter, illegal_parameter});
}

}  // namespace
}  // namespace nautilus::test
