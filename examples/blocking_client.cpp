// Connects with mutual authentication, sends a line and prints the answer.
//   blocking_client HOST PORT CA.pem IDENTITY.pem IDENTITY.key
#include <array>
#include <cstdlib>
#include <iostream>

#include <nautilus/nautilus.hpp>

namespace {

int fail(const nautilus::Error& error) {
  std::cerr << describe(error) << '\n';
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: blocking_client HOST PORT CA.pem IDENTITY.pem IDENTITY.key\n";
    return EXIT_FAILURE;
  }
  auto trust = nautilus::TrustStore::from_pem_file(argv[3]);
  if (!trust) return fail(trust.error());
  auto identity = nautilus::Identity::from_pem_files(argv[4], argv[5]);
  if (!identity) return fail(identity.error());
  auto config = nautilus::ClientConfig::builder().trust(*trust).identity(*identity).build();
  if (!config) return fail(config.error());

  auto stream = nautilus::connect(*config, argv[1], static_cast<std::uint16_t>(std::atoi(argv[2])));
  if (!stream) return fail(stream.error());
  std::cerr << to_string(stream->session().group()) << " with "
            << stream->session().peer().display_name() << '\n';
  if (auto sent = stream->write("hello\n"); !sent) return fail(sent.error());
  std::array<std::uint8_t, 4096> buffer{};
  auto size = stream->read(buffer);
  if (!size) return fail(size.error());
  std::cout << nautilus::as_text(nautilus::ByteView(buffer).first(*size));
  if (auto closed = stream->close(); !closed) return fail(closed.error());
}
