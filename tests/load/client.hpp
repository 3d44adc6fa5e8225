// One of many clients, driven by epoll: it shakes hands, says something, expects it back, and then
// stays, leaves, or makes a nuisance of itself.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <nautilus/nautilus.hpp>

#include "load/forged.hpp"

namespace load {

using Moment = std::chrono::steady_clock::time_point;

/// What a client is there for.
enum class Manner : std::uint8_t {
  Stay,        ///< echo once, then idle until told to leave
  Leave,       ///< echo once, close properly
  Silent,      ///< connects and says nothing at all
  Loris,       ///< sends its ClientHello one octet at a time, slowly
  Garbage,     ///< sends what is no TLS
  Rekeying,    ///< shakes hands, then replaces keys as often as it may
  Trickle,     ///< shakes hands, then floods with records of one octet
  KeyUpdates,  ///< shakes hands, then floods with KeyUpdates
  Empty,       ///< shakes hands, then floods with empty records
};
inline constexpr std::size_t kManners = 9;

/// Makes a client's configuration whose connections log their secrets.
using LoggedConfig =
    std::function<std::shared_ptr<const nautilus::ClientConfig>(std::shared_ptr<nautilus::KeyLog>)>;

struct Configs {
  std::shared_ptr<const nautilus::ClientConfig> fresh;
  std::shared_ptr<const nautilus::ClientConfig> resuming;
  LoggedConfig logged;
};

enum class State : std::uint8_t {
  Working,  ///< wants to be polled
  Idle,     ///< echoed, and stays
  Done,     ///< left as it should
  Refused,  ///< the server ended it; for a nuisance that is the right end
  Failed,   ///< anything else
};

class Client {
 public:
  /// Connects from one of the addresses 127.0.0.x, chosen by `number`: one has not enough ports.
  Client(std::uint32_t number, std::uint16_t port, Manner manner, const Configs& configs,
         bool resume);

  /// Goes as far as possible without blocking.
  State run(Moment now);
  /// A client that stays closes properly.
  void leave() noexcept { leaving_ = true; }

  [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }
  [[nodiscard]] Manner manner() const noexcept { return manner_; }
  [[nodiscard]] bool wants_to_write() const noexcept {
    return blocked_ || (forged_ && shook_hands_);
  }
  [[nodiscard]] bool shook_hands() const noexcept { return shook_hands_; }
  [[nodiscard]] bool resumed() const noexcept { return resumed_; }
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
  [[nodiscard]] Moment started() const noexcept { return started_; }

 private:
  State fail(std::string why);
  /// False when the kernel takes no more; sets `gone_` when the server has left.
  bool flush(Moment now);
  /// The same for what our engine would not send.
  bool flush_forged();
  /// False when there is nothing to read.
  bool receive(std::size_t hint);
  std::optional<State> on(const nautilus::Step& step);
  std::optional<State> harass();
  State harmless();

  nautilus::Descriptor socket_;
  std::shared_ptr<ForgedFlood> forged_;
  std::optional<nautilus::Connection> tls_;
  Manner manner_;
  std::string message_;
  std::string echoed_;
  std::string trouble_;
  std::size_t garbage_left_ = 0;
  Moment started_;
  Moment last_octet_;
  bool blocked_ = false;
  bool gone_ = false;
  bool leaving_ = false;
  bool closing_ = false;
  bool shook_hands_ = false;
  bool resumed_ = false;
};

}  // namespace load
