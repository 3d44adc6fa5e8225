// What comes back to a server as a ticket, and what is read from session files: nothing but what we
// made opens, and what decodes is encoded to the same octets.
//
// The first octet chooses: a ticket as it is, a state to be sealed and then altered, or one of the
// decoders.
#include <algorithm>

#include <nautilus/session/store.hpp>
#include <nautilus/session/ticketer.hpp>

#include "fake_provider.hpp"
#include "session/server_session.hpp"
#include "support.hpp"

namespace nautilus::fuzz {
namespace {

const TimePoint kNow(std::chrono::milliseconds(1'790'000'000'000));

bool same(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

/// Its randomness begins anew for each input, so that inputs mean the same in every run.
std::shared_ptr<Ticketer> new_ticketer() {
  static const auto random = std::make_shared<FixedRandom>();
  static const auto provider = fake_provider(Strength::Bound, random);
  random->seed(1);
  auto ticketer = make_ticketer(provider, {std::chrono::hours(12), 4});
  require(ticketer.has_value(), "a ticketer");
  return *ticketer;
}

std::optional<SecretBytes> open(Ticketer& ticketer, ByteView ticket, TimePoint now) {
  auto opened = ticketer.open(ticket, now);
  require(opened.has_value(), "an answer at once");
  require(opened->has_value(), "no ticket is an error");
  return std::move(**opened);
}

void open_any(ByteView ticket) {
  const auto ticketer = new_ticketer();
  (void)ticketer->seal(as_bytes("so that there is a key"), kNow);
  // The fake tag fits anything, so a ticket may open; then its state is anything, too.
  if (auto state = open(*ticketer, ticket, kNow)) {
    (void)session::ServerSession::decode(state->expose());
  }
}

void seal_and_alter(Choices& choices) {
  const auto ticketer = new_ticketer();
  const std::uint8_t tickets = choices.u8() % 16;  // over the limit of a key, so that it rotates
  const std::chrono::hours age(choices.u8() % 64);
  const std::size_t at = choices.u16();
  const std::uint8_t flip = choices.u8();
  const ByteView state = choices.all();
  auto sealed = ticketer->seal(state, kNow);
  require(sealed.has_value() && sealed->has_value(), "a ticket");
  ByteVector ticket = **sealed;
  require(ticket.size() >= state.size() && ticket.size() <= state.size() + 256, "its size");
  for (std::uint8_t i = 0; i < tickets; ++i) (void)ticketer->seal(state, kNow);
  const bool whole = flip == 0 || at >= ticket.size();
  if (!whole) ticket[at] ^= flip;
  const auto opened = open(*ticketer, ticket, kNow + age);
  if (!whole) require(!opened, "an altered ticket does not open");
  if (opened) require(same(opened->expose(), state), "what was sealed");
  if (whole && tickets < 4 && age < std::chrono::hours(12)) {
    require(opened.has_value(), "a fresh ticket opens");
  }
  if (age >= std::chrono::hours(25)) require(!opened, "an old ticket does not");
}

template <class Session>
void decode_and_encode(ByteView octets) {
  auto decoded = Session::decode(octets);
  if (!decoded) {
    require(decoded.error().code == ErrorCode::DecodeError, "nothing but DecodeError");
    return;
  }
  if constexpr (requires { decoded->encode().expose(); }) {
    require(same(decoded->encode().expose(), octets), "the same octets");
  } else {
    require(same(decoded->encode(), octets), "the same octets");
  }
}

/// Judging whatever can be decoded.
void judge(Choices& choices) {
  // What is stored may name any time; the clock is the caller's and within reason.
  const TimePoint now = kNow + std::chrono::minutes(choices.u16()) - std::chrono::hours(500);
  const ByteView octets = choices.all();
  if (const auto session = session::ServerSession::decode(octets)) {
    const session::Acceptance acceptance{session->context, session->server_name, true, now};
    if (session::judge(*session, acceptance) == session::Refusal::None) {
      require(session->issued_at <= now, "not from the future");
      require(session->peer.authenticated(), "an identity");
      require(now < session->peer.expires, "one that has not expired");
    }
  }
  if (const auto session = ClientSession::decode(octets)) {
    if (!session->expired(now)) require(session->received_at <= now, "not from the future");
  }
  if (const auto peer = PeerIdentity::decode(octets)) (void)peer->display_name();
}

}  // namespace
}  // namespace nautilus::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nautilus;
  fuzz::Choices choices(ByteView(data, size));
  switch (choices.u8() % 6) {
    case 0:
      fuzz::open_any(choices.all());
      break;
    case 1:
      fuzz::seal_and_alter(choices);
      break;
    case 2:
      fuzz::decode_and_encode<session::ServerSession>(choices.all());
      break;
    case 3:
      fuzz::decode_and_encode<ClientSession>(choices.all());
      break;
    case 4:
      fuzz::decode_and_encode<PeerIdentity>(choices.all());
      break;
    default:
      fuzz::judge(choices);
      break;
  }
  return 0;
}
