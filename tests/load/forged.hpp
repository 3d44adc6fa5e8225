// What our engine never sends: it bounds its own KeyUpdates and empty records. The flood takes over
// the client's direction once the handshake is done, with the secret from the key log.
#pragma once

#include <nautilus/nautilus.hpp>

#include "core/byte_buffer.hpp"
#include "crypto/hkdf.hpp"
#include "record/sender.hpp"

namespace load {

class ForgedFlood final : public nautilus::KeyLog {
 public:
  enum class Kind : std::uint8_t { KeyUpdates, EmptyRecords };

  explicit ForgedFlood(Kind kind) noexcept : kind_(kind) {}

  /// Keeps client_application_traffic_secret_0.
  void log(std::string_view label, nautilus::ByteView client_random,
           nautilus::ByteView secret) noexcept override;

  /// Call once the handshake is done, when the engine's own output is flushed: it must not send
  /// anything any more.
  [[nodiscard]] nautilus::Result<void> begin(nautilus::CipherSuiteId suite);
  [[nodiscard]] bool begun() const noexcept { return suite_ != nullptr; }
  /// Appends records until `size` octets wait to be sent.
  [[nodiscard]] nautilus::Result<void> fill(std::size_t size);
  [[nodiscard]] nautilus::ByteBuffer& output() noexcept { return output_; }

 private:
  nautilus::Result<void> install();

  Kind kind_;
  const nautilus::CipherSuite* suite_ = nullptr;
  nautilus::crypto::HashSecret secret_;
  nautilus::record::Sender sender_;
  nautilus::ByteBuffer output_;
};

}  // namespace load
