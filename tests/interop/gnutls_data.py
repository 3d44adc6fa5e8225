"""Early data, key updates, record sizes and exporters with GnuTLS in both roles."""

import re
import signal

from gnutls_cases import GROUP, KEY, LINE, MEBIBYTE, SUITE, Cases, lines
from gnutls_peer import describe, expect_described, expect_says
from nautilus_peer import SIGNATURES, digest
from processes import Failed, expect
from report import Case

LABEL = "EXPORTER-interop"
EXPORTING = ("--keymatexport", LABEL, "--keymatexportsize", "32")
EARLY_LIMIT = 4096
REKEY = MEBIBYTE // 4
DEBUG = ("--debug", "5")  # has a line for each message, extension and record
FULL = describe(GROUP, SIGNATURES[KEY], SUITE)
RESUMED = describe(GROUP, SIGNATURES[KEY], SUITE, resumed=True)


def record_sizes(text, what):
    """The lengths that the peer's log gives records of application data which it "Sent", with a
    header of 5 octets and 17 for content type and tag, "Received", without the header, or
    "Decrypted", so data alone."""
    found = re.findall(rf"{what} Packet(?:\[\d+\])? Application Data\(23\)"
                       r"(?: in epoch 2 and| with) length: (\d+)", text)
    return list(map(int, found))


def expect_messages(text, message, count):
    expect(len(re.findall(rf"HSK\[\w+\]: {message}", text)), count, f"{message} in the peer's log")


class Data(Cases):
    def resumed_serve(self, scene, ours, early):
        """gnutls-cli connects, and again with early data; our report of the latter, and its log."""
        path = scene.folder / "early"
        path.write_bytes(early)
        server = self.nautilus.serve(scene, *ours)
        client = self.client(scene, server.port, "--resume", "--waitresumption", "--earlydata",
                             path, *DEBUG)
        client.child.write(LINE)
        client.child.wait_text(LINE.decode().strip())
        client.child.close_input()
        client.child.finish()
        expect(server.closed()["resumed"], False, "whether their first connection resumed")
        report = server.closed()
        server.stop()
        log = client.log()
        expect_described(log, FULL, RESUMED)
        expect_says(log, r"^\*\*\* This is a resumed session$")
        expect((report["resumed"], report["peer_authenticated"], report["peer"]),
               (True, True, "client.example"), "what our server reported")
        return report, client.child.output(), log

    def serve_early_data(self, scene):
        early = lines(1000)
        report, output, log = self.resumed_serve(scene, ("--early-data", EARLY_LIMIT), early)
        expect_messages(log, "END OF EARLY DATA was queued", 1)
        expect((report["early_data"], report["early_bytes"]), ("accepted", len(early)),
               "what our server took")
        expect(report["received"], digest(early + LINE), "what our server received")
        expect(digest(output), digest(early + LINE), "what gnutls-cli got back")

    def serve_refuses_early_data(self, scene):
        """They send it although the ticket allows none, and do not send it again."""
        report, output, log = self.resumed_serve(scene, (), lines(1000))
        expect_messages(log, "END OF EARLY DATA was queued", 0)
        expect((report["early_data"], report["early_bytes"], report["received"]),
               ("rejected", 0, digest(LINE)), "what our server took")
        expect(digest(output), digest(LINE), "what gnutls-cli got back")

    def connect_early_data(self, scene):
        """gnutls-serv does not say what it received early, only how much."""
        early, store = lines(1000), scene.folder / "sessions"
        server = self.server(scene, "--earlydata", "--maxearlydata", EARLY_LIMIT, *DEBUG)
        reports = []
        for data in (LINE, early):
            client = self.nautilus.connect(scene, server.port, "--session", store, "--early-data")
            client.child.write(data)
            if reports:
                # The early data must have left before this.
                server.child.wait_text("early data accepted", "stderr")
                client.child.write(LINE)
            expect(client.child.wait_bytes(len(LINE)), LINE, "what came back")
            reports.append(client.closed())
        log = server.stop()
        expect_described(log, FULL, RESUMED)
        expect([(report["resumed"], report["early_data"]) for report in reports],
               [(False, "none"), (True, "accepted")], "what our client reported")
        expect(reports[1]["sent"], digest(early + LINE), "what our client says it sent")
        expect_messages(log, r"END OF EARLY DATA \(5\) was received", 1)
        expect_says(log, rf"decrypted early data with length: {len(early)}, in epoch 1$")
        expect(record_sizes(log, "Decrypted"), [len(LINE)] * 2, "what gnutls-serv received late")

    def connect_rekeyed(self, scene):
        log, report = self._exchange(scene, ours=("--rekey-bytes", REKEY))
        self._rekeyed(log, report)

    def serve_rekeyed(self, scene):
        """Our server asks for new keys twice, and they answer with their next data."""
        server = self.nautilus.serve(scene)
        client = self.client(scene, server.port, *DEBUG)
        for count in range(3):
            client.child.write(LINE)
            client.child.wait_bytes(len(LINE) * (count + 1))
            if count < 2:
                server.child.signal(signal.SIGUSR1)
                client.child.wait_until(lambda count=count: client.child.text("stderr").count(
                    "KEY_UPDATE (24) was received") > count, "our key update in its log")
        client.child.close_input()
        client.child.finish()
        report = server.closed()
        server.stop()
        expect((report["received"], digest(client.child.output())), (digest(LINE * 3),) * 2,
               "what our server received, and what came back")
        expect_described(client.log(), FULL)
        self._rekeyed(client.log(), report)

    @staticmethod
    def _rekeyed(log, report):
        if not 2 <= report["key_updates_sent"] <= MEBIBYTE // REKEY:
            raise Failed(f"{report['key_updates_sent']} key updates sent")
        expect_messages(log, r"KEY_UPDATE \(24\) was received", report["key_updates_sent"])
        expect_messages(log, "KEY_UPDATE was queued", report["key_updates_received"])

    def _exchange(self, scene, ours=(), theirs=()):
        """Our client at their server; what it says, and what we report."""
        data = lines(MEBIBYTE)
        server = self.server(scene, *DEBUG, *theirs)
        client = self.nautilus.connect(scene, server.port, *ours)
        client.child.feed(data)
        expect(digest(client.child.wait_bytes(len(data))), digest(data), "what came back")
        report = client.closed()
        log = server.stop()
        expect_described(log, FULL)
        expect((report["sent"], report["received"]), (digest(data), digest(data)), "what we report")
        return log, report

    def connect_record_sizes(self, scene):
        """RFC 8449: our limit counts the content type, gnutls-serv's option does not."""
        log, _ = self._exchange(scene, ("--record-size-limit", 601), ("--recordsize", 1000))
        self._record_sizes(log)

    def serve_record_sizes(self, scene):
        """gnutls-cli sends one record for each piece of input, and drops what does not fit."""
        data = lines(600)
        server = self.nautilus.serve(scene, "--record-size-limit", 601, "--pad", 4096)
        client = self.client(scene, server.port, "--recordsize", 1000, *DEBUG)
        client.child.write(data)
        expect(digest(client.child.wait_bytes(len(data))), digest(data), "what came back")
        client.child.close_input()
        client.child.finish()
        expect(server.closed()["received"], digest(data), "what our server received")
        server.stop()
        expect_described(client.log(), FULL)
        self._record_sizes(client.log())

    @staticmethod
    def _record_sizes(log):
        """As long as allowed, and not longer."""
        expect_says(log, r"Sending extension Record Size Limit/28")
        expect_says(log, r"Parsing extension 'Record Size Limit/28'")
        expect((max(record_sizes(log, "Sent")), max(record_sizes(log, "Received"))),
               (600 + 22, 1000 + 17), "the longest records that the peer sent and received")

    def exporter_cases(self):
        def check(text, report):
            expect_says(text, rf"^- Key material: {report['exported'][LABEL]}$")
        for name, make in (("connect_exporter", self.connect), ("serve_exporter", self.serve)):
            yield Case(name, make(ours=("--export", LABEL), theirs=EXPORTING, check=check),
                       ("exporter",))


def cases(nautilus, gnutls):
    data = Data(nautilus, gnutls)
    early = ("early_data", "resumption")
    yield Case("connect_early_data", data.connect_early_data, early)
    yield Case("serve_early_data", data.serve_early_data, early)
    yield Case("serve_no_early_data", data.serve_refuses_early_data, early)
    yield Case("connect_rekeyed", data.connect_rekeyed, ("key_update",))
    yield Case("serve_rekeyed", data.serve_rekeyed, ("key_update",))
    yield Case("connect_record_sizes", data.connect_record_sizes, ("record_size_limit",))
    yield Case("serve_record_sizes", data.serve_record_sizes, ("record_size_limit",))
    yield from data.exporter_cases()
