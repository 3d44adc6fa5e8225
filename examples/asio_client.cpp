// Connects with Boost.Asio coroutines and mutual authentication, sends a file's worth of data while
// it reads the answer, and compares the two.
//   asio_client HOST PORT CA.pem IDENTITY.pem IDENTITY.key
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
using tcp = asio::ip::tcp;
using Stream = nautilus::net::Stream<tcp::socket>;

template <class T>
T must(nautilus::Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << describe(result.error()) << '\n';
  std::exit(EXIT_FAILURE);
}

asio::awaitable<void> send(Stream& tls, const std::string& data) {
  // Where this fails, reading says why: the server's alert may still be on its way.
  boost::system::error_code ec;
  co_await asio::async_write(tls, asio::buffer(data),
                             asio::redirect_error(asio::use_awaitable, ec));
  if (!ec) co_await tls.async_shutdown_send(asio::use_awaitable);
}

asio::awaitable<std::string> receive(Stream& tls) {
  std::string data;
  boost::system::error_code ec;
  co_await asio::async_read(tls, asio::dynamic_buffer(data),
                            asio::redirect_error(asio::use_awaitable, ec));
  // eof is the server's close_notify; an end without it would be ErrorCode::Truncated.
  if (ec != asio::error::eof) throw boost::system::system_error(ec);
  co_return data;
}

asio::awaitable<void> talk(std::shared_ptr<const nautilus::ClientConfig> config, std::string host,
                           std::string port) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  tcp::socket socket(executor);
  co_await asio::async_connect(socket,
                               co_await resolver.async_resolve(host, port, asio::use_awaitable),
                               asio::use_awaitable);

  Stream tls(std::move(socket), std::move(config), host);
  // Whichever ends first cancels the other.
  asio::steady_timer deadline(executor, std::chrono::seconds(10));
  const auto first = co_await (tls.async_handshake(asio::use_awaitable) ||
                               deadline.async_wait(asio::use_awaitable));
  if (first.index() == 1) throw std::runtime_error("the handshake took too long");
  const nautilus::Negotiated& facts = tls.connection().negotiated();
  std::cerr << to_string(facts.group) << " with " << facts.peer.display_name() << '\n';

  std::string data(std::size_t{1} << 20, '\0');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 7 + i / 256);
  const std::string answer = co_await (send(tls, data) && receive(tls));
  if (answer != data) throw std::runtime_error("the answer differs");
  std::cout << answer.size() << " octets came back\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: asio_client HOST PORT CA.pem IDENTITY.pem IDENTITY.key\n";
    return EXIT_FAILURE;
  }
  auto config = must(nautilus::ClientConfig::builder()
                         .trust(must(nautilus::TrustStore::from_pem_file(argv[3])))
                         .identity(must(nautilus::Identity::from_pem_files(argv[4], argv[5])))
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
