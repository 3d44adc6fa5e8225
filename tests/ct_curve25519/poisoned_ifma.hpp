#pragma once

#include "crypto/curve25519/backend.hpp"

namespace nautilus::test {

/// The IFMA backend's code over its own vectors, for the build with MemorySanitizer. Only the field
/// that it uses between vectors is the portable one: the other is written in assembler, which the
/// sanitizer does not follow and valgrind does.
[[nodiscard]] crypto::curve25519::Backend poisoned_curve25519() noexcept;

}  // namespace nautilus::test
