#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <nautilus/version.hpp>

#include "commands.hpp"
#include "options.hpp"
#include "report.hpp"

namespace app {

Command add_info(CLI::App& parent) {
  CLI::App* command = parent.add_subcommand("info", "Version, backends and what they offer here");
  auto json = std::make_shared<bool>(false);
  auto crypto = std::make_shared<std::string>("auto");
  command->add_flag("--json", *json, "as JSON");
  add_crypto_to(*command, *crypto);
  return [json, crypto] {
    const auto chosen = provider_for(*crypto);
    if (!chosen) {
      local_failure(chosen.error(), "--crypto", "`nautilus info` lists what there is").print();
      return static_cast<int>(kLocal);
    }
    const nautilus::CryptoProvider& provider = **chosen;
    nlohmann::json out{{"version", nautilus::kVersion}};
    for (const auto& backend : provider.backends) {
      out["backends"].push_back({{"name", backend.name},
                                 {"version", backend.version},
                                 {"available", backend.available},
                                 {"note", backend.note}});
    }
    for (const auto& group : provider.groups) {
      out["groups"].push_back({{"name", std::string(nautilus::to_string(group->id()))},
                               {"backend", std::string(group->backend())}});
    }
    for (const auto& suite : provider.cipher_suites) {
      out["suites"].push_back(
          {{"name", suite.name}, {"backend", std::string(suite.aead->backend())}});
    }
    if (*json) {
      fmt::print("{}\n", out.dump(2));
      return static_cast<int>(kOk);
    }
    fmt::print("nautilus {}\n", nautilus::kVersion);
    for (const auto& backend : out["backends"]) {
      fmt::print(
          "  {} {}: {}{}\n", backend["name"].get<std::string>(),
          backend["version"].get<std::string>(),
          backend["available"].get<bool>() ? "" : "off: ", backend["note"].get<std::string>());
    }
    for (const char* kind : {"suites", "groups"}) {
      fmt::print("{}:\n", kind);
      for (const auto& entry : out[kind]) {
        fmt::print("  {:<30} {}\n", entry["name"].get<std::string>(),
                   entry["backend"].get<std::string>());
      }
    }
    return static_cast<int>(kOk);
  };
}

}  // namespace app
