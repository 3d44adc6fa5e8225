#!/usr/bin/env python3
"""Adds up test results: ctest's JUnit files, refined by the GoogleTest reports beside them.

    tools/test_summary.py RESULTS...

Each RESULTS is a folder with any number of ctest-*.xml (from `ctest --output-junit`) and gtest/
(one report per program). A program with a report counts as its cases, anything else as one. Prints
what failed, what was skipped and why (on one line where a program has one reason for many cases),
and ends with `N passed, N failed, N skipped`. The exit status is 1 when something failed or nothing
ran.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def gtest_cases(report):
    """Yields (name, "passed" | "failed" | "skipped", reason); nothing when there is no report."""
    try:
        root = ElementTree.parse(report).getroot()
    except (OSError, ElementTree.ParseError):
        return
    for case in root.iter("testcase"):
        if case.get("status") == "notrun":  # disabled, or filtered out
            continue
        name = f"{case.get('classname')}.{case.get('name')}"
        skip = case.find("skipped")
        if case.find("failure") is not None:
            yield name, "failed", ""
        elif skip is not None or case.get("result") == "skipped":
            message = (skip.get("message") if skip is not None else "") or ""
            lines = [line for line in message.splitlines() if line.strip()]
            yield name, "skipped", lines[-1].strip() if lines else ""
        else:
            yield name, "passed", ""


def ctest_entries(junit):
    """Yields (name, verdict, reason) of each ctest entry of one run."""
    for case in ElementTree.parse(junit).getroot().iter("testcase"):
        status = case.get("status")
        if status == "run":
            yield case.get("name"), "passed", ""
        elif status == "notrun" and case.find("skipped") is not None and (
                "SKIP" in (case.find("skipped").get("message") or "")):
            yield case.get("name"), "skipped", skip_reason(case)
        elif status == "disabled":
            yield case.get("name"), "skipped", "disabled"
        else:  # failed, or could not be started at all
            yield case.get("name"), "failed", ""


def skip_reason(case):
    output = case.findtext("system-out") or ""
    lines = [line.strip() for line in output.splitlines() if "skip" in line.lower()]
    return lines[-1] if lines else ""


def collect(folder):
    """Yields (name, verdict, reason) of all runs in one results folder."""
    for junit in sorted(folder.glob("ctest-*.xml")):
        reports = folder / f"gtest-{junit.stem.removeprefix('ctest-')}"
        for entry, verdict, reason in ctest_entries(junit):
            cases = list(gtest_cases(reports / f"{entry}.xml"))
            # A program that died after its last report is a failure whatever the report says.
            if not cases or (verdict == "failed" and all(c[1] != "failed" for c in cases)):
                yield entry, verdict, reason
            if verdict != "skipped":
                yield from ((f"{entry}: {name}", case, why) for name, case, why in cases)


def main():
    folders = [pathlib.Path(argument) for argument in sys.argv[1:]]
    results = [result for folder in folders for result in collect(folder)]
    count = {"passed": 0, "failed": 0, "skipped": 0}
    skipped = {}
    for name, verdict, reason in results:
        count[verdict] += 1
        if verdict == "failed":
            print(f"FAILED   {name}")
        elif verdict == "skipped":
            skipped.setdefault((name.split(": ")[0], reason), []).append(name)
    for (_, reason), names in skipped.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        print(f"SKIPPED  {names[0]}{more}" + (f": {reason}" if reason else ""))
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
