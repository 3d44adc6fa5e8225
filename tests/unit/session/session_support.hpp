// Sessions with every field filled in, and the moment they belong to.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include <nautilus/session/store.hpp>

#include "session/server_session.hpp"

namespace nautilus::test {

inline constexpr TimePoint kMoment = TimePoint(std::chrono::milliseconds(1'790'000'000'123));

inline PeerIdentity some_identity() {
  PeerIdentity identity;
  identity.kind = PeerIdentity::Kind::X509;
  identity.subject = "CN=peer";
  identity.common_name = "peer";
  identity.dns_names = {"peer.test", "other.test"};
  identity.ip_addresses = {"192.0.2.1"};
  identity.uris = {"spiffe://test/peer"};
  identity.key_description = "ECDSA P-256";
  identity.key_digest.fill(0xAB);
  identity.certificate_digest.fill(0xCD);
  identity.expires = kMoment + std::chrono::hours(24 * 30);
  return identity;
}

inline SecretBytes secret(std::size_t size, std::uint8_t fill) {
  return SecretBytes(ByteView(ByteVector(size, fill)));
}

/// `mark` tells sessions apart: it is the ticket.
inline ClientSession client_session(std::uint8_t mark = 1) {
  ClientSession session;
  session.cipher_suite = CipherSuiteId::TLS_AES_256_GCM_SHA384;
  session.psk = secret(48, 0x5A);
  session.ticket = {mark, 2, 3};
  session.lifetime = std::chrono::hours(24);
  session.age_add = 0x01020304;
  session.received_at = kMoment;
  session.max_early_data_size = 16384;
  session.application_protocol = "h2";
  session.peer = some_identity();
  session.authenticated_at = kMoment - std::chrono::minutes(5);
  session.context = ByteVector(32, 0x77);
  return session;
}

inline session::ServerSession server_session() {
  session::ServerSession session;
  session.cipher_suite = CipherSuiteId::TLS_AES_128_GCM_SHA256;
  session.psk = secret(32, 0xA5);
  session.age_add = 0xFFFFFFF0;
  session.issued_at = kMoment;
  session.lifetime = std::chrono::hours(1);
  session.context = ByteVector(32, 0x66);
  session.server_name = "server.test";
  session.application_protocol = "nautilus";
  session.peer = some_identity();
  session.authenticated_at = kMoment - std::chrono::seconds(1);
  session.max_early_data_size = 4096;
  session.replay_domain = ByteVector(16, 0x99);
  return session;
}

/// No beginning of `encoded` decodes, nothing longer does, and each failure is a `DecodeError`.
template <class Decode>
void expect_exact(Decode decode, const SecretBytes& encoded) {
  const ByteVector whole = to_vector(encoded.expose());
  ASSERT_TRUE(decode(ByteView(whole)));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const ByteVector cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto decoded = decode(ByteView(cut));
    ASSERT_FALSE(decoded) << size;
    ASSERT_EQ(decoded.error().code, ErrorCode::DecodeError) << size;
  }
  ByteVector longer = whole;
  longer.push_back(0);
  const auto decoded = decode(ByteView(longer));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::DecodeError);
}

}  // namespace nautilus::test
