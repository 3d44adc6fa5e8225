// From the shim's options to configurations of the library.
#pragma once

#include <memory>

#include <nautilus/config.hpp>

#include "bogo/options.hpp"

namespace nautilus::bogo {

/// What outlives a connection, for all connections of one process.
struct Shared {
  std::shared_ptr<ClientSessionStore> sessions;
  std::shared_ptr<Ticketer> ticketer;
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
