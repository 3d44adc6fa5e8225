#include <csignal>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include <nautilus/version.hpp>

#include "commands.hpp"
#include "report.hpp"

int main(int argc, char** argv) {
  // A peer that goes away is an error code, not a signal.
  std::signal(SIGPIPE, SIG_IGN);

  CLI::App app("nautilus: post-quantum, mutually authenticated TLS 1.3");
  app.require_subcommand(1);
  app.set_version_flag("--version", "nautilus " + std::string(nautilus::kVersion));
  app.footer(app::kExitHelp);
  const std::vector<std::pair<std::string, app::Command>> commands{
      {"cert", app::add_cert(app)},       {"serve", app::add_serve(app)},
      {"connect", app::add_connect(app)}, {"demo", app::add_demo(app)},
      {"info", app::add_info(app)},       {"relay", app::add_relay(app)},
      {"speed", app::add_speed(app)},     {"docs", app::add_docs(app)}};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version are not errors; CLI11 prints them.
    if (error.get_exit_code() == 0) return app.exit(error);
    const auto chosen = app.get_subcommands();
    fmt::print(stderr, "nautilus: usage: {}\ntry: nautilus {}--help\n", error.what(),
               chosen.empty() ? "" : chosen.front()->get_name() + " ");
    return app::kUsage;
  }
  for (const auto& [name, run] : commands) {
    if (!app.got_subcommand(name)) continue;
    try {
      return run();
    } catch (const std::exception& error) {
      fmt::print(stderr, "nautilus: {}: {}\ntry: see `nautilus {} --help`\n", name, error.what(),
                 name);
      return app::kLocal;
    }
  }
  return app::kUsage;
}
