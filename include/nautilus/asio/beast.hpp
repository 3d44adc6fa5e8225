// Beast's WebSocket over a Nautilus stream: include this before a
// websocket::stream<net::Stream<..>> is closed.
#pragma once

#include <utility>

#include <boost/beast/core/role.hpp>

#include <nautilus/asio.hpp>

namespace nautilus::inline v0::net {

/// How Beast ends a WebSocket's transport (RFC 6455 §7.1.1): close_notify both ways. Found by
/// argument-dependent look-up.
template <class NextLayer>
void teardown(boost::beast::role_type, Stream<NextLayer>& stream, boost::system::error_code& ec) {
  stream.shutdown(ec);
}

template <class NextLayer, class Handler>
void async_teardown(boost::beast::role_type, Stream<NextLayer>& stream, Handler&& handler) {
  stream.async_shutdown(std::forward<Handler>(handler));
}

}  // namespace nautilus::inline v0::net
