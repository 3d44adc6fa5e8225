// How connections fill their records: record_size_limit (RFC 8449), padding (RFC 9846 §5.4), GREASE
// (RFC 8701), ticket_request (RFC 9149), and suites of the application's own.
#include <set>

#include "support/scene.hpp"

namespace nautilus::test {
namespace {

/// Lengths of the application_data records in a stream.
std::vector<std::size_t> protected_lengths(ByteView stream) {
  std::vector<std::size_t> lengths;
  while (stream.size() >= 5) {
    const std::size_t size = (std::size_t{stream[3]} << 8) | stream[4];
    if (stream[0] == 23) lengths.push_back(size);
    stream = stream.subspan(5 + size);
  }
  return lengths;
}

std::size_t longest(const std::vector<std::size_t>& lengths) {
  return lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end());
}

constexpr std::size_t kTag = 16;

TEST(RecordSizeLimit, HoldsForThePeersProtectedRecords) {
  for (const bool client_asks : {true, false}) {
    Scene scene;
    // A server answers the extension, so it speaks up only to a client that does.
    scene.client.record_size_limit(client_asks ? 200 : 16385);
    if (!client_asks) scene.server.record_size_limit(300);
    Pipe pipe = scene.pipe();
    pipe.run();
    expect_connected(pipe);
    const std::string text(5000, 'x');
    ASSERT_TRUE(pipe.client.connection.write(as_bytes(text), pipe.now));
    ASSERT_TRUE(pipe.server.connection.write(as_bytes(text), pipe.now));
    pipe.run();
    EXPECT_EQ(pipe.client.received, text);
    EXPECT_EQ(pipe.server.received, text);
    const std::size_t to_client = longest(protected_lengths(pipe.to_client));
    const std::size_t to_server = longest(protected_lengths(pipe.to_server));
    EXPECT_EQ(to_client, client_asks ? 200 + kTag : 5000 + 1 + kTag);
    EXPECT_EQ(to_server, client_asks ? 5000 + 1 + kTag : 300 + kTag);
  }
}

TEST(RecordSizeLimit, IsEnforced) {
  // A record that a server which keeps to no limit would send; it is refused by its length alone.
  Scene scene;
  scene.client.record_size_limit(100);
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  Scene honest;
  Pipe other = honest.pipe();
  other.run();
  ASSERT_TRUE(other.server.connection.write(as_bytes(std::string(200, 'x')), pipe.now));
  const ByteVector record = to_vector(other.server.connection.output());
  pipe.client.feed(record, pipe.now, record.size());
  ASSERT_TRUE(pipe.client.error);
  EXPECT_EQ(pipe.client.error->code, ErrorCode::RecordOverflow);
}

TEST(RecordSizeLimit, IsCheckedAtBuild) {
  for (const int bad : {0, 63, 16386, 65535}) {
    Scene scene;
    scene.client.record_size_limit(static_cast<std::uint16_t>(bad));
    EXPECT_EQ(scene.client.build().error().code, ErrorCode::ConfigInvalid) << bad;
  }
}

TEST(MaxRecordContent, HoldsForEveryRecordWeSend) {
  Scene scene;
  scene.client.max_record_content(100);
  scene.server.max_record_content(100);
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  ASSERT_TRUE(pipe.client.connection.write(as_bytes(std::string(1000, 'x')), pipe.now));
  pipe.run();
  EXPECT_EQ(pipe.server.received.size(), 1000U);
  EXPECT_EQ(longest(protected_lengths(pipe.to_server)), 100 + 1 + kTag);
  EXPECT_EQ(longest(protected_lengths(pipe.to_client)), 100 + 1 + kTag);
}

TEST(Padding, HidesTheLength) {
  Scene scene;
  scene.client.pad_records(512);
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  pipe.to_server.clear();
  for (const std::size_t size : {1U, 17U, 511U, 512U}) {
    ASSERT_TRUE(pipe.client.connection.write(as_bytes(std::string(size, 'x')), pipe.now));
    pipe.run();
  }
  EXPECT_EQ(pipe.server.received.size(), 1U + 17 + 511 + 512);
  const auto lengths = protected_lengths(pipe.to_server);
  ASSERT_EQ(lengths.size(), 4U);
  for (const std::size_t length : lengths) EXPECT_EQ(length, 512 + 1 + kTag);
}

TEST(Padding, NeverOverflowsARecord) {
  Scene scene;
  scene.client.pad_records(10000);
  Pipe pipe = scene.pipe();
  pipe.run();
  ASSERT_TRUE(pipe.client.connection.write(as_bytes(std::string(40000, 'x')), pipe.now));
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(pipe.server.received.size(), 40000U);
}

TEST(KeyUpdates, AnyNumberOfRequestsCostsOneReply) {
  Scene scene;
  Pipe pipe = scene.pipe();
  pipe.run();
  expect_connected(pipe);
  pipe.to_client.clear();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(pipe.client.connection.update_keys(KeyUpdateMode::Both, pipe.now));
    pipe.run();
  }
  EXPECT_TRUE(pipe.to_client.empty());  // silent until there is something to say
  ASSERT_TRUE(pipe.server.connection.write(as_bytes("x"), pipe.now));
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(pipe.client.received, "x");
  EXPECT_EQ(protected_lengths(pipe.to_client).size(), 2U);
}

TEST(Grease, IsInTheHelloAndIgnored) {
  std::set<std::uint8_t> hellos;
  for (int i = 0; i < 8; ++i) {
    Scene scene;
    scene.server.grease(true);
    Pipe pipe = scene.pipe();
    pipe.run();
    expect_connected(pipe);
    // The first suite of the ClientHello: record and message header, version, random, session id.
    const std::size_t at = 5 + 4 + 2 + 32 + 1 + 32 + 2;
    const std::uint8_t high = pipe.to_server.at(at);
    EXPECT_EQ(high & 0x0F, 0x0A);
    EXPECT_EQ(pipe.to_server.at(at + 1), high);
    hellos.insert(high);
  }
  EXPECT_GT(hellos.size(), 1U);  // drawn anew each time; all eight equal: 1 in 16^7
  Scene plain;
  plain.client.grease(false);
  Pipe pipe = plain.pipe();
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(pipe.to_server.at(5 + 4 + 2 + 32 + 1 + 32 + 2), 0x13);
}

/// A store that counts.
class Counter final : public ClientSessionStore {
 public:
  void put(std::string_view, ClientSession) override { ++count; }
  [[nodiscard]] std::optional<ClientSession> take(std::string_view, TimePoint) override {
    return std::nullopt;
  }
  void set_group(std::string_view, NamedGroup) override {}
  [[nodiscard]] std::optional<NamedGroup> group(std::string_view) override { return std::nullopt; }
  int count = 0;
};

TEST(TicketRequest, AsksForFewerAndNeverGetsMore) {
  for (const auto& [wanted, got] : {std::pair(0U, 0), std::pair(1U, 1), std::pair(9U, 2)}) {
    Scene scene;
    const auto counter = std::make_shared<Counter>();
    scene.client.session_store(counter).ticket_request(wanted, 1);
    Pipe pipe = scene.pipe();
    pipe.run();
    expect_connected(pipe);
    EXPECT_EQ(counter->count, got);
  }
}

/// AES-256-GCM whose ciphertext is complemented: an AEAD nobody else has.
class Mirrored final : public AeadAlgorithm {
 public:
  explicit Mirrored(std::shared_ptr<const AeadAlgorithm> inner) : inner_(std::move(inner)) {}
  [[nodiscard]] std::string_view name() const noexcept override { return "mirrored"; }
  [[nodiscard]] std::string_view backend() const noexcept override { return "test"; }
  [[nodiscard]] std::size_t key_size() const noexcept override { return inner_->key_size(); }
  [[nodiscard]] std::uint64_t confidentiality_limit() const noexcept override { return 1000; }
  [[nodiscard]] Result<std::unique_ptr<AeadKey>> make_key(ByteView key) const override {
    auto inner = inner_->make_key(key);
    if (!inner) return propagate(inner);
    return std::make_unique<Key>(std::move(*inner));
  }

 private:
  class Key final : public AeadKey {
   public:
    explicit Key(std::unique_ptr<AeadKey> inner) : inner_(std::move(inner)) {}
    [[nodiscard]] Result<void> seal(ByteView nonce, ByteView aad, std::span<const ByteView> parts,
                                    ByteSpan out) const noexcept override {
      if (auto r = inner_->seal(nonce, aad, parts, out); !r) return r;
      for (std::uint8_t& octet : out) octet ^= 0xFF;
      return {};
    }
    [[nodiscard]] Result<std::size_t> open(ByteView nonce, ByteView aad,
                                           ByteSpan in_out) const noexcept override {
      for (std::uint8_t& octet : in_out) octet ^= 0xFF;
      return inner_->open(nonce, aad, in_out);
    }

   private:
    std::unique_ptr<AeadKey> inner_;
  };
  std::shared_ptr<const AeadAlgorithm> inner_;
};

TEST(PrivateSuite, MovesAMebibyteThroughThePublicApiAlone) {
  constexpr auto kPrivate = static_cast<CipherSuiteId>(0xFF42);
  auto provider = std::make_shared<CryptoProvider>(*default_provider());
  const CipherSuite& base = *provider->find(CipherSuiteId::TLS_AES_256_GCM_SHA384);
  provider->cipher_suites.push_back(
      {kPrivate, "TLS_MIRRORED_SHA384", std::make_shared<Mirrored>(base.aead), base.hash});

  Scene scene;
  auto client = ClientConfig::builder(provider);
  client.trust(scene.authority.trust())
      .identity(scene.authority.client())
      .cipher_suites({kPrivate});
  auto server = ServerConfig::builder(provider);
  server.trust(scene.authority.trust())
      .identity(scene.authority.server())
      .cipher_suites({CipherSuiteId::TLS_AES_128_GCM_SHA256, kPrivate});
  Pipe pipe(client.build().value(), server.build().value());
  pipe.run();
  expect_connected(pipe);
  EXPECT_EQ(pipe.server.connection.negotiated().cipher_suite, kPrivate);
  const std::string text(std::size_t{1} << 20, 'm');
  ASSERT_TRUE(pipe.client.connection.write(as_bytes(text), pipe.now));
  ASSERT_TRUE(pipe.server.connection.write(as_bytes(text), pipe.now));
  pipe.run();
  EXPECT_EQ(pipe.client.received, text);
  EXPECT_EQ(pipe.server.received, text);
}

}  // namespace
}  // namespace nautilus::test
