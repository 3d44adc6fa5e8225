#!/usr/bin/env python3
"""Keeps docs/peers.md: which features have been seen to work with which foreign programs.

    tools/peers_table.py RESULTS [--check] [--suites NAME...] [--document FILE] [--table FILE]

RESULTS is a folder of reports that the interop tests wrote: results/peers of a build tree. Without
--check the document is written anew: peers with results get new cells, the others keep what they
have. A peer whose cells and version are the same keeps its date too, so that running this for
nothing changes nothing. With --check nothing is written, and the exit status is 1 when
 - a peer of continuous integration has not passed each case that the document claims,
 - a case passed that the document does not claim,
 - a peer of continuous integration has an empty cell, or passed what it is said to lack,
 - the document is not what this tool would write.
What each peer lacks, and the features' names, are in tests/interop/peers.json.
"""

import argparse
import datetime
import json
import pathlib
import re
import sys
import typing

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROLES = {"client": "Our client at their server", "server": "Their client at our server"}
NOT_RUN = "not run"
LACKS = "lacks it"
CI, OPTIONAL = "yes", "no"

HEAD = """# Foreign peers

Which features of Nautilus have been seen to work with which programs that share no code with it,
and in how many cases; each compares what the peer says of the connection with what we say of it.
Written by `tools/peers_table.py` from the reports of the tests in `tests/interop`; a test compares
it with every full run.
"""
OTHERS = """\
Continuous integration may not skip the peers marked `yes`. The others come from suites that move,
and run when somebody says `scripts/peers`; their cells are as old as their dates.
"""


class Peer(typing.NamedTuple):
    version: str
    date: str
    ci: str


class Document(typing.NamedTuple):
    """What docs/peers.md says, or is to say."""
    peers: dict  # title -> Peer
    cells: dict  # (role, feature, title) -> text


class Table:
    """tests/interop/peers.json"""

    def __init__(self, path):
        data = json.loads(path.read_text("utf-8"))
        self.features = data["features"]
        self.peers = data["peers"]

    def roles(self, title):
        return self.peers[title].get("roles", list(ROLES))

    def lacks(self, title, feature, role):
        """Why, or None."""
        reason = self.peers[title].get("lacks", {}).get(feature)
        return reason.get(role) if isinstance(reason, dict) else reason

    def ci(self, title):
        return CI if self.peers[title]["ci"] else OPTIONAL

    def cell_keys(self, title):
        return [(role, feature, title) for role in self.roles(title) for feature in self.features]


class Run:
    """What reports say."""

    def __init__(self, reports, table):
        self.versions = {}  # of each peer
        self.problems = []
        self._passed = {}
        for report in reports:
            title, suite, version = report["peer"], report["suite"], report["version"]
            if title not in table.peers:
                self.problems.append(f"{suite}: peers.json has no {title!r}")
                continue
            if self.versions.setdefault(title, version) != version:
                self.problems.append(f"{suite}: {title} is both {self.versions[title]!r} and "
                                     f"{version!r}")
            for case in report["cases"]:
                self._add(table, suite, title, case)

    def _add(self, table, suite, title, case):
        name = f"{suite}.{case['case']}"
        if case["outcome"] == "failed":
            self.problems.append(f"{name}: failed")
        if case["outcome"] != "passed":
            return
        for feature in case["features"]:
            key = (case["role"], feature, title)
            if feature not in table.features or case["role"] not in table.roles(title):
                self.problems.append(f"{name}: peers.json has no {key}")
            elif table.lacks(title, feature, case["role"]):
                self.problems.append(f"{name}: passed, but peers.json says that {title} lacks it")
            else:
                self._passed[key] = self._passed.get(key, 0) + 1

    def cell(self, table, key):
        role, feature, title = key
        if table.lacks(title, feature, role):
            return LACKS
        return f"pass ({self._passed[key]})" if key in self._passed else NOT_RUN


def rows(text):
    """The cells of each line of a table."""
    return [[cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines() if line.startswith("|") and not line.startswith("|-")]


def parse(text, table):
    sections = dict(zip(*[iter(re.split(r"^## (.*)$", text, flags=re.M)[1:])] * 2))
    named = {name: feature for feature, name in table.features.items()}
    peers = {row[0]: Peer(*row[1:]) for row in rows(sections.get("Peers", ""))[1:]}
    cells = {}
    for role, heading in ROLES.items():
        head, *body = rows(sections.get(heading, "")) or [[""]]
        for name, *texts in body:
            for title, cell in zip(head[1:], texts):
                cells[role, named.get(name, name), title] = cell
    return Document(peers, cells)


def render_table(head, body):
    lines = ["| " + " | ".join(row) + " |" for row in (head, *body)]
    lines.insert(1, "|" + "---|" * len(head))
    return "\n".join(lines) + "\n"


def render(document, table):
    titles = [title for title in table.peers if title in document.peers]
    head = ["peer", "version", "date", "in CI"]
    parts = [HEAD, "## Peers\n", OTHERS,
             render_table(head, [[title, *document.peers[title]] for title in titles])]
    for role, heading in ROLES.items():
        columns = [title for title in titles if role in table.roles(title)]
        parts += [f"## {heading}\n", render_table(["feature", *columns], [
            [name, *(document.cells.get((role, feature, title), NOT_RUN) for title in columns)]
            for feature, name in table.features.items()])]
    parts += ["## What they lack\n", "".join(lacking(table, titles))]
    silences = [f"- **{title}**: {table.peers[title]['reports']}\n" for title in titles
                if "reports" in table.peers[title]]
    parts += ["## Remarks\n", "".join(silences)] if silences else []
    return "\n".join(parts)


def lacking(table, titles):
    """One line for each reason, with all features it stands for."""
    for title in titles:
        found = {}
        for feature, name in table.features.items():
            reasons = {role: table.lacks(title, feature, role) for role in table.roles(title)}
            for reason in dict.fromkeys(filter(None, reasons.values())):
                of = [role for role in reasons if reasons[role] == reason]
                side = "" if len(of) == len(reasons) else (
                    " as a server" if of == ["client"] else " as a client")
                found.setdefault(reason, []).append(name + side)
        for reason, names in found.items():
            yield f"- **{title}**, {', '.join(names)}: {reason}\n"


def update(old, run, table, today):
    peers, cells = {}, {}
    for title in table.peers:
        keys = table.cell_keys(title)
        if title not in run.versions:
            if title in old.peers:
                peers[title] = old.peers[title]._replace(ci=table.ci(title))
                # What it lacks may have been found out since.
                cells.update({key: LACKS if table.lacks(title, key[1], key[0])
                              else old.cells.get(key, NOT_RUN) for key in keys})
            continue
        new = {key: run.cell(table, key) for key in keys}
        peer = Peer(run.versions[title], today, table.ci(title))
        before = old.peers.get(title)
        if before and before.version == peer.version and all(
                old.cells.get(key) == cell for key, cell in new.items()):
            peer = peer._replace(date=before.date)
        peers[title] = peer
        cells.update(new)
    return Document(peers, cells)


def describe(key, table):
    role, feature, title = key
    return f"{title}, {table.features[feature]}, {ROLES[role].lower()}"


def check(text, run, table):
    """Yields what is wrong."""
    yield from run.problems
    document = parse(text, table)
    again = update(document, Run([], table), table, "")
    if render(again, table) != text:
        yield "the document is not what this tool would write"
    for title in table.peers:
        ci = table.ci(title) == CI
        if title not in run.versions:
            if ci:
                yield f"{title}: has not run"
            continue
        if title not in document.peers:
            yield f"{title}: has run, and the document does not have it"
            continue
        if run.versions[title] != document.peers[title].version:
            print(f"note: {title} is {run.versions[title]}; the document has "
                  f"{document.peers[title].version}")
        for key in table.cell_keys(title):
            claimed, found = document.cells.get(key, NOT_RUN), run.cell(table, key)
            if claimed != found:
                yield f"{describe(key, table)}: the document says {claimed!r}, this run {found!r}"
            elif ci and found == NOT_RUN:
                yield f"{describe(key, table)}: no case, and peers.json does not say it lacks it"


def read_reports(folder, suites):
    """(reports, what is missing); those of `suites`, or all that are there."""
    paths = [folder / f"{suite}.json" for suite in suites] or sorted(folder.glob("*.json"))
    reports = [json.loads(path.read_text("utf-8")) for path in paths if path.exists()]
    return reports, [f"{path.stem}: has left no report" for path in paths if not path.exists()]


def main(arguments=None, today=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--suites", nargs="+", default=[], help="only these, and all of them")
    parser.add_argument("--document", type=pathlib.Path, default=ROOT / "docs" / "peers.md")
    parser.add_argument("--table", type=pathlib.Path,
                        default=ROOT / "tests" / "interop" / "peers.json")
    options = parser.parse_args(arguments)
    table = Table(options.table)
    reports, missing = read_reports(options.results, options.suites)
    run = Run(reports, table)
    run.problems[:0] = missing
    text = options.document.read_text("utf-8") if options.document.exists() else ""
    if options.check:
        problems = list(check(text, run, table))
    else:
        problems = run.problems
        if not problems:
            today = today or datetime.date.today().isoformat()
            new = render(update(parse(text, table), run, table, today), table)
            if new != text:
                options.document.write_text(new, "utf-8")
    for problem in problems:
        print(f"error: {problem}")
    if problems and options.check:
        print(f"try: {pathlib.Path(__file__).name} {options.results}, once its cases pass")
    print(f"peers: {len(run.versions)} ran, {len(problems)} errors")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
