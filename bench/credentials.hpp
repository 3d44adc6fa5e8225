// The certificates both libraries use: a root as anchor, and leaves for one server and one client.
#pragma once

#include <string>

#include <nautilus/pki/issue.hpp>

namespace nautilus::bench {

inline constexpr const char* kServerName = "server.bench.test";

struct Leaf {
  std::string certificate;  ///< PEM
  std::string key;          ///< PEM
};

struct Credentials {
  std::string root;  ///< PEM
  Leaf server;
  Leaf client;
};

/// All keys of one type.
[[nodiscard]] Credentials make_credentials(KeyType type);

}  // namespace nautilus::bench
