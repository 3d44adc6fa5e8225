#pragma once

#include <cstddef>
#include <string_view>

#include <nautilus/alert.hpp>
#include <nautilus/export.hpp>

namespace nautilus::inline v0 {

enum class Direction : std::uint8_t { Send, Receive };

/// Watches one connection, for a readable account of what went over it. Called from within the
/// connection's own calls; must not call back into it.
class NAUTILUS_API Observer {
 public:
  virtual ~Observer() = default;
  /// A handshake message, by its RFC name ("ClientHello", "HelloRetryRequest", ...); `size` in
  /// octets with its header, before record protection.
  virtual void on_message(Direction direction, std::string_view name,
                          std::size_t size) noexcept = 0;
  virtual void on_alert(Direction direction, AlertDescription alert) noexcept = 0;
  /// Traffic keys of one direction were replaced; `epoch` counts from 1 for the first application
  /// keys.
  virtual void on_key_update(Direction direction, std::uint64_t epoch) noexcept = 0;
};

}  // namespace nautilus::inline v0
