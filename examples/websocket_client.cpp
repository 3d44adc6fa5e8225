// A WebSocket over TLS with Boost.Beast coroutines: sends a message to wss://HOST:PORT/echo, prints
// what comes back, and closes.
//   websocket_client HOST PORT CA.pem IDENTITY.pem IDENTITY.key
#include <cstdlib>
#include <iostream>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <nautilus/asio/beast.hpp>
#include <nautilus/nautilus.hpp>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;

[[noreturn]] void die(const nautilus::Error& error) {
  std::cerr << describe(error) << '\n';
  std::exit(EXIT_FAILURE);
}

template <class T>
T must(nautilus::Result<T> result) {
  if (!result) die(result.error());
  return std::move(*result);
}

asio::awaitable<void> talk(std::shared_ptr<const nautilus::ClientConfig> config, std::string host,
                           std::string port) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  websocket::stream<nautilus::net::Stream<beast::tcp_stream>> socket(beast::tcp_stream(executor),
                                                                     std::move(config), host);
  auto& tcp_layer = beast::get_lowest_layer(socket);
  tcp_layer.expires_after(std::chrono::seconds(10));
  co_await tcp_layer.async_connect(co_await resolver.async_resolve(host, port, asio::use_awaitable),
                                   asio::use_awaitable);
  co_await socket.next_layer().async_handshake(asio::use_awaitable);

  tcp_layer.expires_never();  // the WebSocket has deadlines of its own
  socket.set_option(websocket::stream_base::timeout::suggested(beast::role_type::client));
  co_await socket.async_handshake(host, "/echo", asio::use_awaitable);
  co_await socket.async_write(asio::buffer("hello over a WebSocket\n", 23), asio::use_awaitable);
  beast::flat_buffer buffer;
  co_await socket.async_read(buffer, asio::use_awaitable);
  std::cout << beast::make_printable(buffer.data());
  co_await socket.async_close(websocket::close_code::normal, asio::use_awaitable);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: websocket_client HOST PORT CA.pem IDENTITY.pem IDENTITY.key\n";
    return EXIT_FAILURE;
  }
  auto config = must(nautilus::ClientConfig::builder()
                         .trust(must(nautilus::TrustStore::from_pem_file(argv[3])))
                         .identity(must(nautilus::Identity::from_pem_files(argv[4], argv[5])))
                         .application_protocols({"http/1.1"})
                         .build());
  asio::io_context context;
  auto done = asio::co_spawn(context, talk(config, argv[1], argv[2]), asio::use_future);
  context.run();
  try {
    done.get();
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return EXIT_FAILURE;
  }
}
