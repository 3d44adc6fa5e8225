#!/usr/bin/env python3
"""Tests the command against a foreign peer, in both roles.

    interop.py SUITE --command NAUTILUS [--peer PROGRAM] [--report FILE] [--case PART]...

SUITE is a name of SUITES below, PROGRAM the peer's command (it may be several words), or the folder
in which npm_root.sh or debroot.sh unpacked those that are more than one program. A case is chosen
by a part of its name. NAUTILUS_INTEROP_REQUIRED=1 turns skipped cases into failures;
NAUTILUS_INTEROP_LIMIT is the seconds that a child process has.
"""

import argparse
import os
import pathlib
import shlex
import signal
import sys
import tempfile
import typing

import botan_cases
import chromium_cases
import curl_cases
import firefox_cases
import gnutls_cases
import gnutls_data
import nss_cases
import openssl_data
import openssl_early_data
import openssl_handshake
import openssl_refusals
import openssl_sessions
import reporting_cases
from botan_peer import Botan
from chromium_peer import Chromium
from curl_cases import Curl
from firefox_peer import Firefox
from gnutls_peer import GnuTls
from nautilus_peer import Nautilus
from nss_peer import Nss
from openssl_peer import OpenSsl
from processes import Skipped
from report import run_cases
from reporting_peer import Go, Runtime


class Suite(typing.NamedTuple):
    """peer(words of --peer, or None) raises Skipped where there is none; it has `about`, a
    report.Peer. cases(nautilus, peer) yields report.Case or plain (name, function)."""
    peer: typing.Callable
    cases: typing.Callable


def openssl_suite(module):
    return Suite(lambda words: OpenSsl(words or ["openssl"]), module.cases)


def reporting_suite(name):
    return Suite(lambda root: Runtime(name, *(root or [None])), reporting_cases.cases)


SUITES = {
    "botan": Suite(lambda words: Botan(words or ["botan"]), botan_cases.cases),
    "bun": reporting_suite("bun"),
    "chromium": Suite(lambda root: Chromium(*(root or [None])), chromium_cases.cases),
    "curl": Suite(lambda words: Curl(words or ["curl"]), curl_cases.cases),
    "deno": reporting_suite("deno"),
    "firefox": Suite(lambda root: Firefox(*(root or [None])), firefox_cases.cases),
    "go": Suite(lambda root: Go(*(root or [None])), reporting_cases.cases),
    "gnutls": Suite(lambda _: GnuTls(), gnutls_cases.cases),
    "gnutls_data": Suite(lambda _: GnuTls(), gnutls_data.cases),
    "nss": Suite(lambda root: Nss(*(root or [None])), nss_cases.cases),
    "node": reporting_suite("node"),
    "openssl_handshake": openssl_suite(openssl_handshake),
    "openssl_data": openssl_suite(openssl_data),
    "openssl_early_data": openssl_suite(openssl_early_data),
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
        suite, about = SUITES[arguments.suite], None
        try:
            peer = suite.peer(arguments.peer)
            cases, about = list(suite.cases(nautilus, peer)), peer.about
            print(f"peer: {about.version}", flush=True)
        except Skipped as skipped:
            cases = missing(str(skipped))
        chosen = [case for case in cases
                  if not arguments.case or any(part in case[0] for part in arguments.case)]
        required = os.environ.get("NAUTILUS_INTEROP_REQUIRED", "") == "1"
        sys.exit(run_cases(arguments.name or arguments.suite, chosen, arguments.report,
                           may_skip=not required, peer=about))


if __name__ == "__main__":
    main()
