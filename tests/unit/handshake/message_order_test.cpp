// What a server sends, in which order, and what it leaves out (RFC 9846 §4.4, §4.5).
#include <algorithm>

#include "unit/handshake/machine_fixture.hpp"
#include "wire/certificate.hpp"

namespace nautilus::test {
namespace {

using enum HandshakeType;

std::vector<HandshakeType> types(const std::vector<ByteVector>& messages) {
  std::vector<HandshakeType> out;
  for (const ByteVector& message : messages) out.push_back(type_of(message));
  return out;
}
const ByteVector* find(const std::vector<ByteVector>& messages, HandshakeType type) {
  const auto at = std::ranges::find(messages, type, [](const ByteVector& m) { return type_of(m); });
  return at == messages.end() ? nullptr : &*at;
}
/// Replaces the one place where `from` stands.
void replace(ByteVector& message, const ByteVector& from, const ByteVector& to) {
  const auto found = std::ranges::search(message, from);
  ASSERT_FALSE(found.empty());
  std::ranges::copy(to, found.begin());
}

// RFC 9846 §4-1, §4.2.3-9, §4.4.1-1, §4.4.2-1, §4.5.1-1, §4.5.1-2, §4.5.1-4, §4.5.2-1, §4.5.2-2
TEST(MessageOrder, OfAFullHandshakeWithBothCertificates) {
  Parts parts;
  parts.client.identity(parts.authority.client(KeyType::Ed25519));
  parts.server.trust(parts.authority.trust()).ticketer(nullptr);
  Duet duet = parts.duet();
  duet.run();
  ASSERT_TRUE(duet.client.connected() && duet.server.connected());
  EXPECT_EQ(types(duet.server.out.sent),
            (std::vector{server_hello, encrypted_extensions, certificate_request, certificate,
                         certificate_verify, finished}));
  EXPECT_EQ(types(duet.client.out.sent),
            (std::vector{client_hello, certificate, certificate_verify, finished}));
  EXPECT_NE(HelloParts::parse(duet.server.out.sent.front())
                .extensions.find(ExtensionType::supported_versions),
            nullptr);
}

// RFC 9846 §4.5.1-2, §4.5.1-3, §4.5.1-4, §4.5.2-1
TEST(MessageOrder, OfAClientWithoutACertificate) {
  for (const bool asked : {false, true}) {
    Parts parts;
    parts.server.ticketer(nullptr);
    if (asked) parts.server.trust(parts.authority.trust()).client_auth(ClientAuth::Optional);
    Duet duet = parts.duet();
    duet.run();
    ASSERT_TRUE(duet.client.connected() && duet.server.connected());
    if (!asked) {
      EXPECT_EQ(types(duet.client.out.sent), (std::vector{client_hello, finished}));
      EXPECT_EQ(find(duet.server.out.sent, certificate_request), nullptr);
      continue;
    }
    ASSERT_EQ(types(duet.client.out.sent), (std::vector{client_hello, certificate, finished}));
    EXPECT_EQ(duet.client.out.sent[1], (ByteVector{11, 0, 0, 4, 0, 0, 0, 0}));
  }
}

// RFC 9846 §4.4.2-2, §4.4.2-3
TEST(CertificateRequest, NamesItsAlgorithms) {
  Parts parts;
  parts.server.trust(parts.authority.trust());
  Duet duet = parts.duet();
  duet.run();
  const ByteVector* request = find(duet.server.out.sent, certificate_request);
  ASSERT_NE(request, nullptr);
  const auto decoded =
      wire::decode_certificate_request(ByteView(*request).subspan(wire::kHandshakeHeaderSize));
  ASSERT_TRUE(decoded);
  // The only one of its connection: no other context to differ from.
  EXPECT_TRUE(decoded->certificate_request_context.empty());
  EXPECT_EQ(std::ranges::count(types(duet.server.out.sent), certificate_request), 1);
  ASSERT_TRUE(decoded->signature_algorithms);
  EXPECT_GT(decoded->signature_algorithms->size(), 0U);
}

// RFC 9846 §4.4.2-4
TEST(CertificateRequest, UnknownExtensionsAreIgnored) {
  Parts parts;
  parts.client.identity(parts.authority.client(KeyType::Ed25519));
  parts.server.trust(parts.authority.trust());
  Duet duet = parts.duet();
  duet.to_client = [](ByteVector& message) {
    if (type_of(message) != certificate_request) return;
    ExtensionList list;
    list.add(ExtensionType{0xABCD}) = {1, 2, 3};
    list.add(ExtensionType::signature_algorithms) = {0, 2, 8, 7};
    message = message_of(certificate_request, list, ByteView());
  };
  duet.run();
  // The client goes on, and notices only that the transcripts differ.
  ASSERT_TRUE(duet.client_error);
  EXPECT_EQ(duet.client_error->code, ErrorCode::BadSignature);
}

const ByteVector kOcspResponse{0xe0, 0xe1, 0xe2};
/// The status_request extension of a Certificate: a CertificateStatus of type ocsp (RFC 6066 §8).
const ByteVector kStapled{0, 5, 0, 7, 1, 0, 0, 3, 0xe0, 0xe1, 0xe2};

bool stapled(const std::vector<ByteVector>& messages) {
  const ByteVector* message = find(messages, certificate);
  return message != nullptr && !std::ranges::search(*message, kStapled).empty();
}

// RFC 9846 §4.5.1.1-1
TEST(Staples, OfAServerThatWasAsked) {
  for (const bool asked : {false, true}) {
    Parts parts;
    parts.client.request_ocsp_response(asked);
    auto server = ServerConfig::builder();
    server.identity(parts.authority.server(KeyType::Ed25519).with_ocsp_response(kOcspResponse));
    Duet duet(parts.client.build().value(), server.build().value());
    duet.run();
    ASSERT_TRUE(duet.client.connected() && duet.server.connected());
    EXPECT_EQ(stapled(duet.server.out.sent), asked);
    EXPECT_EQ(duet.client.facts.ocsp_response, asked ? kOcspResponse : ByteVector());
  }
}

// RFC 9846 §4.5.1.1-3
TEST(Staples, OfAClientThatWasAsked) {
  for (const bool asked : {false, true}) {
    Parts parts;
    parts.client.identity(
        parts.authority.client(KeyType::Ed25519).with_ocsp_response(kOcspResponse));
    parts.server.trust(parts.authority.trust()).request_ocsp_response(asked);
    Duet duet = parts.duet();
    duet.run();
    ASSERT_TRUE(duet.client.connected() && duet.server.connected());
    EXPECT_EQ(stapled(duet.client.out.sent), asked);
    EXPECT_EQ(duet.server.facts.ocsp_response, asked ? kOcspResponse : ByteVector());
  }
}

// RFC 9846 §4.4.2-6
TEST(CertificateRequest, NotWithAnExternalPsk) {
  Parts parts;
  const auto psk = [] {
    return ExternalPsk{{1, 2, 3}, SecretBytes(ByteView(ByteVector(32, 0x5c))), {}, {}};
  };
  parts.client.identity(parts.authority.client(KeyType::Ed25519)).external_psk(psk());
  parts.server.trust(parts.authority.trust()).external_psk(psk()).ticketer(nullptr);
  Duet duet = parts.duet();
  duet.run();
  ASSERT_TRUE(duet.client.connected() && duet.server.connected());
  EXPECT_EQ(duet.server.facts.peer.kind, PeerIdentity::Kind::ExternalPsk);
  EXPECT_EQ(types(duet.server.out.sent),
            (std::vector{server_hello, encrypted_extensions, finished}));
  EXPECT_EQ(types(duet.client.out.sent), (std::vector{client_hello, finished}));
}

/// The second of two connections that share a session store.
class SecondConnection {
 public:
  explicit SecondConnection(Edit edit = {}) {
    parts_.client.session_store(make_memory_session_store());
    parts_.client.identity(parts_.authority.client(KeyType::Ed25519));
    parts_.server.trust(parts_.authority.trust());
    const auto client = parts_.client.build().value();
    const auto server = parts_.server.build().value();
    Duet first(client, server);
    first.run();
    EXPECT_TRUE(first.client.connected() && first.server.connected());
    duet.emplace(client, server);
    duet->to_server = std::move(edit);
    duet->run();
  }
  std::optional<Duet> duet;

 private:
  Parts parts_;
};

// RFC 9846 §4.4.2-5, §4.3.9-1, §4.3.9-4, §4.3.9-6
TEST(MessageOrder, OfAResumedHandshake) {
  SecondConnection second;
  Duet& duet = *second.duet;
  ASSERT_TRUE(duet.client.connected() && duet.server.connected());
  EXPECT_TRUE(duet.server.facts.resumed);
  std::vector<HandshakeType> sent = types(duet.server.out.sent);
  std::erase(sent, new_session_ticket);
  EXPECT_EQ(sent, (std::vector{server_hello, encrypted_extensions, finished}));
  EXPECT_EQ(types(duet.client.out.sent), (std::vector{client_hello, finished}));
  HelloParts hello = HelloParts::parse(duet.server.out.sent.front());
  EXPECT_NE(hello.extensions.find(ExtensionType::key_share), nullptr);
  EXPECT_EQ(hello.extensions.find(ExtensionType::psk_key_exchange_modes), nullptr);
  EXPECT_EQ(duet.server.out.sent[1], (ByteVector{8, 0, 0, 2, 0, 0}));
}

// RFC 9846 §4.2.1-2, §4.3.9-3
TEST(ServerChoice, APskWithoutAModeOfOursIsPassedOver) {
  SecondConnection second([](ByteVector& message) {
    // psk_key_exchange_modes of psk_ke instead of psk_dhe_ke.
    if (type_of(message) == client_hello) {
      replace(message, {0, 45, 0, 2, 1, 1}, {0, 45, 0, 2, 1, 0});
    }
  });
  EXPECT_FALSE(second.duet->server_error);
  EXPECT_FALSE(second.duet->server.facts.resumed);
  EXPECT_NE(find(second.duet->server.out.sent, certificate), nullptr);
  EXPECT_EQ(HelloParts::parse(second.duet->server.out.sent.front())
                .extensions.find(ExtensionType::pre_shared_key),
            nullptr);
}

// RFC 9846 §4.2.1-3, §4.2.4-1, §4.2.4-2, §4.2.4-8
TEST(ServerChoice, NoUsableShareAsksForARetry) {
  Parts parts;
  parts.server.groups({NamedGroup::secp256r1});
  Duet duet = parts.duet();
  duet.run();
  ASSERT_TRUE(duet.client.connected());
  HelloParts retry = HelloParts::parse(duet.server.out.sent[0]);
  HelloParts hello = HelloParts::parse(duet.server.out.sent[1]);
  ASSERT_TRUE(retry.is_retry());
  ASSERT_FALSE(hello.is_retry());
  EXPECT_EQ(retry.suite, hello.suite);
  EXPECT_EQ(retry.extensions.items.size(), 2U);
  EXPECT_NE(retry.extensions.find(ExtensionType::supported_versions), nullptr);
  EXPECT_NE(retry.extensions.find(ExtensionType::key_share), nullptr);
}

// RFC 9846 §4.5.1.1-2
TEST(ServerChoice, StatusRequestV2IsPassedOver) {
  Parts parts;
  parts.client.application_protocols({"h2"});
  Duet duet = parts.duet();
  duet.to_server = [](ByteVector& message) {
    // What was the protocols' extension has another type now.
    if (type_of(message) == client_hello)
      replace(message, {0, 16, 0, 5, 0, 3}, {0, 17, 0, 5, 0, 3});
  };
  duet.run();
  EXPECT_FALSE(duet.server_error);
  const ByteVector* extensions = find(duet.server.out.sent, encrypted_extensions);
  ASSERT_NE(extensions, nullptr);
  EXPECT_TRUE(std::ranges::search(*extensions, ByteVector{0, 17}).empty());
}

// RFC 9846 §4.2.3-1, §4.2.3-6, §4.2.3-8, §4.3.1-7, §4.3.6-2
TEST(ServerHello, LegacyFieldsAreFixed) {
  Parts parts;
  Duet duet = parts.duet();
  duet.run();
  HelloParts hello = HelloParts::parse(duet.server.out.sent.front());
  EXPECT_EQ(hello.legacy_version, 0x0303);
  EXPECT_EQ(hello.compression, 0);
  ASSERT_NE(hello.extensions.find(ExtensionType::supported_versions), nullptr);
  EXPECT_EQ(*hello.extensions.find(ExtensionType::supported_versions), (ByteVector{3, 4}));
  // Nothing but what sets up keys and version; besides, only that server_name was heeded.
  EXPECT_EQ(hello.extensions.items.size(), 2U);
  EXPECT_EQ(duet.server.out.sent[1], (ByteVector{8, 0, 0, 6, 0, 4, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace nautilus::test
