#!/usr/bin/env python3
"""Says which requirements of RFC 9846 §4 to §6 the code and the tests name.

    tools/rfc_coverage.py [--root FOLDER]            writes docs/rfc-coverage.md
    tools/rfc_coverage.py --check [--root FOLDER]    fails if that file is not what would be written

The requirements are listed in docs/rfc-requirements.txt, in our own words. A citation is
`RFC 9846 §4.3.8` for a section or `RFC 9846 §4.3.8-3` for the third requirement of that list's
section; more of them may follow, each with its own sign: `RFC 9846 §4.3.8-3, §4.3.8-4`.

A section's citation does not say which of its requirements is meant, so it is no proof for any of
them: they are "by section" at best. A requirement counts as tested only if a test cites it by its
number. What the list itself calls a gap or not applicable is reported as that, whatever is cited.
Citations are collected by file, not by line, so that the report changes only with them.
"""

import argparse
import collections
import pathlib
import re
import sys

LIST = "docs/rfc-requirements.txt"
REPORT = "docs/rfc-coverage.md"
CODE, TESTS = ("src", "include"), ("tests",)
SUFFIXES = {".hpp", ".cpp", ".py", ".txt", ".json"}
ENTRY = re.compile(r"§([\d.]+)-(\d+)$")
# A citation may be broken over two lines of a comment.
GAP = r"(?:\s|//+|#)+"
PLACE = r"§([0-9A-F]+(?:\.\d+)*)(?:-(\d+))?"
CITATION = re.compile(rf"RFC{GAP}9846{GAP}({PLACE}(?:(?:,|{GAP}and|{GAP}to){GAP}{PLACE})*)")

KINDS = ("tested", "code", "section", "open", "gap", "n/a")

Requirement = collections.namedtuple("Requirement", "section number who what reason")


def requirements(root):
    found, last = [], {}
    for line in (root / LIST).read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip() for field in line.split("|")]
        match = ENTRY.match(fields[0])
        if not match or len(fields) not in (3, 4) or fields[1] not in ("client", "server", "both"):
            sys.exit(f"error: {LIST}: not an entry: {line}")
        section, number = match[1], int(match[2])
        if number != last.get(section, 0) + 1:
            sys.exit(f"error: {LIST}: out of order: {line}")
        last[section] = number
        found.append(Requirement(section, number, fields[1], fields[2],
                                 fields[3] if len(fields) == 4 else ""))
    return found


def citations(root, folders):
    """{(section, number or None): sorted files}"""
    found = collections.defaultdict(set)
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in SUFFIXES or not path.is_file():
                continue
            name = path.relative_to(root).as_posix()
            for citation in CITATION.finditer(path.read_text(encoding="utf-8", errors="replace")):
                for section, number in re.findall(PLACE, citation[1]):
                    found[section, int(number) if number else None].add(name)
    return {place: sorted(files) for place, files in found.items()}


def files_text(files):
    return ", ".join(f"`{name}`" for name in files) or "none"


def status(item, code, tests):
    place = (item.section, item.number)
    if item.reason.startswith("gap: "):
        return "gap", "**" + item.reason.replace(": ", "**: ", 1)
    if item.reason:
        return "n/a", f"does not apply: {item.reason}"
    if place in tests:
        return "tested", f"**tested**: {files_text(tests[place])}"
    if place in code:
        return "code", f"cited in {files_text(code[place])}"
    if (item.section, None) in code or (item.section, None) in tests:
        return "section", "by section"
    return "open", "**open**"


def report(root):
    items = requirements(root)
    code, tests = citations(root, CODE), citations(root, TESTS)
    known = {(item.section, item.number) for item in items}
    for place, files in sorted({**code, **tests}.items(), key=str):
        if place[1] is not None and place not in known:
            sys.exit(f"error: {files[0]} cites §{place[0]}-{place[1]}, which is not in {LIST}")
    judged = [(item, *status(item, code, tests)) for item in items]
    counts = collections.Counter(verdict for _, verdict, _ in judged)
    lines = [
        "# RFC 9846, §4 to §6: what is cited where", "",
        "<!-- Written by tools/rfc_coverage.py; do not edit. -->", "",
        f"The requirements are those of [rfc-requirements.txt]({LIST.split('/')[1]}), paraphrased. "
        "*Tested* means that a test names", "the requirement by its number; *by section*, that code "
        "or tests name the section, which says nothing", "about this requirement in particular; "
        "*open*, that nobody names either; a *gap* is known to be unmet.", "",
        "| tested | cited in code only | by section | open | gap | does not apply | all |",
        "|---|---|---|---|---|---|---|",
        "| " + " | ".join(str(counts[key]) for key in KINDS)
        + f" | {len(judged)} |"]
    section = None
    for item, _, text in judged:
        if item.section != section:
            section = item.section
            lines += ["", f"## §{section}", "",
                      f"Section cited in code: {files_text(code.get((section, None), []))}; "
                      f"in tests: {files_text(tests.get((section, None), []))}.", "",
                      "| | binds | requirement | |", "|---|---|---|---|"]
        lines.append(f"| {section}-{item.number} | {item.who} | {item.what} | {text} |")
    return "\n".join(lines) + "\n", counts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    arguments = parser.parse_args()
    text, counts = report(arguments.root)
    path = arguments.root / REPORT
    print("rfc coverage: " + ", ".join(f"{counts[key]} {key}" for key in
                                       KINDS))
    if not arguments.check:
        path.write_text(text, encoding="utf-8")
    elif not path.is_file() or path.read_text(encoding="utf-8") != text:
        print(f"error: {REPORT} is out of date; tools/rfc_coverage.py writes it")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
