#include "account.hpp"

#include <fmt/core.h>

namespace app {

using nautilus::Direction;
using nautilus::EarlyDataState;

namespace {

const char* early_data_text(EarlyDataState state) {
  switch (state) {
    case EarlyDataState::None:
      return "none";
    case EarlyDataState::Offered:
      return "offered";
    case EarlyDataState::Accepted:
      return "accepted";
    case EarlyDataState::Rejected:
      return "rejected";
  }
  return "unknown";
}

}  // namespace

void Account::on_message(Direction direction, std::string_view name, std::size_t size) noexcept {
  // Key updates are counted, not listed: there may be any number of them.
  if (name != "KeyUpdate") note(direction, std::string(name), size);
}

void Account::on_alert(Direction direction, nautilus::AlertDescription alert) noexcept {
  note(direction, "alert " + std::string(nautilus::to_string(alert)), 2);
}

void Account::note(Direction direction, std::string what, std::size_t size) {
  if (messages_.size() >= kMaxMessages) return;
  messages_.push_back({direction, std::move(what), size});
}

void Account::on_key_update(Direction direction, std::uint64_t) noexcept {
  ++(direction == Direction::Send ? key_updates_sent_ : key_updates_received_);
}

nlohmann::json Account::json(const nautilus::Negotiated& facts) const {
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(handshake_).count();
  nlohmann::json messages = nlohmann::json::array();
  for (const Message& message : messages_) {
    messages.push_back({{"direction", message.direction == Direction::Send ? "sent" : "received"},
                        {"message", message.name},
                        {"bytes", message.size}});
  }
  nlohmann::json out{{"group", std::string(nautilus::to_string(facts.group))},
                     {"suite", std::string(nautilus::to_string(facts.cipher_suite))},
                     {"post_quantum", nautilus::is_post_quantum(facts.group)},
                     {"resumed", facts.resumed},
                     {"hello_retry_request", facts.hello_retry_request},
                     {"early_data", early_data_text(facts.early_data)},
                     {"server_name", facts.server_name},
                     {"alpn", facts.application_protocol},
                     {"peer", facts.peer.display_name()},
                     {"peer_subject", facts.peer.subject},
                     {"peer_authenticated", facts.peer.authenticated()},
                     {"peer_key", facts.peer.key_description},
                     {"key_updates_sent", key_updates_sent_},
                     {"key_updates_received", key_updates_received_},
                     {"handshake_us", microseconds},
                     {"messages", std::move(messages)}};
  if (facts.peer_signature) out["peer_signature"] = nautilus::to_string(*facts.peer_signature);
  if (facts.own_signature) out["own_signature"] = nautilus::to_string(*facts.own_signature);
  if (!facts.ocsp_response.empty()) out["ocsp_response_bytes"] = facts.ocsp_response.size();
  if (!facts.certificate_timestamps.empty()) {
    out["certificate_timestamps_bytes"] = facts.certificate_timestamps.size();
  }
  return out;
}

std::string Account::text(const nautilus::Negotiated& facts) const {
  std::string out;
  for (const Message& message : messages_) {
    out +=
        fmt::format("  {} {:<22}{:>7} bytes\n", message.direction == Direction::Send ? "->" : "<-",
                    message.name, message.size);
  }
  if (key_updates_sent_ + key_updates_received_ > 0) {
    out += fmt::format("  keys replaced: ours {} times, the peer's {} times\n", key_updates_sent_,
                       key_updates_received_);
  }
  out += fmt::format("  {} with {}{}\n", nautilus::to_string(facts.group),
                     nautilus::to_string(facts.cipher_suite), facts.resumed ? ", resumed" : "");
  if (facts.early_data != EarlyDataState::None) {
    out += fmt::format("  early data: {}\n", early_data_text(facts.early_data));
  }
  out += fmt::format("  peer: {}", facts.peer.display_name());
  if (facts.peer_signature) {
    out += fmt::format(", {} key, signed with {}", facts.peer.key_description,
                       nautilus::to_string(*facts.peer_signature));
  } else if (facts.resumed) {
    out += ", as authenticated in the resumed session";
  }
  out += fmt::format("\n  handshake: {:.2f} ms\n",
                     std::chrono::duration<double, std::milli>(handshake_).count());
  return out;
}

}  // namespace app
