// What a stream's operations share: the transport, the engine and who is using them right now.
#pragma once

#include <algorithm>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <nautilus/asio/error.hpp>
#include <nautilus/connection.hpp>

namespace nautilus::inline v0::net::detail {

/// Octets asked of the transport at once: little from a peer that says little, since the room is
/// held while waiting; a few full records from one that fills what it is given.
inline constexpr std::size_t kLeastReadSize = 2 * 1024;
inline constexpr std::size_t kReadSize = 64 * 1024;

/// The lowest layer of `layer`, which is `layer` itself where it knows of none below.
template <class Layer>
[[nodiscard]] constexpr auto& lowest(Layer& layer) noexcept {
  if constexpr (requires { layer.lowest_layer(); }) {
    return layer.lowest_layer();
  } else {
    return layer;
  }
}

template <class NextLayer>
struct Core {
  Core(NextLayer next_layer, Connection engine, const Clock& time)
      : next(std::move(next_layer)),
        connection(std::move(engine)),
        clock(&time),
        read_turn(next.get_executor()),
        write_turn(next.get_executor()),
        answer_turn(next.get_executor()) {
    answer_turn.expires_at(boost::asio::steady_timer::time_point::max());
    read_turn.expires_at(boost::asio::steady_timer::time_point::max());
    write_turn.expires_at(boost::asio::steady_timer::time_point::max());
  }

  NextLayer next;
  Connection connection;
  const Clock* clock;
  // One transport read and one transport write are in flight at most; others wait for their turn,
  // and are woken by canceling the timer.
  boost::asio::steady_timer read_turn;
  boost::asio::steady_timer write_turn;
  /// Operations that wait for an answer to the open request, likewise.
  boost::asio::steady_timer answer_turn;
  std::uint64_t asked = 0;  ///< the last request put to the library's own answerer
  bool reading = false;
  bool writing = false;
  /// What the transport is writing: the engine's own output may grow meanwhile.
  std::vector<std::uint8_t> in_flight;
  std::size_t in_flight_sent = 0;
  std::size_t read_size = kLeastReadSize;
  // Apart, because a peer that no longer reads may still have said why.
  boost::system::error_code read_error;
  boost::system::error_code write_error;
  std::optional<Error> last_error;
  /// Early data that arrived while something else was wanted.
  std::vector<std::uint8_t> early;

  [[nodiscard]] TimePoint now() const noexcept { return clock->now(); }

  [[nodiscard]] bool output_waiting() const noexcept {
    return in_flight_sent < in_flight.size() || !connection.output().empty();
  }

  /// Sending failed, and not because the peer is gone: then nothing may ever come to be read.
  [[nodiscard]] bool cannot_go_on() const noexcept {
    return write_error && write_error != boost::asio::error::broken_pipe &&
           write_error != boost::asio::error::connection_reset;
  }

  /// The octets to write next; `writing` must be free.
  [[nodiscard]] boost::asio::const_buffer begin_write() {
    writing = true;
    if (in_flight_sent == in_flight.size()) {
      const ByteView output = connection.output();
      in_flight.assign(output.begin(), output.end());
      in_flight_sent = 0;
      connection.consume_output(output.size());
    }
    return {in_flight.data() + in_flight_sent, in_flight.size() - in_flight_sent};
  }
  void end_write(const boost::system::error_code& ec, std::size_t size) {
    writing = false;
    in_flight_sent += size;
    if (ec && ec != boost::asio::error::operation_aborted) write_error = ec;
    write_turn.cancel();
  }

  [[nodiscard]] boost::asio::mutable_buffer begin_read() {
    reading = true;
    if (in_flight_sent == in_flight.size()) {  // whoever waits needs no room for what it sent
      in_flight = {};
      in_flight_sent = 0;
    }
    const ByteSpan room = connection.prepare(read_size);
    return {room.data(), std::min(room.size(), kReadSize)};
  }
  void end_read(const boost::system::error_code& ec, std::size_t size) {
    reading = false;
    connection.commit(size);
    if (size >= read_size) {
      read_size = std::min(2 * read_size, kReadSize);
    } else if (size < read_size / 4) {
      read_size = std::max(read_size / 2, kLeastReadSize);
    }
    if (ec == boost::asio::error::eof) {
      connection.commit_eof();
    } else if (ec && ec != boost::asio::error::operation_aborted) {
      read_error = ec;
    }
    read_turn.cancel();
  }

  [[nodiscard]] boost::system::error_code failure(const Error& error) {
    last_error = error;
    return to_error_code(error);
  }
};

}  // namespace nautilus::inline v0::net::detail
