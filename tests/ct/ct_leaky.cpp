// What the constant-time check must complain of: a branch and an index that depend on a secret; and
// what it must not.
#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "core/ct.hpp"

namespace {

using namespace nautilus;

volatile int sink = 0;
std::array<volatile int, 256> table{};

void branch(const std::uint8_t* secret) {
  if (secret[3] == 0x41) sink = 1;
}

void index(const std::uint8_t* secret) { sink = table[secret[3]]; }

void none(const std::uint8_t* secret) {
  std::uint32_t value = secret[3];
  value = ct::select(ct::mask_nonzero(value), value * 3, value ^ 5);
  ct::declassify(&value, sizeof value);
  if (value == 77) sink = 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  std::array<std::uint8_t, 16> secret{};
  ct::classify(secret.data(), secret.size());
  if (what == "branch") {
    branch(secret.data());
  } else if (what == "index") {
    index(secret.data());
  } else if (what == "none") {
    none(secret.data());
  } else {
    std::fprintf(stderr, "usage: ct_leaky branch|index|none\n");
    return 2;
  }
  return 0;
}
