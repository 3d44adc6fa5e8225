#include "handshake/traffic.hpp"

namespace nautilus::inline v0::handshake {

Result<void> ApplicationTraffic::receive(const wire::KeyUpdate& message, Context& cx) {
  auto aligned = cx.require_aligned();
  if (!aligned) return propagate(aligned);
  if (++key_updates_in_a_row > kMaxKeyUpdatesInARow) return fail(ErrorCode::TooManyKeyUpdates);
  receive_secret = state::next_traffic_secret(*suite->hash, labels, receive_secret);
  if (auto r = cx.out.install_receive(Epoch::Application, *suite, receive_secret, *aligned); !r) {
    return r;
  }
  // Any KeyUpdate from the peer answers ours; a reply never asks back, so two peers cannot keep
  // each other busy.
  update_requested = false;
  if (message.request_update == wire::KeyUpdateRequest::update_requested) reply_due = true;
  return {};
}

Result<void> ApplicationTraffic::update(wire::KeyUpdateRequest request, Context& cx) {
  if (update_requested) request = wire::KeyUpdateRequest::update_not_requested;
  ByteVector message;
  wire::encode_key_update(message, request);
  if (auto r = cx.out.send(Epoch::Application, message); !r) return r;
  send_secret = state::next_traffic_secret(*suite->hash, labels, send_secret);
  if (auto r = cx.out.install_send(Epoch::Application, *suite, send_secret); !r) return r;
  if (request == wire::KeyUpdateRequest::update_requested) update_requested = true;
  reply_due = false;
  ++own_key_updates_in_a_row;
  return {};
}

}  // namespace nautilus::inline v0::handshake
