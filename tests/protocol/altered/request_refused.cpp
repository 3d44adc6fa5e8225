// Altered: a client in WAIT_CERT_CR has no transition for CertificateRequest.
#include "protocol/altered/altered.hpp"

#include "handshake/client/states.hpp"

namespace nautilus::inline v0::handshake {
template <>
inline constexpr bool
    kAccepts<client::ExpectCertificateOrRequest, Incoming<wire::CertificateRequest>> = false;
}  // namespace nautilus::inline v0::handshake

#include "handshake/machines.cpp"  // NOLINT(bugprone-suspicious-include): with that alteration

namespace nautilus::test {

/// It cannot even reach what lies behind.
const std::vector<std::string> kAlteredCells{
    "client WAIT_CERT_CR: certificate_request",
    "client WAIT_CERT_CR after HelloRetryRequest: certificate_request",
};

}  // namespace nautilus::test
