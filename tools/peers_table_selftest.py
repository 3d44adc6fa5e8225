#!/usr/bin/env python3
"""Proves that peers_table.py notices each way in which document, table and run can disagree, and
that it writes nothing without need."""

import contextlib
import copy
import io
import json
import pathlib
import tempfile
import unittest

import peers_table

TABLE = {
    "features": {"hybrid": "hybrids", "alpn": "ALPN"},
    "peers": {
        "Old 1": {"ci": True, "lacks": {"hybrid": "none before 2"}, "reports": "no group"},
        "New 2": {"ci": True, "lacks": {"alpn": {"server": "no such option"}}},
        "Loader": {"ci": True, "roles": ["server"]},
        "Moving": {"ci": False},
    },
}


def case(name, *features, outcome="passed"):
    role = {"connect": "client", "serve": "server"}[name.split("_")[0]]
    return {"case": name, "features": list(features), "role": role, "outcome": outcome}


def report(suite, peer, *cases, version="1.0"):
    return {"suite": suite, "peer": peer, "version": f"{peer}.{version}", "cases": list(cases)}


REPORTS = [
    report("old", "Old 1", case("connect_alpn", "alpn"), case("serve_alpn", "alpn"),
           case("connect_other", "alpn")),
    report("new", "New 2", case("connect_x", "hybrid", "alpn"), case("serve_x", "hybrid")),
    report("loader", "Loader", case("serve_x", "hybrid"), case("serve_alpn", "alpn")),
    report("moving", "Moving", case("connect_x", "hybrid")),
]


class PeersTable(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.document = self.folder / "peers.md"
        self.reports, self.table = copy.deepcopy(REPORTS), copy.deepcopy(TABLE)
        self.assertEqual(self.run_tool(), (0, []))

    def run_tool(self, *options, today="2026-01-01"):
        """(exit status, the errors it names)"""
        results = self.folder / "results"
        results.mkdir(exist_ok=True)
        for path in results.iterdir():
            path.unlink()
        for each in self.reports:
            (results / f"{each['suite']}.json").write_text(json.dumps(each))
        (self.folder / "peers.json").write_text(json.dumps(self.table))
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = peers_table.main([str(results), "--document", str(self.document), "--table",
                                       str(self.folder / "peers.json"), *options], today)
        return status, [line.removeprefix("error: ") for line in out.getvalue().splitlines()
                        if line.startswith("error: ")]

    def expect_error(self, *parts):
        status, errors = self.run_tool("--check")
        self.assertEqual(status, 1)
        for part in parts:
            self.assertTrue(any(part in error for error in errors), (part, errors))

    def test_writes(self):
        text = self.document.read_text()
        for line in ("| Old 1 | Old 1.1.0 | 2026-01-01 | yes |",
                     "| Moving | Moving.1.0 | 2026-01-01 | no |",
                     "| feature | Old 1 | New 2 | Moving |",
                     "| feature | Old 1 | New 2 | Loader | Moving |",
                     "| ALPN | pass (2) | pass (1) | not run |",
                     "| ALPN | pass (1) | lacks it | pass (1) | not run |",
                     "| hybrids | lacks it | pass (1) | pass (1) | not run |",
                     "- **Old 1**, hybrids: none before 2",
                     "- **New 2**, ALPN as a client: no such option", "- **Old 1**: no group"):
            self.assertIn(line + "\n", text)
        self.assertEqual(self.run_tool("--check"), (0, []))

    def test_changes_nothing_for_nothing(self):
        before = self.document.read_text()
        self.assertEqual(self.run_tool(today="2027-01-01"), (0, []))
        self.assertEqual(self.document.read_text(), before)

    def test_dates_what_changed(self):
        self.reports[0]["version"] = "Old 1.1.1"
        self.assertEqual(self.run_tool("--check"), (0, []))  # a version may move
        self.run_tool(today="2027-01-01")
        text = self.document.read_text()
        self.assertIn("| Old 1 | Old 1.1.1 | 2027-01-01 | yes |", text)
        self.assertIn("| New 2 | New 2.1.0 | 2026-01-01 | yes |", text)

    def test_optional_peers_may_be_absent(self):
        before = self.document.read_text()
        del self.reports[3]
        self.assertEqual(self.run_tool("--check"), (0, []))
        self.run_tool(today="2027-01-01")
        self.assertEqual(self.document.read_text(), before)

    def test_optional_peers_that_run_are_judged(self):
        self.reports[3]["cases"] = []
        self.expect_error("Moving, hybrids, our client at their server: "
                          "the document says 'pass (1)', this run 'not run'")

    def test_required_peers_may_not_be_absent(self):
        del self.reports[1]
        self.expect_error("New 2: has not run")

    def test_case_that_did_not_run(self):
        del self.reports[0]["cases"][2]
        self.expect_error("Old 1, ALPN, our client at their server: the document says 'pass (2)', "
                          "this run 'pass (1)'")

    def test_case_that_was_skipped(self):
        self.reports[2]["cases"][0]["outcome"] = "skipped"
        self.expect_error("Loader, hybrids, their client at our server: "
                          "the document says 'pass (1)', this run 'not run'")

    def test_case_that_failed(self):
        self.reports[0]["cases"][0]["outcome"] = "failed"
        self.expect_error("old.connect_alpn: failed", "Old 1, ALPN")
        before = self.document.read_text()
        self.assertEqual(self.run_tool()[0], 1)
        self.assertEqual(self.document.read_text(), before)

    def test_case_that_the_document_lacks(self):
        self.reports[1]["cases"].append(case("connect_y", "hybrid"))
        self.expect_error("New 2, hybrids, our client at their server: "
                          "the document says 'pass (1)', this run 'pass (2)'")

    def test_cell_that_nobody_filled(self):
        self.reports[2]["cases"] = self.reports[2]["cases"][:1]
        self.run_tool()
        self.expect_error("Loader, ALPN, their client at our server: no case, and peers.json")

    def test_what_is_said_to_lack_and_passed(self):
        self.reports[0]["cases"].append(case("serve_x", "hybrid"))
        self.expect_error("old.serve_x: passed, but peers.json says that Old 1 lacks it")

    def test_reason_that_changed(self):
        self.table["peers"]["Old 1"]["lacks"]["hybrid"] = "another"
        self.expect_error("not what this tool would write")

    def test_document_that_was_edited(self):
        self.document.write_text(self.document.read_text().replace("pass (2)", "pass (3)"))
        self.expect_error("the document says 'pass (3)', this run 'pass (2)'")
        self.document.write_text(self.document.read_text() + "more\n")
        self.expect_error("not what this tool would write")

    def test_unknown_peer_feature_and_role(self):
        self.reports.append(report("other", "Other 3"))
        self.reports[0]["cases"].append(case("serve_y", "sorcery"))
        self.reports[2]["cases"].append(case("connect_y", "alpn"))
        self.expect_error("other: peers.json has no 'Other 3'", "old.serve_y: peers.json has no",
                          "loader.connect_y: peers.json has no")

    def test_suites_are_named(self):
        """A report of a suite that is no more must not count, and each named one must be there."""
        self.reports.append(report("gone", "Old 1", case("connect_z", "alpn")))
        named = ("--check", "--suites", "old", "new", "loader")
        self.assertEqual(self.run_tool(*named), (0, []))
        del self.reports[2]
        self.assertEqual(self.run_tool(*named)[1],
                         ["loader: has left no report", "Loader: has not run"])

    def test_two_versions(self):
        self.reports.append(report("old2", "Old 1", version="1.1"))
        self.expect_error("Old 1 is both")

    def test_no_document(self):
        self.document.unlink()
        self.expect_error("Old 1: has run, and the document does not", "not what this tool")


if __name__ == "__main__":
    unittest.main()
