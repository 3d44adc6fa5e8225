#include "own_side.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include <nautilus/pki/identity.hpp>

#include "heap.hpp"
#include "measure.hpp"

namespace nautilus::bench {
namespace {

/// What is missing of a record, but never less than this: small records come several at once.
constexpr std::size_t kReadAtLeast = 8192;

TimePoint now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

template <class T>
T must(Result<T> result, const char* what) {
  if (!result) die(what, describe(result.error()));
  return std::move(*result);
}

Identity identity(const CryptoProvider& provider, const Leaf& leaf) {
  return must(Identity::from_pem(leaf.certificate, leaf.key, *provider.keys), "identity");
}

/// The standard verifier, its heap use charged apart.
class ChargedVerifier final : public CertificateVerifier {
 public:
  explicit ChargedVerifier(std::shared_ptr<const CertificateVerifier> inner)
      : inner_(std::move(inner)) {}
  [[nodiscard]] Eventually<CertificateVerdict> verify(
      const CertificateQuestion& question) const override {
    const heap::Turn turn(heap::current() == heap::Owner::Client ? heap::Owner::ClientCertificates
                                                                 : heap::Owner::ServerCertificates);
    return inner_->verify(question);
  }
  [[nodiscard]] std::span<const SignatureScheme> schemes() const noexcept override {
    return inner_->schemes();
  }
  [[nodiscard]] std::vector<ByteVector> authorities() const override {
    return inner_->authorities();
  }
  [[nodiscard]] ByteVector fingerprint() const override { return inner_->fingerprint(); }

 private:
  std::shared_ptr<const CertificateVerifier> inner_;
};

/// Advances until nothing is left to do.
void drive(Connection& connection, TimePoint moment, const char* who) {
  for (;;) {
    const Step step = connection.advance(moment);
    if (std::holds_alternative<NeedInput>(step)) return;
    if (std::holds_alternative<HandshakeDone>(step)) continue;
    if (const auto* failed = std::get_if<Failed>(&step)) die(who, describe(failed->error));
    die(who, "an unexpected step");
  }
}

/// Moves all of one end's output to the other.
bool move(Connection& from, heap::Owner sender, Connection& to, heap::Owner receiver) {
  const ByteView octets = from.output();
  if (octets.empty()) return false;
  {
    const heap::Turn turn(receiver);
    const ByteSpan room = to.prepare(octets.size());
    std::ranges::copy(octets, room.begin());
    to.commit(octets.size());
  }
  const heap::Turn turn(sender);
  from.consume_output(octets.size());
  return true;
}

}  // namespace

/// Keeps the newest session, or only counts.
class OwnHandshakes::Store final : public ClientSessionStore {
 public:
  explicit Store(bool keep) : keep_(keep) {}
  void put(std::string_view, ClientSession session) override {
    ++received;
    if (keep_) session_ = std::move(session);
  }
  [[nodiscard]] std::optional<ClientSession> take(std::string_view, TimePoint) override {
    return std::exchange(session_, std::nullopt);
  }
  void set_group(std::string_view, NamedGroup) override {}
  [[nodiscard]] std::optional<NamedGroup> group(std::string_view) override { return {}; }

  unsigned received = 0;

 private:
  bool keep_;
  std::optional<ClientSession> session_;
};

OwnHandshakes::OwnHandshakes(const Credentials& credentials, const Setup& setup, OwnOptions options)
    : setup_(setup), store_(std::make_shared<Store>(setup.resumed)) {
  const auto provider = options.provider ? options.provider : default_provider();
  const auto trust = must(TrustStore::from_pem(credentials.root), "trust store");
  // The hybrid's client sends its classical share as well, as it does by default.
  const std::vector<NamedGroup> groups =
      setup.group == NamedGroup::X25519MLKEM768
          ? std::vector{NamedGroup::X25519MLKEM768, NamedGroup::x25519}
          : std::vector{setup.group};
  auto client = ClientConfig::builder(provider);
  client.trust(trust).groups(groups).cipher_suites({setup.suite}).session_store(store_);
  auto server = ServerConfig::builder(provider);
  server.identity(identity(*provider, credentials.server))
      .groups(groups)
      .cipher_suites({setup.suite});
  server.ticket_count(2, 1);
  if (setup.mutual) {
    client.identity(identity(*provider, credentials.client));
    server.trust(trust);
  }
  if (options.count_heap) {
    const auto verifier =
        std::make_shared<ChargedVerifier>(make_x509_verifier(trust, provider->keys));
    client.dangerous().verifier(verifier);
    if (setup.mutual) server.dangerous().verifier(verifier);
  }
  client_ = must(client.build(), "client config");
  server_ = must(server.build(), "server config");
  if (setup.resumed) {
    setup_.resumed = false;
    run();
    setup_.resumed = true;
  }
}

OwnHandshakes::~OwnHandshakes() = default;

OwnPair OwnHandshakes::connect() {
  const TimePoint moment = now();
  store_->received = 0;
  ServerName name = must(ServerName::parse(kServerName), "name");
  const auto make_client = [&] {
    const heap::Turn turn(heap::Owner::Client);
    return must(Connection::connect(client_, {std::move(name), "bench", nullptr}, moment),
                "connect");
  };
  const auto make_server = [&] {
    const heap::Turn turn(heap::Owner::Server);
    return must(Connection::accept(server_, {}, moment), "accept");
  };
  OwnPair pair{make_client(), make_server()};
  using heap::Owner;
  for (bool moved = true; moved;) {
    moved = move(pair.client, Owner::Client, pair.server, Owner::Server);
    {
      const heap::Turn turn(Owner::Server);
      drive(pair.server, moment, "our server");
    }
    moved |= move(pair.server, Owner::Server, pair.client, Owner::Client);
    {
      const heap::Turn turn(Owner::Client);
      drive(pair.client, moment, "our client");
    }
  }
  check(pair);
  return pair;
}

void OwnHandshakes::check(const OwnPair& pair) const {
  const Negotiated& client = pair.client.negotiated();
  const Negotiated& server = pair.server.negotiated();
  if (!pair.client.connected() || !pair.server.connected()) die("ours: not connected");
  if (client.peer.kind != PeerIdentity::Kind::X509 ||
      std::ranges::find(client.peer.dns_names, kServerName) == client.peer.dns_names.end()) {
    die("ours: the server's identity was not verified");
  }
  if (setup_.mutual && server.peer.kind != PeerIdentity::Kind::X509) {
    die("ours: the client's identity was not verified");
  }
  if (client.group != setup_.group || client.cipher_suite != setup_.suite) {
    die("ours: another group or suite");
  }
  if (client.resumed != setup_.resumed || server.resumed != setup_.resumed) {
    die("ours: resumed, or not, against what was asked for");
  }
  if (store_->received != setup_.tickets()) die("ours: a wrong number of tickets");
}

OwnBulk::OwnBulk(const Credentials& credentials, CipherSuiteId suite, std::size_t record,
                 OwnOptions options)
    : content_(record, 0x5a),
      sealing_(OwnHandshakes(credentials, {.suite = suite}, options).connect()),
      opening_(OwnHandshakes(credentials, {.suite = suite}, options).connect()),
      now_(now()) {}

void OwnBulk::seal(std::size_t records) {
  for (std::size_t i = 0; i < records; ++i) {
    if (!sealing_.server.write(content_, now_)) die("ours: write failed");
    sealing_.server.consume_output(sealing_.server.output().size());
  }
}

void OwnBulk::prepare(std::size_t records) {
  wire_.clear();
  for (std::size_t i = 0; i < records; ++i) {
    if (!opening_.server.write(content_, now_)) die("ours: write failed");
    const ByteView sealed = opening_.server.output();
    wire_.insert(wire_.end(), sealed.begin(), sealed.end());
    opening_.server.consume_output(sealed.size());
  }
}

void OwnBulk::open_all() {
  Connection& client = opening_.client;
  ByteView left = wire_;
  for (;;) {
    const Step step = client.advance(now_);
    if (const auto* need = std::get_if<NeedInput>(&step)) {
      if (left.empty()) return;
      // The copy stands for the kernel's.
      const std::size_t size = std::min(left.size(), std::max(need->hint, kReadAtLeast));
      const ByteSpan room = client.prepare(size);
      std::memcpy(room.data(), left.data(), size);
      client.commit(size);
      left = left.subspan(size);
      continue;
    }
    const auto* data = std::get_if<PlaintextReady>(&step);
    if (data == nullptr) die("ours: no data where data was sent");
    client.consume_plaintext(data->data.size());
  }
}

}  // namespace nautilus::bench
