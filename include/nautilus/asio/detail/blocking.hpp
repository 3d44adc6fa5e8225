// The same goals over a transport's blocking operations.
#pragma once

#include <nautilus/asio/detail/op.hpp>

namespace nautilus::inline v0::net::detail {

template <class NextLayer>
void write_all(Core<NextLayer>& core) {
  while (core.output_waiting() && !core.write_error) {
    boost::system::error_code ec;
    const std::size_t size = core.next.write_some(core.begin_write(), ec);
    core.end_write(ec, size);
  }
}

/// Runs `goal` to its end.
template <class NextLayer, class Goal>
Outcome run(Core<NextLayer>& core, Goal goal) {
  Outcome outcome;
  for (;;) {
    const Want want = goal(core, outcome);
    write_all(core);
    if (want == Want::Done) return outcome;
    // The thread that waits here is the one that would have to answer.
    if (want == Want::Answer) {
      outcome.error = core.failure(Error{ErrorCode::ApiMisuse, "an answer comes later"});
      return outcome;
    }
    // The goal's own error says more than a transport that broke while it was reported.
    if (want == Want::Flush) {
      if (core.write_error && !outcome.error) outcome.error = core.write_error;
      return outcome;
    }
    boost::system::error_code ec;
    const std::size_t size = core.next.read_some(core.begin_read(), ec);
    core.end_read(ec, size);
    if (core.read_error) return {core.read_error, outcome.size};
  }
}

}  // namespace nautilus::inline v0::net::detail
