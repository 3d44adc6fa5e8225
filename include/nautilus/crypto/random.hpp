#pragma once

#include <nautilus/bytes.hpp>
#include <nautilus/export.hpp>
#include <nautilus/result.hpp>

namespace nautilus::inline v0 {

/// A cryptographically secure generator. Implementations are safe to share among threads and across
/// fork.
class NAUTILUS_API Random {
 public:
  virtual ~Random() = default;
  /// Fills `out` completely or fails with `RandomFailure`; after a failure the content is unusable
  /// and the connection that asked ends.
  [[nodiscard]] virtual Result<void> fill(ByteSpan out) noexcept = 0;
};

}  // namespace nautilus::inline v0
