// The two machines without records: messages go from one to the other as they are, and a test may
// change or add any of them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <nautilus/config.hpp>

#include "handshake/identities.hpp"
#include "handshake/joiner.hpp"
#include "handshake/machines.hpp"
#include "support/deterministic.hpp"
#include "support/pki.hpp"
#include "wire/server_hello.hpp"

namespace nautilus::test {

using handshake::Epoch;
using wire::ExtensionHost;
using wire::ExtensionList;
using wire::ExtensionType;
using wire::HandshakeType;

/// Keeps what a machine does.
class FakeOutput final : public handshake::Output {
 public:
  Result<void> send(Epoch epoch, ByteView message) override {
    sent.push_back(to_vector(message));
    sent_under.push_back(epoch);
    return {};
  }
  void send_change_cipher_spec() override { ++change_cipher_specs; }
  Result<void> install_send(Epoch epoch, const CipherSuite&, const crypto::HashSecret&) override {
    send_epochs.push_back(epoch);
    return {};
  }
  void uninstall_send() noexcept override {}
  void limit_send(std::uint16_t limit) noexcept override { send_limit = limit; }
  void limit_receive(std::uint16_t) noexcept override {}
  void skip_early_data(std::size_t) noexcept override {}
  Result<void> install_receive(Epoch epoch, const CipherSuite&, const crypto::HashSecret&,
                               handshake::HandshakeAligned) override {
    receive_epochs.push_back(epoch);
    return {};
  }

  std::vector<ByteVector> sent;
  std::vector<Epoch> sent_under;
  std::vector<Epoch> send_epochs;
  std::vector<Epoch> receive_epochs;
  std::uint16_t send_limit = 0;
  int change_cipher_specs = 0;
};

/// One machine, whose requests are answered at once by its config's own objects.
class Actor {
 public:
  explicit Actor(std::shared_ptr<const ClientConfig> config) : client_(std::move(config)) {
    settings_ = &client_->settings();
    handshake::Context cx = context();
    machine_ = handshake::make_client(client_->settings(), ServerName::parse("server.test").value(),
                                      "", cx)
                   .value();
  }
  explicit Actor(std::shared_ptr<const ServerConfig> config) : server_(std::move(config)) {
    settings_ = &server_->settings();
    machine_ = handshake::make_server(server_->settings());
  }

  /// Hands over one message. `more`: an octet of the next one lies behind it in the same record.
  Result<void> receive(ByteView message, bool more = false) {
    handshake::Joiner joiner;
    joiner.add(message);
    if (more) joiner.add(ByteVector{20});
    auto first = joiner.next();
    if (!first) return propagate(first);
    handshake::Context cx = context();
    cx.aligned = joiner.aligned_after_first();
    if (auto r = machine_->receive(**first, cx); !r) return r;
    return settle();
  }

  handshake::Machine& machine() { return *machine_; }
  [[nodiscard]] bool connected() const { return machine_->traffic() != nullptr; }
  [[nodiscard]] handshake::ApplicationTraffic* traffic() { return machine_->traffic(); }
  handshake::Context context() { return {out, facts, kNow, std::nullopt}; }

  FakeOutput out;
  Negotiated facts;

 private:
  Result<void> settle() {
    while (Request* request = machine_->pending()) {
      Answer answer = answer_to(*request);
      handshake::Context cx = context();
      if (auto r = machine_->answer(std::move(answer), cx); !r) return r;
    }
    return {};
  }

  Answer answer_to(Request& request) {
    Random& random = *settings_->provider->random;
    if (auto* select = std::get_if<SelectIdentityRequest>(&request)) {
      return handshake::select_identity(settings_->identities, *select);
    }
    if (auto* kx = std::get_if<KeyExchangeRequest>(&request)) {
      if (kx->group != nullptr) return kx->group->respond(kx->peer_share, random);
      auto secret = kx->component ? kx->active->complete_component(kx->peer_share)
                                  : kx->active->complete(kx->peer_share);
      if (!secret) return Result<KeyExchangeResult>(propagate(secret));
      return Result<KeyExchangeResult>(KeyExchangeResult{{}, std::move(*secret)});
    }
    if (auto* sign = std::get_if<SignRequest>(&request)) {
      return *sign->identity.key().sign(sign->scheme, sign->message, random);
    }
    if (auto* verify = std::get_if<VerifyCertificateRequest>(&request)) {
      const CertificateQuestion question{verify->chain,
                                         verify->role,
                                         verify->server_name ? &*verify->server_name : nullptr,
                                         {},
                                         kNow,
                                         {}};
      return *settings_->verifier->verify(question);
    }
    if (auto* open = std::get_if<OpenTicketRequest>(&request)) {
      return *server_->settings().ticketer->open(open->ticket, kNow);
    }
    ADD_FAILURE() << "an unexpected request";
    return Result<ReplayVerdict>(ReplayVerdict::Unsure);
  }

  std::shared_ptr<const ClientConfig> client_;
  std::shared_ptr<const ServerConfig> server_;
  const handshake::CommonSettings* settings_ = nullptr;
  std::unique_ptr<handshake::Machine> machine_;
};

/// Called with every message on its way, by the order in which its side sends.
using Edit = std::function<void(ByteVector& message)>;

inline HandshakeType type_of(ByteView message) { return static_cast<HandshakeType>(message[0]); }

/// Two machines. `run` carries messages until both are done or one fails.
class Duet {
 public:
  Duet(std::shared_ptr<const ClientConfig> client_config,
       std::shared_ptr<const ServerConfig> server_config)
      : client(std::move(client_config)), server(std::move(server_config)) {}

  void run() {
    while (carry(client, from_client_, server, server_error, to_server) ||
           carry(server, from_server_, client, client_error, to_client)) {
    }
  }

  Actor client;
  Actor server;
  Edit to_client;
  Edit to_server;
  std::optional<Error> client_error;
  std::optional<Error> server_error;

 private:
  static bool carry(Actor& from, std::size_t& at, Actor& to, std::optional<Error>& error,
                    const Edit& edit) {
    if (error || at >= from.out.sent.size()) return false;
    ByteVector message = from.out.sent[at++];
    if (edit) edit(message);
    if (message.empty()) return true;
    if (auto r = to.receive(message); !r) error = r.error();
    return true;
  }
  std::size_t from_client_ = 0;
  std::size_t from_server_ = 0;
};

/// A ServerHello or HelloRetryRequest taken apart, with every field open to change.
struct HelloParts {
  std::uint16_t legacy_version = 0x0303;
  ByteVector random;
  ByteVector session_id;
  std::uint16_t suite = 0;
  std::uint8_t compression = 0;
  ExtensionList extensions;
  ByteVector trailing;

  static HelloParts parse(ByteView message) {
    wire::Reader reader(message.subspan(wire::kHandshakeHeaderSize));
    HelloParts parts;
    parts.legacy_version = reader.u16();
    parts.random = to_vector(reader.bytes(32));
    parts.session_id = to_vector(reader.vector8(0, 32));
    parts.suite = reader.u16();
    parts.compression = reader.u8();
    wire::Reader block(reader.vector16(0, 0xFFFF));
    while (!block.empty()) {
      const auto type = static_cast<ExtensionType>(block.u16());
      parts.extensions.add(type) = to_vector(block.vector16(0, 0xFFFF));
    }
    return parts;
  }
  [[nodiscard]] ByteVector encode() const {
    ByteVector out;
    wire::encode_handshake(out, HandshakeType::server_hello, [&](wire::Writer& writer) {
      writer.u16(legacy_version);
      writer.bytes(random);
      writer.vector8(session_id);
      writer.u16(suite);
      writer.u8(compression);
      extensions.encode(writer);
      writer.bytes(trailing);
    });
    return out;
  }
  [[nodiscard]] bool is_retry() const {
    return std::ranges::equal(random, wire::kHelloRetryRequestRandom);
  }
};

/// A message that is only extensions, or a request context and extensions.
inline ByteVector message_of(HandshakeType type, const ExtensionList& list,
                             std::optional<ByteView> context = {}) {
  ByteVector out;
  wire::encode_handshake(out, type, [&](wire::Writer& writer) {
    if (context) writer.vector8(*context);
    list.encode(writer);
  });
  return out;
}

/// The usual cast.
struct Parts {
  TestAuthority authority{"Test CA", KeyType::Ed25519};
  ClientConfigBuilder client = ClientConfig::builder();
  ServerConfigBuilder server = ServerConfig::builder();
  Parts() {
    client.trust(authority.trust()).groups({NamedGroup::x25519, NamedGroup::secp256r1});
    client.key_shares({NamedGroup::x25519});
    client.cipher_suites(
        {CipherSuiteId::TLS_AES_128_GCM_SHA256, CipherSuiteId::TLS_AES_256_GCM_SHA384});
    server.identity(authority.server(KeyType::Ed25519));
  }
  [[nodiscard]] Duet duet() { return Duet(client.build().value(), server.build().value()); }
};

/// What a test expects of one change.
struct Refusal {
  std::string what;
  ErrorCode error;
  AlertDescription alert;
};

inline void expect_refused(const std::optional<Error>& error, const Refusal& expected) {
  SCOPED_TRACE(expected.what);
  ASSERT_TRUE(error) << "nothing was noticed";
  EXPECT_EQ(to_string(error->code), to_string(expected.error)) << describe(*error);
  EXPECT_EQ(alert_for(error->code), expected.alert);
}

}  // namespace nautilus::test
