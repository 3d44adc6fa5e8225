// Every octet of a handshake changed, dropped, doubled, or made the last one: never are both sides
// connected with different transcripts, every change ends in a named error, and the few places
// where a change means nothing are listed here, each with its reason.
//
// The handshake is mutual authentication over X25519MLKEM768 with Ed25519 certificates. All
// randomness is seeded and Ed25519 signs without any, so up to the change every run sends the same
// octets. MUTATION_STRIDE says how many offsets of a record's body are passed over; 1 is all.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include <nautilus/connection.hpp>

#include "support/deterministic.hpp"
#include "support/pki.hpp"

namespace nautilus::test {
namespace {

constexpr std::string_view kUp = "from the client";
constexpr std::string_view kDown = "from the server";

enum class Way : std::uint8_t { ToServer, ToClient };
enum class Change : std::uint8_t { FlipBit, FlipAll, Drop, Double, CutHere };
constexpr std::array kChanges{Change::FlipBit, Change::FlipAll, Change::Drop, Change::Double,
                              Change::CutHere};

const char* name_of(Change change) {
  constexpr std::array kNames{"one bit flipped", "all bits flipped", "dropped", "doubled",
                              "the stream ends here"};
  return kNames[static_cast<std::size_t>(change)];
}

/// One change to the octets that travel one way, by offset in the whole stream.
class Tamper {
 public:
  using Edit = std::function<void(ByteVector& octets, std::size_t at)>;

  /// Calls `edit` with the octet at `offset` (and whatever arrives with it) in its hand.
  Tamper(std::size_t offset, Edit edit) : offset_(offset), edit_(std::move(edit)) {}

  void operator()(ByteVector& octets) {
    const std::size_t begin = std::exchange(seen_, seen_ + octets.size());
    if (ended_) octets.clear();
    if (offset_ < begin || offset_ >= seen_) return;
    edit_(octets, offset_ - begin);
    ended_ = cut_;
  }
  static Tamper make(std::size_t offset, Change change) {
    Tamper tamper(offset, [change](ByteVector& octets, std::size_t at) {
      const auto here = octets.begin() + static_cast<std::ptrdiff_t>(at);
      switch (change) {
        case Change::FlipBit:
          // Another bit at each offset.
          *here ^= static_cast<std::uint8_t>(1U << (at % 8));
          break;
        case Change::FlipAll:
          *here ^= 0xFF;
          break;
        case Change::Drop:
          octets.erase(here);
          break;
        case Change::Double:
          octets.insert(here, *here);
          break;
        case Change::CutHere:
          octets.erase(here, octets.end());
          break;
      }
    });
    tamper.cut_ = change == Change::CutHere;
    return tamper;
  }

 private:
  std::size_t offset_;
  Edit edit_;
  std::size_t seen_ = 0;
  bool cut_ = false;
  bool ended_ = false;
};

/// One side, and everything that became of it.
struct End {
  explicit End(Connection made) : connection(std::move(made)) {}

  void feed(ByteView octets) {
    const ByteSpan room = connection.prepare(octets.size());
    ASSERT_GE(room.size(), octets.size());
    std::copy(octets.begin(), octets.end(), room.begin());
    connection.commit(octets.size());
  }
  void drive() {
    for (;;) {
      const Step step = connection.advance(kNow);
      if (const auto* data = std::get_if<PlaintextReady>(&step)) {
        received += as_text(data->data);
        connection.consume_plaintext(data->data.size());
      } else if (std::holds_alternative<HandshakeDone>(step)) {
        done = true;
        exporter.resize(32);
        EXPECT_TRUE(connection.export_keying_material("EXPORTER-test", {}, exporter));
      } else {
        return;
      }
    }
  }
  ByteVector take() {
    ByteVector out = to_vector(connection.output());
    connection.consume_output(out.size());
    return out;
  }

  Connection connection;
  bool done = false;
  ByteVector exporter;
  std::string received;
};

struct Outcome {
  bool both_done = false;
  bool same_transcript = false;
  bool success = false;  ///< both done, data both ways, closed both ways
  std::optional<Error> client;
  std::optional<Error> server;
  std::array<ByteVector, 2> sent;  ///< by Way, before any change
};

/// The cast, made once: certificates differ from one program run to the next, not within one.
class Stage {
 public:
  static Stage& get() {
    static Stage stage;
    return stage;
  }

  Outcome run(std::optional<Way> way = {}, std::optional<Tamper> tamper = {}) {
    client_random_->seed(1);
    server_random_->seed(2);
    End client(
        Connection::connect(client_, {ServerName::parse("server.test").value(), "", nullptr}, kNow)
            .value());
    End server(Connection::accept(server_, {}, kNow).value());
    Outcome out;
    const auto move = [&](End& from, End& to, Way direction) {
      ByteVector octets = from.take();
      if (octets.empty()) return false;
      ByteVector& log = out.sent[static_cast<std::size_t>(direction)];
      log.insert(log.end(), octets.begin(), octets.end());
      if (way == direction) (*tamper)(octets);
      to.feed(octets);
      to.drive();
      return true;
    };
    const auto pump = [&] {
      while (move(client, server, Way::ToServer) || move(server, client, Way::ToClient)) {
      }
    };
    pump();
    for (std::size_t i = 0; i < out.sent.size(); ++i) handshake_size_[i] = out.sent[i].size();
    out.both_done = client.done && server.done;
    out.same_transcript = client.exporter == server.exporter;
    if (out.both_done && !client.connection.error() && !server.connection.error()) {
      EXPECT_TRUE(client.connection.write(as_bytes(kUp), kNow));
      EXPECT_TRUE(server.connection.write(as_bytes(kDown), kNow));
      pump();
      (void)client.connection.close(kNow);
      (void)server.connection.close(kNow);
      pump();
      out.success = client.received == kDown && server.received == kUp &&
                    client.connection.peer_closed() && server.connection.peer_closed();
    }
    for (End* end : {&client, &server}) {
      end->connection.commit_eof();
      end->drive();
    }
    out.client = client.connection.error();
    out.server = server.connection.error();
    // Nothing but what was said is ever heard.
    EXPECT_TRUE(client.received.empty() || client.received == kDown);
    EXPECT_TRUE(server.received.empty() || server.received == kUp);
    return out;
  }

  /// What travels that way until both sides are done.
  [[nodiscard]] const ByteVector& stream(Way way) const {
    return reference_[static_cast<std::size_t>(way)];
  }

 private:
  Stage() {
    client_ = ClientConfig::builder(provider_with(client_random_))
                  .trust(authority_.trust())
                  .identity(authority_.client(KeyType::Ed25519))
                  .groups({NamedGroup::X25519MLKEM768, NamedGroup::x25519})
                  .build()
                  .value();
    server_ = ServerConfig::builder(provider_with(server_random_))
                  .trust(authority_.trust())
                  .identity(authority_.server(KeyType::Ed25519))
                  .ticketer(nullptr)
                  .build()
                  .value();
    Outcome reference = run();
    for (std::size_t i = 0; i < reference_.size(); ++i) {
      reference_[i] = reference.sent[i];
      reference_[i].resize(handshake_size_[i]);
    }
  }

  TestAuthority authority_{"Test CA", KeyType::Ed25519};
  std::shared_ptr<SeededRandom> client_random_ = std::make_shared<SeededRandom>();
  std::shared_ptr<SeededRandom> server_random_ = std::make_shared<SeededRandom>();
  std::shared_ptr<const ClientConfig> client_;
  std::shared_ptr<const ServerConfig> server_;
  std::array<std::size_t, 2> handshake_size_{};
  std::array<ByteVector, 2> reference_;
};

struct RecordAt {
  std::uint8_t type;
  std::size_t begin;
  std::size_t end;
};

std::vector<RecordAt> records_of(ByteView stream) {
  std::vector<RecordAt> out;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t end =
        at + 5 + ((static_cast<std::size_t>(stream[at + 3]) << 8) | stream[at + 4]);
    out.push_back({stream[at], at, end});
    at = end;
  }
  return out;
}

constexpr std::uint8_t kChangeCipherSpec = 20;
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kApplicationData = 23;

/// The changes that mean nothing: the minor octet of legacy_record_version in a record in the clear
/// (RFC 9846 §5.1: ignored; in a protected record it is authenticated). Each way there are two such
/// records: a hello, and the compatibility change_cipher_spec right after it.
bool harmless(const std::vector<RecordAt>& records, std::size_t offset, Change change) {
  if (change != Change::FlipBit && change != Change::FlipAll) return false;
  return offset == records[0].begin + 2 || offset == records[1].begin + 2;
}

/// Named, and the peer's fault: nobody's own failure, and no contradiction inside the library.
bool named(const Error& error) {
  const ErrorOrigin origin = origin_of(error.code);
  return origin == ErrorOrigin::PeerMisbehaved || origin == ErrorOrigin::Incompatible ||
         origin == ErrorOrigin::PeerCertificate;
}

void judge(const Outcome& outcome, bool expected) {
  EXPECT_EQ(outcome.success, expected);
  if (outcome.both_done) {
    EXPECT_TRUE(outcome.same_transcript);
  }
  if (expected) return;
  // One side notices and says why, the other hears it or finds the stream at its end.
  ASSERT_TRUE(outcome.client && outcome.server);
  const auto noticed = [](const Error& e) { return e.code != ErrorCode::PeerAlert; };
  EXPECT_TRUE(noticed(*outcome.client) || noticed(*outcome.server));
  for (const auto& error : {outcome.client, outcome.server}) {
    EXPECT_TRUE(error->code == ErrorCode::PeerAlert ? error->peer_alert.has_value() : named(*error))
        << describe(*error);
  }
}

class Mutation : public testing::TestWithParam<Way> {
 protected:
  Stage& stage_ = Stage::get();
  const ByteVector& stream_ = stage_.stream(GetParam());
  std::vector<RecordAt> records_ = records_of(stream_);
};

TEST_P(Mutation, TheStreamIsWhatTheListSays) {
  std::vector<std::uint8_t> types;
  for (const RecordAt& record : records_) types.push_back(record.type);
  EXPECT_EQ(types, (std::vector<std::uint8_t>{kHandshake, kChangeCipherSpec, kApplicationData}));
  EXPECT_EQ(records_.back().end, stream_.size());
  EXPECT_TRUE(stage_.run().success);
  // Twice the same octets: offsets mean the same in every run.
  EXPECT_EQ(stage_.run().sent, stage_.run().sent);
}

TEST_P(Mutation, OfEveryOctet) {
  std::size_t tried = 0;
  std::map<std::string, std::size_t> endings;
  for (const RecordAt& record : records_) {
    for (std::size_t offset = record.begin; offset < record.end; ++offset) {
      // Always the header, the handshake header and the end of a record.
      const bool edge = offset < record.begin + 16 || offset + 4 >= record.end;
      if (!edge && (offset - record.begin) % MUTATION_STRIDE != 0) continue;
      for (const Change change : kChanges) {
        SCOPED_TRACE(testing::Message() << "offset " << offset << ": " << name_of(change));
        const Outcome outcome = stage_.run(GetParam(), Tamper::make(offset, change));
        judge(outcome, harmless(records_, offset, change));
        ++tried;
        const auto& error = GetParam() == Way::ToServer ? outcome.server : outcome.client;
        ++endings[outcome.success ? "success" : std::string(to_string(error->code))];
        if (HasFailure()) return;
      }
    }
  }
  EXPECT_EQ(endings["success"], 4U) << "two records in the clear, two ways to flip";
  std::string account;
  for (const auto& [ending, count] : endings) account += ending + " " + std::to_string(count) + " ";
  RecordProperty("endings", account);
  std::cout << tried << " changes: " << account << '\n';
}

/// Whole records dropped, doubled and exchanged: it is all the same only to change_cipher_spec,
/// which is dropped between the first ClientHello and the peer's Finished (RFC 9846 §5).
TEST_P(Mutation, OfWholeRecords) {
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const RecordAt record = records_[i];
    const std::size_t size = record.end - record.begin;
    const bool compatibility = record.type == kChangeCipherSpec;
    for (const bool twice : {false, true}) {
      SCOPED_TRACE(testing::Message() << "record " << i << (twice ? " doubled" : " dropped"));
      judge(stage_.run(GetParam(), Tamper(record.begin,
                                          [&](ByteVector& octets, std::size_t at) {
                                            const auto begin =
                                                octets.begin() + static_cast<std::ptrdiff_t>(at);
                                            const auto end =
                                                begin + static_cast<std::ptrdiff_t>(size);
                                            if (twice) {
                                              const ByteVector copy(begin, end);
                                              octets.insert(end, copy.begin(), copy.end());
                                            } else {
                                              octets.erase(begin, end);
                                            }
                                          })),
            compatibility);
    }
  }
}

TEST_P(Mutation, OfTheOrderOfRecords) {
  for (std::size_t i = 0; i + 1 < records_.size(); ++i) {
    const RecordAt first = records_[i];
    const std::size_t both = records_[i + 1].end - first.begin;
    SCOPED_TRACE(testing::Message() << "records " << i << " and " << i + 1 << " exchanged");
    bool together = true;
    const Outcome outcome = stage_.run(
        GetParam(), Tamper(first.begin, [&](ByteVector& octets, std::size_t at) {
          together = at + both <= octets.size();
          if (!together) return;
          const auto begin = octets.begin() + static_cast<std::ptrdiff_t>(at);
          std::rotate(begin, begin + static_cast<std::ptrdiff_t>(first.end - first.begin),
                      begin + static_cast<std::ptrdiff_t>(both));
        }));
    // The client's hello and its second flight never travel together.
    EXPECT_EQ(together, GetParam() == Way::ToClient || i == 1);
    // change_cipher_spec may well precede ServerHello; after Finished it may not come.
    if (together) judge(outcome, GetParam() == Way::ToClient && i == 0);
  }
}

INSTANTIATE_TEST_SUITE_P(BothWays, Mutation, testing::Values(Way::ToServer, Way::ToClient),
                         [](const auto& way) {
                           return way.param == Way::ToServer ? "ToServer" : "ToClient";
                         });

}  // namespace
}  // namespace nautilus::test
