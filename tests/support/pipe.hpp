// Two connections and the octets between them, in memory. A test may look at, change or withhold
// what is in flight.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include <nautilus/connection.hpp>

#include "support/pki.hpp"

namespace nautilus::test {

/// One end: a connection, what it received as plaintext, and how it ended.
struct Endpoint {
  Connection connection;
  std::string received;
  bool handshake_done = false;
  bool peer_closed = false;
  std::optional<Error> error;

  /// Feeds octets, at most `chunk` at a time, and drives until nothing moves.
  void feed(ByteView octets, TimePoint now, std::size_t chunk) {
    while (!octets.empty()) {
      const std::size_t size = std::min(chunk, octets.size());
      const ByteSpan room = connection.prepare(size);
      ASSERT_GE(room.size(), size);
      std::copy_n(octets.begin(), size, room.begin());
      connection.commit(size);
      octets = octets.subspan(size);
      drive(now);
    }
  }

  void drive(TimePoint now) {
    for (;;) {
      const Step step = connection.advance(now);
      if (const auto* data = std::get_if<PlaintextReady>(&step)) {
        received += as_text(data->data);
        connection.consume_plaintext(data->data.size());
      } else if (std::holds_alternative<HandshakeDone>(step)) {
        handshake_done = true;
      } else if (const auto* suspended = std::get_if<Suspended>(&step)) {
        (void)connection.resume(suspended->id, now);
      } else {
        peer_closed = peer_closed || std::holds_alternative<PeerClosed>(step);
        if (const auto* failed = std::get_if<Failed>(&step)) error = failed->error;
        return;
      }
    }
  }
};

using Tamper = std::function<void(ByteVector&)>;

/// A client and a server joined back to back.
class Pipe {
 public:
  Pipe(std::shared_ptr<const ClientConfig> client_config,
       std::shared_ptr<const ServerConfig> server_config, std::string name = "server.test",
       TimePoint start = kNow)
      : now(start),
        client{Connection::connect(std::move(client_config),
                                   {ServerName::parse(name).value(), "target", nullptr}, start)
                   .value(),
               {},
               false,
               false,
               {}},
        server{
            Connection::accept(std::move(server_config), {}, start).value(), {}, false, false, {}} {
  }

  /// Moves octets both ways until neither side has any left.
  void run() {
    server.drive(now);
    client.drive(now);
    while (move(client, server, to_server, tamper_to_server) ||
           move(server, client, to_client, tamper_to_client)) {
    }
  }

  TimePoint now;
  Endpoint client;
  Endpoint server;
  std::size_t chunk = std::size_t{1} << 20;
  Tamper tamper_to_server;
  Tamper tamper_to_client;
  /// Everything that went over the wire.
  ByteVector to_server;
  ByteVector to_client;

 private:
  bool move(Endpoint& from, Endpoint& to, ByteVector& log, const Tamper& tamper) {
    if (from.connection.output().empty()) return false;
    ByteVector octets = to_vector(from.connection.output());
    from.connection.consume_output(octets.size());
    log.insert(log.end(), octets.begin(), octets.end());
    if (tamper) tamper(octets);
    to.feed(octets, now, chunk);
    return true;
  }
};

}  // namespace nautilus::test
