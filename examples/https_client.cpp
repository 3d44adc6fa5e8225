// An HTTPS GET with Boost.Beast, synchronously; prints the body.
//   https_client HOST PORT CA.pem IDENTITY.pem IDENTITY.key [TARGET]
#include <cstdlib>
#include <iostream>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <nautilus/asio/beast.hpp>
#include <nautilus/nautilus.hpp>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
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

http::response<http::string_body> get(std::shared_ptr<const nautilus::ClientConfig> config,
                                      const std::string& host, const std::string& port,
                                      const std::string& target) {
  asio::io_context context;
  tcp::socket socket(context);
  asio::connect(socket, tcp::resolver(context).resolve(host, port));
  nautilus::net::Stream<tcp::socket> tls(std::move(socket), std::move(config), host);
  tls.handshake();

  http::request<http::empty_body> request(http::verb::get, target, 11);
  request.set(http::field::host, host);
  request.keep_alive(false);
  http::write(tls, request);
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  http::read(tls, buffer, response);
  boost::system::error_code ec;
  tls.shutdown(ec);
  // The length of the body is known, so an end without close_notify took nothing away.
  const auto truncated = nautilus::net::to_error_code({nautilus::ErrorCode::Truncated});
  if (ec && ec != truncated) throw boost::system::system_error(ec);
  return response;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6 && argc != 7) {
    std::cerr << "usage: https_client HOST PORT CA.pem IDENTITY.pem IDENTITY.key [TARGET]\n";
    return EXIT_FAILURE;
  }
  auto config = must(nautilus::ClientConfig::builder()
                         .trust(must(nautilus::TrustStore::from_pem_file(argv[3])))
                         .identity(must(nautilus::Identity::from_pem_files(argv[4], argv[5])))
                         .application_protocols({"http/1.1"})
                         .build());
  try {
    const auto response = get(config, argv[1], argv[2], argc == 7 ? argv[6] : "/");
    std::cout << response.body();
    if (response.result() == http::status::ok) return EXIT_SUCCESS;
    std::cerr << response.result() << '\n';
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
  }
  return EXIT_FAILURE;
}
