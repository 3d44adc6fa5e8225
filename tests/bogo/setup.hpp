// From the shim's options to configurations of the library.
#pragma once

#include <memory>

#include <nautilus/config.hpp>

#include "bogo/options.hpp"

namespace nautilus::bogo {

/// A session store that also counts what comes in.
class CountingStore final : public ClientSessionStore {
 public:
  void put(std::string_view key, ClientSession session) override {
    ++received;
    with_early_data += session.max_early_data_size != 0 ? 1 : 0;
    inner_->put(key, std::move(session));
  }
  [[nodiscard]] std::optional<ClientSession> take(std::string_view key, TimePoint now) override {
    return inner_->take(key, now);
  }
  void set_group(std::string_view, NamedGroup) override {}
  [[nodiscard]] std::optional<NamedGroup> group(std::string_view) override { return std::nullopt; }

  int received = 0;
  int with_early_data = 0;

 private:
  std::shared_ptr<ClientSessionStore> inner_ = make_memory_session_store();
};

/// What outlives a connection, for all connections of one process.
struct Shared {
  std::shared_ptr<CountingStore> sessions;
  std::shared_ptr<Ticketer> ticketer;
  std::shared_ptr<ReplayRegister> replay;
};

/// What the verifier was shown in one connection.
struct Seen {
  std::vector<ByteVector> chain;
  std::optional<SelectIdentityRequest> asked;
  int credential = -2;  ///< the number of the one that signed
};

/// The identities of one connection, in the runner's order of preference.
struct Credentials {
  struct Item {
    Identity identity;
    int number;
    bool must_match_issuer;
  };
  std::vector<Item> items;

  /// What the runner demands: the first that fits; with some but none that fits, an error.
  [[nodiscard]] Result<std::optional<Identity>> select(const SelectIdentityRequest& request) const;
};

[[nodiscard]] Result<Credentials> load_credentials(const Options& options);

[[nodiscard]] Result<std::shared_ptr<const ClientConfig>> client_config(
    const Options& options, const Credentials& credentials, Shared& shared, Seen* seen);
[[nodiscard]] Result<std::shared_ptr<const ServerConfig>> server_config(
    const Options& options, const Credentials& credentials, Shared& shared, Seen* seen);

}  // namespace nautilus::bogo
