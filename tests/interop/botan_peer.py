"""Botan's tls_client and tls_server as peers, and what they say about a connection."""

import re
import subprocess

from nss_peer import free_port
from processes import LIMIT, Failed, Skipped
from report import Peer

GROUPS = {"x25519": "x25519", "secp256r1": "secp256r1", "secp384r1": "secp384r1",
          "secp521r1": "secp521r1", "X25519MLKEM768": "x25519/ML-KEM-768",
          "SecP256r1MLKEM768": "secp256r1/ML-KEM-768",
          "SecP384r1MLKEM1024": "secp384r1/ML-KEM-1024"}
SUITES = {"TLS_AES_128_GCM_SHA256": "AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384": "AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256": "CHACHA20_POLY1305_SHA256"}


class Botan:
    """The program of a Debian release that debroot.sh unpacked, as a list of words."""

    def __init__(self, words):
        self._words = words
        try:
            done = subprocess.run([*words, "version"], capture_output=True, text=True,
                                  timeout=LIMIT, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise Skipped(f"no Botan: {error}") from None
        self.about = Peer("Botan", f"Botan {done.stdout.strip()}")

    @staticmethod
    def policy(scene, **settings):
        """An option for both programs; what is not named is as in Botan's default policy."""
        path = scene.folder / "policy"
        path.write_text("tls_version_min = tls13\n" + "".join(
            f"{name} = {value}\n" for name, value in settings.items()))
        return f"--policy={path}"

    def client(self, scene, port, ca, identity, *options):
        identify = [f"--client-cert={identity}.pem", f"--client-cert-key={identity}.key"] if (
            identity) else []
        return Tool(scene.start("botan tls_client", [
            *self._words, "tls_client", f"--port={port}", "--skip-system-cert-store",
            f"--trusted-cas={ca}.pem", *identify, *options, "localhost"]))

    def server(self, scene, identity, *options):
        port = free_port()
        tool = Tool(scene.start("botan tls_server", [
            *self._words, "tls_server", f"--port={port}", *options, f"{identity}.pem",
            f"{identity}.key"]))
        tool.port = port
        tool.child.wait_until(lambda: "Listening" in tool.said(), "its readiness")
        return tool


class Tool:
    def __init__(self, child):
        self.child = child

    def said(self):
        return self.child.text() + self.child.text("stderr")

    def says(self, pattern):
        if not re.search(pattern, self.said(), re.M):
            raise Failed(f"{self.child.label} does not say /{pattern}/")
