// One end of a fuzzed connection: an engine, everything it gave out, and what must hold of it after
// every call.
#pragma once

#include <optional>

#include <nautilus/connection.hpp>

#include "engine_cast.hpp"
#include "support.hpp"

namespace nautilus::fuzz {

enum class Side : std::uint8_t { Client, Server };

/// Names for what an engine reports; it must not report nonsense.
class Witness final : public Observer {
 public:
  void on_message(Direction direction, std::string_view name, std::size_t size) noexcept override;
  void on_alert(Direction direction, AlertDescription alert) noexcept override;
  void on_key_update(Direction direction, std::uint64_t epoch) noexcept override;

 private:
  std::uint64_t epochs_[2] = {};
};

class End {
 public:
  End(Side side, const Cast& cast, bool early_data_allowed);

  /// Hands over octets and drives.
  void feed(ByteView octets);
  /// Advances until it waits for something.
  void drive();
  /// Everything in `output`, consumed.
  [[nodiscard]] ByteVector take_output();

  /// Runs one of the application's calls and judges its result. `written` counts in `sent`.
  void write(std::size_t size);
  void write_early(std::size_t size);
  void write_half_rtt(std::size_t size);
  void update_keys(KeyUpdateMode mode);
  void close();
  void cancel();
  void abort(ErrorCode code);
  void eof();
  /// Answers the open request: by the library, or as `how` says in a way that must not work.
  void answer(std::uint8_t how);
  /// The connection in another place.
  void relocate();
  void pass_time(std::chrono::seconds time) { now_ += time; }

  /// What must always hold; also what it costs.
  void check() const;

  [[nodiscard]] Connection& connection() { return connection_; }
  [[nodiscard]] const Connection& connection() const { return connection_; }
  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] bool dead() const { return connection_.error().has_value(); }
  [[nodiscard]] const std::optional<ByteVector>& exporter() const { return exporter_; }
  [[nodiscard]] const ByteVector& received() const { return received_; }
  [[nodiscard]] const ByteVector& received_early() const { return received_early_; }
  [[nodiscard]] const ByteVector& sent() const { return sent_; }
  [[nodiscard]] const ByteVector& sent_early() const { return sent_early_; }

  /// Requests are left open until `answer`.
  bool hold = false;
  /// Octets of plaintext consumed at a time; 0 is all.
  std::size_t appetite = 0;

 private:
  void take(const PlaintextReady& data);
  void finish_handshake();
  void check_dead() const;
  [[nodiscard]] ByteVector content(std::size_t size, const ByteVector& before) const;

  Side side_;
  Witness witness_;
  Connection connection_;
  TimePoint now_ = kNow;
  bool early_data_allowed_;
  bool done_ = false;
  bool closed_ = false;  ///< by us
  std::optional<Error> error_;
  std::optional<ByteVector> exporter_;
  ByteVector received_;
  ByteVector received_early_;
  ByteVector sent_;
  ByteVector sent_early_;
  std::size_t unsent_limit_ = 0;
};

}  // namespace nautilus::fuzz
