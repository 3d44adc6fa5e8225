// Beast's WebSocket over a Nautilus stream: include this before a
// websocket::stream<net::Stream<..>> is closed.
#pragma once

#include <utility>

#include <boost/asio/compose.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <nautilus/asio.hpp>

namespace nautilus::inline v0::net {

namespace detail {

/// close_notify both ways, then the next layer's teardown; the first error counts.
template <class NextLayer>
class TeardownOp {
 public:
  TeardownOp(boost::beast::role_type role, Stream<NextLayer>& stream)
      : role_(role), stream_(&stream) {}

  template <class Self>
  void operator()(Self& self, boost::system::error_code ec = {}) {
    switch (phase_++) {
      case 0:
        return stream_->async_shutdown(std::move(self));
      case 1: {
        first_ = ec;
        using boost::beast::websocket::async_teardown;
        return async_teardown(role_, stream_->next_layer(), std::move(self));
      }
      default:
        return self.complete(first_ ? first_ : ec);
    }
  }

 private:
  boost::beast::role_type role_;
  Stream<NextLayer>* stream_;
  int phase_ = 0;
  boost::system::error_code first_;
};

}  // namespace detail

/// How Beast ends a WebSocket's transport (RFC 6455 §7.1.1): close_notify both ways, then whatever
/// the next layer does. Found by argument-dependent look-up.
template <class NextLayer>
void teardown(boost::beast::role_type role, Stream<NextLayer>& stream,
              boost::system::error_code& ec) {
  stream.shutdown(ec);
  boost::system::error_code after;
  using boost::beast::websocket::teardown;
  teardown(role, stream.next_layer(), after);
  if (!ec) ec = after;
}

template <class NextLayer, class Handler>
auto async_teardown(boost::beast::role_type role, Stream<NextLayer>& stream, Handler&& handler) {
  return boost::asio::async_compose<Handler, void(boost::system::error_code)>(
      detail::TeardownOp<NextLayer>(role, stream), handler, stream.get_executor());
}

}  // namespace nautilus::inline v0::net
