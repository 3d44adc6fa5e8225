// Options that serve and connect share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <nautilus/config.hpp>
#include <nautilus/connection.hpp>

#include "report.hpp"

namespace app {

struct CommonOptions {
  std::string ca;
  std::vector<std::string> identity;
  std::string psk;
  std::string policy = "modern";
  std::vector<std::string> groups;
  std::vector<std::string> suites;
  std::vector<std::string> alpn;
  std::string crypto = "auto";
  std::string key_log;
  std::vector<std::string> exports;
  bool channel_binding = false;
  unsigned timeout = 10;
  unsigned record_size_limit = 0;
  unsigned max_record = 16384;
  unsigned pad = 1;
  bool json = false;

  void add_to(CLI::App& command);
};

/// What the options say, applied to either builder; nothing or the failure.
template <class Builder>
[[nodiscard]] std::optional<Failure> apply(const CommonOptions& options,
                                           const nautilus::CryptoProvider& provider,
                                           Builder& builder);

/// The groups of these names.
[[nodiscard]] nautilus::Result<std::vector<nautilus::NamedGroup>> parse_groups(
    const std::vector<std::string>& names, const nautilus::CryptoProvider& provider);

/// Puts the keying material that was asked for into `out`, by label.
void add_exports(const CommonOptions& options, const nautilus::Connection& connection,
                 nlohmann::json& out);

/// The option `--crypto`, and the provider it chooses.
void add_crypto_to(CLI::App& command, std::string& crypto);
[[nodiscard]] nautilus::Result<std::shared_ptr<const nautilus::CryptoProvider>> provider_for(
    const std::string& crypto);

}  // namespace app
