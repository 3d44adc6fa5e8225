#!/usr/bin/env python3
"""Refuses paths of one machine and names of package hosts in the project's files.

    tools/check_words.py [FILE...]     all files of the project by default

A path that exists on one machine only breaks every other clone, and where packages come from is
the business of the machine that builds.
"""

import re
import sys

from source_files import ROOT, source_files

# Written so that this file does not contain what it looks for.
FORBIDDEN = [
    (r"(?<![\w./~}-])/(work|root|home|Users)/" + r"[\w.]", "a path of one machine"),
    (r"(?<![\w./])/tmp/" + r"(build|ref|infra)\b", "a path of one machine"),
    (r"\b(deb|snapshot|security)\.debian" + r"\.org|\b(archive|ports)\.ubuntu" + r"\.com",
     "the name of a package host"),
    (r"\b(TO" + r"DO|FIX" + r"ME)\b", "an open end"),
]
TEXT_LIMIT = 4 << 20


def check(text):
    """Yields (line number, match, why)."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, why in FORBIDDEN:
            match = re.search(pattern, line)
            if match:
                yield number, match[0], why


def selftest():
    planted = ["x = " + "/work" + "/x", "cd " + "/home" + "/me", "http://deb" + ".debian.org/",
               "// TO" + "DO: x"]
    innocent = ["homework/main.cpp", "src/root/x", "build/work/x", "${prefix}" + "/home" + "/x",
                "docs/TODOS"]
    wrong = [text for text in planted if not list(check(text))]
    wrong += [text for text in innocent if list(check(text))]
    for text in wrong:
        print(f"self-test: wrong verdict on: {text}")
    return not wrong


def main():
    if not selftest():
        return 1
    names = sys.argv[1:] or source_files()
    found = 0
    for name in names:
        data = (ROOT / name).read_bytes()
        if b"\0" in data[:4096] or len(data) > TEXT_LIMIT:
            continue
        for number, match, why in check(data.decode("utf-8", "replace")):
            found += 1
            print(f"error: {name}:{number}: {match}: {why}")
    print(f"words: {len(names)} files, {found} errors")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
