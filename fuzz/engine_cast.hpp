// The two configs of one fuzzed connection, chosen by sixteen bits of the input.
#pragma once

#include <cstdint>
#include <memory>

#include <nautilus/connection.hpp>

#include "fake_provider.hpp"

namespace nautilus::fuzz {

inline const TimePoint kNow(std::chrono::milliseconds(1'790'000'000'000));

enum class Resume : std::uint8_t { No, Ticket, EarlyData, ExternalPsk };

/// What the bits say.
struct Shape {
  explicit Shape(std::uint16_t bits) noexcept;

  Strength strength;
  bool retry;   ///< the server wants a group that the client sent no share for
  bool hybrid;  ///< the client offers the hybrid group, its share serving two entries
  ClientAuth auth;
  bool client_identity;
  Resume resume;
  bool refuse_early;  ///< the server takes no early data
  bool small_records;
  bool suspend;     ///< on every kind of request
  bool extras;      ///< ALPN, GREASE, stapling, ticket counts, padding
  bool short_keys;  ///< keys are replaced after a few records
  bool tickets;

  /// Whether two honest engines finish their handshake.
  [[nodiscard]] bool sound() const noexcept {
    return auth != ClientAuth::Required || client_identity || resume == Resume::ExternalPsk;
  }
};

/// Both configs, and the randomness behind them, which begins anew with each connection.
struct Cast {
  std::shared_ptr<FixedRandom> client_random = std::make_shared<FixedRandom>();
  std::shared_ptr<FixedRandom> server_random = std::make_shared<FixedRandom>();
  std::shared_ptr<const ClientConfig> client;
  std::shared_ptr<const ServerConfig> server;

  /// Made once for each combination of bits; a handshake that leaves a session behind is part of it
  /// where one is to be resumed.
  static const Cast& of(std::uint16_t bits);
};

/// A connection of that cast; its side's randomness begins anew.
[[nodiscard]] Connection connect(const Cast& cast, Observer* observer);
[[nodiscard]] Connection accept(const Cast& cast, Observer* observer);

}  // namespace nautilus::fuzz
