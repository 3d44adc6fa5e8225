// Memory runs out at every single allocation of a connection's life: the error is clean, the
// connection dead, and everything given back.
#include <atomic>
#include <cstdlib>
#include <new>

#include "handshake/settings.hpp"
#include "support/deterministic.hpp"
#include "support/scene.hpp"

namespace nautilus::test {
namespace {

/// Counts what this thread allocates through `new`, and refuses the n-th while it is armed.
struct Allocator {
  std::int64_t live = 0;
  std::uint64_t armed_count = 0;
  std::uint64_t fail_at = 0;  ///< 0: never
  bool armed = false;
  bool failed = false;
};
thread_local Allocator allocator;

void* allocate(std::size_t size, std::size_t alignment) {
  if (allocator.armed && ++allocator.armed_count == allocator.fail_at) {
    allocator.failed = true;
    return nullptr;
  }
  size = std::max<std::size_t>(size, 1);
  void* memory =
      alignment <= alignof(std::max_align_t)
          ? std::malloc(size)
          : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory != nullptr) ++allocator.live;
  return memory;
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  if (void* memory = allocate(size, alignment)) return memory;
  throw std::bad_alloc();
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  --allocator.live;
  std::free(memory);
}

}  // namespace
}  // namespace nautilus::test

using nautilus::test::allocate;
using nautilus::test::allocate_or_throw;
using nautilus::test::release;

// NOLINTBEGIN(misc-new-delete-overloads)
void* operator new(std::size_t size) { return allocate_or_throw(size, 1); }
void* operator new[](std::size_t size) { return allocate_or_throw(size, 1); }
void* operator new(std::size_t size, std::align_val_t at) {
  return allocate_or_throw(size, static_cast<std::size_t>(at));
}
void* operator new[](std::size_t size, std::align_val_t at) {
  return allocate_or_throw(size, static_cast<std::size_t>(at));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { release(memory); }
// NOLINTEND(misc-new-delete-overloads)

namespace nautilus::test {
namespace {

/// Allocations fail only within its life: inside calls to the side under test.
class Armed {
 public:
  explicit Armed(bool on) { allocator.armed = on; }
  ~Armed() { allocator.armed = false; }
  Armed(const Armed&) = delete;
  Armed& operator=(const Armed&) = delete;
};

enum class Role : std::uint8_t { Client, Server };
enum class Story : std::uint8_t {
  Full,
  Resumed,
  Retry,
  Early,
  Bulk,
  KeyUpdate,
  Exporter,
  Close,
  Answers
};
constexpr std::array kStories{Story::Full,     Story::Resumed, Story::Retry,
                              Story::Early,    Story::Bulk,    Story::KeyUpdate,
                              Story::Exporter, Story::Close,   Story::Answers};
constexpr std::array kStoryNames{"Full",      "Resumed",  "Retry", "Early",  "Bulk",
                                 "KeyUpdate", "Exporter", "Close", "Answers"};

/// One side, with failures inside its calls alone if it is the one under test.
struct Actor {
  std::optional<Connection> connection;
  bool tested = false;
  bool done = false;
  bool closed = false;
  std::optional<Error> error;  ///< the first, from whichever call
  std::size_t received = 0;

  template <class Call>
  auto call(Call call) {
    const Armed armed(tested);
    return call(*connection);
  }
  /// Calls that may fail; the first error is kept.
  template <class Call>
  void attempt(Call what) {
    if (!connection || error) return;
    auto result = call(what);
    if (!result && !error) error = result.error();
  }
  void drive() {
    if (!connection) return;
    for (;;) {
      const Step step = call([](Connection& c) { return c.advance(kNow); });
      if (const auto* data = std::get_if<PlaintextReady>(&step)) {
        EXPECT_FALSE(error) << "plaintext after the failure";
        received += data->data.size();
        call([&](Connection& c) { c.consume_plaintext(data->data.size()); });
      } else if (std::holds_alternative<HandshakeDone>(step)) {
        EXPECT_FALSE(error);
        done = true;
      } else if (const auto* suspended = std::get_if<Suspended>(&step)) {
        (void)call([&](Connection& c) { return c.resume(suspended->id, kNow); });
      } else {
        closed = closed || std::holds_alternative<PeerClosed>(step);
        if (const auto* failed = std::get_if<Failed>(&step); failed != nullptr && !error) {
          error = failed->error;
        }
        return;
      }
    }
  }
  void feed(ByteView octets) {
    if (!connection) return;
    // No more than a record at once, so that the input has to grow.
    while (!octets.empty()) {
      const std::size_t size = std::min<std::size_t>(octets.size(), 20000);
      const ByteSpan room = call([&](Connection& c) { return c.prepare(size); });
      if (room.size() < size) {
        EXPECT_TRUE(connection->error()) << "no room on a living connection";
        return drive();
      }
      std::copy_n(octets.begin(), size, room.begin());
      call([&](Connection& c) { c.commit(size); });
      octets = octets.subspan(size);
      drive();
    }
  }
};

/// Takes all early data and remembers none of it, so that a play leaves nothing behind.
class FreshRegister final : public ReplayRegister {
 public:
  [[nodiscard]] ByteView domain() const noexcept override { return domain_; }
  [[nodiscard]] Eventually<ReplayVerdict> check(ByteView, TimePoint,
                                                std::chrono::milliseconds) override {
    return Result<ReplayVerdict>(ReplayVerdict::Fresh);
  }

 private:
  std::array<std::uint8_t, 2> domain_{1, 2};
};

struct Cast {
  TestAuthority authority;
  Identity client_identity = authority.client();
  Identity server_identity = authority.server();
  std::shared_ptr<Ticketer> ticketer = make_ticketer(default_provider()).value();
  std::shared_ptr<const ServerConfig> server;
  std::shared_ptr<const ServerConfig> early_server;
  std::shared_ptr<const ServerConfig> asking_server;
  std::vector<RequestKind> kinds{RequestKind::SelectIdentity, RequestKind::KeyExchange,
                                 RequestKind::Sign, RequestKind::VerifyCertificate,
                                 RequestKind::OpenTicket};
  std::string bulk = std::string(65536, 'x');

  Cast() {
    ServerConfigBuilder builder = ServerConfig::builder();
    builder.trust(authority.trust()).identity(server_identity).ticketer(ticketer);
    server = builder.build().value();
    builder.suspend_on(kinds);
    asking_server = builder.build().value();
    builder.suspend_on({});
    builder.early_data({std::make_shared<FreshRegister>()});
    early_server = builder.build().value();
  }
  [[nodiscard]] std::shared_ptr<const ClientConfig> client(
      Story story, std::shared_ptr<ClientSessionStore> store) const {
    ClientConfigBuilder builder = ClientConfig::builder();
    builder.trust(authority.trust()).identity(client_identity).session_store(std::move(store));
    if (story == Story::Retry) {
      builder.groups({NamedGroup::X25519MLKEM768}).key_shares({});
    }
    if (story == Story::Early) builder.early_data();
    if (story == Story::Answers) builder.suspend_on(kinds);
    return builder.build().value();
  }
  /// Spare buffers outlive connections; without them, whatever remains has leaked.
  void drop_spares(const ClientConfig& client) const {
    for (const handshake::CommonSettings* settings :
         {static_cast<const handshake::CommonSettings*>(&client.settings()),
          static_cast<const handshake::CommonSettings*>(&server->settings()),
          static_cast<const handshake::CommonSettings*>(&early_server->settings()),
          static_cast<const handshake::CommonSettings*>(&asking_server->settings())}) {
      settings->spares->input.clear();
      settings->spares->output.clear();
    }
  }
};

/// Keeps one session and gives out copies of it, so that every run resumes the same way.
class OneSession final : public ClientSessionStore {
 public:
  explicit OneSession(bool resumes) : resumes_(resumes) {}
  void put(std::string_view, ClientSession session) override {
    if (!session_) session_ = std::move(session);
  }
  std::optional<ClientSession> take(std::string_view, TimePoint) override {
    if (!session_ || !resumes_) return std::nullopt;
    return session_->clone();
  }
  void set_group(std::string_view, NamedGroup) override {}
  std::optional<NamedGroup> group(std::string_view) override { return std::nullopt; }

 private:
  bool resumes_;
  std::optional<ClientSession> session_;
};

class Scenario {
 public:
  Scenario(const Cast& cast, std::shared_ptr<const ClientConfig> client_config, Story story,
           Role role)
      : cast_(&cast), story_(story) {
    client.tested = role == Role::Client;
    server.tested = role == Role::Server;
    {
      ConnectOptions options{ServerName::parse("server.test").value(), "target", nullptr};
      const Armed armed(client.tested);
      auto made = Connection::connect(std::move(client_config), std::move(options), kNow);
      if (made) client.connection.emplace(std::move(*made));
      if (!made) client.error = made.error();
    }
    {
      auto config = story == Story::Early     ? cast.early_server
                    : story == Story::Answers ? cast.asking_server
                                              : cast.server;
      const Armed armed(server.tested);
      auto made = Connection::accept(std::move(config), {}, kNow);
      if (made) server.connection.emplace(std::move(*made));
      if (!made) server.error = made.error();
    }
  }

  void play() {
    if (client.connection && client.connection->early_data_left() != 0) {
      client.attempt([](Connection& c) { return c.write_early(as_bytes("early")); });
    }
    settle();
    const auto both = [&](auto what) {
      if (client.done) client.attempt(what);
      if (server.done) server.attempt(what);
      settle();
    };
    switch (story_) {
      case Story::Bulk:
        both([&](Connection& c) { return c.write(as_bytes(cast_->bulk), kNow); });
        break;
      case Story::KeyUpdate:
        both([](Connection& c) { return c.update_keys(KeyUpdateMode::Both, kNow); });
        both([](Connection& c) { return c.write(as_bytes("new"), kNow); });
        break;
      case Story::Exporter:
        both([](Connection& c) {
          std::array<std::uint8_t, 48> out{};
          return c.export_keying_material("label", as_bytes("context"), out);
        });
        break;
      case Story::Close:
        both([](Connection& c) { return c.close(kNow); });
        break;
      default:
        break;
    }
  }

  /// After its failure the tested side says so whatever it is asked.
  void expect_dead(const Actor& actor) {
    ASSERT_TRUE(actor.error);
    if (!actor.connection) return;
    Connection& c = const_cast<Connection&>(*actor.connection);
    EXPECT_TRUE(c.error());
    EXPECT_EQ(c.error()->code, actor.error->code);
    EXPECT_FALSE(c.connected());
    EXPECT_FALSE(c.can_write());
    EXPECT_FALSE(c.can_write_half_rtt());
    EXPECT_EQ(c.early_data_left(), 0U);
    EXPECT_EQ(c.pending(), nullptr);
    EXPECT_TRUE(std::holds_alternative<Failed>(c.advance(kNow)));
    const std::size_t waiting = c.output().size();
    EXPECT_FALSE(c.write(as_bytes("x"), kNow));
    EXPECT_FALSE(c.write_early(as_bytes("x")));
    EXPECT_FALSE(c.write_half_rtt(as_bytes("x")));
    EXPECT_FALSE(c.update_keys(KeyUpdateMode::Own, kNow));
    EXPECT_FALSE(c.close(kNow));
    c.cancel(kNow);
    EXPECT_EQ(c.resume(1, kNow).error().code, ErrorCode::UnknownRequest);
    std::array<std::uint8_t, 32> out{};
    EXPECT_FALSE(c.export_keying_material("label", {}, out));
    EXPECT_EQ(out, (std::array<std::uint8_t, 32>{}));
    EXPECT_EQ(c.output().size(), waiting) << "a dead connection goes on talking";
    EXPECT_TRUE(std::holds_alternative<Failed>(c.advance(kNow)));
  }

  /// What the tested side sent up to its end is well formed: the other ends with its alert, or
  /// with nothing worse than the end of the transport.
  void expect_understood(Actor& other) {
    if (!other.connection) return;
    other.connection->commit_eof();
    other.drive();
    if (!other.error) return;  // close_notify came before the failure
    EXPECT_TRUE(other.error->code == ErrorCode::PeerAlert ||
                other.error->code == ErrorCode::Truncated)
        << describe(*other.error);
    if (other.error->code == ErrorCode::PeerAlert) {
      EXPECT_EQ(other.error->peer_alert, AlertDescription::internal_error);
    }
  }

  Actor client;
  Actor server;

 private:
  bool move(Actor& from, Actor& to) {
    if (!from.connection || from.connection->output().empty()) return false;
    const ByteVector octets = to_vector(from.connection->output());
    from.call([&](Connection& c) { c.consume_output(octets.size()); });
    to.feed(octets);
    return true;
  }
  void settle() {
    client.drive();
    server.drive();
    while (move(client, server) || move(server, client)) {
    }
  }

  const Cast* cast_;
  Story story_;
};

using Case = std::tuple<Story, Role>;
class OutOfMemory : public testing::TestWithParam<Case> {};

TEST_P(OutOfMemory, EndsCleanlyWhereverItStrikes) {
  const auto [story, role] = GetParam();
  static const Cast cast;
  const auto store = std::make_shared<OneSession>(story == Story::Resumed || story == Story::Early);
  const auto config = cast.client(story, store);
  const auto play = [&](std::uint64_t fail_at, const auto& look) {
    allocator.fail_at = 0;
    std::shared_ptr<const ClientConfig> client_config = config;
    allocator.armed_count = 0;
    allocator.failed = false;
    allocator.fail_at = fail_at;
    Scenario run(cast, client_config, story, role);
    run.play();
    allocator.fail_at = 0;
    look(run, role == Role::Client ? run.client : run.server,
         role == Role::Client ? run.server : run.client);
  };
  const auto untouched = [&](Scenario& run, Actor&, Actor&) {
    EXPECT_FALSE(run.client.error) << describe(*run.client.error);
    EXPECT_FALSE(run.server.error) << describe(*run.server.error);
    EXPECT_TRUE(run.client.done && run.server.done);
    EXPECT_TRUE(story != Story::Bulk || run.client.received == cast.bulk.size());
    EXPECT_TRUE(story != Story::Resumed || run.client.connection->negotiated().resumed);
  };
  // The first run fills caches and brings the session.
  play(0, [](Scenario&, Actor&, Actor&) {});
  cast.drop_spares(*config);
  std::uint64_t failures = 0;
  for (std::uint64_t n = 1;; ++n) {
    SCOPED_TRACE("allocation " + std::to_string(n));
    const std::int64_t before = allocator.live;
    bool struck = false;
    play(n, [&](Scenario& run, Actor& tested, Actor& other) {
      struck = allocator.failed;
      if (!struck) return untouched(run, tested, other);
      ++failures;
      run.expect_dead(tested);
      EXPECT_TRUE(!tested.error || tested.error->code == ErrorCode::OutOfMemory)
          << describe(*tested.error);
      run.expect_understood(other);
    });
    cast.drop_spares(*config);
    EXPECT_EQ(allocator.live, before) << "leaked";
    if (!struck || HasFailure()) break;
  }
  RecordProperty("failures", std::to_string(failures));
  EXPECT_GT(failures, 3U);
}

/// What is made before there is a connection may throw `std::bad_alloc` itself; all of it is given
/// back, and what could be made afterwards is sound.
template <class Make>
void sweep_making(Make make) {
  make();  // fills caches
  for (std::uint64_t n = 1;; ++n) {
    SCOPED_TRACE("allocation " + std::to_string(n));
    const std::int64_t before = allocator.live;
    allocator.armed_count = 0;
    allocator.failed = false;
    allocator.fail_at = n;
    bool made = false;
    try {
      const Armed armed(true);
      made = make();
    } catch (const std::bad_alloc&) {
      made = false;
    }
    allocator.fail_at = 0;
    EXPECT_EQ(allocator.live, before) << "leaked";
    if (!allocator.failed) {
      EXPECT_TRUE(made);
      return;
    }
    ASSERT_FALSE(testing::Test::HasFailure());
  }
}

TEST(OutOfMemoryBefore, ClientConfig) {
  const TestAuthority authority;
  const TrustStore trust = authority.trust();
  const Identity identity = authority.client();
  const auto provider = default_provider();
  sweep_making([&] {
    ClientConfigBuilder builder = ClientConfig::builder(provider);
    builder.trust(trust).identity(identity).application_protocols({"a", "b"});
    builder.session_store(make_memory_session_store());
    builder.external_psk({ByteVector(16, 1), SecretBytes(std::size_t{32}), {}, PskHash::Sha256});
    return builder.build().has_value();
  });
}

TEST(OutOfMemoryBefore, ServerConfig) {
  const TestAuthority authority;
  const TrustStore trust = authority.trust();
  const Identity identity = authority.server();
  const auto provider = default_provider();
  sweep_making([&] {
    ServerConfigBuilder builder = ServerConfig::builder(provider);
    builder.trust(trust).identity(identity).application_protocols({"a", "b"});
    builder.early_data({make_memory_replay_register(*provider->random).value()});
    return builder.build().has_value();
  });
}

TEST(OutOfMemoryBefore, DeadConnectionAndStores) {
  sweep_making([] { return Connection::failed(Error{ErrorCode::ApiMisuse}).error().has_value(); });
  sweep_making([] { return make_ticketer(default_provider()).has_value(); });
  sweep_making([] { return ServerName::parse("a-rather-long-name.example").has_value(); });
}

/// A store that runs out of memory keeps working, and drops what it could not keep.
TEST(OutOfMemoryBefore, MemoryStoreStaysSound) {
  for (std::uint64_t n = 1; n < 12; ++n) {
    const auto store = make_memory_session_store(2, 2);
    for (const char* key : {"a", "b", "c", "a", "c"}) {
      ClientSession session;
      session.psk = SecretBytes(std::size_t{32});
      session.received_at = kNow;
      session.lifetime = std::chrono::seconds(100);
      session.peer.expires = TimePoint::max();
      const std::string long_key = std::string(40, 'k') + key;
      allocator.armed_count = 0;
      allocator.fail_at = n;
      try {
        const Armed armed(true);
        store->put(long_key, std::move(session));
      } catch (const std::bad_alloc&) {
      }
      allocator.fail_at = 0;
      (void)store->take(long_key, kNow);
      store->set_group(long_key, NamedGroup::x25519);
      EXPECT_EQ(store->group(long_key), NamedGroup::x25519);
    }
  }
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  const auto [story, role] = info.param;
  return std::string(kStoryNames[static_cast<std::size_t>(story)]) +
         (role == Role::Client ? "Client" : "Server");
}
INSTANTIATE_TEST_SUITE_P(Stories, OutOfMemory,
                         testing::Combine(testing::ValuesIn(kStories),
                                          testing::Values(Role::Client, Role::Server)),
                         case_name);

}  // namespace
}  // namespace nautilus::test
