// A server's engine against a real peer whose octets are tampered with; see engine_duel.hpp.
#include "engine_duel.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  nautilus::fuzz::duel(nautilus::fuzz::Side::Server, nautilus::ByteView(data, size));
  return 0;
}
