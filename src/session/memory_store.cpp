#include <list>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <nautilus/session/store.hpp>

namespace nautilus::inline v0 {
namespace {

/// Least recently used servers go first; each keeps a few sessions, newest last.
class MemorySessionStore final : public ClientSessionStore {
 public:
  MemorySessionStore(std::size_t max_servers, std::size_t max_sessions) noexcept
      : max_servers_(max_servers), max_sessions_(max_sessions) {}

  void put(std::string_view key, ClientSession session) override {
    const std::scoped_lock lock(mutex_);
    Server* server = touch(key);
    if (server == nullptr || max_sessions_ == 0) return;
    if (server->sessions.size() == max_sessions_) server->sessions.erase(server->sessions.begin());
    server->sessions.push_back(std::move(session));
  }

  std::optional<ClientSession> take(std::string_view key, TimePoint now) override {
    const std::scoped_lock lock(mutex_);
    Server* server = find(key);
    if (server == nullptr) return std::nullopt;
    while (!server->sessions.empty()) {
      ClientSession session = std::move(server->sessions.back());
      server->sessions.pop_back();
      if (!session.expired(now)) return session;
    }
    return std::nullopt;
  }

  void set_group(std::string_view key, NamedGroup group) override {
    const std::scoped_lock lock(mutex_);
    if (Server* server = touch(key)) server->group = group;
  }

  std::optional<NamedGroup> group(std::string_view key) override {
    const std::scoped_lock lock(mutex_);
    Server* server = find(key);
    return server != nullptr ? server->group : std::nullopt;
  }

 private:
  struct Server {
    std::string key;
    std::vector<ClientSession> sessions;
    std::optional<NamedGroup> group;
  };

  Server* find(std::string_view key) {
    const auto found = index_.find(std::string(key));
    return found == index_.end() ? nullptr : &*found->second;
  }

  /// The server's entry, made if need be, as the most recently used one.
  Server* touch(std::string_view key) {
    if (max_servers_ == 0) return nullptr;
    if (const auto found = index_.find(std::string(key)); found != index_.end()) {
      servers_.splice(servers_.begin(), servers_, found->second);
      return &servers_.front();
    }
    if (servers_.size() == max_servers_) {
      index_.erase(servers_.back().key);
      servers_.pop_back();
    }
    // Listed and indexed, or neither, if memory runs out.
    std::list<Server> fresh;
    fresh.push_front(Server{std::string(key), {}, {}});
    index_.emplace(fresh.front().key, fresh.begin());
    servers_.splice(servers_.begin(), fresh);
    return &servers_.front();
  }

  const std::size_t max_servers_;
  const std::size_t max_sessions_;
  std::mutex mutex_;
  std::list<Server> servers_;  // most recently used first
  std::unordered_map<std::string, std::list<Server>::iterator> index_;
};

}  // namespace

std::shared_ptr<ClientSessionStore> make_memory_session_store(std::size_t max_servers,
                                                              std::size_t max_sessions) {
  return std::make_shared<MemorySessionStore>(max_servers, max_sessions);
}

}  // namespace nautilus::inline v0
