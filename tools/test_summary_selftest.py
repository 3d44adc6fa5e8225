#!/usr/bin/env python3
"""Proves that test_summary.py counts what ctest and GoogleTest report: runs a real ctest over tests
made for the purpose, some with a GoogleTest report of their own."""

import pathlib
import subprocess
import sys
import tempfile

SUMMARY = pathlib.Path(__file__).with_name("test_summary.py")

TESTS = """
add_test(good "true")
add_test(bad "false")
add_test(missing "/nonexistent/program")
add_test(skips "sh" "-c" "echo SKIPPED: no peer here; exit 77")
set_tests_properties(skips PROPERTIES SKIP_RETURN_CODE 77)
add_test(with_report "true")
add_test(crashes_after_report "false")
"""
REPORT = """<testsuites><testsuite name="S">
<testcase name="A" classname="S" status="run" result="completed"/>
<testcase name="B" classname="S" status="run" result="completed"/>
{extra}
<testcase name="D" classname="S" status="notrun" result="suppressed"/>
</testsuite></testsuites>"""
SKIP = """<testcase name="C" classname="S" status="run" result="skipped">
<skipped message="file.cpp:1&#x0A;no vectors"/></testcase>"""
SKIPS = SKIP + SKIP.replace('"C"', '"E"')
FAILURE = """<testcase name="C" classname="S" status="run" result="completed">
<failure message="x"/></testcase>"""


def run(tests, reports):
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        (root / "CTestTestfile.cmake").write_text(tests, encoding="utf-8")
        results = root / "results"
        (results / "gtest-run").mkdir(parents=True)
        subprocess.run(["ctest", "--test-dir", root, "--output-junit", results / "ctest-run.xml"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        for name, extra in reports.items():
            (results / "gtest-run" / f"{name}.xml").write_text(REPORT.format(extra=extra),
                                                               encoding="utf-8")
        done = subprocess.run([sys.executable, "-B", SUMMARY, results], capture_output=True,
                              text=True, check=False)
        return done.returncode, done.stdout.splitlines()


CASES = [
    ("plain", 'add_test(good "true")', {}, 0, "1 passed, 0 failed, 0 skipped"),
    ("nothing ran", "", {}, 1, "0 passed, 0 failed, 0 skipped"),
    ("everything", TESTS, {"with_report": SKIP, "crashes_after_report": ""}, 1,
     "5 passed, 3 failed, 2 skipped"),
    ("a failing case", 'add_test(bad "false")', {"bad": FAILURE}, 1,
     "2 passed, 1 failed, 0 skipped"),
    ("only skipped", 'add_test(s "sh" "-c" "exit 77")\n'
     'set_tests_properties(s PROPERTIES SKIP_RETURN_CODE 77)', {}, 1,
     "0 passed, 0 failed, 1 skipped"),
]


def main():
    wrong = 0
    for description, tests, reports, status, line in CASES:
        code, output = run(tests, reports)
        if code != status or not output or output[-1] != line:
            wrong += 1
            print(f"WRONG  {description}: status {code}", *output, sep="\n  ")
    output = run(TESTS, {"with_report": SKIP})[1]
    lines = ["SKIPPED  with_report: S.C: no vectors", "SKIPPED  skips: SKIPPED: no peer here",
             "FAILED   bad", "FAILED   missing", "SKIPPED  with_report: S.C and 1 more: no vectors"]
    output += run(TESTS, {"with_report": SKIPS})[1]
    for expected in lines:
        if expected not in output:
            wrong += 1
            print(f"WRONG  no line {expected!r} in", *output, sep="\n  ")
    print(f"summary self-test: {len(CASES) + len(lines)} cases, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
