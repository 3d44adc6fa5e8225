// Serves any number of clients at once with Boost.Asio coroutines, echoing what they send; only
// clients with a certificate get in. Ends on SIGTERM.
//   asio_server PORT CA.pem IDENTITY.pem IDENTITY.key
#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include <nautilus/asio.hpp>
#include <nautilus/nautilus.hpp>

namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Stream = nautilus::net::Stream<tcp::socket>;

constexpr auto kHandshakeTime = std::chrono::seconds(10);
constexpr auto kLingerTime = std::chrono::seconds(2);

template <class T>
T must(nautilus::Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << describe(result.error()) << '\n';
  std::exit(EXIT_FAILURE);
}

asio::awaitable<void> echo(Stream& tls) {
  std::array<char, 16384> buffer;
  for (;;) {
    error_code ec;
    const std::size_t size = co_await tls.async_read_some(
        asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, ec));
    if (ec == asio::error::eof) break;  // the client has sent everything
    if (ec) throw boost::system::system_error(ec);
    co_await asio::async_write(tls, asio::buffer(buffer, size), asio::use_awaitable);
  }
  co_await tls.async_shutdown_send(asio::use_awaitable);
}

asio::awaitable<void> serve(Stream tls) {
  const auto executor = co_await asio::this_coro::executor;
  std::exception_ptr failure;
  try {
    asio::steady_timer deadline(executor, kHandshakeTime);
    const auto first = co_await (tls.async_handshake(asio::use_awaitable) ||
                                 deadline.async_wait(asio::use_awaitable));
    if (first.index() == 1) throw std::runtime_error("the handshake took too long");
    std::cout << tls.connection().negotiated().peer.display_name() << std::endl;
    co_await echo(tls);
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    failure = std::current_exception();
  }
  // So that our alert is not lost to a reset.
  if (failure) co_await tls.async_linger(kLingerTime, asio::use_awaitable);
}

asio::awaitable<void> listen(tcp::acceptor acceptor,
                             std::shared_ptr<const nautilus::ServerConfig> config) {
  for (;;) {
    // A strand for each client: the context may then be run by several threads.
    tcp::socket socket = co_await acceptor.async_accept(asio::make_strand(acceptor.get_executor()),
                                                        asio::use_awaitable);
    const auto strand = socket.get_executor();
    asio::co_spawn(strand, serve(Stream(std::move(socket), config)), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: asio_server PORT CA.pem IDENTITY.pem IDENTITY.key\n";
    return EXIT_FAILURE;
  }
  auto config = must(nautilus::ServerConfig::builder()
                         .trust(must(nautilus::TrustStore::from_pem_file(argv[2])))
                         .identity(must(nautilus::Identity::from_pem_files(argv[3], argv[4])))
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
