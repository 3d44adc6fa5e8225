// Two real engines over fake cryptography, and an input that decides what befalls the octets
// between them and what their applications do.
#pragma once

#include "engine_end.hpp"

namespace nautilus::fuzz {

/// Two octets choose the cast (`Shape`), the rest are actions against the `tested` side.
void duel(Side tested, ByteView input);

}  // namespace nautilus::fuzz
