"""Runs cases one after another, prints a line for each, and writes a report as GoogleTest does, so
that tools/test_summary.py counts cases and not programs. What the cases show about a foreign peer
goes to a second report, from which tools/peers_table.py makes docs/peers.md."""

import json
import pathlib
import tempfile
import time
import traceback
import typing
import xml.etree.ElementTree as ElementTree

from processes import Failed, Scene, Skipped

SKIPPED = 77  # exit status when nothing ran; ctest knows it
TABLE = pathlib.Path(__file__).with_name("peers.json")
FEATURES = json.loads(TABLE.read_text("utf-8"))["features"]
ROLES = {"connect": "client", "serve": "server"}  # ours, by what a case's name begins with


class Case(typing.NamedTuple):
    """A plain (name, function) is one that shows no feature."""
    name: str
    function: typing.Callable  # of a Scene
    features: typing.Tuple[str, ...] = ()  # names of FEATURES in peers.json


class Peer(typing.NamedTuple):
    """What a report says of the program at the other side."""
    title: str  # a column of the table, for example "OpenSSL 3.5"
    version: str  # in the peer's own words



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


def role_of(case):
    role = ROLES.get(case.name.partition("_")[0])
    unknown = set(case.features) - set(FEATURES)
    if role is None or unknown:
        raise ValueError(f"{case.name}: no role in its name, or unknown features {unknown}")
    return role


def peer_report_path(report):
    """results/gtest/NAME.xml -> results/peers/NAME.json"""
    report = pathlib.Path(report)
    return report.parent.with_name("peers") / f"{report.stem}.json"


def write_peer_report(path, suite, peer, cases, verdicts):
    """One entry for each case that shows a feature, in the order they ran."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shown = [{"case": case.name, "features": list(case.features), "role": role_of(case),
              "outcome": verdict} for case, verdict in zip(cases, verdicts) if case.features]
    path.write_text(json.dumps({"suite": suite, "peer": peer.title, "version": peer.version,
                                "cases": shown}, indent=1) + "\n", "utf-8")


def run_cases(suite, cases, report=None, may_skip=True, peer=None):
    """`cases` are of type Case, or (name, function of a Scene). Returns the exit status."""
    cases = [Case(*case) for case in cases]
    if report:
        peer_report_path(report).unlink(missing_ok=True)
    results = []
    for case in cases:
        name = case.name
        started = time.monotonic()
        verdict, reason, account = run_case(case.function)
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
    if report and peer:
        write_peer_report(peer_report_path(report), suite, peer, cases,
                          [result[1] for result in results])
    return 0 if count["passed"] and not count["failed"] else 1
