#!/usr/bin/env python3
"""Tests the shim without BoringSSL's runner: its flags, exit codes and first words, and that the
configuration says why for every test it leaves out.

    shim_test.py SHIM [--report FILE]
"""

import argparse
import json
import pathlib
import re
import socket
import struct
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

# pylint: disable=wrong-import-position
from processes import expect
from report import run_cases

HERE = pathlib.Path(__file__).resolve().parent
OK, FAILED, UNIMPLEMENTED, ALWAYS_FAILS = 0, 1, 89, 90
SHIM_ID = 0x1122334455667788


def run(shim, *flags):
    return subprocess.run([shim, *map(str, flags)], capture_output=True, check=False, timeout=60)


def refused(shim, *flags):
    """Exit 89 before anything is sent, naming the flag."""
    def case(_scene):
        done = run(shim, *flags)
        expect(done.returncode, UNIMPLEMENTED, "exit status")
        named = [flag for flag in flags if str(flag) in done.stderr.decode()]
        expect(bool(named), True, f"{done.stderr!r} names a flag")
    return case


def handshaker(shim):
    def case(_scene):
        done = run(shim, "-is-handshaker-supported")
        expect((done.returncode, done.stdout), (OK, b"No\n"), "answer")
    return case


def nobody(shim):
    """Without a runner to talk to nothing has been tested."""
    def case(_scene):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            done = run(shim, "-port", taken.getsockname()[1], "-shim-id", 1)
        expect(done.returncode, ALWAYS_FAILS, "exit status")
    return case


class Runner:
    """Stands for the runner: takes one connection, says `answer`, hangs up, keeps what it heard."""

    def __init__(self, answer=b""):
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(30)
        self.port = self._listener.getsockname()[1]
        self.heard = b""
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(30)
            while len(self.heard) < 13:  # the id and a record header
                data = connection.recv(65536)
                if not data:
                    return
                self.heard += data
            connection.sendall(self._answer)
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(65536):
                self.heard += data

    def join(self):
        self._thread.join(30)
        self._listener.close()
        expect(self._thread.is_alive(), False, "still connected")


def client_hello(shim, *flags):
    """Eight octets of shim id, then a ClientHello that reacts to its flags."""
    runner = Runner()
    done = run(shim, "-port", runner.port, "-shim-id", SHIM_ID, *flags)
    runner.join()
    expect(struct.unpack("<Q", runner.heard[:8])[0], SHIM_ID, "shim id")
    expect(runner.heard[8:11], b"\x16\x03\x01", "a handshake record")
    return done, runner.heard[13:]


def first_words(shim):
    def case(_scene):
        done, hello = client_hello(shim, "-host-name", "name.example")
        expect(done.returncode, FAILED, "exit status")
        expect(done.stderr.startswith(b"Truncated: "), True, f"reason {done.stderr!r}")
        expect(hello[0], 1, "ClientHello")
        expect(b"name.example" in hello, True, "the server name")
    return case


def flags_count(shim):
    """`-on-initial-` and `-on-shim-` reach the first connection, `-on-resume-` does not."""
    def case(_scene):
        for flags, there in ((("-on-initial-host-name", "one.example"), True),
                             (("-on-shim-host-name", "one.example"), True),
                             (("-on-resume-host-name", "one.example"), False),
                             (("-on-retry-host-name", "one.example"), False),
                             (("-on-handshaker-host-name", "one.example"), False)):
            hello = client_hello(shim, *flags)[1]
            expect(b"one.example" in hello, there, flags[0])
        groups = client_hello(shim, "-curves", 29, "-curves", 23)[1]
        expect(b"\x00\x0a\x00\x06\x00\x04\x00\x1d\x00\x17" in groups, True, "supported_groups")
    return case


def complaint(shim):
    """What is wrong is named by the library's own error, which the configuration maps."""
    def case(_scene):
        # An alert in the clear: handshake_failure.
        runner = Runner(b"\x15\x03\x03\x00\x02\x02\x28")
        done = run(shim, "-port", runner.port, "-shim-id", SHIM_ID)
        runner.join()
        expect(done.returncode, FAILED, "exit status")
        expect(done.stderr.startswith(b"PeerAlert: "), True, f"reason {done.stderr!r}")
    return case


def configuration():
    """Every test left out has a reason of one line, and every error that is mapped exists."""
    def case(_scene):
        config = json.loads((HERE / "config.json").read_text(encoding="utf-8"))
        for name, why in config["DisabledTests"].items():
            expect(bool(re.fullmatch(r"\S[^\n]{9,200}", why)), True, f"a reason for {name}")
        errors = (HERE.parents[1] / "src/core/error.cpp").read_text(encoding="utf-8")
        known = set(re.findall(r'return \{"(\w+)",', errors))
        expect(len(known) > 50, True, "the library's errors were found")
        for name, ours in config["ErrorMap"].items():
            expect(bool(re.fullmatch(r":[A-Z0-9_]+:", name)), True, f"{name} is a runner's error")
            for error in ours:
                code = error.split(":")[0]
                if re.fullmatch(r"[A-Z]\w+", code):
                    expect(code in known, True, f"{error} for {name} is an error of ours")
    return case


def cases(shim):
    yield "handshaker", handshaker(shim)
    yield "nobody_there", nobody(shim)
    for flag in ("-dtls", "-quic", "-no-tls13", "-no-such-flag", "no-dash"):
        yield f"refused_{flag.strip('-')}", refused(shim, flag)
    yield "refused_old_version", refused(shim, "-max-version", 0x0303)
    yield "refused_value", refused(shim, "-resume-count", "many")
    yield "missing_value", refused(shim, "-host-name")
    yield "first_words", first_words(shim)
    yield "flags_count", flags_count(shim)
    yield "complaint", complaint(shim)
    yield "configuration", configuration()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shim", type=pathlib.Path)
    parser.add_argument("--report", type=pathlib.Path)
    arguments = parser.parse_args()
    sys.exit(run_cases("bogo_shim", list(cases(arguments.shim.resolve())), arguments.report,
                       may_skip=False))


if __name__ == "__main__":
    main()
