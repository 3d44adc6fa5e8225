// Whether the checker still takes memory for secret: one that lost track of the secrets on their
// way through the kernels would find nothing.
#pragma once

#include <algorithm>
#include <vector>

#include <valgrind/memcheck.h>

#include <nautilus/bytes.hpp>

namespace nautilus::test {

/// Whether something in these octets depends on what was classified.
inline bool still_secret(ByteView octets) {
#ifdef NAUTILUS_MSAN_MODEL
  return msan_model_follows(octets.data(), octets.size());
#else
  std::vector<unsigned char> undefined(octets.size());
  if (VALGRIND_GET_VBITS(octets.data(), undefined.data(), octets.size()) != 1) return false;
  return std::ranges::any_of(undefined, [](unsigned char bits) { return bits != 0; });
#endif
}

}  // namespace nautilus::test
