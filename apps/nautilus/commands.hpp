// The subcommands: each adds itself to the parser and returns what runs it.
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

namespace app {

using Command = std::function<int()>;

[[nodiscard]] Command add_cert(CLI::App& parent);
[[nodiscard]] Command add_serve(CLI::App& parent);
[[nodiscard]] Command add_connect(CLI::App& parent);
[[nodiscard]] Command add_relay(CLI::App& parent);
[[nodiscard]] Command add_demo(CLI::App& parent);
[[nodiscard]] Command add_docs(CLI::App& parent);
[[nodiscard]] Command add_info(CLI::App& parent);
[[nodiscard]] Command add_speed(CLI::App& parent);

}  // namespace app
