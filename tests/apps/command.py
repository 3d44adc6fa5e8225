#!/usr/bin/env python3
"""Tests the command: both sides of a connection are ours, or one is a bare socket.

    command.py SUITE --command NAUTILUS [--report FILE] [--case PART]...

SUITE is a name of SUITES below; a case is chosen by a part of its name.
"""

import argparse
import os
import pathlib
import signal
import sys
import tempfile

# The interop tests' children, reports and certificates serve here as well.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

# pylint: disable=wrong-import-position
import certificates
import faults
import refusals
import resumption
import serving
import transfers
import usage
import web
import wire
from nautilus_peer import Nautilus
from report import run_cases

SUITES = {module.__name__: module.cases
          for module in (certificates, faults, refusals, resumption, serving, transfers, usage, web,
                         wire)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("--command", type=pathlib.Path, required=True)
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--name", help="what the report calls the suite")
    parser.add_argument("--case", action="append", default=[], help="only those named like it")
    arguments = parser.parse_args()
    os.environ.pop("SSLKEYLOGFILE", None)
    # Leaving by an exception kills the children.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="command-pki-") as folder:
        nautilus = Nautilus(arguments.command.resolve(), pathlib.Path(folder))
        chosen = [(name, function) for name, function in SUITES[arguments.suite](nautilus)
                  if not arguments.case or any(part in name for part in arguments.case)]
        sys.exit(run_cases(arguments.name or arguments.suite, chosen, arguments.report,
                           may_skip=False))


if __name__ == "__main__":
    main()
