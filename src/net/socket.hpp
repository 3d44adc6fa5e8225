// Non-blocking stream sockets with deadlines. Interrupted calls are repeated; errors are
// Nautilus's.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <nautilus/bytes.hpp>
#include <nautilus/net/descriptor.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0::net {

using Deadline = std::optional<std::chrono::steady_clock::time_point>;

[[nodiscard]] inline Deadline deadline_after(std::chrono::milliseconds timeout) noexcept {
  return std::chrono::steady_clock::now() + timeout;
}

/// How a non-blocking attempt went.
enum class IoStatus : std::uint8_t { Done, WouldBlock, End };
struct IoResult {
  IoStatus status;
  std::size_t size = 0;
};

/// The error that stands for an errno value.
[[nodiscard]] Error error_from_errno(int value) noexcept;

/// Waits until one of poll()'s `events` is there, or an error condition. `Timeout` at the deadline.
Result<void> wait_for(int fd, short events, Deadline deadline) noexcept;

/// One attempt to send; never raises SIGPIPE.
[[nodiscard]] Result<IoResult> try_send(int fd, ByteView data) noexcept;
/// One attempt to receive. `End` when the peer has shut down its side.
[[nodiscard]] Result<IoResult> try_receive(int fd, ByteSpan room) noexcept;

/// Makes a socket ready for the functions above: non-blocking, and without Nagle's delay if it is
/// TCP.
Result<void> prepare_socket(int fd) noexcept;

/// Tries all addresses of `host` until one accepts.
[[nodiscard]] Result<Descriptor> connect_tcp(const std::string& host, std::uint16_t port,
                                             Deadline deadline);

}  // namespace nautilus::inline v0::net
