#include <string.h>

#include <nautilus/secret.hpp>

#include "core/ct.hpp"

namespace nautilus::inline v0 {

void wipe(ByteSpan memory) noexcept {
  if (memory.empty()) return;
  ::explicit_bzero(memory.data(), memory.size());
}

bool ct_equal(ByteView a, ByteView b) noexcept {
  if (a.size() != b.size()) return false;  // lengths are public
  std::uint32_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<std::uint32_t>(a[i] ^ b[i]);
  }
  std::uint32_t mask = ct::mask_nonzero(difference);
  // The verdict is public: the protocol acts on it.
  ct::declassify(&mask, sizeof mask);
  return mask == 0;
}

}  // namespace nautilus::inline v0
