// A handshake as the engine sees it: messages and answers go in, a request may be open, and one day
// it is connected. Client and server are two state variants behind this one face.
#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <variant>

#include <nautilus/request.hpp>
#include <nautilus/result.hpp>

#include "handshake/output.hpp"
#include "handshake/traffic.hpp"
#include "wire/handshake_framing.hpp"

namespace nautilus::inline v0::handshake {

class Machine {
 public:
  virtual ~Machine() = default;
  /// Feeds one complete handshake message. After an error the machine is dead.
  [[nodiscard]] virtual Result<void> receive(const wire::HandshakeMessage& message,
                                             Context& cx) = 0;
  /// Feeds the answer to the open request.
  [[nodiscard]] virtual Result<void> answer(Answer answer, Context& cx) = 0;
  /// The open request, or null.
  [[nodiscard]] virtual Request* pending() noexcept = 0;
  /// The traffic once connected, or null.
  [[nodiscard]] virtual ApplicationTraffic* traffic() noexcept = 0;
  /// Whether the peer may send change_cipher_spec now (RFC 9846 §5).
  [[nodiscard]] virtual bool change_cipher_spec_allowed() const noexcept = 0;
  /// How much early data may arrive in all, 0 where none may now.
  [[nodiscard]] virtual std::size_t early_data_limit() const noexcept = 0;
  /// Whether a server may write before the client has proved anything (RFC 9846 §4.5.3): its flight
  /// is out and no certificate was asked for.
  [[nodiscard]] virtual bool half_rtt_allowed() const noexcept = 0;
  /// Drops all state: the connection has failed elsewhere.
  virtual void kill() noexcept = 0;
};

struct Dead {};

template <class State>
using Box = std::unique_ptr<State>;

/// Whether a state has a handler for a message or an answer: this is the table of legal messages.
template <class State, class Input>
inline constexpr bool kAccepts =
    requires(State& state, Input input, Context& cx) { std::move(state).on(std::move(input), cx); };

/// Hands `input` to the current state. The dead state is swapped in first, so that an error, or an
/// exception, leaves a dead handshake and never one half moved from.
template <class Variant, class Input>
[[nodiscard]] Result<void> step(Variant& state, Input input, Context& cx) {
  Variant current = std::exchange(state, Variant(Dead{}));
  Result<Variant> next = std::visit(
      [&](auto& boxed) -> Result<Variant> {
        using Boxed = std::remove_cvref_t<decltype(boxed)>;
        if constexpr (!std::is_same_v<Boxed, Dead>) {
          if constexpr (kAccepts<typename Boxed::element_type, Input>) {
            return std::move(*boxed).on(std::move(input), cx);
          }
        }
        return fail(ErrorCode::UnexpectedMessage);
      },
      current);
  if (!next) return propagate(next);
  state = std::move(*next);
  return {};
}

/// Whether the current state accepts `Input`; asked before decoding, so that an illegal message is
/// unexpected_message whatever its content.
template <class Input, class Variant>
[[nodiscard]] bool accepts(const Variant& state) noexcept {
  return std::visit(
      [](const auto& boxed) {
        using Boxed = std::remove_cvref_t<decltype(boxed)>;
        if constexpr (std::is_same_v<Boxed, Dead>) {
          return false;
        } else {
          return kAccepts<typename Boxed::element_type, Input>;
        }
      },
      state);
}

/// Decodes and delivers one message type.
template <class Message, class Variant, class Decode>
[[nodiscard]] Result<void> decode_and_step(Variant& state, Decode decode,
                                           const wire::HandshakeMessage& raw, Context& cx) {
  if (!accepts<Incoming<Message>>(state)) {
    return fail(ErrorCode::UnexpectedMessage, wire::to_string(raw.type).data());
  }
  Result<Message> message = decode(raw.body());
  if (!message) return propagate(message);
  return step(state, Incoming<Message>{&*message, raw.encoded}, cx);
}

}  // namespace nautilus::inline v0::handshake
