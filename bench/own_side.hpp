// Handshakes and records of our own engine, both ends joined in memory through the public surface.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nautilus/connection.hpp>

#include "credentials.hpp"
#include "setup.hpp"

namespace nautilus::bench {

/// Both ends of one connection.
struct OwnPair {
  Connection client;
  Connection server;
};

struct OwnOptions {
  /// Null: the default provider.
  std::shared_ptr<const CryptoProvider> provider;
  /// Charges the verification of certificates to owners of its own, and counts heap by side.
  bool count_heap = false;
};

class OwnHandshakes {
 public:
  OwnHandshakes(const Credentials& credentials, const Setup& setup, OwnOptions options = {});
  ~OwnHandshakes();

  /// A whole handshake: both ends made, tickets sent and consumed, buffers drained, identities
  /// checked. Ends the program where anything is not as it must be.
  [[nodiscard]] OwnPair connect();
  /// The same, and both ends destroyed.
  void run() { (void)connect(); }

 private:
  class Store;
  void check(const OwnPair& pair) const;

  Setup setup_;
  std::shared_ptr<Store> store_;
  std::shared_ptr<const ClientConfig> client_;
  std::shared_ptr<const ServerConfig> server_;
};

/// Application data one way, from server to client.
class OwnBulk {
 public:
  OwnBulk(const Credentials& credentials, CipherSuiteId suite, std::size_t record,
          OwnOptions options = {});

  /// Seals that many records and drops them.
  void seal(std::size_t records);
  /// Seals that many records for `open_all`.
  void prepare(std::size_t records);
  /// Receives and opens what `prepare` left.
  void open_all();

 private:
  ByteVector content_;
  OwnPair sealing_;
  OwnPair opening_;
  ByteVector wire_;
  TimePoint now_;
};

}  // namespace nautilus::bench
