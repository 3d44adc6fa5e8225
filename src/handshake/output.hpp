// How the handshake speaks to the world: messages out, keys in, facts and events. It never sees
// records or sockets.
#pragma once

#include <cstdint>
#include <optional>

#include <nautilus/bytes.hpp>
#include <nautilus/clock.hpp>
#include <nautilus/crypto/provider.hpp>
#include <nautilus/negotiated.hpp>
#include <nautilus/observer.hpp>
#include <nautilus/result.hpp>

#include "crypto/hkdf.hpp"
#include "handshake/proofs.hpp"

namespace nautilus::inline v0::handshake {

/// The keys a message travels under.
enum class Epoch : std::uint8_t { Initial, EarlyData, Handshake, Application };

class Output {
 public:
  virtual ~Output() = default;
  /// Queues one encoded handshake message. Messages of one flight are coalesced.
  [[nodiscard]] virtual Result<void> send(Epoch epoch, ByteView message) = 0;
  /// Queues the middlebox compatibility record.
  virtual void send_change_cipher_spec() = 0;
  /// From now on we seal with keys made from `secret`.
  [[nodiscard]] virtual Result<void> install_send(Epoch epoch, const CipherSuite& suite,
                                                  const crypto::HashSecret& secret) = 0;
  /// Back to sending in the clear: a HelloRetryRequest came after early data was begun.
  virtual void uninstall_send() noexcept = 0;
  /// The peer's record_size_limit: protected records hold no more, type octet included (RFC 8449).
  virtual void limit_send(std::uint16_t record_size_limit) noexcept = 0;
  /// Ours: from now on the peer knows it.
  virtual void limit_receive(std::uint16_t record_size_limit) noexcept = 0;
  /// The client's early data is refused: records that cannot be opened are dropped, up to `limit`
  /// octets of content, until one can.
  virtual void skip_early_data(std::size_t limit) noexcept = 0;
  /// From now on the peer must seal with keys made from `secret`. The proof shows that no handshake
  /// message straddles the change.
  [[nodiscard]] virtual Result<void> install_receive(Epoch epoch, const CipherSuite& suite,
                                                     const crypto::HashSecret& secret,
                                                     HandshakeAligned aligned) = 0;
};

/// A decoded message with the octets it came from; both borrowed for one call.
template <class Message>
struct Incoming {
  const Message* message;
  ByteView encoded;  ///< canonical form, as the transcript takes it
  const Message* operator->() const noexcept { return message; }
};

/// What a handler works with besides its own state; lives for one call.
struct Context {
  Output& out;
  Negotiated& facts;
  TimePoint now;
  /// Present when the message being handled ended its record and nothing follows it.
  std::optional<HandshakeAligned> aligned;

  [[nodiscard]] Result<HandshakeAligned> require_aligned() const {
    if (!aligned) return fail(ErrorCode::MessageNotAligned);
    return *aligned;
  }
};

}  // namespace nautilus::inline v0::handshake
