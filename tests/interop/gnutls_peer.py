"""GnuTLS's gnutls-cli and gnutls-serv as peers, and what they say about a connection."""

import re
import shutil
import signal
import subprocess

from processes import LIMIT, Failed, Skipped, expect, listening_port
from report import Peer

GROUPS = {"x25519": "X25519", "secp256r1": "SECP256R1", "secp384r1": "SECP384R1",
          "secp521r1": "SECP521R1"}
SIGNATURES = {
    "ecdsa_secp256r1_sha256": "ECDSA-SECP256R1-SHA256",
    "ecdsa_secp384r1_sha384": "ECDSA-SECP384R1-SHA384",
    "ed25519": "EdDSA-Ed25519",
    "rsa_pss_rsae_sha256": "RSA-PSS-RSAE-SHA256",
}
CIPHERS = {"TLS_AES_128_GCM_SHA256": "AES-128-GCM", "TLS_AES_256_GCM_SHA384": "AES-256-GCM",
           "TLS_CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305"}


def priority(*additions):
    return ("--priority", ":".join(("NORMAL", *additions)))


def only_group(group):
    return priority("-GROUP-ALL", f"+GROUP-{GROUPS[group]}")


def only_suite(suite):
    return priority("-CIPHER-ALL", f"+{CIPHERS[suite]}")


def describe(group, signature, suite, resumed=False):
    """The one line that both programs print about a connection."""
    exchange = "" if resumed else f"(ECDHE-{GROUPS[group]})-({SIGNATURES[signature]})"
    return f"(TLS1.3-X.509)-{exchange}-({CIPHERS[suite]})"


class GnuTls:
    def __init__(self):
        for program in ("gnutls-cli", "gnutls-serv"):
            if shutil.which(program) is None:
                raise Skipped(f"no {program}; it is in the package gnutls-bin")
        done = subprocess.run(["gnutls-cli", "--version"], capture_output=True, text=True,
                              timeout=LIMIT, check=True)
        version = done.stdout.split()[1]
        self.about = Peer(f"GnuTLS {'.'.join(version.split('.')[:2])}", f"GnuTLS {version}")

    def server(self, scene, *options, identity, ca):
        return Server(scene, identity, ca, options)

    def client(self, scene, port, *options, identity, ca):
        return Client(scene, port, identity, ca, options)


def descriptions(text):
    return re.findall(r"^- Description: (.*)$", text, re.M)


class Server:
    """gnutls-serv, which sends lines back. It runs until it is told to end."""

    def __init__(self, scene, identity, ca, options):
        self.child = scene.start("gnutls-serv", [
            "gnutls-serv", "--echo", "--port", "0", "--x509certfile", f"{identity}.pem",
            "--x509keyfile", f"{identity}.key", "--x509cafile", f"{ca}.pem",
            "--require-client-cert", "--verify-client-cert", *options])
        self.port = listening_port(self.child)

    def stop(self):
        """What it printed; complete only after its end."""
        self.child.signal(signal.SIGTERM)
        self.child.finish(1)
        return self.child.text() + self.child.text("stderr")


class Client:
    """gnutls-cli; its standard output carries the data and nothing else."""

    def __init__(self, scene, port, identity, ca, options):
        identify = [] if identity is None else [
            "--x509certfile", f"{identity}.pem", "--x509keyfile", f"{identity}.key"]
        self._log = scene.folder / "gnutls-cli.log"
        self.child = scene.start("gnutls-cli", [
            "gnutls-cli", "127.0.0.1", "--port", port, "--sni-hostname", "localhost",
            "--verify-hostname", "localhost", "--x509cafile", f"{ca}.pem", *identify,
            "--logfile", self._log, *options])

    def log(self):
        """Complete only after its end."""
        return self._log.read_text("utf-8", "replace") + self.child.text("stderr")


def expect_described(text, *wanted):
    expect(descriptions(text), list(wanted), "the peer's descriptions of its connections")


def expect_says(text, pattern):
    if not re.search(pattern, text, re.M):
        raise Failed(f"the peer does not say /{pattern}/: {text[-2000:]}")
