// A readable account of one connection: messages with sizes, what was agreed, who is there.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <nautilus/connection.hpp>

namespace app {

class Account final : public nautilus::Observer {
 public:
  Account() : started_(std::chrono::steady_clock::now()) {}

  void on_message(nautilus::Direction direction, std::string_view name,
                  std::size_t size) noexcept override;
  void on_alert(nautilus::Direction direction, nautilus::AlertDescription alert) noexcept override;
  void on_key_update(nautilus::Direction direction, std::uint64_t epoch) noexcept override;

  /// Marks the end of the handshake.
  void connected() { handshake_ = std::chrono::steady_clock::now() - started_; }

  [[nodiscard]] nlohmann::json json(const nautilus::Negotiated& facts) const;
  /// The same for people, several lines.
  [[nodiscard]] std::string text(const nautilus::Negotiated& facts) const;

 private:
  /// What a peer can make us remember has an end.
  static constexpr std::size_t kMaxMessages = 64;
  void note(nautilus::Direction direction, std::string what, std::size_t size);

  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::duration handshake_{};
  struct Message {
    nautilus::Direction direction;
    std::string name;
    std::size_t size;
  };
  std::vector<Message> messages_;
  unsigned key_updates_sent_ = 0;
  unsigned key_updates_received_ = 0;
};

}  // namespace app
