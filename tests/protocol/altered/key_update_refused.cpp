// Altered: a client in CONNECTED has no transition for KeyUpdate.
#include "handshake/client/states.hpp"
#include "protocol/altered/altered.hpp"

namespace nautilus::inline v0::handshake {
template <>
inline constexpr bool kAccepts<client::Connected, Incoming<wire::KeyUpdate>> = false;
}  // namespace nautilus::inline v0::handshake

#include "handshake/machines.cpp"  // NOLINT(bugprone-suspicious-include): with that alteration

namespace nautilus::test {

const std::vector<std::string> kAlteredCells{
    "client CONNECTED: key_update",
    "client CONNECTED after CertificateRequest: key_update",
    "client CONNECTED with a PSK: key_update",
};

}  // namespace nautilus::test
