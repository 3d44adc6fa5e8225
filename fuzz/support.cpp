#include "support.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace nautilus::fuzz {

void require(bool holds, const char* what, std::source_location where) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u: does not hold: %s\n", where.file_name(), where.line(), what);
  std::abort();
}

void require_peer_error(const Error& error, std::source_location where) {
  const ErrorOrigin origin = origin_of(error.code);
  const bool named = origin == ErrorOrigin::PeerMisbehaved || origin == ErrorOrigin::Incompatible ||
                     origin == ErrorOrigin::PeerCertificate;
  if (!named || !alert_for(error.code)) std::fprintf(stderr, "%s\n", describe(error).c_str());
  require(named, "an error of the peer's making", where);
  require(alert_for(error.code).has_value(), "an alert for it", where);
}

}  // namespace nautilus::fuzz
