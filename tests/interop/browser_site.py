"""`nautilus serve --http` for browsers: what is on it, and what it reports of their connections."""

import json

from nautilus_peer import SIGNATURES, Server, digest
from openssl_data import MEBIBYTE, noise
from processes import Failed, expect

HYBRID = "X25519MLKEM768"
SUITE = "TLS_AES_256_GCM_SHA384"
PAGE = "<!DOCTYPE html><title>page</title><p id=text>a page from the folder</p>"
BULK = 10 * MEBIBYTE


class Site(Server):
    """On a port of one's choice, so that another can take its place."""

    def __init__(self, nautilus, scene, *options, port=0, key="ecdsa-p256", identity=None,
                 ca=None, client_auth="none"):
        # pylint: disable=super-init-not-called
        self.child = scene.start("nautilus serve", [
            nautilus.command, "serve", "--listen", f"127.0.0.1:{port}", "--identity",
            identity or nautilus.identity("server", key), "--ca", f"{ca or nautilus.ca(key)}.pem",
            "--allow-all", "--client-auth", client_auth, "--http", *options, "--json", "--timeout",
            "30"])
        self._taken = 0
        listening = self.report()
        expect(listening.get("event"), "listening", "first line of nautilus serve")
        self.port = listening["port"]
        self.url = f"https://localhost:{self.port}/"

    def so_far(self):
        """Reports of the connections that have ended, in that order."""
        return [json.loads(line) for line in self._lines()[1:]]

    def reports(self):
        """Of all connections. A browser opens more than it needs."""
        self.stop()
        return self.so_far()

    def used(self):
        """Reports of the connections that carried requests; none may have an error."""
        reports = [report for report in self.reports() if report.get("requests")]
        for report in reports:
            if "error" in report:
                raise Failed(f"nautilus serve: {report}")
        if not reports:
            raise Failed("no connection carried a request")
        return reports

    def all_refused(self, alert):
        """There were connections, and each was refused with this alert, whoever sent it."""
        reports = self.reports()
        if not reports or {(report["event"], report.get("alert")) for report in reports} != {
                ("refused", alert)}:
            raise Failed(f"nautilus serve: {reports}")


def website(scene):
    """A folder with a page and a long file, and the file's content."""
    folder = scene.folder / "site"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE, "utf-8")
    data = noise(BULK, 7)
    (folder / "bulk.bin").write_bytes(data)
    return folder, data


def elsewhere(nautilus, scene):
    """PATH/NAME of a certificate for another name, from the CA that is trusted."""
    path = scene.folder / "elsewhere"
    nautilus.run("cert", "server", "--out", path, "--ca", nautilus.ca(), "--cn", "elsewhere",
                 "--dns", "elsewhere.example")
    return path


def check_connections(reports, key="ecdsa-p256", group=HYBRID, suite=SUITE, retried=False,
                      peer=None):
    """The first was a full handshake; later ones may have resumed it."""
    expect(all(report["resumed"] for report in reports), False, "whether all are resumed")
    for report in reports:
        full = not report["resumed"]
        ours = {name: report.get(name) for name in
                ("group", "suite", "hello_retry_request", "own_signature", "peer_authenticated",
                 "peer_signature", "server_name", "alpn")}
        expect(ours, {"group": group, "suite": suite, "hello_retry_request": retried,
                      "own_signature": SIGNATURES[key] if full else None,
                      "peer_authenticated": peer is not None,
                      "peer_signature": SIGNATURES[key] if full and peer else None,
                      "server_name": "localhost", "alpn": "http/1.1"}, "what we reported")
        if peer:
            expect(report["peer"], peer, "who the browser is")


def check_file(found, data):
    """What the page computed of the file that it fetched."""
    expect(found, {"status": 200, **digest(data)}, "the file in the page")
