// What the stream's operations are after. A repeatable goal that is cancelled has had no effect
// that starting it again would double.
#pragma once

#include <algorithm>
#include <vector>

#include <nautilus/asio/detail/op.hpp>

namespace nautilus::inline v0::net::detail {

/// Advances past requests the library answers itself; each is tried once.
template <class NextLayer>
Step advance(Core<NextLayer>& core) {
  for (;;) {
    Step step = core.connection.advance(core.now());
    const auto* suspended = std::get_if<Suspended>(&step);
    if (suspended == nullptr || suspended->id == core.asked) return step;
    core.asked = suspended->id;
    (void)core.connection.resume(suspended->id, core.now());
  }
}

/// Sets early data aside: it must not be taken for what a proven peer sent. The server's config
/// bounds it.
template <class NextLayer>
bool set_early_aside(Core<NextLayer>& core, const Step& step) {
  const auto* ready = std::get_if<PlaintextReady>(&step);
  if (ready == nullptr || !ready->early) return false;
  core.early.insert(core.early.end(), ready->data.begin(), ready->data.end());
  core.connection.consume_plaintext(ready->data.size());
  return true;
}

/// Until the handshake is done and our last flight is written.
struct HandshakeGoal {
  static constexpr bool kRepeatable = true;
  bool decided = false;

  template <class NextLayer>
  Want operator()(Core<NextLayer>& core, Outcome& outcome) {
    // Reading early data may have finished it already.
    if (core.connection.connected()) decided = true;
    while (!decided) {
      const Step step = detail::advance(core);
      if (std::holds_alternative<NeedInput>(step)) return Want::Input;
      if (std::holds_alternative<Suspended>(step)) return Want::Answer;
      if (set_early_aside(core, step)) continue;
      decided = true;
      if (const auto* failed = std::get_if<Failed>(&step)) {
        outcome.error = core.failure(failed->error);
      }
    }
    return Want::Flush;
  }
};

/// Until some early data is there, or the handshake is done and no more can come.
template <class Buffers>
struct ReadEarlyGoal {
  static constexpr bool kRepeatable = true;
  Buffers buffers;
  bool decided = false;

  template <class NextLayer>
  Want operator()(Core<NextLayer>& core, Outcome& outcome) {
    if (decided) return outcome.error ? Want::Flush : Want::Done;
    if (boost::asio::buffer_size(buffers) == 0) return Want::Done;
    while (core.early.empty()) {
      if (core.connection.connected()) {
        decided = true;
        outcome.error = boost::asio::error::eof;
        return Want::Flush;
      }
      const Step step = detail::advance(core);
      if (std::holds_alternative<NeedInput>(step)) return Want::Input;
      if (std::holds_alternative<Suspended>(step)) return Want::Answer;
      if (const auto* failed = std::get_if<Failed>(&step)) {
        decided = true;
        outcome.error = core.failure(failed->error);
        return Want::Flush;
      }
      set_early_aside(core, step);
    }
    decided = true;
    outcome.size = boost::asio::buffer_copy(buffers, boost::asio::buffer(core.early));
    core.early.erase(core.early.begin(),
                     core.early.begin() + static_cast<std::ptrdiff_t>(outcome.size));
    return Want::Done;
  }
};

/// Until some plaintext is there.
template <class Buffers>
struct ReadGoal {
  static constexpr bool kRepeatable = true;
  Buffers buffers;
  bool decided = false;

  template <class NextLayer>
  Want operator()(Core<NextLayer>& core, Outcome& outcome) {
    if (decided) return outcome.error ? Want::Flush : Want::Done;
    if (boost::asio::buffer_size(buffers) == 0) return Want::Done;
    for (;;) {
      const Step step = detail::advance(core);
      if (std::holds_alternative<NeedInput>(step)) return Want::Input;
      if (std::holds_alternative<Suspended>(step)) return Want::Answer;
      if (std::holds_alternative<HandshakeDone>(step) || set_early_aside(core, step)) continue;
      decided = true;
      if (const auto* data = std::get_if<PlaintextReady>(&step)) {
        outcome.size = boost::asio::buffer_copy(
            buffers, boost::asio::const_buffer(data->data.data(), data->data.size()));
        core.connection.consume_plaintext(outcome.size);
        return Want::Done;
      }
      if (const auto* failed = std::get_if<Failed>(&step)) {
        outcome.error = core.failure(failed->error);
      } else {
        outcome.error = boost::asio::error::eof;
      }
      return Want::Flush;
    }
  }
};

/// Seals some data and writes it; one call's worth is bounded.
template <class Buffers>
struct WriteGoal {
  static constexpr bool kRepeatable = false;
  Buffers buffers;
  bool decided = false;

  template <class NextLayer>
  Want operator()(Core<NextLayer>& core, Outcome& outcome) {
    if (decided) return Want::Flush;
    decided = true;
    std::vector<ByteView> parts;
    for (auto it = boost::asio::buffer_sequence_begin(buffers);
         it != boost::asio::buffer_sequence_end(buffers) && outcome.size < kReadSize; ++it) {
      const boost::asio::const_buffer part(*it);
      const std::size_t size = std::min(part.size(), kReadSize - outcome.size);
      parts.emplace_back(static_cast<const std::uint8_t*>(part.data()), size);
      outcome.size += size;
    }
    if (auto r = core.connection.write(parts, core.now()); !r) {
      outcome.size = 0;
      outcome.error = core.failure(r.error());
    }
    return Want::Flush;
  }
};

/// Sends close_notify; with `wait_for_peer` also reads until the peer's. Data that still arrives is
/// dropped.
struct ShutdownGoal {
  static constexpr bool kRepeatable = false;
  bool wait_for_peer = true;
  bool sent = false;
  bool decided = false;

  template <class NextLayer>
  Want operator()(Core<NextLayer>& core, Outcome& outcome) {
    if (!sent) {
      sent = true;
      if (auto r = core.connection.close(core.now()); !r) {
        outcome.error = core.failure(r.error());
        decided = true;
      }
      if (!wait_for_peer) decided = true;
    }
    while (!decided) {
      const Step step = detail::advance(core);
      if (std::holds_alternative<NeedInput>(step)) return Want::Input;
      if (std::holds_alternative<Suspended>(step)) return Want::Answer;
      if (const auto* data = std::get_if<PlaintextReady>(&step)) {
        core.connection.consume_plaintext(data->data.size());
      } else if (const auto* failed = std::get_if<Failed>(&step)) {
        outcome.error = core.failure(failed->error);
        decided = true;
      } else if (std::holds_alternative<PeerClosed>(step)) {
        decided = true;
      }
    }
    return Want::Flush;
  }
};

/// Only writes what is waiting, and lets those who wait for an answer look again.
struct FlushGoal {
  static constexpr bool kRepeatable = true;
  template <class NextLayer>
  Want operator()(Core<NextLayer>& core, Outcome&) const {
    core.answer_turn.cancel();
    return Want::Flush;
  }
};

}  // namespace nautilus::inline v0::net::detail
