"""The command under test: its certificates, its server, its client, and what they report."""

import hashlib
import json
import signal
import subprocess

from processes import LIMIT, Failed, expect

KEYS = ("ecdsa-p256", "ecdsa-p384", "ed25519", "rsa-2048")
# What both sides' CertificateVerify must be signed with, for a key of each kind.
SIGNATURES = {
    "ecdsa-p256": "ecdsa_secp256r1_sha256",
    "ecdsa-p384": "ecdsa_secp384r1_sha384",
    "ed25519": "ed25519",
    "rsa-2048": "rsa_pss_rsae_sha256",
}
SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
GROUPS = {  # RFC 9846 §4.3.7 and the hybrid groups
    "secp256r1": 23, "secp384r1": 24, "secp521r1": 25, "x25519": 29,
    "MLKEM512": 0x0200, "MLKEM768": 0x0201, "MLKEM1024": 0x0202,
    "SecP256r1MLKEM768": 0x11EB, "X25519MLKEM768": 0x11EC, "SecP384r1MLKEM1024": 0x11ED,
}
# Exit statuses of the command.
NETWORK, PEER_REJECTED, REJECTED_BY_PEER, PROTOCOL, TRUNCATED = 3, 4, 5, 6, 7


def digest(data):
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


class Nautilus:
    def __init__(self, command, folder):
        self.command = command
        self.folder = folder
        self._made = set()

    def run(self, *arguments):
        done = subprocess.run([self.command, *map(str, arguments)], capture_output=True, text=True,
                              timeout=LIMIT, check=False)
        if done.returncode != 0:
            raise Failed(f"nautilus {arguments} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def ca(self, key="ecdsa-p256", name="ca"):
        path = self.folder / f"{name}-{key}"
        if path not in self._made:
            self.run("cert", "ca", "--out", path, "--cn", f"Test {name} {key}", "--key", key)
            self._made.add(path)
        return path

    def identity(self, role, key="ecdsa-p256", ca="ca"):
        """PATH/NAME of a certificate for "server" or "client", from the CA with such a key."""
        path = self.folder / f"{role}-{key}-{ca}"
        if path not in self._made:
            name = "localhost" if role == "server" else "client.example"
            addresses = ("--ip", "127.0.0.1") if role == "server" else ()
            self.run("cert", role, "--out", path, "--ca", self.ca(key, ca), "--key", key,
                     "--cn", f"{role} {key}", "--dns", name, *addresses)
            self._made.add(path)
        return path

    def serve(self, scene, *options, key="ecdsa-p256", ca=None, identity=None,
              allow=("--allow-all",)):
        return Server(self, scene, [
            "--identity", identity or self.identity("server", key),
            "--ca", f"{ca or self.ca(key)}.pem", *allow, *options])

    def connect(self, scene, port, *options, key="ecdsa-p256", ca=None, identity="default",
                servername="localhost"):
        identify = ["--no-identity"] if identity is None else [
            "--identity", self.identity("client", key) if identity == "default" else identity]
        return Client(self, scene, [
            f"127.0.0.1:{port}", "--servername", servername, "--ca", f"{ca or self.ca(key)}.pem",
            *identify, *options])


def sanitized(child):
    """The sanitizers report to standard error, and UndefinedBehaviorSanitizer goes on."""
    errors = child.text("stderr")
    if "Sanitizer" in errors or "runtime error:" in errors:
        raise Failed(f"{child.label}: a sanitizer found something")


class Server:
    """`nautilus serve`; what it receives it sends back, unless options say otherwise."""

    def __init__(self, nautilus, scene, arguments):
        self.child = scene.start("nautilus serve", [
            nautilus.command, "serve", "--listen", "127.0.0.1:0", *arguments, "--json",
            "--timeout", "30"])
        self._taken = 0
        listening = self.report()
        expect(listening.get("event"), "listening", "first line of nautilus serve")
        self.port = listening["port"]

    def _lines(self):
        return [line for line in self.child.text().split("\n")[:-1] if line.startswith("{")]

    def report(self):
        """The next line it prints."""
        self.child.wait_until(lambda: len(self._lines()) > self._taken, "another report")
        self._taken += 1
        return json.loads(self._lines()[self._taken - 1])

    def closed(self):
        """The report of a connection that ended as it should."""
        report = self.report()
        expect(report.get("event"), "closed", "nautilus serve's report")
        if "error" in report:
            raise Failed(f"nautilus serve: {report['error']}")
        return report

    def refused(self, alert):
        """The report of a connection that was refused with `alert`, whoever sent it."""
        report = self.report()
        expect(report.get("event"), "refused", "nautilus serve's report")
        expect(report.get("alert"), alert, "alert in nautilus serve's report")
        return report

    def stop(self):
        self.child.signal(signal.SIGTERM)
        self.child.finish(0)
        sanitized(self.child)


class Client:
    """`nautilus connect` between its standard input and output; it reports to standard error."""

    def __init__(self, nautilus, scene, arguments):
        self.child = scene.start("nautilus connect", [
            nautilus.command, "connect", *arguments, "--json", "--timeout", "30"])

    def closed(self, *statuses):
        """Ends its input, waits for its end, and returns its report."""
        self.child.close_input()
        self.child.finish(*statuses)
        sanitized(self.child)
        lines = [line for line in self.child.text("stderr").splitlines() if line.startswith("{")]
        if not lines:
            raise Failed("nautilus connect reported nothing")
        return json.loads(lines[-1])

    def refused(self, status, alert):
        report = self.closed(status)
        expect(report.get("alert"), alert, "alert in nautilus connect's report")
        return report
