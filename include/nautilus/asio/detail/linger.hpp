// Ending a connection without losing the alert to a reset.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>

#include <nautilus/asio/detail/core.hpp>

namespace nautilus::inline v0::net::detail {

/// What the peer still has under way is read and dropped, but no more than this.
inline constexpr std::size_t kLingerSize = std::size_t{1} << 20;

/// Flushes, shuts down sending, and drains until the peer closes, too much has come or time is up.
template <class Stream>
class LingerOp {
 public:
  LingerOp(Stream& stream, std::chrono::milliseconds time)
      : stream_(&stream), state_(std::make_shared<State>(stream.get_executor())), time_(time) {}

  template <class Self>
  void operator()(Self& self, boost::system::error_code ec = {}, std::size_t size = 0) {
    switch (std::exchange(phase_, Phase::Drain)) {
      case Phase::Begin:
        phase_ = Phase::Shutdown;
        start_timer();
        return stream_->async_flush(std::move(self));
      case Phase::Shutdown:
        shut_down(stream_->lowest_layer(), boost::asio::socket_base::shutdown_send);
        break;
      case Phase::Drain:
        total_ += size;
        if (ec || total_ >= kLingerSize) return finish(self);
        break;
    }
    if (state_->expired) return finish(self);
    // The buffer must not move with the operation.
    State& state = *state_;
    stream_->next_layer().async_read_some(boost::asio::buffer(state.scratch), std::move(self));
  }

 private:
  enum class Phase : std::uint8_t { Begin, Shutdown, Drain };
  struct State {
    template <class Executor>
    explicit State(const Executor& executor) : timer(executor) {}
    boost::asio::steady_timer timer;
    bool done = false;
    bool expired = false;
    std::array<std::uint8_t, 4096> scratch;
  };

  template <class Socket>
  static void shut_down(Socket& socket, boost::asio::socket_base::shutdown_type what) {
    boost::system::error_code ignored;
    if constexpr (requires { socket.shutdown(what, ignored); }) {
      socket.shutdown(what, ignored);
    } else if constexpr (requires { socket.socket().shutdown(what, ignored); }) {
      socket.socket().shutdown(what, ignored);  // boost::beast::tcp_stream
    }
  }

  /// The time is for everything: a peer that does not read holds up the alert too.
  void start_timer() {
    state_->timer.expires_after(time_);
    state_->timer.async_wait(
        [state = state_, &socket = stream_->lowest_layer()](boost::system::error_code ec) {
          if (ec || state->done) return;
          state->expired = true;
          // Shut down as well, for an operation that begins after the cancellation.
          shut_down(socket, boost::asio::socket_base::shutdown_both);
          socket.cancel();
        });
  }

  template <class Self>
  void finish(Self& self) {
    state_->done = true;
    state_->timer.cancel();
    self.complete(boost::system::error_code());
  }

  Stream* stream_;
  std::shared_ptr<State> state_;
  std::chrono::milliseconds time_;
  std::size_t total_ = 0;
  Phase phase_ = Phase::Begin;
};

}  // namespace nautilus::inline v0::net::detail
