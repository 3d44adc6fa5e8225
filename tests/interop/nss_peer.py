"""NSS's tstclnt and selfserv as peers, and what they say about a connection."""

import pathlib
import re
import socket
import subprocess

from processes import LIMIT, Failed, Skipped, expect
from report import Peer

GROUPS = {"x25519": "x25519", "secp256r1": "P256", "secp384r1": "P384", "secp521r1": "P521",
          "X25519MLKEM768": "mlkem768x25519"}
CIPHERS = {"TLS_AES_128_GCM_SHA256": "128-bit AES-GCM", "TLS_AES_256_GCM_SHA384": "256-bit AES-GCM",
           "TLS_CHACHA20_POLY1305_SHA256": "256-bit CHACHA20POLY1305"}


def free_port():
    """selfserv does not take port 0."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Nss:
    """The programs of a Debian release that debroot.sh unpacked at `root`."""

    def __init__(self, root):
        root = pathlib.Path(root or ".").resolve()
        self._run_in = [pathlib.Path(__file__).resolve().parents[2] / "tools/peers/run_in.sh", root]
        libraries = sorted(root.glob("usr/lib/*/libnss3.so"))
        if not libraries or not (root / "usr/bin/selfserv").exists():
            raise Skipped(f"no NSS below {root}")
        version = re.search(rb"NSS (3\.[\d.]+\d)", libraries[0].read_bytes())[1].decode()
        self.about = Peer("NSS", f"NSS {version}")

    def words(self, program):
        return [*self._run_in, f"bin/{program}"]

    def run(self, program, *arguments):
        done = subprocess.run([*self.words(program), *map(str, arguments)], capture_output=True,
                              text=True, timeout=LIMIT, check=False)
        if done.returncode != 0:
            raise Failed(f"{program} {arguments}: {done.stdout}{done.stderr}")

    def database(self, folder, ca, identity=None):
        """Of the CA's certificate and the identity, which is called "own"."""
        path = folder / f"nss-{len(list(folder.iterdir()))}"
        path.mkdir()
        self.run("certutil", "-N", "-d", f"sql:{path}", "--empty-password")
        self.run("certutil", "-A", "-d", f"sql:{path}", "-n", "ca", "-t", "CT,C,C", "-i",
                 f"{ca}.pem")
        if identity:
            bundle = path / "own.p12"
            subprocess.run(["openssl", "pkcs12", "-export", "-in", f"{identity}.pem", "-inkey",
                            f"{identity}.key", "-name", "own", "-passout", "pass:x", "-out",
                            bundle], check=True, timeout=LIMIT, capture_output=True)
            self.run("pk12util", "-i", bundle, "-d", f"sql:{path}", "-W", "x", "-K", "")
        return path

    def server(self, scene, database, *options):
        return Server(scene, self, database, options)

    def client(self, scene, port, database, *options):
        return Tool(scene, "tstclnt", self, [
            "-4", "-h", "127.0.0.1", "-a", "localhost", "-p", port, "-d", f"sql:{database}",
            "-V", "tls1.3:tls1.3", "-v", *options])


class Tool:
    def __init__(self, scene, program, nss, arguments):
        self.child = scene.start(program, [*nss.words(program), *arguments])

    def said(self):
        return self.child.text("stderr") + self.child.text()

    def says(self, pattern):
        if not re.search(pattern, self.said(), re.M):
            raise Failed(f"{self.child.label} does not say /{pattern}/")

    def expect_suites(self, *suites):
        expect(re.findall(r"SSL version 3\.4 using (.*) with 128-bit AEAD MAC", self.said()),
               [CIPHERS[suite] for suite in suites], f"what {self.child.label} says of its suites")

    def expect_resumed(self, *counts):
        """How often it had resumed a session, at the end of each connection."""
        found = re.findall(r"(\d+) stateless resumes", self.said())
        expect([int(count) for count in found], list(counts), f"resumptions by {self.child.label}")

    def exported(self):
        found = re.search(r"Keying Material:\n((?:\s+[0-9a-f:]+\n)+)", self.said())
        return re.sub(r"[\s:]", "", found[1]) if found else None


class Server(Tool):
    """selfserv, which answers a request with a page that repeats it, and runs until it is told to
    end. What it writes is complete a moment after its client has its page."""

    def __init__(self, scene, nss, database, options):
        self.port = free_port()
        super().__init__(scene, "selfserv", nss, [
            "-p", self.port, "-d", f"sql:{database}", "-n", "own", "-rr", "-V", "tls1.3:tls1.3",
            "-v", *options])
        self.child.wait_until(lambda: "About to call accept" in self.said(), "its readiness")

    def wait_connections(self, count):
        self.child.wait_until(lambda: len(re.findall(r"stateless resumes", self.said())) >= count,
                              "its account of a connection")
