// Requests of the handshake: answered by the config's own objects, or put to the application.
#include <algorithm>

#include "connection/engine.hpp"
#include "handshake/identities.hpp"

namespace nautilus::inline v0 {

bool Connection::Engine::must_suspend(RequestKind kind) const noexcept {
  return std::ranges::find(settings_->suspend_on, kind) != settings_->suspend_on.end();
}

const Request* Connection::Engine::pending() const noexcept {
  return deferred_ && !error_ ? machine_->pending() : nullptr;
}

namespace {

template <class T>
std::optional<Answer> wrap(Eventually<T> answer) {
  if (!answer) return std::nullopt;
  return Answer(std::move(*answer));
}

Result<KeyExchangeResult> exchange(KeyExchangeRequest& request, Random& random) {
  if (request.group != nullptr) return request.group->respond(request.peer_share, random);
  auto secret = request.component ? request.active->complete_component(request.peer_share)
                                  : request.active->complete(request.peer_share);
  if (!secret) return propagate(secret);
  return KeyExchangeResult{{}, std::move(*secret)};
}

}  // namespace

std::optional<Answer> Connection::Engine::answer_locally(Request& request, TimePoint now) {
  Random& random = *settings_->provider->random;
  if (auto* select = std::get_if<SelectIdentityRequest>(&request)) {
    return Answer(handshake::select_identity(settings_->identities, *select));
  }
  if (auto* kx = std::get_if<KeyExchangeRequest>(&request)) return Answer(exchange(*kx, random));
  if (auto* sign = std::get_if<SignRequest>(&request)) {
    return wrap(sign->identity.key().sign(sign->scheme, sign->message, random));
  }
  if (auto* verify = std::get_if<VerifyCertificateRequest>(&request)) {
    if (!settings_->verifier)
      return Answer(Result<CertificateVerdict>(fail(ErrorCode::Unreachable)));
    const CertificateQuestion question{
        verify->chain,         verify->role, verify->server_name ? &*verify->server_name : nullptr,
        verify->ocsp_response, now,          verify->certificate_timestamps};
    return wrap(settings_->verifier->verify(question));
  }
  if (auto* open = std::get_if<OpenTicketRequest>(&request)) {
    return wrap(server_settings_->ticketer->open(open->ticket, now));
  }
  if (auto* replay = std::get_if<CheckReplayRequest>(&request)) {
    return wrap(server_settings_->early_data->replay->check(replay->token, now, replay->window));
  }
  return std::nullopt;
}

Result<void> Connection::Engine::resume(std::uint64_t id, std::optional<Answer> answer,
                                        TimePoint now) {
  if (error_ || id != next_request_id_) return fail(ErrorCode::UnknownRequest);
  Request* request = machine_->pending();
  if (request == nullptr) return fail(ErrorCode::UnknownRequest);
  if (!answer) {
    answer = answer_locally(*request, now);
    // Its own object wants to answer later: stay suspended.
    if (!answer) return {};
  }
  // Answers come in the order of requests, one alternative each.
  if (answer->index() != request->index())
    return fail(ErrorCode::ApiMisuse, "wrong kind of answer");
  ++next_request_id_;
  deferred_ = false;
  handshake::Context cx = context(now);
  // What it sends stays in the flight: the next `advance` may add to the same record.
  if (auto r = machine_->answer(std::move(*answer), cx); !r) die(r.error());
  return {};
}

}  // namespace nautilus::inline v0
