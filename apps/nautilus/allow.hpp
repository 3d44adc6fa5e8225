// Who of the authenticated clients may enter: a certificate alone says who somebody is.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <nautilus/peer_identity.hpp>

namespace app {

/// `*` stands for any run of characters but a dot or slash; nothing else is special.
[[nodiscard]] bool glob(std::string_view pattern, std::string_view text);

struct AllowList {
  std::vector<std::string> dns;
  std::vector<std::string> uri;
  std::vector<std::string> cn;
  std::vector<std::string> key;  ///< SHA-256 of the SubjectPublicKeyInfo, hexadecimal
  bool all = false;

  void add_to(CLI::App& command);
  [[nodiscard]] bool empty() const noexcept {
    return !all && dns.empty() && uri.empty() && cn.empty() && key.empty();
  }
  [[nodiscard]] bool admits(const nautilus::PeerIdentity& peer) const;
  /// For people.
  [[nodiscard]] std::string text() const;
};

}  // namespace app
