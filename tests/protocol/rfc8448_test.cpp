// The traces of RFC 8448 through the real engine, in both roles. What the recording decides is put
// in (randomness, the order of extensions and lists that this library would send otherwise, and the
// signatures, whose keys sign with randomness); everything else has to come out: hellos, flights
// and application data octet for octet, the signed content, and the secrets.
//
// Not replayed: the handshake with an external PSK, since this library imports external PSKs
// (RFC 9258) and so never derives "ext binder"; and the one with raw public keys, which it does not
// negotiate.
#include "pki/pem.hpp"
#include "protocol/rfc8448_replay.hpp"
#include "session/server_session.hpp"

namespace nautilus::test {
namespace {

using wire::ExtensionHost;

const TimePoint kThen = TimePoint(std::chrono::milliseconds(1'469'900'000'000));
constexpr std::uint32_t kAgeAdd = 0xFAD6AAC5;
constexpr std::chrono::seconds kLifetime(30);
constexpr std::uint32_t kMaxEarlyData = 1024;

struct Shape {
  const char* section;
  bool compatibility = false;
  bool client_auth = false;
  bool retry = false;
  bool resumed = false;
};

void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.section; }

/// Holds at most one session, whatever the key.
class OneSession final : public ClientSessionStore {
 public:
  void put(std::string_view, ClientSession session) override { kept = std::move(session); }
  std::optional<ClientSession> take(std::string_view, TimePoint) override {
    return std::exchange(kept, std::nullopt);
  }
  void set_group(std::string_view, NamedGroup) override {}
  std::optional<NamedGroup> group(std::string_view) override { return std::nullopt; }
  std::optional<ClientSession> kept;
};

class AlwaysFresh final : public ReplayRegister {
 public:
  [[nodiscard]] ByteView domain() const noexcept override { return domain_; }
  [[nodiscard]] Eventually<ReplayVerdict> check(ByteView, TimePoint,
                                                std::chrono::milliseconds) override {
    return ReplayVerdict::Fresh;
  }

 private:
  std::array<std::uint8_t, 1> domain_{7};
};

ByteVector message_in(ByteView record) { return to_vector(record.subspan(5)); }

/// One engine against the recording.
class Role {
 public:
  /// Feeds recorded octets and says what came out.
  ByteVector feed(ByteView octets) {
    const ByteSpan room = connection_->prepare(octets.size());
    std::copy(octets.begin(), octets.end(), room.begin());
    connection_->commit(octets.size());
    return drive();
  }

  ByteVector drive() {
    for (;;) {
      const Step step = connection_->advance(kThen);
      if (const auto* data = std::get_if<PlaintextReady>(&step)) {
        (data->early ? early : plaintext).append(as_text(data->data));
        connection_->consume_plaintext(data->data.size());
      } else if (std::holds_alternative<HandshakeDone>(step)) {
        done = true;
      } else {
        if (const auto* failed = std::get_if<Failed>(&step)) {
          ADD_FAILURE() << describe(failed->error);
        }
        return output();
      }
    }
  }

  ByteVector output() {
    ByteVector out = to_vector(connection_->output());
    connection_->consume_output(out.size());
    return out;
  }

  Connection& operator*() { return *connection_; }
  void start(Result<Connection> connection) { connection_.emplace(std::move(connection.value())); }

  std::string plaintext;
  std::string early;
  bool done = false;
  std::shared_ptr<ScriptedRandom> random = std::make_shared<ScriptedRandom>();
  std::shared_ptr<RecordingKeyLog> secrets = std::make_shared<RecordingKeyLog>();

 private:
  std::optional<Connection> connection_;
};

class Rfc8448 : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    recording_ = Recording::load(GetParam().section);
    if (!recording_) {
      GTEST_SKIP() << "NAUTILUS_VECTORS is not set: the trace " << GetParam().section
                   << " was NOT replayed";
    }
    const Recording& trace = *recording_;
    if (!shape_.resumed) {
      server_signature_ = {shape_.client_auth ? SignatureScheme::ecdsa_secp256r1_sha256
                                              : SignatureScheme::rsa_pss_rsae_sha256,
                           first_certificate(trace["Message_Server_Certificate"]),
                           trace["Server_MessageToSign"], trace["Server_MessageSignature"]};
    }
    if (shape_.client_auth) {
      client_signature_ = {SignatureScheme::rsa_pss_rsae_sha256, client_certificate(),
                           trace["Client_MessageToSign"], trace["Client_MessageSignature"]};
    }
  }

  static ByteVector client_certificate() {
    std::ifstream file(std::string(std::getenv("NAUTILUS_VECTORS")) +
                       "/rfc8448/client_certificate.pem");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return to_vector(pki::parse_pem(text).value().front().data.expose());
  }

  static Identity identity(const RecordedSignature& signature) {
    return Identity::from_parts({signature.certificate},
                                std::make_shared<RecordedSigningKey>(signature))
        .value();
  }

  /// Extensions in the recorded order; a message that comes twice has its second form second.
  auto editor(std::map<ExtensionHost, std::vector<ByteVector>> recorded) {
    return [recorded = std::move(recorded), resumed = shape_.resumed](
               ExtensionHost host, wire::ExtensionList& list) mutable {
      const auto found = recorded.find(host);
      if (found == recorded.end() || found->second.empty()) return;
      // This library does not acknowledge the name again when it resumes.
      if (resumed && host == ExtensionHost::EncryptedExtensions) {
        list.add(wire::ExtensionType::server_name);
      }
      reorder(list, recorded_extensions(host, found->second.front()));
      found->second.erase(found->second.begin());
    };
  }

  /// The milliseconds the recorded client held its ticket for.
  std::chrono::milliseconds ticket_age() const {
    const ByteVector& hello = (*recording_)["Record_ClientHello_1"];
    // Of the list of identities only the age is left before the binders: 2 + 1 + 32 octets.
    wire::Reader reader(ByteView(hello).last(4 + 2 + 1 + 32));
    return std::chrono::milliseconds(session::ticket_age(reader.u32(), kAgeAdd));
  }

  void connect() {
    const Recording& trace = *recording_;
    // Drawn in the engine's order: random, key share, session id.
    const ByteView pool(trace["Client_RNG_Pool"]);
    client_.random->push(pool.first(32));
    if (shape_.compatibility) {
      client_.random->push(pool.subspan(64));
      client_.random->push(pool.subspan(32, 32));
    } else {
      client_.random->push(pool.subspan(32));
    }
    auto builder = ClientConfig::builder(provider_with(client_.random));
    builder.dangerous().verifier(std::make_shared<RecordedVerifier>(server_signature_));
    builder
        .cipher_suites({CipherSuiteId::TLS_AES_128_GCM_SHA256,
                        CipherSuiteId::TLS_CHACHA20_POLY1305_SHA256,
                        CipherSuiteId::TLS_AES_256_GCM_SHA384})
        .groups({NamedGroup::x25519, NamedGroup::secp256r1})
        .key_shares({NamedGroup::x25519})
        .record_size_limit(16385)
        .grease(false)
        .early_data(shape_.resumed)
        .session_store(store_)
        .key_log(client_.secrets);
    if (shape_.client_auth) builder.identity(identity(client_signature_));
    const auto config = builder.build().value();
    auto& settings = internal_settings(config);
    settings.transport.middlebox_compatibility = shape_.compatibility;
    std::vector<ByteVector> hellos{message_in(trace["Record_ClientHello_1"])};
    if (shape_.retry) hellos.push_back(message_in(trace["Record_ClientHello_2"]));
    settings.edit_extensions = editor({{ExtensionHost::ClientHello, hellos}});
    if (shape_.resumed) store_->kept = client_session(settings.context);
    client_.start(
        Connection::connect(config, {ServerName::parse("server").value(), "", nullptr}, kThen));
  }

  ClientSession client_session(const ByteVector& context) const {
    ClientSession session;
    session.cipher_suite = CipherSuiteId::TLS_AES_128_GCM_SHA256;
    session.psk = SecretBytes(from_hex(rfc8448_simple::kResumptionPsk));
    session.ticket = (*recording_)["SessionTicket"];
    session.lifetime = kLifetime;
    session.age_add = kAgeAdd;
    session.received_at = kThen - ticket_age();
    session.max_early_data_size = kMaxEarlyData;
    session.context = context;
    return session;
  }

  void accept() {
    const Recording& trace = *recording_;
    // Drawn in the engine's order: key share, random, ticket_age_add.
    const ByteView pool(trace["Server_RNG_Pool"]);
    server_.random->push(pool.subspan(32, 32));
    server_.random->push(pool.first(32));
    server_.random->push(pool.subspan(64));
    const bool tickets = trace.has("Record_NewSessionTicket");
    auto builder = ServerConfig::builder(provider_with(server_.random));
    if (shape_.client_auth) {
      builder.dangerous().verifier(std::make_shared<RecordedVerifier>(client_signature_));
    }
    builder.client_auth(shape_.client_auth ? ClientAuth::Required : ClientAuth::None)
        .identity(shape_.resumed ? other_identity() : identity(server_signature_))
        .cipher_suites({CipherSuiteId::TLS_AES_128_GCM_SHA256})
        .groups({shape_.retry ? NamedGroup::secp256r1 : NamedGroup::x25519})
        .key_log(server_.secrets);
    if (tickets || shape_.resumed) {
      ticketer_ = std::make_shared<RecordedTicketer>(trace["SessionTicket"]);
      builder.early_data({replay_, kMaxEarlyData, std::chrono::seconds(10)});
    }
    builder.ticketer(ticketer_).ticket_count(tickets ? 1 : 0, 0).ticket_lifetime(kLifetime);
    const auto config = builder.build().value();
    auto& settings = internal_settings(config);
    settings.transport.middlebox_compatibility = shape_.compatibility;
    std::map<ExtensionHost, std::vector<ByteVector>> recorded{
        {ExtensionHost::ServerHello, {trace["Message_ServerHello"]}},
        {ExtensionHost::EncryptedExtensions, {trace["Message_EncryptedExtensions"]}}};
    if (shape_.retry) {
      recorded[ExtensionHost::HelloRetryRequest] = {message_in(trace["Record_HelloRetryRequest"])};
    }
    if (shape_.client_auth) {
      recorded[ExtensionHost::CertificateRequest] = {trace["Message_CertificateRequest"]};
    }
    settings.edit_extensions = editor(std::move(recorded));
    if (shape_.resumed) ticketer_->to_open = server_session(settings.context).encode();
    server_.start(Connection::accept(config, {}, kThen));
  }

  /// A resumed handshake shows no certificate, but no server is without one.
  static Identity other_identity() {
    const Recording simple = *Recording::load("Simple_1RTT_Handshake");
    return identity({SignatureScheme::rsa_pss_rsae_sha256,
                     first_certificate(simple["Message_Server_Certificate"]),
                     {},
                     {}});
  }

  session::ServerSession server_session(const ByteVector& context) const {
    session::ServerSession session;
    session.cipher_suite = CipherSuiteId::TLS_AES_128_GCM_SHA256;
    session.psk = SecretBytes(from_hex(rfc8448_simple::kResumptionPsk));
    session.age_add = kAgeAdd;
    session.issued_at = kThen - ticket_age();
    session.lifetime = kLifetime;
    session.context = context;
    session.server_name = "server";
    session.max_early_data_size = kMaxEarlyData;
    session.replay_domain = to_vector(replay_->domain());
    return session;
  }

  void expect_recorded(const ByteVector& octets, std::initializer_list<const char*> names) {
    std::string expected;
    for (const char* name : names) expected += to_hex((*recording_)[name]);
    EXPECT_EQ(to_hex(octets), expected) << *names.begin();
  }

  const Shape& shape_ = GetParam();
  std::optional<Recording> recording_;
  RecordedSignature server_signature_{};
  RecordedSignature client_signature_{};
  std::shared_ptr<OneSession> store_ = std::make_shared<OneSession>();
  std::shared_ptr<AlwaysFresh> replay_ = std::make_shared<AlwaysFresh>();
  std::shared_ptr<RecordedTicketer> ticketer_;
  Role client_;
  Role server_;
};

TEST_P(Rfc8448, Client) {
  const Recording& trace = *recording_;
  connect();
  expect_recorded(client_.output(), {"Record_ClientHello_1"});
  if (shape_.retry) {
    expect_recorded(client_.feed(trace["Record_HelloRetryRequest"]), {"Record_ClientHello_2"});
  }
  if (shape_.resumed) {
    ASSERT_TRUE((*client_).write_early(trace["Client_EarlyAppData"]));
    expect_recorded(client_.output(), {"Record_Client_EarlyAppData"});
  }
  ByteVector flight = client_.feed(trace["Record_ServerHello"]);
  const ByteVector rest = client_.feed(trace["Record_ServerHandshakeMessages"]);
  flight.insert(flight.end(), rest.begin(), rest.end());
  expect_recorded(flight, {"Record_ClientFinished"});
  ASSERT_TRUE(client_.done);
  EXPECT_EQ(client_.random->left(), 0U);
  EXPECT_EQ((*client_).negotiated().hello_retry_request, shape_.retry);
  EXPECT_EQ((*client_).negotiated().resumed, shape_.resumed);
  if (shape_.resumed) {
    EXPECT_EQ((*client_).negotiated().early_data, EarlyDataState::Accepted);
  }

  if (trace.has("Record_NewSessionTicket")) {
    EXPECT_TRUE(client_.feed(trace["Record_NewSessionTicket"]).empty());
    ASSERT_TRUE(store_->kept);
    EXPECT_EQ(to_hex(store_->kept->psk.expose()), rfc8448_simple::kResumptionPsk);
    EXPECT_EQ(to_hex(store_->kept->ticket), to_hex(trace["SessionTicket"]));
    EXPECT_EQ(store_->kept->lifetime, kLifetime);
    EXPECT_EQ(store_->kept->age_add, kAgeAdd);
    EXPECT_EQ(store_->kept->max_early_data_size, kMaxEarlyData);
  }
  if (trace.has("Client_AppData")) {
    ASSERT_TRUE((*client_).write(trace["Client_AppData"], kThen));
    expect_recorded(client_.output(), {"Record_Client_AppData"});
    EXPECT_TRUE(client_.feed(trace["Record_Server_AppData"]).empty());
    EXPECT_EQ(client_.plaintext, as_text(trace["Server_AppData"]));
  }
  ASSERT_TRUE((*client_).close(kThen));
  expect_recorded(client_.output(), {"Record_Client_CloseNotify"});
  EXPECT_TRUE(client_.feed(trace["Record_Server_CloseNotify"]).empty());
  EXPECT_TRUE((*client_).peer_closed());
}

TEST_P(Rfc8448, Server) {
  const Recording& trace = *recording_;
  accept();
  ByteVector flight = server_.feed(trace["Record_ClientHello_1"]);
  if (shape_.retry) {
    expect_recorded(flight, {"Record_HelloRetryRequest"});
    flight = server_.feed(trace["Record_ClientHello_2"]);
  }
  expect_recorded(flight, {"Record_ServerHello", "Record_ServerHandshakeMessages"});
  if (shape_.resumed) {
    EXPECT_TRUE(server_.feed(trace["Record_Client_EarlyAppData"]).empty());
    EXPECT_EQ(server_.early, as_text(trace["Client_EarlyAppData"]));
  }
  const ByteVector ticket = server_.feed(trace["Record_ClientFinished"]);
  ASSERT_TRUE(server_.done);
  EXPECT_EQ(server_.random->left(), 0U);
  EXPECT_EQ((*server_).negotiated().server_name, "server");
  EXPECT_EQ((*server_).negotiated().resumed, shape_.resumed);
  EXPECT_EQ((*server_).negotiated().peer.authenticated(), shape_.client_auth);
  if (trace.has("Record_NewSessionTicket")) {
    expect_recorded(ticket, {"Record_NewSessionTicket"});
    const auto sealed = session::ServerSession::decode(ticketer_->sealed.expose()).value();
    EXPECT_EQ(to_hex(sealed.psk.expose()), rfc8448_simple::kResumptionPsk);
  } else {
    EXPECT_TRUE(ticket.empty());
  }

  if (trace.has("Client_AppData")) {
    EXPECT_TRUE(server_.feed(trace["Record_Client_AppData"]).empty());
    EXPECT_EQ(server_.plaintext, as_text(trace["Client_AppData"]));
    ASSERT_TRUE((*server_).write(trace["Server_AppData"], kThen));
    expect_recorded(server_.output(), {"Record_Server_AppData"});
  }
  EXPECT_TRUE(server_.feed(trace["Record_Client_CloseNotify"]).empty());
  EXPECT_TRUE((*server_).peer_closed());
  ASSERT_TRUE((*server_).close(kThen));
  expect_recorded(server_.output(), {"Record_Server_CloseNotify"});
}

INSTANTIATE_TEST_SUITE_P(
    Traces, Rfc8448,
    testing::Values(Shape{.section = "Simple_1RTT_Handshake"},
                    Shape{.section = "Resumed_0RTT_Handshake", .resumed = true},
                    Shape{.section = "HelloRetryRequest_Handshake", .retry = true},
                    Shape{.section = "Client_Authentication_Handshake", .client_auth = true},
                    Shape{.section = "Middlebox_Compatibility_Mode", .compatibility = true}),
    [](const auto& shape) { return std::string(shape.param.section); });

/// The secrets as RFC 8448 §3 prints them.
using Rfc8448Secrets = Rfc8448;
TEST_P(Rfc8448Secrets, AreThePrintedOnes) {
  connect();
  accept();
  (void)client_.output();
  const ByteVector flight = server_.feed((*recording_)["Record_ClientHello_1"]);
  (void)server_.feed(client_.feed(flight));
  for (const Role* role : {&client_, &server_}) {
    ASSERT_TRUE(role->done);
    const RecordingKeyLog& secrets = *role->secrets;
    EXPECT_EQ(to_hex(secrets["CLIENT_HANDSHAKE_TRAFFIC_SECRET"]), rfc8448_simple::kClientHandshake);
    EXPECT_EQ(to_hex(secrets["SERVER_HANDSHAKE_TRAFFIC_SECRET"]), rfc8448_simple::kServerHandshake);
    EXPECT_EQ(to_hex(secrets["CLIENT_TRAFFIC_SECRET_0"]), rfc8448_simple::kClientApplication);
    EXPECT_EQ(to_hex(secrets["SERVER_TRAFFIC_SECRET_0"]), rfc8448_simple::kServerApplication);
    EXPECT_EQ(to_hex(secrets["EXPORTER_SECRET"]), rfc8448_simple::kExporter);
  }
}
INSTANTIATE_TEST_SUITE_P(Traces, Rfc8448Secrets,
                         testing::Values(Shape{.section = "Simple_1RTT_Handshake"}));

/// The repository's own copies say what the shared ones say, except where those are wrong.
TEST(Rfc8448Data, OwnCopyIsTheSharedOne) {
  const char* root = std::getenv("NAUTILUS_VECTORS");
  if (root == nullptr) GTEST_SKIP() << "NAUTILUS_VECTORS is not set: copies were NOT compared";
  for (const char* section : {"Simple_1RTT_Handshake", "Resumed_0RTT_Handshake"}) {
    const auto own = Recording::read(std::string(PROTOCOL_DATA) + "/rfc8448.vec", section);
    const auto shared = Recording::read(std::string(root) + "/rfc8448/transcripts.vec", section);
    ASSERT_TRUE(own && shared);
    std::vector<std::string> different;
    for (const auto& [name, value] : own->all()) {
      if (!shared->has(name) || (*shared)[name] != value) different.push_back(name);
    }
    const bool resumed = std::string_view(section).starts_with("Resumed");
    EXPECT_EQ(different, resumed ? (std::vector<std::string>{"Message_EncryptedExtensions",
                                                             "Record_ServerHandshakeMessages"})
                                 : std::vector<std::string>());
  }
}

}  // namespace
}  // namespace nautilus::test
