// What the application plugs in fails, says nothing useful, or lies: the connection falls back to a
// full handshake or ends cleanly, and never crashes.
#include "support/deterministic.hpp"
#include "support/scene.hpp"

namespace nautilus::test {
namespace {

/// Hands every session through a change before it is given out.
class LyingStore final : public ClientSessionStore {
 public:
  std::function<void(ClientSession&)> lie;
  std::optional<NamedGroup> preferred;
  bool forgets = false;
  unsigned puts = 0;

  void put(std::string_view, ClientSession session) override {
    ++puts;
    if (!forgets) kept_ = std::move(session);
  }
  std::optional<ClientSession> take(std::string_view, TimePoint) override {
    if (!kept_) return std::nullopt;
    ClientSession session = kept_->clone();
    if (lie) lie(session);
    return session;
  }
  void set_group(std::string_view, NamedGroup) override {}
  std::optional<NamedGroup> group(std::string_view) override { return preferred; }

 private:
  std::optional<ClientSession> kept_;
};

struct StoreScene : Scene {
  std::shared_ptr<LyingStore> lying = std::make_shared<LyingStore>();
  std::shared_ptr<const ServerConfig> server_config;

  StoreScene() {
    client.session_store(lying);
    server.ticketer(make_ticketer(default_provider()).value());
    server_config = server.build().value();
  }
  Pipe resume(std::function<void(ClientSession&)> lie) {
    Pipe first(client.build().value(), server_config);
    first.run();
    expect_connected(first);
    lying->lie = std::move(lie);
    Pipe pipe(client.build().value(), server_config);
    pipe.run();
    return pipe;
  }
};

void expect_data(Pipe& pipe) {
  ASSERT_TRUE(pipe.client.connection.write(as_bytes("up"), kNow));
  ASSERT_TRUE(pipe.server.connection.write(as_bytes("down"), kNow));
  pipe.run();
  EXPECT_EQ(pipe.server.received, "up");
  EXPECT_EQ(pipe.client.received, "down");
}

TEST(LyingSessionStore, HonestOneResumes) {
  StoreScene scene;
  Pipe pipe = scene.resume(nullptr);
  expect_connected(pipe);
  EXPECT_TRUE(pipe.client.connection.negotiated().resumed);
}

struct Lie {
  const char* name;
  void (*tell)(ClientSession&);
};
/// After these the handshake is a full one.
const std::vector<Lie> kHarmless{
    {"rubbish ticket", [](ClientSession& s) { s.ticket.assign(200, 0x55); }},
    {"short ticket", [](ClientSession& s) { s.ticket.assign(1, 0); }},
    {"long ticket", [](ClientSession& s) { s.ticket.assign(9000, 0); }},
    {"altered ticket", [](ClientSession& s) { s.ticket.back() ^= 1; }},
    {"other context", [](ClientSession& s) { s.context.push_back(1); }},
    {"no context", [](ClientSession& s) { s.context.clear(); }},
    {"unknown suite", [](ClientSession& s) { s.cipher_suite = CipherSuiteId{0x1399}; }},
    {"expired", [](ClientSession& s) { s.received_at -= std::chrono::hours(24 * 8); }},
    {"from the future", [](ClientSession& s) { s.received_at += std::chrono::hours(1); }},
    {"at the end of time", [](ClientSession& s) { s.received_at = TimePoint::max(); }},
    {"at the beginning of time", [](ClientSession& s) { s.received_at = TimePoint::min(); }},
    {"no lifetime", [](ClientSession& s) { s.lifetime = std::chrono::seconds(0); }},
    {"negative lifetime", [](ClientSession& s) { s.lifetime = std::chrono::seconds(-5); }},
    {"least lifetime", [](ClientSession& s) { s.lifetime = std::chrono::seconds::min(); }},
    {"peer expired", [](ClientSession& s) { s.peer.expires = kNow; }},
    {"no ticket", [](ClientSession& s) { s.ticket.clear(); }},
    {"ticket over 65535 octets", [](ClientSession& s) { s.ticket.assign(70000, 1); }},
    {"longer than a lifetime may be",
     [](ClientSession& s) { s.lifetime = kMaxTicketLifetime + std::chrono::seconds(1); }},
    {"greatest lifetime", [](ClientSession& s) { s.lifetime = std::chrono::seconds::max(); }},
};
TEST(LyingSessionStore, UselessSessionCostsTheShortcutOnly) {
  for (const Lie& lie : kHarmless) {
    SCOPED_TRACE(lie.name);
    StoreScene scene;
    Pipe pipe = scene.resume(lie.tell);
    expect_connected(pipe);
    EXPECT_FALSE(pipe.client.connection.negotiated().resumed);
    EXPECT_FALSE(pipe.server.connection.negotiated().resumed);
    expect_data(pipe);
  }
}

/// A ticket that the server knows, with another secret: the binder is wrong, and that is an attack
/// (RFC 9846 §4.3.11).
TEST(LyingSessionStore, WrongSecretIsRefusedByTheServer) {
  const std::vector<Lie> lies{
      {"empty", [](ClientSession& s) { s.psk.clear(); }},
      {"short", [](ClientSession& s) { s.psk = SecretBytes(std::size_t{1}); }},
      {"long", [](ClientSession& s) { s.psk = SecretBytes(std::size_t{100000}); }},
      {"zero", [](ClientSession& s) { s.psk = SecretBytes(s.psk.size()); }}};
  for (const Lie& lie : lies) {
    SCOPED_TRACE(lie.name);
    StoreScene scene;
    Pipe pipe = scene.resume(lie.tell);
    if (!pipe.server.error) {
      // A secret that cannot be one is not offered at all.
      expect_connected(pipe);
      EXPECT_FALSE(pipe.client.connection.negotiated().resumed);
      continue;
    }
    EXPECT_EQ(pipe.server.error->code, ErrorCode::BadBinder) << describe(*pipe.server.error);
    EXPECT_EQ(pipe.client.error->peer_alert, AlertDescription::decrypt_error);
    EXPECT_FALSE(pipe.client.handshake_done);
  }
}

/// A session of another host's, under our key: its server cannot open the ticket, and if it could,
/// the name inside decides.
TEST(LyingSessionStore, SessionForAnotherHostIsNotResumed) {
  StoreScene scene;
  scene.server.identity(scene.authority.server(KeyType::EcdsaP256, "other.test"));
  scene.server_config = scene.server.build().value();
  Pipe other(scene.client.build().value(), scene.server_config, "other.test");
  other.run();
  expect_connected(other);
  Pipe pipe(scene.client.build().value(), scene.server_config, "server.test");
  pipe.run();
  expect_connected(pipe);
  EXPECT_FALSE(pipe.server.connection.negotiated().resumed);
  EXPECT_FALSE(pipe.client.connection.negotiated().resumed);
}

TEST(LyingSessionStore, OddGroupsAndForgettingDoNoHarm) {
  StoreScene scene;
  scene.lying->forgets = true;
  for (const auto group : {NamedGroup{0xFFFF}, NamedGroup{0}, NamedGroup::secp256r1}) {
    scene.lying->preferred = group;
    Pipe pipe = scene.resume(nullptr);
    expect_connected(pipe);
    EXPECT_FALSE(pipe.client.connection.negotiated().resumed);
  }
  EXPECT_GT(scene.lying->puts, 0U);
}

/// A ticketer that does what it is told.
class FixedTicketer final : public Ticketer {
 public:
  Eventually<ByteVector> sealed = Result<ByteVector>(ByteVector{1, 2, 3});
  std::function<Eventually<std::optional<SecretBytes>>()> opened = [] {
    return Eventually<std::optional<SecretBytes>>(std::nullopt);
  };
  Eventually<ByteVector> seal(ByteView, TimePoint) override { return sealed; }
  Eventually<std::optional<SecretBytes>> open(ByteView, TimePoint) override { return opened(); }
};

TEST(LyingTicketer, FailureToSealCostsTheTicketOnly) {
  const std::vector<Eventually<ByteVector>> answers{
      Result<ByteVector>(fail(ErrorCode::StoreFailure)), std::nullopt,
      Result<ByteVector>(ByteVector()), Result<ByteVector>(ByteVector(70000, 1))};
  for (const auto& answer : answers) {
    StoreScene scene;
    const auto ticketer = std::make_shared<FixedTicketer>();
    ticketer->sealed = answer;
    scene.server.ticketer(ticketer);
    Pipe pipe = scene.pipe();
    pipe.run();
    expect_connected(pipe);
    EXPECT_EQ(scene.lying->puts, 0U);
    expect_data(pipe);
  }
}

TEST(LyingTicketer, WhateverItOpensTheHandshakeIsAFullOne) {
  using Opened = std::optional<SecretBytes>;
  const std::vector<std::function<Eventually<Opened>()>> answers{
      [] { return Result<Opened>(fail(ErrorCode::StoreFailure)); },
      [] { return Result<Opened>(Opened()); },
      [] { return Result<Opened>(SecretBytes()); },
      [] { return Result<Opened>(SecretBytes(std::size_t{1})); },
      [] { return Result<Opened>(SecretBytes(std::size_t{100000})); },
      [] { return Result<Opened>(SecretBytes(ByteView(ByteVector(300, 0xFF)))); }};
  for (const auto& answer : answers) {
    StoreScene scene;
    const auto ticketer = std::make_shared<FixedTicketer>();
    scene.server.ticketer(ticketer);
    scene.server_config = scene.server.build().value();
    ticketer->opened = answer;
    Pipe pipe = scene.resume(nullptr);
    expect_connected(pipe);
    EXPECT_FALSE(pipe.server.connection.negotiated().resumed);
    expect_data(pipe);
  }
}

class FixedRegister final : public ReplayRegister {
 public:
  Eventually<ReplayVerdict> verdict = Result<ReplayVerdict>(ReplayVerdict::Fresh);
  ByteVector name{1, 2, 3};
  [[nodiscard]] ByteView domain() const noexcept override { return name; }
  [[nodiscard]] Eventually<ReplayVerdict> check(ByteView, TimePoint,
                                                std::chrono::milliseconds) override {
    return verdict;
  }
};

TEST(LyingRegister, OnlyFreshAcceptsEarlyData) {
  const std::vector<std::pair<Result<ReplayVerdict>, EarlyDataState>> cases{
      {ReplayVerdict::Fresh, EarlyDataState::Accepted},
      {ReplayVerdict::Seen, EarlyDataState::Rejected},
      {ReplayVerdict::Unsure, EarlyDataState::Rejected},
      {ReplayVerdict{77}, EarlyDataState::Rejected},
      {fail(ErrorCode::StoreFailure), EarlyDataState::Rejected},
      {fail(ErrorCode::RandomFailure), EarlyDataState::Rejected}};
  for (const auto& [verdict, state] : cases) {
    StoreScene scene;
    const auto replay = std::make_shared<FixedRegister>();
    scene.client.early_data();
    scene.server.early_data({replay});
    scene.server_config = scene.server.build().value();
    Pipe first(scene.client.build().value(), scene.server_config);
    first.run();
    replay->verdict = verdict;
    Pipe pipe(scene.client.build().value(), scene.server_config);
    ASSERT_TRUE(pipe.client.connection.write_early(as_bytes("early")));
    pipe.run();
    expect_connected(pipe);
    EXPECT_EQ(pipe.server.connection.negotiated().early_data, state);
    EXPECT_EQ(pipe.server.received, state == EarlyDataState::Accepted ? "early" : "");
    EXPECT_TRUE(pipe.server.connection.negotiated().resumed);
  }
}

TEST(LyingRegister, AnotherDomainRefusesEarlyDataAndALongOneIsNoTicket) {
  StoreScene scene;
  const auto replay = std::make_shared<FixedRegister>();
  scene.client.early_data();
  scene.server.early_data({replay});
  scene.server_config = scene.server.build().value();
  Pipe first(scene.client.build().value(), scene.server_config);
  first.run();
  replay->name = {9};
  Pipe pipe(scene.client.build().value(), scene.server_config);
  ASSERT_TRUE(pipe.client.connection.write_early(as_bytes("early")));
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(pipe.server.connection.negotiated().early_data, EarlyDataState::Rejected);
  EXPECT_EQ(pipe.server.received, "");
}

class FixedVerifier final : public CertificateVerifier {
 public:
  std::function<Result<CertificateVerdict>(const CertificateQuestion&)> answer;
  std::vector<SignatureScheme> accepted{SignatureScheme::ecdsa_secp256r1_sha256};
  [[nodiscard]] Eventually<CertificateVerdict> verify(
      const CertificateQuestion& question) const override {
    return answer(question);
  }
  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return accepted;
  }
  [[nodiscard]] ByteVector fingerprint() const override { return {1}; }
};

TEST(LyingVerifier, EveryErrorItGivesIsTheConnectionsOwn) {
  for (const ErrorCode code :
       {ErrorCode::UnknownCa, ErrorCode::StoreFailure, ErrorCode::CertificateRevoked,
        ErrorCode::OutOfMemory, ErrorCode::NetworkFailure, ErrorCode::ApiMisuse}) {
    for (const bool on_client : {true, false}) {
      Scene scene;
      const auto verifier = std::make_shared<FixedVerifier>();
      verifier->answer = [code](const CertificateQuestion&) -> Result<CertificateVerdict> {
        return fail(code);
      };
      if (on_client) scene.client.dangerous().verifier(verifier);
      if (!on_client) scene.server.dangerous().verifier(verifier);
      Pipe pipe = scene.pipe();
      pipe.run();
      Endpoint& judge = on_client ? pipe.client : pipe.server;
      ASSERT_TRUE(judge.error);
      EXPECT_EQ(judge.error->code, code);
      EXPECT_EQ(judge.connection.sent_alert(), alert_for(code));
      EXPECT_FALSE(judge.handshake_done);
    }
  }
}

TEST(LyingVerifier, VerdictWithoutKeyOrWithAnotherKeyConnectsNobody) {
  for (const bool other_key : {true, false}) {
    for (const bool on_client : {true, false}) {
      Scene scene;
      const TestAuthority stranger("Stranger");
      const auto honest = make_x509_verifier(stranger.trust(), default_provider()->keys);
      const Identity theirs = on_client ? stranger.server() : stranger.client();
      const auto verifier = std::make_shared<FixedVerifier>();
      verifier->answer =
          [&, other_key](const CertificateQuestion& asked) -> Result<CertificateVerdict> {
        if (!other_key) return CertificateVerdict{};
        CertificateQuestion question = asked;
        question.chain = theirs.chain();
        return *honest->verify(question);
      };
      if (on_client) scene.client.dangerous().verifier(verifier);
      if (!on_client) scene.server.dangerous().verifier(verifier);
      Pipe pipe = scene.pipe();
      pipe.run();
      Endpoint& judge = on_client ? pipe.client : pipe.server;
      ASSERT_TRUE(judge.error);
      EXPECT_FALSE(judge.handshake_done);
      EXPECT_EQ(judge.received, "");
    }
  }
}

/// A key that lives elsewhere, and misbehaves.
class FixedKey final : public SigningKey {
 public:
  FixedKey(const SigningKey& real, Eventually<ByteVector> signature)
      : real_(&real), signature_(std::move(signature)) {}
  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return real_->schemes();
  }
  [[nodiscard]] ByteView public_key() const noexcept override { return real_->public_key(); }
  [[nodiscard]] std::string_view description() const noexcept override { return "fixed"; }
  [[nodiscard]] Eventually<ByteVector> sign(SignatureScheme, ByteView, Random&) const override {
    return signature_;
  }

 private:
  const SigningKey* real_;
  Eventually<ByteVector> signature_;
};

TEST(LyingSigner, FailureAndRubbishConnectNobody) {
  const std::vector<Result<ByteVector>> answers{fail(ErrorCode::CryptoFailure),
                                                fail(ErrorCode::StoreFailure),
                                                ByteVector(),
                                                ByteVector(1, 0x30),
                                                ByteVector(72, 0x30),
                                                ByteVector(70000, 0)};
  for (const auto& answer : answers) {
    for (const bool on_client : {true, false}) {
      Scene scene;
      const Identity real = on_client ? scene.authority.client() : scene.authority.server();
      const Identity lying =
          Identity::from_parts(real.chain(), std::make_shared<FixedKey>(real.key(), answer))
              .value();
      // In place of the honest one, which the scene has already presented.
      ClientConfigBuilder client = ClientConfig::builder();
      ServerConfigBuilder server = ServerConfig::builder();
      client.trust(scene.authority.trust()).identity(on_client ? lying : scene.authority.client());
      server.trust(scene.authority.trust()).identity(on_client ? scene.authority.server() : lying);
      Pipe pipe(client.build().value(), server.build().value());
      pipe.run();
      EXPECT_FALSE(pipe.server.handshake_done);
      EXPECT_TRUE(pipe.server.error);
      EXPECT_TRUE(pipe.client.error);
      if (!answer) {
        Endpoint& signer = on_client ? pipe.client : pipe.server;
        EXPECT_EQ(signer.error->code, answer.error().code);
      }
    }
  }
}

/// The log is only told; one that lost its file changes nothing.
class LosingKeyLog final : public KeyLog {
 public:
  unsigned lines = 0;
  void log(std::string_view, ByteView, ByteView) noexcept override { ++lines; }
};

TEST(LyingKeyLog, IsToldAndNeverAsked) {
  Scene scene;
  const auto losing = std::make_shared<LosingKeyLog>();
  scene.client.key_log(losing);
  scene.server.key_log(losing);
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(losing->lines, 10U);  // five secrets on each side
  EXPECT_EQ(make_file_key_log("/nonexistent-folder/keys.log").error().code,
            ErrorCode::FileUnwritable);
}

TEST(LyingKeyLog, FullDeviceChangesNothing) {
  auto log = make_file_key_log("/dev/full");
  if (!log) GTEST_SKIP() << "no /dev/full to write to: " << describe(log.error());
  Scene scene;
  scene.client.key_log(*log);
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
}

}  // namespace
}  // namespace nautilus::test
