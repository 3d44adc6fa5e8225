"""Runs every example against another one over loopback, with a throwaway authority."""

import argparse
import contextlib
import json
import pathlib
import socket
import subprocess
import tempfile

DEADLINE = 20


class Examples:
    """The programs in `folder`, run where the certificates are."""

    def __init__(self, nautilus, folder, pki):
        self.nautilus, self.folder, self.pki = nautilus, pathlib.Path(folder), pki
        self.cert("ca", "--cn", "Example CA", "--out", "ca")
        self.cert("server", "--ca", "ca", "--dns", "localhost", "--out", "server")
        self.cert("client", "--ca", "ca", "--cn", "alice", "--out", "client")
        self.cert("ca", "--cn", "Nobody's CA", "--out", "strange")
        self.cert("client", "--ca", "strange", "--cn", "mallory", "--out", "mallory")

    def cert(self, *words):
        return subprocess.run([self.nautilus, "cert", *words], cwd=self.pki, check=True, text=True,
                              timeout=DEADLINE, stdout=subprocess.PIPE).stdout

    def program(self, name):
        return str(self.folder / f"example_{name}")

    @contextlib.contextmanager
    def server(self, name):
        """Yields its port and where its output can be read."""
        process = subprocess.Popen(
            [self.program(name), "0", "ca.pem", "server.pem", "server.key"], cwd=self.pki,
            stdout=subprocess.PIPE, text=True)
        try:
            yield process.stdout.readline().split()[1], process.stdout
        finally:
            process.terminate()
            process.wait(DEADLINE)

    def client(self, name, port, *more, trust="ca.pem", identity="client"):
        """Runs to its end; `trust` is what the client's third argument says."""
        return subprocess.run(
            [self.program(name), "localhost", port, trust, f"{identity}.pem", f"{identity}.key",
             *more], cwd=self.pki, timeout=DEADLINE, capture_output=True, text=True, check=False)


def expect(done, code, text):
    """`text` is in what a failing program says of the reason, or all that a good one prints."""
    assert done.returncode == code, done
    assert text in done.stderr if code else text == done.stdout, done


def blocking(run):
    with run.server("blocking_server") as (port, out):
        for _ in range(2):
            done = run.client("blocking_client", port)
            expect(done, 0, "hello\n")
            assert "X25519MLKEM768 with localhost" in done.stderr, done.stderr
            assert out.readline() == "alice\n"
        expect(run.client("blocking_client", port, trust="strange.pem"), 1,
               "not from a trusted CA")


def epoll(run):
    with (run.server("epoll_server") as (port, out),
          # One that never speaks must not keep the others waiting.
          socket.create_connection(("localhost", int(port)), DEADLINE)):
        for _ in range(3):
            expect(run.client("blocking_client", port), 0, "hello\n")
            assert out.readline() == "alice\n"
        expect(run.client("blocking_client", port, identity="mallory"), 1, "unknown_ca")
        expect(run.client("blocking_client", port), 0, "hello\n")


def pinned(run):
    pin = json.loads(run.cert("show", "server.pem", "--json"))["key_sha256"]
    wrong = json.loads(run.cert("show", "client.pem", "--json"))["key_sha256"]
    with run.server("blocking_server") as (port, _):
        expect(run.client("pinned_client", port, trust=pin), 0, "hello\n")
        refused = run.client("pinned_client", port, trust=wrong)
        expect(refused, 1, "not the pinned key")
        assert f"the server's key is {pin}" in refused.stderr, refused.stderr
        assert refused.stdout == "", refused.stdout


def sessions(run):
    with run.server("blocking_server") as (port, _):
        for kind in ("full", "resumed", "resumed"):
            done = run.client("session_client", port, "sessions")
            expect(done, 0, f"{kind} handshake with localhost\nhello\n")
        folder = run.pki / "sessions"
        assert folder.stat().st_mode & 0o777 == 0o700
        for session in folder.glob("*.session"):
            assert session.stat().st_mode & 0o777 == 0o600
            session.write_bytes(b"damaged")
        done = run.client("session_client", port, "sessions")
        expect(done, 0, "full handshake with localhost\nhello\n")


def asio(run):
    with run.server("asio_server") as (port, out):
        for _ in range(2):
            expect(run.client("asio_client", port), 0, "1048576 octets came back\n")
            assert out.readline() == "alice\n"
        expect(run.client("asio_client", port, identity="mallory"), 1, "unknown_ca")
        expect(run.client("blocking_client", port), 0, "hello\n")


def beast(run):
    with run.server("https_server") as (port, _):
        for _ in range(2):
            expect(run.client("https_client", port), 0, "hello, alice\n")
            expect(run.client("websocket_client", port), 0, "hello over a WebSocket\n")
        missing = run.client("https_client", port, "/missing")
        expect(missing, 1, "Not Found")
        assert missing.stdout == "there is nothing here\n", missing
        for name in ("https_client", "websocket_client"):
            expect(run.client(name, port, identity="mallory"), 1, "unknown_ca")
            expect(run.client(name, port, trust="strange.pem"), 1, "not from a trusted CA")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nautilus", required=True, help="the command, which makes certificates")
    parser.add_argument("--folder", required=True, help="where the examples are built")
    parser.add_argument("--without-asio", action="store_true")
    arguments = parser.parse_args()
    cases = [blocking, epoll, pinned, sessions]
    if not arguments.without_asio:
        cases += [asio, beast]
    with tempfile.TemporaryDirectory() as folder:
        run = Examples(arguments.nautilus, arguments.folder, pathlib.Path(folder))
        for case in cases:
            case(run)
            print(f"{case.__name__}: ok", flush=True)


if __name__ == "__main__":
    main()
