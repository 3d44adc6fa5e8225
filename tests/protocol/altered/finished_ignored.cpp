// Altered: a client in WAIT_CV drops Finished as if nothing had come.
#include "handshake/client/states.hpp"
#include "protocol/altered/altered.hpp"

namespace nautilus::inline v0::handshake {

template <>
inline constexpr bool kAccepts<client::ExpectCertificateVerify, Incoming<wire::Finished>> = true;

template <>
Result<void> step(client::State& state, Incoming<wire::Finished> message, Context& cx) {
  using namespace client;
  if (std::holds_alternative<Box<ExpectCertificateVerify>>(state)) return {};
  State current = std::exchange(state, Dead{});
  auto* expecting = std::get_if<Box<ExpectFinished>>(&current);
  if (expecting == nullptr) return fail(ErrorCode::UnexpectedMessage);
  auto next = std::move(**expecting).on(message, cx);
  if (!next) return propagate(next);
  state = std::move(*next);
  return {};
}

}  // namespace nautilus::inline v0::handshake

#include "handshake/machines.cpp"  // NOLINT(bugprone-suspicious-include): with that alteration

namespace nautilus::test {

const std::vector<std::string> kAlteredCells{
    "client WAIT_CV: finished",
    "client WAIT_CV after CertificateRequest: finished",
};

}  // namespace nautilus::test
