"""What is Chromium's own in the cases of browser_cases."""

from browser_cases import HYBRID, Kind, browser_cases

CHROMIUM = Kind(
    classical=("x25519", "secp256r1", "secp384r1"),
    shares=(HYBRID, "x25519"),
    # The latter where it finds the connection closed before it has read our alert.
    no_certificate=("net::ERR_BAD_SSL_CLIENT_AUTH_CERT", "net::ERR_SOCKET_NOT_CONNECTED"),
    untrusted=("net::ERR_CERT_AUTHORITY_INVALID", "certificate_unknown"),
    other_name=("net::ERR_CERT_COMMON_NAME_INVALID", "certificate_unknown"),
    record_size_limit=False,
)


def cases(nautilus, browser):
    return browser_cases(nautilus, browser, CHROMIUM)
