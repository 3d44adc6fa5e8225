// Serves one client after another, echoing what they send; only clients with a certificate get in.
//   blocking_server PORT CA.pem IDENTITY.pem IDENTITY.key
#include <array>
#include <cstdlib>
#include <iostream>

#include <nautilus/nautilus.hpp>

namespace {

int fail(const nautilus::Error& error) {
  std::cerr << describe(error) << '\n';
  return EXIT_FAILURE;
}

void echo(nautilus::TcpStream& stream) {
  std::array<std::uint8_t, 4096> buffer{};
  for (;;) {
    auto size = stream.read(buffer);
    if (!size) return void(fail(size.error()));
    if (*size == 0) break;  // the client has sent everything
    if (auto sent = stream.write(nautilus::ByteView(buffer).first(*size)); !sent) {
      return void(fail(sent.error()));
    }
  }
  if (auto closed = stream.close(); !closed) fail(closed.error());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: blocking_server PORT CA.pem IDENTITY.pem IDENTITY.key\n";
    return EXIT_FAILURE;
  }
  auto trust = nautilus::TrustStore::from_pem_file(argv[2]);
  if (!trust) return fail(trust.error());
  auto identity = nautilus::Identity::from_pem_files(argv[3], argv[4]);
  if (!identity) return fail(identity.error());
  auto config = nautilus::ServerConfig::builder().trust(*trust).identity(*identity).build();
  if (!config) return fail(config.error());

  auto listener = nautilus::TcpListener::listen(static_cast<std::uint16_t>(std::atoi(argv[1])));
  if (!listener) return fail(listener.error());
  std::cout << "port " << listener->port() << std::endl;
  for (;;) {
    auto stream = nautilus::TcpStream::accept(*config, *listener);
    if (!stream) {
      fail(stream.error());  // this client's trouble, not ours
      continue;
    }
    std::cout << stream->session().peer().display_name() << std::endl;
    echo(*stream);
  }
}
