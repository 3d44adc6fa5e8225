#!/usr/bin/env python3
"""Looks for time that depends on data in the ADX and IFMA kernels of libnautilus_crypto_curve25519.a.

    check_kernels.py ARCHIVE

The rules are those of tests/ct/check_disassembly.py; only the files and what may depend on data, for
being public, are others.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ct"))
import check_disassembly  # noqa: E402

KERNELS = re.compile(r"(ifma|adx)\.cpp\.o")
PUBLIC = {
    r"multiply_two": "verification: signature, message and key are public",
    r"decode_negated": "verification: the key is public",
    r"decode<": "verification: the key is public",
}
# At least these must be there, in each file: a checker that looks at nothing finds nothing.
FEWEST_FUNCTIONS = 8


def main():
    check_disassembly.KERNELS = KERNELS
    check_disassembly.PUBLIC = PUBLIC
    archive = sys.argv[1]
    found, count, conditions, _ = check_disassembly.check(archive, KERNELS)
    for name, problems in found.items():
        print(f"error: {name}")
        for problem in problems:
            print(f"    {problem}")
    strangers = check_disassembly.weak_strangers(archive)
    for stranger in strangers:
        print(f"error: weak code that others may be given: {stranger}")
    if count < FEWEST_FUNCTIONS:
        print(f"error: only {count} functions found")
    print(f"disassembly of Curve25519: {count} functions, {conditions} conditions, "
          f"{len(found)} with data in them")
    return 1 if found or strangers or count < FEWEST_FUNCTIONS else 0


if __name__ == "__main__":
    sys.exit(main())
