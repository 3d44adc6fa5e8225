"""OpenSSL's s_client and s_server as peers, and what they say about a connection.

Both write a trace of every message to a file. It tells, in the peer's words, what was negotiated.
"""

import re
import subprocess

from nautilus_peer import GROUPS
from processes import LIMIT, Failed, Skipped, expect, listening_port
from report import Peer

OPENSSL_NAMES = {"x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384",
                 "secp521r1": "P-521"}
# RFC 9846 §4.2.3: a ServerHello with this Random is a HelloRetryRequest.
RETRY_RANDOM = "E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C"


def openssl_groups(*groups):
    return ":".join(OPENSSL_NAMES.get(group, group) for group in groups)


class Trace:
    """What -trace says of one connection: [(direction, message, its lines)]."""

    def __init__(self, text):
        self.messages = []
        direction = None
        for line in text.splitlines():
            record = re.match(r"(Sent|Received) (?:TLS )?Record", line)
            if record:
                direction = record[1].lower()
            head = re.match(r"    (\w+), Length=\d+$", line) or re.match(r"    (Level)=", line)
            if head:
                self.messages.append((direction, head[1], []))
            if self.messages:
                self.messages[-1][2].append(line)

    def _texts(self, message, direction=None):
        return ["\n".join(lines) for way, name, lines in self.messages
                if name == message and direction in (None, way)]

    def _server_hello(self):
        hellos = self._texts("ServerHello")
        if not hellos:
            raise Failed("no ServerHello in the peer's trace")
        return hellos[-1]

    def facts(self):
        """What the ServerHellos say."""
        hello = self._server_hello()
        group = re.search(r"NamedGroup: .*\((\d+)\)", hello)
        return {"group": int(group[1]) if group else None,
                "suite": re.search(r"cipher_suite \{.*?\} (\w+)", hello)[1],
                "retried": any(RETRY_RANDOM in text for text in self._texts("ServerHello")),
                "resumed": "extension_type=psk" in hello}

    def signature(self, direction):
        """The scheme of the CertificateVerify that the peer sent or received."""
        found = [re.search(r"Signature Algorithm: (\w+)", text)
                 for text in self._texts("CertificateVerify", direction)]
        return found[0][1] if found and found[0] else None

    def key_updates(self):
        """How many asked for an answer, and how many did not, in both directions: the direction is
        not to be had, as OpenSSL may trace its answer's record before the message it answers."""
        texts = "\n".join(self._texts("KeyUpdate"))
        return texts.count("update_requested"), texts.count("update_not_requested")

    def alerts(self, direction):
        return [int(re.search(r"\((\d+)\)$", text.splitlines()[0])[1])
                for text in self._texts("Level", direction)]


class OpenSsl:
    """The command, as a list of words."""

    def __init__(self, program):
        self.program = program
        try:
            done = subprocess.run([*program, "version"], capture_output=True, text=True,
                                  timeout=LIMIT, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise Skipped(f"no OpenSSL command: {error}") from None
        self.version = tuple(map(int, re.match(r"OpenSSL (\d+)\.(\d+)", done.stdout).groups()))
        self.about = Peer("OpenSSL {}.{}".format(*self.version), " ".join(done.stdout.split()[:2]))

    @property
    def post_quantum(self):
        return self.version >= (3, 5)

    def run(self, *arguments, **kwargs):
        done = subprocess.run([*self.program, *map(str, arguments)], capture_output=True, text=True,
                              timeout=LIMIT, check=False, **kwargs)
        if done.returncode != 0:
            raise Failed(f"openssl {arguments}: {done.stderr}")
        return done.stdout

    def server(self, scene, *options, identity, ca, connections=1):
        return SServer(self, scene, identity, ca, connections, options)

    def client(self, scene, port, *options, identity, ca):
        return SClient(self, scene, port, identity, ca, options)


class Endpoint:
    """What s_server and s_client have in common: a child, its trace, its output."""

    def __init__(self, openssl, scene, label, arguments):
        self.trace_file = scene.folder / f"{label}-{len(list(scene.folder.iterdir()))}.trace"
        self.child = scene.start(f"openssl {label}", [
            *openssl.program, label, *arguments, "-trace", "-msgfile", self.trace_file])

    def trace(self):
        """Complete only after the child's end."""
        return Trace(self.trace_file.read_text("utf-8", "replace"))

    def says(self, pattern):
        text = self.child.text() + "\n" + self.child.text("stderr")
        if not re.search(pattern, text, re.M):
            raise Failed(f"{self.child.label} does not say /{pattern}/")

    def expect_facts(self, group, suite, retried=False, resumed=False):
        expect(self.trace().facts(),
               {"group": GROUPS[group], "suite": suite, "retried": retried, "resumed": resumed},
               f"what {self.child.label} traced")

    def expect_signatures(self, sent, received):
        trace = self.trace()
        expect((trace.signature("sent"), trace.signature("received")), (sent, received),
               f"signatures that {self.child.label} sent and received")


class SServer(Endpoint):
    """Ends by itself after so many connections. Its standard input must stay open until then."""

    def __init__(self, openssl, scene, identity, ca, connections, options):
        super().__init__(openssl, scene, "s_server", [
            "-accept", "127.0.0.1:0", "-naccept", connections, "-cert", f"{identity}.pem",
            "-key", f"{identity}.key", "-CAfile", f"{ca}.pem", "-Verify", "2",
            "-verify_return_error", *options])
        self.port = listening_port(self.child)


class SClient(Endpoint):
    def __init__(self, openssl, scene, port, identity, ca, options):
        identify = [] if identity is None else ["-cert", f"{identity}.pem", "-key",
                                                f"{identity}.key"]
        super().__init__(openssl, scene, "s_client", [
            "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-verify_hostname",
            "localhost", "-CAfile", f"{ca}.pem", *identify, "-verify_return_error", *options])
