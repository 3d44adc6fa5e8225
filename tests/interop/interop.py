#!/usr/bin/env python3
"""Tests the command against a foreign peer, in both roles.

    interop.py SUITE --command NAUTILUS [--peer PROGRAM] [--report FILE] [--case PART]...

SUITE is a name of SUITES below, PROGRAM the peer's command (it may be several words), or
for node, bun and deno the folder npm_root.sh unpacked them in. A case is chosen by a part of its
name. NAUTILUS_INTEROP_REQUIRED=1 turns skipped cases into failures;
NAUTILUS_INTEROP_LIMIT is the seconds that a child process has.
"""

import argparse
import os
import pathlib
import shlex
import signal
import sys
import tempfile

import gnutls_cases
import javascript_cases
import openssl_data
import openssl_handshake
import openssl_refusals
import openssl_sessions
from gnutls_peer import GnuTls
from javascript_peer import Runtime
from nautilus_peer import Nautilus
from openssl_peer import OpenSsl
from processes import Skipped
from report import run_cases


def openssl_suite(module):
    return lambda nautilus, peer: module.cases(nautilus, OpenSsl(peer or ["openssl"]))


def javascript_suite(name):
    return lambda nautilus, root: javascript_cases.cases(nautilus, Runtime(name, *(root or [None])))


SUITES = {
    "bun": javascript_suite("bun"),
    "deno": javascript_suite("deno"),
    "gnutls": lambda nautilus, peer: gnutls_cases.cases(nautilus, GnuTls()),
    "node": javascript_suite("node"),
    "openssl_handshake": openssl_suite(openssl_handshake),
    "openssl_data": openssl_suite(openssl_data),
    "openssl_refusals": openssl_suite(openssl_refusals),
    "openssl_sessions": openssl_suite(openssl_sessions),
}


def missing(reason):
    def skip(_):
        raise Skipped(reason)
    return [("all", skip)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("--command", type=pathlib.Path, required=True)
    parser.add_argument("--peer", type=shlex.split)
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--name", help="what the report calls the suite")
    parser.add_argument("--case", action="append", default=[], help="only those named like it")
    arguments = parser.parse_args()
    os.environ.pop("SSLKEYLOGFILE", None)
    # Leaving by an exception kills the children.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="interop-pki-") as folder:
        nautilus = Nautilus(arguments.command.resolve(), pathlib.Path(folder))
        try:
            cases = list(SUITES[arguments.suite](nautilus, arguments.peer))
        except Skipped as skipped:
            cases = missing(str(skipped))
        chosen = [(name, function) for name, function in cases
                  if not arguments.case or any(part in name for part in arguments.case)]
        required = os.environ.get("NAUTILUS_INTEROP_REQUIRED", "") == "1"
        sys.exit(run_cases(arguments.name or arguments.suite, chosen, arguments.report,
                           may_skip=not required))


if __name__ == "__main__":
    main()
