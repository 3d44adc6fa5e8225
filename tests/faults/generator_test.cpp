// The random generator fails at each of its calls in turn: nothing leaves that lacks randomness.
#include <set>

#include "support/deterministic.hpp"
#include "support/scene.hpp"

namespace nautilus::test {
namespace {

/// The system's randomness, but for the k-th call from when it was armed on.
class FailingRandom final : public Random {
 public:
  /// 0: never fails, but counts.
  void arm(std::uint64_t fail_at) {
    calls_ = 0;
    fail_at_ = fail_at;
  }
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  [[nodiscard]] bool failed() const { return fail_at_ != 0 && calls_ >= fail_at_; }
  /// What it gave out since it was armed, in octets.
  [[nodiscard]] Result<void> fill(ByteSpan out) noexcept override {
    ++calls_;
    // Broken for good from then on.
    if (failed()) return fail(ErrorCode::RandomFailure, "no entropy");
    return default_provider()->random->fill(out);
  }

 private:
  std::uint64_t calls_ = 0;
  std::uint64_t fail_at_ = 0;
};

enum class Role : std::uint8_t { Client, Server };
enum class Course : std::uint8_t { Full, Retry, Resumed, Early };

struct Stage : Scene {
  std::shared_ptr<FailingRandom> random = std::make_shared<FailingRandom>();
  std::shared_ptr<const ClientConfig> client_config;
  std::shared_ptr<const ServerConfig> server_config;
  Course course;
  Role role;

  Stage(Course which, Role whose) : course(which), role(whose) {
    if (role == Role::Client) {
      client = ClientConfig::builder(provider_with(random));
      client.trust(authority.trust()).identity(authority.client()).session_store(store);
    } else {
      server = ServerConfig::builder(provider_with(random));
      server.trust(authority.trust()).identity(authority.server());
    }
    if (course == Course::Retry) client.groups({NamedGroup::X25519MLKEM768}).key_shares({});
    if (course == Course::Early) {
      client.early_data();
      server.early_data({make_memory_replay_register(*default_provider()->random).value()});
    }
    client_config = client.build().value();
    server_config = server.build().value();
  }
  /// Every play that is to resume needs a fresh ticket.
  void prepare() {
    random->arm(0);
    if (course == Course::Full || course == Course::Retry) {
      store = make_memory_session_store();
      client.session_store(store);
      client_config = client.build().value();
      random->arm(0);
      return;
    }
    Pipe first(client_config, server_config);
    first.run();
    expect_connected(first);
  }
};

struct Outcome {
  Result<Connection> client = fail(ErrorCode::Unreachable);
  Result<Connection> server = fail(ErrorCode::Unreachable);
};

/// The content types of the records in `octets`, and the rest that is not a whole record.
std::pair<std::vector<std::uint8_t>, std::size_t> records_in(ByteView octets) {
  std::vector<std::uint8_t> types;
  while (octets.size() >= 5) {
    const std::size_t size = 5 + ((std::size_t{octets[3]} << 8) | octets[4]);
    if (octets.size() < size) break;
    types.push_back(octets[0]);
    octets = octets.subspan(size);
  }
  return {types, octets.size()};
}

class Generator : public testing::TestWithParam<std::tuple<Course, Role>> {};

TEST_P(Generator, FailingAtAnyCallEndsTheHandshakeCleanly) {
  const auto [course, role] = GetParam();
  Stage stage(course, role);
  std::set<std::string> outcomes;
  for (std::uint64_t k = 1;; ++k) {
    SCOPED_TRACE("call " + std::to_string(k));
    stage.prepare();
    stage.random->arm(k);
    auto client = Connection::connect(
        stage.client_config, {ServerName::parse("server.test").value(), "target", nullptr}, kNow);
    if (!client) {
      // Not even a connection, so there is no ClientHello.
      EXPECT_EQ(role, Role::Client);
      EXPECT_TRUE(stage.random->failed());
      EXPECT_EQ(client.error().code, ErrorCode::RandomFailure);
      outcomes.insert("no connection");
      continue;
    }
    Endpoint a{std::move(*client), {}, false, false, {}};
    Endpoint b{Connection::accept(stage.server_config, {}, kNow).value(), {}, false, false, {}};
    if (a.connection.early_data_left() != 0) {
      ASSERT_TRUE(a.connection.write_early(as_bytes("early")));
    }
    Endpoint& tested = role == Role::Client ? a : b;
    Endpoint& other = role == Role::Client ? b : a;
    bool died = false;
    ByteVector to_other;
    const auto move = [&](Endpoint& from, Endpoint& to) {
      const ByteVector octets = to_vector(from.connection.output());
      if (octets.empty()) return false;
      from.connection.consume_output(octets.size());
      if (&from == &tested) to_other.insert(to_other.end(), octets.begin(), octets.end());
      const std::uint64_t calls_before = stage.random->calls();
      const bool failed_before = stage.random->failed();
      to.feed(octets, kNow, octets.size());
      if (&to == &tested && stage.random->failed() && !failed_before) {
        died = tested.error.has_value();
        if (died) {
          // The failure came in this call: what is waiting now is at most one alert, protected or
          // not, and never a message that lacks its randomness.
          const auto [types, rest] = records_in(tested.connection.output());
          EXPECT_EQ(rest, 0U);
          EXPECT_LE(types.size(), 1U) << "more than an alert, calls " << calls_before;
          for (const std::uint8_t type : types) EXPECT_TRUE(type == 21 || type == 23);
        }
      }
      return true;
    };
    while (move(a, b) || move(b, a)) {
    }
    if (!stage.random->failed()) {
      EXPECT_FALSE(a.error || b.error);
      EXPECT_TRUE(a.handshake_done && b.handshake_done);
      EXPECT_GT(k, 2U);
      break;
    }
    ASSERT_LT(k, 200U);
    if (tested.error) {
      EXPECT_EQ(tested.error->code, ErrorCode::RandomFailure) << describe(*tested.error);
      EXPECT_EQ(tested.connection.sent_alert(), AlertDescription::internal_error);
      EXPECT_FALSE(tested.connection.write(as_bytes("x"), kNow));
      EXPECT_TRUE(tested.connection.output().empty());
      ASSERT_TRUE(other.error);
      EXPECT_EQ(other.error->code, ErrorCode::PeerAlert) << describe(*other.error);
      EXPECT_EQ(records_in(to_other).second, 0U);
      outcomes.insert("alert");
    } else {
      // Only what may do without: a ticket is not sent, and the connection lives.
      EXPECT_TRUE(a.handshake_done && b.handshake_done);
      EXPECT_FALSE(other.error);
      EXPECT_EQ(role, Role::Server);
      outcomes.insert("no ticket");
    }
  }
  EXPECT_TRUE(outcomes.contains(role == Role::Client ? "no connection" : "alert"));
}

INSTANTIATE_TEST_SUITE_P(Courses, Generator,
                         testing::Combine(testing::Values(Course::Full, Course::Retry,
                                                          Course::Resumed, Course::Early),
                                          testing::Values(Role::Client, Role::Server)));

TEST(Generator, FailingWhenStoresAreMadeIsAnError) {
  FailingRandom random;
  random.arm(1);
  EXPECT_EQ(make_memory_replay_register(random).error().code, ErrorCode::RandomFailure);
  const auto shared = std::make_shared<FailingRandom>();
  for (const std::uint64_t k : {std::uint64_t{1}, std::uint64_t{2}}) {
    shared->arm(k);
    EXPECT_EQ(make_ticketer(provider_with(shared)).error().code, ErrorCode::RandomFailure);
  }
  // A config that makes its own ticketer says so when it is built.
  const TestAuthority authority;
  ServerConfigBuilder builder = ServerConfig::builder(provider_with(shared));
  builder.identity(authority.server());
  shared->arm(1);
  const auto built = builder.build();
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, ErrorCode::RandomFailure);
}

}  // namespace
}  // namespace nautilus::test
