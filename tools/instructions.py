#!/usr/bin/env python3
"""Counts the instructions of the benchmark's scenarios and compares them with a baseline.

    tools/instructions.py PROGRAM BASELINE [--update] [--json FILE]

PROGRAM runs under callgrind, so the vector code is what valgrind knows (3.19: up to AVX2). The
exit status is 1 when a scenario needs more than TOLERANCE times its baseline, or has none.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

# libcrypto's ECDSA draws its nonces itself, so a handshake differs a little from run to run.
TOLERANCE = 1.04


def counts(folder):
    """Instructions per run of each scenario, in the order of the dumps."""
    out = {}
    dumps = sorted(folder.glob("out.*"), key=lambda path: int(path.suffix[1:]))
    for path in dumps:
        text = path.read_text(errors="replace")
        trigger = re.search(r"^desc: Trigger: Client Request: (\S+)/(\d+)$", text, re.M)
        total = re.search(r"^(?:summary|totals): (\d+)", text, re.M)
        if trigger and total:
            out[trigger[1]] = round(int(total[1]) / int(trigger[2]))
    return out


def measure(program):
    with tempfile.TemporaryDirectory(prefix="instructions-") as name:
        folder = pathlib.Path(name)
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--collect-atstart=no",
             f"--callgrind-out-file={folder}/out", program],
            capture_output=True, text=True, check=False)
        found = counts(folder)
        if done.returncode != 0 or not found:
            sys.exit(f"{program} failed under callgrind:\n{done.stdout}{done.stderr}")
        return found


def compare(found, baseline):
    """Prints the table; how many scenarios are not as they should be."""
    bad = 0
    print(f"{'scenario':28} {'instructions':>14} {'baseline':>14} {'change':>8}")
    for name, value in found.items():
        known = baseline.get(name)
        if known is None:
            bad += 1
            print(f"{name:28} {value:14} {'none':>14}")
            continue
        mark = ""
        if value > known * TOLERANCE:
            bad += 1
            mark = "  grown"
        elif value * TOLERANCE < known:
            mark = "  less: --update keeps it"
        print(f"{name:28} {value:14} {known:14} {100 * (value / known - 1):+7.1f}%{mark}")
    for name in sorted(set(baseline) - set(found)):
        bad += 1
        print(f"{name:28} {'missing':>14} {baseline[name]:14}")
    return bad


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("baseline", type=pathlib.Path)
    parser.add_argument("--update", action="store_true", help="write the baseline anew")
    parser.add_argument("--json", type=pathlib.Path, help="write the counts")
    arguments = parser.parse_args()
    baseline = {}
    if arguments.baseline.exists():
        baseline = json.loads(arguments.baseline.read_text())
    found = measure(arguments.program)
    bad = compare(found, baseline)
    text = json.dumps(found, indent=2) + "\n"
    if arguments.json:
        arguments.json.write_text(text)
    if arguments.update:
        arguments.baseline.write_text(text)
        return 0
    if bad:
        print(f"{bad} not within {100 * (TOLERANCE - 1):.0f} % of {arguments.baseline}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
