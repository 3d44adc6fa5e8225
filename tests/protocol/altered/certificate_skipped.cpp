// Altered: a server in WAIT_CERT takes a client's Finished, and with it a client that has shown
// nothing, for one it never asked.
#include "handshake/server/states.hpp"
#include "protocol/altered/altered.hpp"

namespace nautilus::inline v0::handshake {

template <>
inline constexpr bool kAccepts<server::ExpectCertificate, Incoming<wire::Finished>> = true;

template <>
Result<void> step(server::State& state, Incoming<wire::Finished> message, Context& cx) {
  using namespace server;
  State current = std::exchange(state, Dead{});
  if (auto* asked = std::get_if<Box<ExpectCertificate>>(&current)) {
    current = std::make_unique<ExpectFinished>(
        ExpectFinished{std::move((*asked)->flight), NoCertificate{}});
  }
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
    "server WAIT_CERT: finished",
    "server WAIT_CERT after HelloRetryRequest: finished",
};

}  // namespace nautilus::test
