#include "handshake/machines.hpp"

#include "handshake/client/states.hpp"
#include "handshake/server/states.hpp"

namespace nautilus::inline v0::handshake {
namespace {

/// What both machines share; `Role` names the state variant and delivers messages.
template <class Role>
class MachineOf final : public Machine {
 public:
  explicit MachineOf(typename Role::State state) noexcept : state_(std::move(state)) {}

  Result<void> receive(const wire::HandshakeMessage& message, Context& cx) override {
    return Role::deliver(state_, message, cx);
  }

  Result<void> answer(Answer answer, Context& cx) override {
    return std::visit([&](auto& value) { return step(state_, std::move(value), cx); }, answer);
  }

  Request* pending() noexcept override {
    return std::visit(
        [](auto& boxed) -> Request* {
          if constexpr (requires { boxed->request; }) {
            return &boxed->request;
          } else {
            return nullptr;
          }
        },
        state_);
  }

  ApplicationTraffic* traffic() noexcept override {
    auto* connected = std::get_if<Box<typename Role::Connected>>(&state_);
    return connected != nullptr ? &(*connected)->traffic : nullptr;
  }

  [[nodiscard]] bool change_cipher_spec_allowed() const noexcept override {
    return !std::holds_alternative<Box<typename Role::Connected>>(state_) &&
           !std::holds_alternative<typename Role::TooEarly>(state_);
  }

  [[nodiscard]] std::size_t early_data_limit() const noexcept override {
    return Role::early_data_limit(state_);
  }
  [[nodiscard]] bool half_rtt_allowed() const noexcept override {
    return Role::half_rtt_allowed(state_);
  }

  void kill() noexcept override { state_ = Dead{}; }

 private:
  typename Role::State state_;
};

struct ClientRole {
  using State = client::State;
  using Connected = client::Connected;
  using TooEarly = Dead;  // a client has always sent its hello

  static std::size_t early_data_limit(const State&) noexcept { return 0; }
  static bool half_rtt_allowed(const State&) noexcept { return false; }

  static Result<void> deliver(State& state, const wire::HandshakeMessage& raw, Context& cx) {
    using enum wire::HandshakeType;
    switch (raw.type) {
      case server_hello: {
        if (!accepts<Incoming<wire::ServerHello>>(state)) break;
        auto hello = wire::decode_server_hello(raw.body());
        if (!hello) return propagate(hello);
        return std::visit(
            [&](auto& message) {
              return step(state,
                          Incoming<std::remove_cvref_t<decltype(message)>>{&message, raw.encoded},
                          cx);
            },
            *hello);
      }
      case encrypted_extensions:
        return decode_and_step<wire::EncryptedExtensions>(state, wire::decode_encrypted_extensions,
                                                          raw, cx);
      case certificate_request:
        return decode_and_step<wire::CertificateRequest>(state, wire::decode_certificate_request,
                                                         raw, cx);
      case certificate:
        return decode_and_step<wire::Certificate>(state, wire::decode_certificate, raw, cx);
      case certificate_verify:
        return decode_and_step<wire::CertificateVerify>(state, wire::decode_certificate_verify, raw,
                                                        cx);
      case finished:
        return decode_and_step<wire::Finished>(state, wire::decode_finished, raw, cx);
      case new_session_ticket:
        return decode_and_step<wire::NewSessionTicket>(state, wire::decode_new_session_ticket, raw,
                                                       cx);
      case key_update:
        return decode_and_step<wire::KeyUpdate>(state, wire::decode_key_update, raw, cx);
      default:
        break;
    }
    return fail(ErrorCode::UnexpectedMessage, wire::to_string(raw.type).data());
  }
};

struct ServerRole {
  using State = server::State;
  using Connected = server::Connected;
  using TooEarly = Box<server::ExpectClientHello>;

  static std::size_t early_data_limit(const State& state) noexcept {
    const auto* early = std::get_if<Box<server::ExpectEndOfEarlyData>>(&state);
    return early != nullptr ? (*early)->flight.settings->early_data->max_size : 0;
  }
  static bool half_rtt_allowed(const State& state) noexcept {
    if (std::holds_alternative<Box<server::ExpectEndOfEarlyData>>(state)) return true;
    const auto* finished = std::get_if<Box<server::ExpectFinished>>(&state);
    return finished != nullptr && !(*finished)->flight.certificate_requested;
  }

  static Result<void> deliver(State& state, const wire::HandshakeMessage& raw, Context& cx) {
    using enum wire::HandshakeType;
    switch (raw.type) {
      case client_hello:
        return decode_and_step<wire::ClientHello>(state, wire::decode_client_hello, raw, cx);
      case end_of_early_data:
        return decode_and_step<wire::EndOfEarlyData>(state, wire::decode_end_of_early_data, raw,
                                                     cx);
      case certificate:
        return decode_and_step<wire::Certificate>(state, wire::decode_certificate, raw, cx);
      case certificate_verify:
        return decode_and_step<wire::CertificateVerify>(state, wire::decode_certificate_verify, raw,
                                                        cx);
      case finished:
        return decode_and_step<wire::Finished>(state, wire::decode_finished, raw, cx);
      case key_update:
        return decode_and_step<wire::KeyUpdate>(state, wire::decode_key_update, raw, cx);
      default:
        break;
    }
    return fail(ErrorCode::UnexpectedMessage, wire::to_string(raw.type).data());
  }
};

}  // namespace

Result<std::unique_ptr<Machine>> make_client(const ClientSettings& settings,
                                             std::optional<ServerName> server_name,
                                             std::string target, Context& cx) {
  auto state = client::start(settings, std::move(server_name), std::move(target), cx);
  if (!state) return propagate(state);
  return std::make_unique<MachineOf<ClientRole>>(std::move(*state));
}

std::unique_ptr<Machine> make_server(const ServerSettings& settings) {
  return std::make_unique<MachineOf<ServerRole>>(server::State(
      std::make_unique<server::ExpectClientHello>(server::ExpectClientHello{&settings})));
}

}  // namespace nautilus::inline v0::handshake
