#include <iostream>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <nautilus/asio.hpp>
#include <nautilus/version.hpp>

using Stream = nautilus::net::Stream<boost::asio::ip::tcp::socket>;

int main() {
  boost::asio::io_context context;
  static_assert(std::is_move_constructible_v<Stream>);
  std::cout << "nautilus " << nautilus::kVersion << ", " << context.run() << " handlers\n";
  return 0;
}
