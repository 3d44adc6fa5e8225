// Makes the two machines.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <nautilus/server_name.hpp>

#include "handshake/machine.hpp"
#include "handshake/settings.hpp"

namespace nautilus::inline v0::handshake {

/// A client that has sent its ClientHello. `settings` must outlive the machine.
[[nodiscard]] Result<std::unique_ptr<Machine>> make_client(const ClientSettings& settings,
                                                           std::optional<ServerName> server_name,
                                                           std::string target, Context& cx);
/// A server that waits for a ClientHello. `settings` must outlive the machine.
[[nodiscard]] std::unique_ptr<Machine> make_server(const ServerSettings& settings);

}  // namespace nautilus::inline v0::handshake
