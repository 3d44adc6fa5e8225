#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/crypto/random.hpp>
#include <nautilus/export.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0 {

/// What a replay register knows of a token.
enum class ReplayVerdict : std::uint8_t {
  Fresh,   ///< never seen; now it has been
  Seen,    ///< early data with this token was accepted before
  Unsure,  ///< cannot tell: full, or out of reach
};

/// Remembers which early data was accepted, so that none is accepted twice (RFC 9846 §8). All
/// servers that accept each other's tickets for early data must share one register, or have
/// registers of different domains. Shared among connections and threads.
class NAUTILUS_API ReplayRegister {
 public:
  virtual ~ReplayRegister() = default;

  /// Names the register. Tickets carry it, and early data under a ticket of another domain is
  /// refused. Valid as long as this object.
  [[nodiscard]] virtual ByteView domain() const noexcept = 0;

  /// Looks `token` (made from the ClientHello's binder) up and keeps it for `window`. Anything but
  /// `Fresh`, an error included, refuses the early data and nothing else. Nothing: the verdict will
  /// arrive through `Connection::resume`.
  [[nodiscard]] virtual Eventually<ReplayVerdict> check(ByteView token, TimePoint now,
                                                        std::chrono::milliseconds window) = 0;
};

/// A register in memory, per process: its domain is random, so tickets from before a restart, or of
/// another process, get no early data. Holds at most `capacity` tokens; while full it is `Unsure`.
/// Locks inside. `RandomFailure` if no domain can be drawn.
[[nodiscard]] NAUTILUS_API Result<std::shared_ptr<ReplayRegister>> make_memory_replay_register(
    Random& random, std::size_t capacity = std::size_t{1} << 16);

/// How a server takes early data (0-RTT, RFC 9846 §2.3). Early data is not forward secret, and it
/// can be replayed wherever `replay` is not shared: use it for requests that are safe to repeat.
struct EarlyDataOptions {
  std::shared_ptr<ReplayRegister> replay;  ///< required
  /// Octets accepted before the handshake is done.
  std::uint32_t max_size = 16384;
  /// How far a ticket's age may be off, and how long a token is remembered.
  std::chrono::milliseconds window = std::chrono::seconds(10);
};

}  // namespace nautilus::inline v0
