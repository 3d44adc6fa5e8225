#!/usr/bin/env python3
"""The harness must notice what it is there for: plants failures, and a child that does not end."""

import json
import os
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

os.environ["NAUTILUS_INTEROP_LIMIT"] = "2"

from openssl_peer import Trace  # noqa: E402
from processes import Failed, Scene, Skipped, expect, listening_port  # noqa: E402
from report import Case, Peer, run_cases  # noqa: E402

LISTEN = """
import socket, sys
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
sys.stdin.read()
"""
TRACE = """Sent Record
Header:
  Content Type = Handshake (22)
    ClientHello, Length=3
Received Record
    ServerHello, Length=84
      Random:
        random_bytes (len=28): E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C
      cipher_suite {0x13, 0x02} TLS_AES_256_GCM_SHA384
            NamedGroup: secp256r1 (P-256) (23)
Received Record
    ServerHello, Length=84
      cipher_suite {0x13, 0x02} TLS_AES_256_GCM_SHA384
        extension_type=psk(41), length=2
            NamedGroup: ecdh_x25519 (29)
Received Record
  Inner Content Type = Alert (21)
    Level=fatal(2), description=unknown ca(48)
"""


def alive(pid):
    return pathlib.Path(f"/proc/{pid}").exists()


class Harness(unittest.TestCase):
    def verdicts(self, *functions, **settings):
        """(exit status, verdicts in the report if there is one) of cases with these functions."""
        with tempfile.TemporaryDirectory() as folder:
            report = pathlib.Path(folder) / "report.xml"
            cases = [(f"case{number}", function) for number, function in enumerate(functions)]
            status = run_cases("selftest", cases, report, **settings)
            if not report.exists():
                return status, None
            verdicts = []
            for case in ElementTree.parse(report).getroot().iter("testcase"):
                kinds = [child.tag for child in case]
                verdicts.append(kinds[0] if kinds else "passed")
            return status, verdicts

    def test_verdicts(self):
        def skip(_):
            raise Skipped("no such program")
        self.assertEqual(self.verdicts(lambda _: None, skip), (0, ["passed", "skipped"]))
        self.assertEqual(self.verdicts(skip), (77, None))
        self.assertEqual(self.verdicts(skip, may_skip=False), (1, ["failure"]))
        self.assertEqual(self.verdicts(lambda _: expect(1, 2, "one"), lambda _: None),
                         (1, ["failure", "passed"]))
        self.assertEqual(self.verdicts(lambda _: {}["nothing"]), (1, ["failure"]))

    def test_peer_report(self):
        def failing(_):
            raise Failed("planted")

        def skipping(_):
            raise Skipped("no such program")
        with tempfile.TemporaryDirectory() as folder:
            report = pathlib.Path(folder) / "gtest" / "some.xml"
            shown = pathlib.Path(folder) / "peers" / "some.json"

            def run(*cases, peer=Peer("Some 1", "Some 1.2")):
                run_cases("some", cases, report, peer=peer)
                return json.loads(shown.read_text()) if shown.exists() else None
            self.assertEqual(
                run(Case("connect_a", lambda _: None, ("alpn",)), ("plain", lambda _: None),
                    Case("serve_b", failing, ("alpn", "retry")),
                    Case("serve_c", skipping, ("alpn",))),
                {"suite": "some", "peer": "Some 1", "version": "Some 1.2", "cases": [
                    {"case": "connect_a", "features": ["alpn"], "role": "client",
                     "outcome": "passed"},
                    {"case": "serve_b", "features": ["alpn", "retry"], "role": "server",
                     "outcome": "failed"},
                    {"case": "serve_c", "features": ["alpn"], "role": "server",
                     "outcome": "skipped"}]})
            # What an earlier run left must not pass for this one's.
            self.assertIsNone(run(("all", skipping)))
            self.assertIsNone(run(("plain", lambda _: None), peer=None))
            for case in (Case("neither_a", lambda _: None, ("alpn",)),
                         Case("serve_a", lambda _: None, ("sorcery",))):
                self.assertRaises(ValueError, run, case)

    def test_no_child_survives(self):
        pids = []

        def case(scene):
            child = scene.start("sleeper", ["sleep", "1000"])
            pids.append(child.pid)
            raise Failed("planted")
        self.assertEqual(self.verdicts(case), (1, ["failure"]))
        self.assertFalse(alive(pids[0]))

    def test_a_slow_child_fails(self):
        self.assertEqual(self.verdicts(
            lambda scene: scene.start("sleeper", ["sleep", "1000"]).wait_text("never"),
            lambda scene: scene.start("sleeper", ["sleep", "1000"]).finish(),
            lambda scene: listening_port(scene.start("sleeper", ["sleep", "1000"]))),
            (1, ["failure"] * 3))

    def test_exit_status_counts(self):
        self.assertEqual(self.verdicts(lambda scene: scene.start("false", ["false"]).finish()),
                         (1, ["failure"]))

    def test_pipes_and_port(self):
        data = bytes(range(256)) * 4096
        with tempfile.TemporaryDirectory() as folder, Scene(folder) as scene:
            cat = scene.start("cat", ["cat"])
            cat.feed(data)
            self.assertEqual(cat.wait_bytes(len(data)), data)
            cat.close_input()
            cat.finish()
            listener = scene.start("listener", [sys.executable, "-c", LISTEN])
            port = listening_port(listener)
            listener.wait_text(rf"^{port}$")

    def test_trace(self):
        trace = Trace(TRACE)
        self.assertEqual(trace.facts(), {"group": 29, "suite": "TLS_AES_256_GCM_SHA384",
                                         "retried": True, "resumed": True})
        self.assertEqual((trace.alerts("received"), trace.alerts("sent")), ([48], []))


if __name__ == "__main__":
    unittest.main()
