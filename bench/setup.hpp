// What one comparison is about, the same for both libraries.
#pragma once

#include <nautilus/codepoints.hpp>

namespace nautilus::bench {

struct Setup {
  NamedGroup group = NamedGroup::x25519;
  CipherSuiteId suite = CipherSuiteId::TLS_AES_256_GCM_SHA384;
  bool mutual = false;
  bool resumed = false;

  /// Tickets sent and consumed per handshake.
  [[nodiscard]] unsigned tickets() const noexcept { return resumed ? 1 : 2; }
};

}  // namespace nautilus::bench
