#!/usr/bin/env python3
"""Proves that instructions.py reads callgrind's dumps and notices what grew, vanished or is new."""

import contextlib
import io
import pathlib
import sys
import tempfile

import instructions

DUMP = """version: 1
desc: Trigger: Client Request: {label}
summary: {total}
fn=(1) main
"""


def expect(got, wanted, what):
    if got != wanted:
        sys.exit(f"{what}: {got}, not {wanted}")


def verdict(found, baseline):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        bad = instructions.compare(found, baseline)
    return bad, out.getvalue()


def reads_dumps():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "out.1").write_text(DUMP.format(label="seal/16", total=1600))
        (folder / "out.2").write_text(DUMP.format(label="full/4", total=4002))
        # The last one is written when the program ends, and is of no scenario.
        (folder / "out.3").write_text("desc: Trigger: Program termination\nsummary: 7\n")
        expect(instructions.counts(folder), {"seal": 100, "full": 1000}, "counts")


def judges():
    baseline = {"seal": 1000, "full": 5000}
    expect(verdict({"seal": 1000, "full": 5000}, baseline)[0], 0, "nothing changed")
    expect(verdict({"seal": 1039, "full": 4000}, baseline)[0], 0, "within bounds, and less")
    bad, text = verdict({"seal": 1041, "full": 5000}, baseline)
    expect((bad, "grown" in text), (1, True), "one that grew")
    expect(verdict({"seal": 1000}, baseline)[0], 1, "one that vanished")
    expect(verdict({"seal": 1000, "full": 5000, "new": 1}, baseline)[0], 1, "one that is new")


reads_dumps()
judges()
print("instructions_selftest: all is noticed")
