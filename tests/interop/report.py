"""Runs cases one after another, prints a line for each, and writes a report as GoogleTest does, so
that tools/test_summary.py counts cases and not programs."""

import pathlib
import tempfile
import time
import traceback
import xml.etree.ElementTree as ElementTree

from processes import Failed, Scene, Skipped

SKIPPED = 77  # exit status when nothing ran; ctest knows it


def run_case(function):
    """(verdict, reason, what the children said)"""
    with tempfile.TemporaryDirectory(prefix="interop-") as folder, Scene(folder) as scene:
        try:
            function(scene)
            return "passed", "", ""
        except Skipped as skipped:
            return "skipped", str(skipped), ""
        except Failed as failed:
            return "failed", str(failed), scene.account()
        except Exception:  # pylint: disable=broad-except
            return "failed", traceback.format_exc(), scene.account()


def write_report(path, suite, results):
    root = ElementTree.Element("testsuites", name=suite)
    group = ElementTree.SubElement(root, "testsuite", name=suite)
    for name, verdict, reason, seconds in results:
        case = ElementTree.SubElement(
            group, "testcase", classname=suite, name=name, status="run", time=f"{seconds:.3f}",
            result="skipped" if verdict == "skipped" else "completed")
        if verdict != "passed":
            kind = "failure" if verdict == "failed" else "skipped"
            ElementTree.SubElement(case, kind, message=reason)
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def run_cases(suite, cases, report=None, may_skip=True):
    """`cases` are (name, function of a Scene). Returns the exit status."""
    results = []
    for name, function in cases:
        started = time.monotonic()
        verdict, reason, account = run_case(function)
        if verdict == "skipped" and not may_skip:
            verdict, reason = "failed", f"must not be skipped: {reason}"
        seconds = time.monotonic() - started
        line = f"{verdict.upper():8} {suite}.{name} ({seconds:.2f} s)"
        print(f"{line}: {reason}" if reason else line, flush=True)
        if account:
            print(account, flush=True)
        results.append((name, verdict, reason, seconds))
    count = {verdict: sum(result[1] == verdict for result in results)
             for verdict in ("passed", "failed", "skipped")}
    print(f"{suite}: " + ", ".join(f"{number} {verdict}" for verdict, number in count.items()))
    if results and count["skipped"] == len(results):
        # ctest knows the exit status, and the summary takes the reason from the last such line.
        if report:
            pathlib.Path(report).unlink(missing_ok=True)
        print(f"SKIPPED {suite}: {results[-1][2]}")
        return SKIPPED
    if report:
        write_report(report, suite, results)
    return 0 if count["passed"] and not count["failed"] else 1
