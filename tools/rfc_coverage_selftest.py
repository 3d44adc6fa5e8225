#!/usr/bin/env python3
"""Makes a small tree and sees what tools/rfc_coverage.py notices in it."""

import pathlib
import subprocess
import sys
import tempfile

TOOL = pathlib.Path(__file__).resolve().parent / "rfc_coverage.py"
LIST = """# comment
§4.1-1 | both | do this
§4.1-2 | client | do that
§4.2-1 | server | not ours | no such thing
§4.3-1 | server | nobody cares
§4.3-2 | server | we do not | gap: not yet
"""
# Written so that this file cites nothing.
RFC = "RFC " + "9846 "
CODE = f"// {RFC}§4.1: why\n"
TEST = f"// As RFC\n// {RFC[4:]}§4.1-1 and §4.1-2 say.\n"


def run(root, *words):
    return subprocess.run([sys.executable, "-B", str(TOOL), "--root", str(root), *words],
                          capture_output=True, text=True, check=False)


def main():
    wrong = []

    def expect(what, done, code, text):
        if done.returncode != code or text not in done.stdout + done.stderr:
            wrong.append(f"{what}: {done}")

    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name in ("docs", "src", "include", "tests"):
            (root / name).mkdir()
        (root / "docs/rfc-requirements.txt").write_text(LIST, encoding="utf-8")
        code, test = root / "src/a.cpp", root / "tests/a_test.cpp"
        code.write_text(CODE, encoding="utf-8")
        test.write_text(TEST, encoding="utf-8")
        expect("no report yet", run(root, "--check"), 1, "out of date")
        expect("writes", run(root), 0, "2 tested, 0 code, 0 section, 1 open, 1 gap, 1 n/a")
        expect("up to date", run(root, "--check"), 0, "2 tested")
        test.write_text(TEST.replace(" and §4.1-2", ""), encoding="utf-8")
        expect("a removed citation", run(root, "--check"), 1, "1 tested, 0 code, 1 section")
        test.write_text(TEST, encoding="utf-8")
        expect("put back", run(root, "--check"), 0, "2 tested")
        code.write_text("", encoding="utf-8")
        expect("a section's citation removed", run(root, "--check"), 1, "out of date")
        code.write_text(f"// {RFC}§4.3-1\n", encoding="utf-8")
        expect("cited in code only", run(root, "--check"), 1, "1 code, 0 section, 0 open")
        code.write_text(f"// {RFC}§4.1-9\n", encoding="utf-8")
        expect("no such requirement", run(root, "--check"), 1, "which is not in")
        code.write_text(CODE, encoding="utf-8")
        report = root / "docs/rfc-coverage.md"
        report.write_text(report.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
        expect("an edited report", run(root, "--check"), 1, "out of date")
        (root / "docs/rfc-requirements.txt").write_text(LIST.replace("§4.1-2", "§4.1-3"),
                                                        encoding="utf-8")
        expect("a gap in the numbers", run(root), 1, "out of order")
    print("\n".join(wrong) if wrong else "rfc coverage self-test: all noticed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
