// What holds for both answers to a ClientHello.
#pragma once

#include <algorithm>

#include "handshake/client/states.hpp"

namespace nautilus::inline v0::handshake::client {

/// The parts ServerHello and HelloRetryRequest have in common (RFC 9846 §4.2.3, §4.2.4). Returns
/// the suite. `selected_version` must be there.
template <class Hello>
Result<const CipherSuite*> check_hello(const Hello& hello, const Common& common,
                                       const Offer& offer) {
  if (hello.legacy_version != wire::ProtocolVersion::tls12) {
    return fail(ErrorCode::NoCommonVersion, "legacy_version");
  }
  if (!std::ranges::equal(hello.legacy_session_id_echo, offer.hello.legacy_session_id)) {
    return fail(ErrorCode::SessionIdMismatch);
  }
  if (hello.legacy_compression_method != 0) {
    return fail(ErrorCode::IllegalParameter, "legacy_compression_method");
  }
  if (*hello.selected_version != wire::ProtocolVersion::tls13) {
    return fail(ErrorCode::UnsupportedVersionSelected);
  }
  for (const CipherSuite* suite : common.settings->cipher_suites) {
    if (suite->id == hello.cipher_suite) return suite;
  }
  return fail(ErrorCode::UnofferedCipherSuite);
}

}  // namespace nautilus::inline v0::handshake::client
