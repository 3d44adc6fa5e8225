"""curl, of a release with OpenSSL 3.5, loads pages from `nautilus serve --http`."""

import json
import re
import signal
import subprocess

from browser_site import (HYBRID, PAGE, SUITE, Site, check_connections, elsewhere, website)
from nautilus_peer import KEYS, SUITES, digest
from openssl_data import MEBIBYTE
from openssl_peer import OpenSsl
from pki import openssl_chain
from processes import LIMIT, Failed, Skipped, expect
from report import Case, Peer

# Our names, curl's for --curves, and curl's in its account.
CLASSICAL = (("x25519", "X25519", "x25519"), ("secp256r1", "P-256", "secp256r1"),
             ("secp384r1", "P-384", "secp384r1"), ("secp521r1", "P-521", "secp521r1"))
HYBRIDS = (HYBRID, "SecP256r1MLKEM768", "SecP384r1MLKEM1024")
PURE = ("MLKEM512", "MLKEM768", "MLKEM1024")
KEY_NAMES = {"ecdsa-p256": "id-ecPublicKey", "ecdsa-p384": "id-ecPublicKey",
             "ed25519": "ED25519", "rsa-2048": "RSASSA-PSS|rsaEncryption"}
# Exit statuses of curl.
REFUSES, REFUSED = 60, 56
NOT_TAKEN = 35


class Curl:
    """`words` start it."""

    def __init__(self, words):
        self.words = words
        try:
            done = subprocess.run([*words, "--version"], capture_output=True, text=True,
                                  timeout=LIMIT, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise Skipped(f"no curl: {error}") from None
        name, version = done.stdout.split()[:2]
        engine = re.search(r"OpenSSL/\S+", done.stdout)
        if not engine:
            raise Skipped(f"no OpenSSL in {done.stdout.splitlines()[0]}")
        self.about = Peer(f"{name} {'.'.join(version.split('.')[:2])}",
                          f"{name} {version}, {engine[0]}")
        print(f"peer: {self.about.version}", flush=True)

    def start(self, scene, *arguments):
        return scene.start("curl", [*self.words, "--disable", "--noproxy", "*", "--verbose",
                                    "--silent", *arguments])


def handshakes(child):
    """(protocol, suite, group, kind of the server's key) of each, in curl's own words."""
    return re.findall(r"SSL connection using (\S+) / (\S+) / (\S+) / (\S+)$", child.text("stderr"),
                      re.M)


class Loads:
    def __init__(self, nautilus, curl):
        self.nautilus = nautilus
        self.curl = curl

    def _get(self, scene, site, *arguments, key="ecdsa-p256", ca=None, targets=("",),
             statuses=(0,)):
        child = self.curl.start(scene, "--cacert", f"{ca or self.nautilus.ca(key)}.pem",
                                *arguments, *(site.url + target for target in targets))
        child.finish(*statuses)
        return child

    def load(self, *, key="ecdsa-p256", ours=(), theirs=(), group=HYBRID, named=None, suite=SUITE,
             retried=False):
        """curl names what the page and our report name."""
        def case(scene):
            site = Site(self.nautilus, scene, *ours, key=key)
            child = self._get(scene, site, *theirs, key=key, targets=("connection.json",))
            told = json.loads(child.text())
            (protocol, says_suite, says_group, says_key), = handshakes(child)
            expect((protocol, says_suite, says_group.lower()),
                   ("TLSv1.3", suite, (named or group).lower()), "what curl reports")
            if not re.fullmatch(KEY_NAMES[key], says_key):
                raise Failed(f"curl reports a key of kind {says_key}")
            expect("ALPN: server accepted http/1.1" in child.text("stderr"), True, "ALPN")
            check_connections([*site.used(), told], key, group, suite, retried)
        return case

    def file(self, scene):
        folder, data = website(scene)
        site = Site(self.nautilus, scene, folder)
        child = self._get(scene, site, targets=("", "bulk.bin"))
        expect(digest(child.output()), digest(PAGE.encode() + data), "the page and the file")
        expect(len(handshakes(child)), 1, "connections")
        report, = site.used()
        expect((report["requests"], report["close_notify"]), (2, True), "requests")

    def mutual(self, key):
        def case(scene):
            site = Site(self.nautilus, scene, key=key, client_auth="required")
            identity = self.nautilus.identity("client", key)
            child = self._get(scene, site, "--cert", f"{identity}.pem", "--key",
                              f"{identity}.key", key=key, targets=("connection.json",))
            told = json.loads(child.text())
            check_connections([*site.used(), told], key, peer="client.example")
        return case

    def chains(self, scene):
        root, server, client = openssl_chain(OpenSsl(["openssl"]), scene.folder)
        site = Site(self.nautilus, scene, identity=server, ca=root, client_auth="required")
        child = self._get(scene, site, "--cert", f"{client}.pem", "--key", f"{client}.key",
                          ca=root, targets=("connection.json",))
        told = json.loads(child.text())
        check_connections([*site.used(), told], peer="client.example")

    def resumed(self, scene):
        """After each answer the connection is closed, and curl keeps the session."""
        site = Site(self.nautilus, scene)
        child = self._get(scene, site, "-H", "Connection: close",
                          targets=("connection.json", "connection.json?again"))
        first, second = child.text().replace("}\n{", "}\0{").split("\0")
        expect([json.loads(told)["resumed"] for told in (first, second)], [False, True],
               "what the pages tell")
        expect(len(handshakes(child)), 2, "connections")
        expect("SSL reusing session" in child.text("stderr"), True, "what curl reports")
        reports = site.used()
        expect([report["resumed"] for report in reports], [False, True], "what we report")
        expect([report["group"] for report in reports], [HYBRID] * 2, "groups")

    def early_data(self, scene):
        site = Site(self.nautilus, scene, "--early-data", "16384")
        child = self._get(scene, site, "-H", "Connection: close", "--tls-earlydata",
                          targets=("connection.json", "connection.json?again"))
        if not re.search(r"SSL sending [1-9]\d* bytes of early data", child.text("stderr")):
            raise Failed("curl does not report early data")
        first, second = site.used()
        expect((first["early_bytes"], second["early_data"], second["early_bytes"] > 0),
               (0, "accepted", True), "early data")

    def rekeyed(self, scene):
        """We replace our keys and ask for curl's while it loads a file; it answers before it asks
        for the next."""
        folder, data = website(scene)
        site = Site(self.nautilus, scene, folder)
        child = self.curl.start(scene, "--cacert", f"{self.nautilus.ca()}.pem", "--limit-rate",
                                str(4 * MEBIBYTE), site.url + "bulk.bin", site.url)
        child.wait_bytes(MEBIBYTE)
        site.child.signal(signal.SIGUSR1)
        child.finish()
        expect(digest(child.output()), digest(data + PAGE.encode()), "the file and the page")
        report, = site.used()
        expect((report["key_updates_sent"], report["key_updates_received"]), (1, 1), "key updates")

    def no_certificate(self, scene):
        site = Site(self.nautilus, scene, client_auth="required")
        child = self._get(scene, site, statuses=(REFUSED, NOT_TAKEN))
        expect("alert certificate required" in child.text("stderr"), True, "what curl reports")
        site.all_refused("certificate_required")

    def untrusted(self, scene):
        site = Site(self.nautilus, scene)
        child = self._get(scene, site, ca=self.nautilus.ca(name="other"), statuses=(REFUSES,))
        expect("unable to get local issuer certificate" in child.text("stderr"), True,
               "what curl reports")
        site.all_refused("unknown_ca")

    def other_name(self, scene):
        """curl looks at the name when the handshake is over, and sends no alert for it."""
        site = Site(self.nautilus, scene, identity=elsewhere(self.nautilus, scene))
        child = self._get(scene, site, statuses=(REFUSES,))
        expect("no alternative certificate subject name matches" in child.text("stderr"), True,
               "what curl reports")
        report, = site.reports()
        expect(report.get("requests", 0), 0, "requests")


def cases(nautilus, curl):
    loads = Loads(nautilus, curl)
    for ours, theirs, named in CLASSICAL:
        yield Case(f"serve_{ours}", loads.load(
            ours=("--groups", ours), theirs=("--curves", theirs), group=ours, named=named),
            ("groups",))
    for group in HYBRIDS:
        yield Case(f"serve_{group}", loads.load(
            ours=("--groups", group), theirs=("--curves", group), group=group), ("hybrid",))
    for group in PURE:
        yield Case(f"serve_{group}", loads.load(
            ours=("--groups", group), theirs=("--curves", group), group=group), ("mlkem",))
    yield Case("serve_default", loads.load(), ("hybrid", "alpn"))
    yield Case("serve_retry", loads.load(
        ours=("--groups", "secp384r1"), theirs=("--curves", "X25519:P-384"), group="secp384r1",
        retried=True), ("retry",))
    for suite in SUITES:
        yield Case(f"serve_{suite}", loads.load(theirs=("--tls13-ciphers", suite), suite=suite),
                   ("suites",))
    for key in KEYS:
        yield Case(f"serve_{key}", loads.mutual(key), ("mutual",))
    yield Case("serve_chain", loads.chains, ("chains",))
    yield Case("serve_10MiB", loads.file, ("bulk",))
    yield Case("serve_resumed", loads.resumed, ("resumption",))
    yield Case("serve_early_data", loads.early_data, ("early_data",))
    yield Case("serve_rekeyed", loads.rekeyed, ("key_update",))
    yield Case("serve_no_certificate", loads.no_certificate, ("refusals",))
    yield Case("serve_untrusted_ca", loads.untrusted, ("refusals",))
    yield Case("serve_other_name", loads.other_name, ("refusals",))
