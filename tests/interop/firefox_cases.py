"""What is Firefox's own in the cases of browser_cases."""

from browser_cases import HYBRID, Kind, browser_cases

FIREFOX = Kind(
    classical=("x25519", "secp256r1", "secp384r1", "secp521r1"),
    shares=(HYBRID, "x25519", "secp256r1"),
    no_certificate=("SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT",),
    untrusted=("SEC_ERROR_UNKNOWN_ISSUER", "unknown_ca"),
    other_name=("SSL_ERROR_BAD_CERT_DOMAIN", "bad_certificate"),
    record_size_limit=True,
)


def cases(nautilus, browser):
    return browser_cases(nautilus, browser, FIREFOX)
