"""Chromium and Firefox load pages from `nautilus serve --http`, which they trust through a CA in
their own database of certificates: nothing that they judge is told to be ignored."""

import signal
import typing

from browser_site import (BULK, HYBRID, SUITE, Site, check_connections, check_file, elsewhere,
                          website)
from nautilus_peer import SIGNATURES, SUITES
from openssl_peer import OpenSsl
from pki import openssl_chain
from processes import Failed, expect
from report import Case

DIGEST = """
const answer = await fetch("/bulk.bin"), data = await answer.arrayBuffer();
const octets = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
return {status: answer.status, bytes: data.byteLength,
        sha256: Array.from(octets, octet => octet.toString(16).padStart(2, "0")).join("")};
"""
# The server closes the connection behind its answer: a body is not read.
CLOSE = 'return (await fetch("/", {method: "POST", body: "x"})).status;'
CONNECTION = 'return await (await fetch("/connection.json")).json();'
LONG = 'return (await fetch("/?" + "x".repeat(5000))).status;'
# Both take Ed25519 from nobody.
KEYS = ("ecdsa-p256", "ecdsa-p384", "rsa-2048")


class Kind(typing.NamedTuple):
    """What differs between browsers."""
    classical: typing.Sequence[str]
    shares: typing.Sequence[str]  # it sends a share for these; for others it is asked
    no_certificate: typing.Sequence[str]  # why it loads no page that asks for one, in its words
    untrusted: typing.Tuple[str, str]  # its words, and its alert
    other_name: typing.Tuple[str, str]
    record_size_limit: bool


class Pages:
    def __init__(self, nautilus, browser, kind):
        self.nautilus = nautilus
        self.browser = browser
        self.kind = kind

    def _loads(self, facts, key="ecdsa-p256", group=HYBRID, suite=SUITE):
        """What the browser says of a full handshake."""
        expect((facts.protocol, facts.suite, facts.group, facts.signature, facts.subject),
               ("TLS 1.3", suite, group, SIGNATURES[key], f"server {key}"),
               "what the browser reports")
        if facts.resumed is not None:
            expect(facts.resumed, False, "whether the browser says it is resumed")

    def _load(self, browser, scene, *options, retried=False, **facts):
        """The built-in page tells the browser what the browser and the server report."""
        site = Site(self.nautilus, scene, *options)
        self._loads(browser.open(site.url), **facts)
        text = browser.evaluate("return document.body.innerText;")
        for value in (facts.get("group", HYBRID), facts.get("suite", SUITE), "TLS 1.3"):
            expect(value in text, True, f"{value} in {text!r}")
        told = browser.evaluate(CONNECTION)
        check_connections([*site.used(), told], retried=retried, **facts)

    def load(self, scene):
        browser = self.browser.start(scene, ca=self.nautilus.ca())
        self._load(browser, scene)
        browser.quit()

    def groups(self, retried):
        def case(scene):
            browser = self.browser.start(scene, ca=self.nautilus.ca())
            for group in self.kind.classical:
                if (group not in self.kind.shares) is retried:
                    self._load(browser, scene, "--groups", group, group=group, retried=retried)
            browser.quit()
        return case

    def suites(self, scene):
        browser = self.browser.start(scene, ca=self.nautilus.ca())
        for suite in SUITES:
            self._load(browser, scene, "--suites", suite, suite=suite)
        browser.quit()

    def file(self, scene):
        folder, data = website(scene)
        site = Site(self.nautilus, scene, folder)
        browser = self.browser.start(scene, ca=self.nautilus.ca())
        self._loads(browser.open(site.url))
        expect(browser.evaluate("return document.getElementById('text').textContent;"),
               "a page from the folder", "the page")
        check_file(browser.evaluate(DIGEST), data)
        browser.quit()
        sent = sum(report["sent"]["bytes"] for report in site.used())
        if sent < BULK:
            raise Failed(f"only {sent} octets were sent")

    def resumed(self, scene):
        """A second server takes the place of the first, with its ticket keys: all connections of
        the first are gone."""
        keys = scene.folder / "keys"
        first = Site(self.nautilus, scene, "--ticket-keys", keys)
        browser = self.browser.start(scene, ca=self.nautilus.ca())
        self._loads(browser.open(first.url))
        check_connections(first.used())
        second = Site(self.nautilus, scene, "--ticket-keys", keys, port=first.port)
        facts = browser.open(f"{second.url}?again")
        told = browser.evaluate(CONNECTION)
        browser.quit()
        expect((facts.protocol, facts.suite, facts.group), ("TLS 1.3", SUITE, HYBRID),
               "what the browser reports")
        if facts.resumed is not None:
            expect(facts.resumed, True, "whether the browser says it is resumed")
        for report in [*second.used(), told]:
            expect((report["group"], report["suite"], report["resumed"]), (HYBRID, SUITE, True),
                   "what we reported")

    def early_data(self, scene):
        """Requests that may be sent twice go early over new connections."""
        site = Site(self.nautilus, scene, "--early-data", "16384")
        browser = self.browser.start(scene, ca=self.nautilus.ca())
        browser.open(site.url)
        # The next connection may be one that was opened in advance, or be ready before the request.
        for _ in range(40):
            expect(browser.evaluate(CLOSE), 405, "the answer that closes the connection")
            expect(browser.evaluate(CONNECTION)["group"], HYBRID, "the group")
            if any(report["early_bytes"] for report in site.so_far()):
                break
        browser.quit()
        early = [report for report in site.used() if report["early_bytes"]]
        if not early:
            raise Failed("nothing came early")
        for report in early:
            expect((report["early_data"], report["resumed"]), ("accepted", True), "early data")

    def rekeyed(self, scene):
        """We replace our keys and ask for the browser's, in the middle of its connection."""
        folder, data = website(scene)
        site = Site(self.nautilus, scene, folder)
        browser = self.browser.start(scene, ca=self.nautilus.ca())
        browser.open(site.url)
        for _ in range(2):
            site.child.signal(signal.SIGUSR1)
            check_file(browser.evaluate(DIGEST), data)
        browser.quit()
        updates = [(report["key_updates_sent"], report["key_updates_received"])
                   for report in site.used()]
        if not any(sent >= 2 and received >= 1 for sent, received in updates):
            raise Failed(f"key updates sent and received: {updates}")

    def short_records(self, scene):
        """A longer record than we take would end the connection."""
        site = Site(self.nautilus, scene, "--record-size-limit", "64")
        browser = self.browser.start(scene, ca=self.nautilus.ca())
        self._loads(browser.open(site.url))
        expect(browser.evaluate(LONG), 200, "the answer to a long request")
        browser.quit()
        check_connections(site.used())

    def mutual(self, key):
        def case(scene):
            site = Site(self.nautilus, scene, key=key, client_auth="required")
            browser = self.browser.start(scene, ca=self.nautilus.ca(key),
                                         identity=self.nautilus.identity("client", key),
                                         port=site.port)
            self._loads(browser.open(site.url), key)
            told = browser.evaluate(CONNECTION)
            browser.quit()
            # Until it has found its certificate it breaks connections off.
            check_connections([*site.used(), told], key, peer="client.example")
        return case

    def chains(self, scene):
        root, server, client = openssl_chain(OpenSsl(["openssl"]), scene.folder)
        site = Site(self.nautilus, scene, identity=server, ca=root, client_auth="required")
        browser = self.browser.start(scene, ca=root, identity=client, port=site.port)
        facts = browser.open(site.url)
        told = browser.evaluate(CONNECTION)
        browser.quit()
        expect((facts.protocol, facts.group, facts.subject), ("TLS 1.3", HYBRID, "server"),
               "what the browser reports")
        check_connections([*site.used(), told], peer="client.example")

    def no_certificate(self, scene):
        site = Site(self.nautilus, scene, client_auth="required")
        browser = self.browser.start(scene, ca=self.nautilus.ca())
        reason = browser.refuses(site.url)
        browser.quit()
        if reason not in self.kind.no_certificate:
            raise Failed(f"the browser says {reason!r}")
        reports = site.reports()
        if not any(report.get("alert") == "certificate_required" for report in reports):
            raise Failed(f"nautilus serve: {reports}")

    def _refuses(self, scene, wanted, ca, identity=None):
        site = Site(self.nautilus, scene, identity=identity)
        browser = self.browser.start(scene, ca=ca)
        reason, alert = wanted
        expect(browser.refuses(site.url), reason, "why the browser refuses")
        browser.quit()
        site.all_refused(alert)

    def untrusted(self, scene):
        self._refuses(scene, self.kind.untrusted, self.nautilus.ca(name="other"))

    def other_name(self, scene):
        self._refuses(scene, self.kind.other_name, self.nautilus.ca(),
                      elsewhere(self.nautilus, scene))


def browser_cases(nautilus, browser, kind):
    pages = Pages(nautilus, browser, kind)
    yield Case(f"serve_{HYBRID}", pages.load, ("hybrid", "alpn"))
    yield Case("serve_groups", pages.groups(retried=False), ("groups",))
    yield Case("serve_groups_retried", pages.groups(retried=True), ("groups", "retry"))
    yield Case("serve_suites", pages.suites, ("suites",))
    yield Case("serve_10MiB", pages.file, ("bulk",))
    yield Case("serve_resumed", pages.resumed, ("resumption",))
    yield Case("serve_early_data", pages.early_data, ("early_data",))
    yield Case("serve_rekeyed", pages.rekeyed, ("key_update",))
    if kind.record_size_limit:
        yield Case("serve_short_records", pages.short_records, ("record_size_limit",))
    for key in KEYS:
        yield Case(f"serve_{key}", pages.mutual(key), ("mutual",))
    yield Case("serve_chain", pages.chains, ("chains",))
    yield Case("serve_no_certificate", pages.no_certificate, ("refusals",))
    yield Case("serve_untrusted_ca", pages.untrusted, ("refusals",))
    yield Case("serve_other_name", pages.other_name, ("refusals",))
