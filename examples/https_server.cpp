// An HTTPS server with Boost.Beast: GET / says who is asking, a WebSocket to /echo is echoed.
// Clients need a certificate. Ends on SIGTERM.
//   https_server PORT CA.pem IDENTITY.pem IDENTITY.key
#include <chrono>
#include <cstdlib>
#include <iostream>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <nautilus/asio/beast.hpp>
#include <nautilus/nautilus.hpp>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;
using tcp = asio::ip::tcp;
// Beast's TCP stream has the deadlines.
using Stream = nautilus::net::Stream<beast::tcp_stream>;

constexpr auto kRequestTime = std::chrono::seconds(10);
constexpr auto kLingerTime = std::chrono::seconds(2);

[[noreturn]] void die(const nautilus::Error& error) {
  std::cerr << describe(error) << '\n';
  std::exit(EXIT_FAILURE);
}

template <class T>
T must(nautilus::Result<T> result) {
  if (!result) die(result.error());
  return std::move(*result);
}

http::response<http::string_body> answer(const http::request<http::string_body>& request,
                                         const nautilus::PeerIdentity& peer) {
  const bool found = request.method() == http::verb::get && request.target() == "/";
  http::response<http::string_body> response(found ? http::status::ok : http::status::not_found,
                                             request.version());
  response.set(http::field::content_type, "text/plain");
  response.keep_alive(request.keep_alive());
  response.body() = found ? "hello, " + peer.display_name() + "\n" : "there is nothing here\n";
  response.prepare_payload();
  return response;
}

asio::awaitable<void> echo(Stream& tls, http::request<http::string_body> request) {
  tls.next_layer().expires_never();  // the WebSocket has deadlines of its own
  websocket::stream<Stream&> socket(tls);
  socket.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
  co_await socket.async_accept(request, asio::use_awaitable);
  beast::flat_buffer buffer;
  for (;;) {
    error_code ec;
    co_await socket.async_read(buffer, asio::redirect_error(asio::use_awaitable, ec));
    if (ec == websocket::error::closed) co_return;
    if (ec) throw boost::system::system_error(ec);
    socket.text(socket.got_text());
    co_await socket.async_write(buffer.data(), asio::use_awaitable);
    buffer.clear();
  }
}

asio::awaitable<void> converse(Stream& tls) {
  tls.next_layer().expires_after(kRequestTime);
  co_await tls.async_handshake(asio::use_awaitable);
  beast::flat_buffer buffer;
  for (bool more = true; more;) {
    tls.next_layer().expires_after(kRequestTime);
    http::request<http::string_body> request;
    error_code ec;
    co_await http::async_read(tls, buffer, request, asio::redirect_error(asio::use_awaitable, ec));
    if (ec == http::error::end_of_stream) break;
    if (ec) throw boost::system::system_error(ec);
    if (websocket::is_upgrade(request) && request.target() == "/echo") {
      co_return co_await echo(tls, std::move(request));
    }
    const auto response = answer(request, tls.connection().negotiated().peer);
    co_await http::async_write(tls, response, asio::use_awaitable);
    more = response.keep_alive();
  }
  co_await tls.async_shutdown(asio::use_awaitable);
}

asio::awaitable<void> serve(Stream tls) {
  bool failed = false;
  try {
    co_await converse(tls);
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << std::endl;
    failed = true;
  }
  if (failed) co_await tls.async_linger(kLingerTime, asio::use_awaitable);
}

asio::awaitable<void> listen(tcp::acceptor acceptor,
                             std::shared_ptr<const nautilus::ServerConfig> config) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::make_strand(acceptor.get_executor()),
                                                        asio::use_awaitable);
    const auto strand = socket.get_executor();
    asio::co_spawn(strand, serve(Stream(beast::tcp_stream(std::move(socket)), config)),
                   asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: https_server PORT CA.pem IDENTITY.pem IDENTITY.key\n";
    return EXIT_FAILURE;
  }
  auto config = must(nautilus::ServerConfig::builder()
                         .trust(must(nautilus::TrustStore::from_pem_file(argv[2])))
                         .identity(must(nautilus::Identity::from_pem_files(argv[3], argv[4])))
                         .application_protocols({"http/1.1"})
                         .build());
  asio::io_context context;
  tcp::acceptor acceptor(
      context, {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::atoi(argv[1]))});
  std::cout << "port " << acceptor.local_endpoint().port() << std::endl;
  asio::co_spawn(context, listen(std::move(acceptor), config), asio::detached);
  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&](error_code, int) { context.stop(); });
  context.run();
}
