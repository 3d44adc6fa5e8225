"""Handshakes, sessions, data and refusals with NSS in both roles."""

import time

from nautilus_peer import (NETWORK, PEER_REJECTED, REJECTED_BY_PEER, SIGNATURES, SUITES, TRUNCATED,
                           digest)
from nss_peer import GROUPS
from openssl_data import MEBIBYTE, noise
from processes import Failed, expect
from report import Case

KEYS = ("ecdsa-p256", "ecdsa-p384", "rsa-2048")
HYBRID = "X25519MLKEM768"
SUITE = "TLS_AES_256_GCM_SHA384"
LABEL = "EXPORTER-interop"
HEAD = b"HTTP/1.0 200 OK\r\n\r\n"  # tstclnt -S writes out what follows it
REQUEST = b"GET / HTTP/1.0\r\nX-Fill: %s\r\n\r\n" % (b"x" * 6000)
EARLY = b"GET / HTTP/1.0\r\n\r\n"
# How it ends for us when selfserv closes its socket before it has read everything.
ABRUPT = (NETWORK, TRUNCATED)
ANTI_REPLAY = 11  # seconds after its start for which selfserv takes no early data


class Connections:
    def __init__(self, nautilus, nss):
        self.nautilus = nautilus
        self.nss = nss

    def identity(self, role, key, folder, known=True):
        return self.nss.database(folder, self.nautilus.ca(key),
                                 self.nautilus.identity(role, key) if known else None)

    def serve(self, key="ecdsa-p256", ours=(), theirs=(), size=1000, connections=1, check=None,
              sent=REQUEST, **facts):
        """Their client at our server: it sends a request, and gets a file of such a size."""
        def case(scene):
            reply, request = noise(size, 5), scene.folder / "request"
            (scene.folder / "reply").write_bytes(HEAD + reply)
            request.write_bytes(sent)
            server = self.nautilus.serve(scene, "--send", scene.folder / "reply", *ours, key=key)
            database = self.identity("client", key, scene.folder)
            client = self.nss.client(scene, server.port, database, "-n", "own", "-S", "-A",
                                     request, *theirs)
            client.child.close_input()
            client.child.finish()
            reports = [server.closed() for _ in range(connections)]
            server.stop()
            client.says(rf"^ +Signature Scheme: {SIGNATURES[key]}$")
            client.says(rf"^subject DN: CN=server {key}$")
            client.expect_suites(*[facts.get("suite", SUITE)] * connections)
            client.expect_resumed(*range(connections))
            expect(client.child.output().count(reply), connections, "replies that tstclnt wrote")
            for count, report in enumerate(reports):
                self._compare(report, key, count > 0, "client.example", **facts)
                expect(report["received"], digest(sent), "what our server received")
            if check:
                check(client, reports[-1])
        return case

    def connect(self, key="ecdsa-p256", ours=(), theirs=(), connections=1, check=None, pieces=1,
                ends=(0,), **facts):
        """Our client at their server, which repeats our request in its page."""
        def case(scene):
            database = self.identity("server", key, scene.folder)
            server = self.nss.server(scene, database, *theirs)
            for count in range(connections):
                client = self.nautilus.connect(scene, server.port, *ours, "--session",
                                               scene.folder / "sessions", key=key)
                part = len(REQUEST) // pieces
                for number in range(pieces - 1):
                    client.child.write(REQUEST[number * part:(number + 1) * part])
                    time.sleep(0.1)  # or they would be one piece
                client.child.write(REQUEST[(pieces - 1) * part:])
                client.child.wait_until(lambda client=client: REQUEST in client.child.output(),
                                        "the request in selfserv's page")
                report = client.closed(*ends)
                server.wait_connections(count + 1)
                self._compare(report, key, count > 0, "localhost", **facts)
                expect(report["sent"], digest(REQUEST), "what our client says it sent")
            server.child.kill()
            server.says(rf"^selfserv: subject DN: CN=client {key}$")
            server.says(r"^selfserv: -- SSL3: Certificate Validated\.$")
            server.expect_suites(*[facts.get("suite", "TLS_AES_128_GCM_SHA256")] * connections)
            server.expect_resumed(*range(connections))
            if check:
                check(server, report)
        return case

    @staticmethod
    def _compare(report, key, resumed, peer, group=HYBRID, suite=None, retried=False):
        signature = None if resumed else SIGNATURES[key]
        expect({name: report.get(name) for name in
                ("group", "hello_retry_request", "resumed", "peer_authenticated", "peer",
                 "own_signature", "peer_signature")},
               {"group": group, "hello_retry_request": retried, "resumed": resumed,
                "peer_authenticated": True, "peer": peer, "own_signature": signature,
                "peer_signature": signature}, "what we reported")
        if suite:
            expect(report["suite"], suite, "the suite we reported")

    def connect_early_data(self, scene):
        """selfserv answers early data at once, and is gone before the handshake's end."""
        server = self.nss.server(scene, self.identity("server", "ecdsa-p256", scene.folder),
                                 "-u", "-Z")
        request = scene.folder / "request"
        request.write_bytes(REQUEST)
        started = time.monotonic()
        for early in (False, True):
            if early:
                time.sleep(max(0, started + ANTI_REPLAY - time.monotonic()))
            client = self.nautilus.connect(scene, server.port, "--session",
                                           scene.folder / "sessions", "--early-data", "--send",
                                           request)
            report = client.closed(*(ABRUPT if early else (0,)))
            server.wait_connections(1 + early)
            expect((report["resumed"], report["early_data"]),
                   (early, "accepted" if early else "none"), "what we reported")
            if REQUEST not in client.child.output():
                raise Failed("selfserv did not repeat the request")
        server.expect_resumed(0, 1)

    def connect_refused(self, scene):
        server = self.nss.server(scene, self.identity("server", "ecdsa-p256", scene.folder))
        client = self.nautilus.connect(scene, server.port, identity=None)
        report = client.closed(REJECTED_BY_PEER)
        expect(report["alert"], "certificate_required", "alert that selfserv sent")
        server.child.wait_until(lambda: "returned error -12285" in server.said(), "its refusal")

    def serve_refuses(self, scene):
        server = self.nautilus.serve(scene)
        database = self.identity("client", "ecdsa-p256", scene.folder, known=False)
        client = self.nss.client(scene, server.port, database)
        expect(server.refused("certificate_required")["exit"], PEER_REJECTED, "who refused")
        server.stop()
        client.child.wait_until(lambda: "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT" in client.said(),
                                "our alert in its account")


def exported(tool, report):
    expect(tool.exported(), report["exported"][LABEL], "the keying material they export")


def early(_, report):
    """tstclnt has the request ready in time or has not."""
    expect(report["early_data"], "accepted", "early data at our server")
    if report["early_bytes"] not in (0, len(EARLY)):
        raise Failed(f"{report['early_bytes']} octets of early data")


def rekeyed(_, report):
    if not report["key_updates_sent"] or not report["key_updates_received"]:
        raise Failed("no key updates")


def cases(nautilus, nss):
    peers = Connections(nautilus, nss)
    # tstclnt offers the hybrid without a share for it.
    usual = {"retried": True}
    for key in KEYS:
        yield Case(f"connect_{key}", peers.connect(key, group="x25519"), ("mutual",))
        if key != "rsa-2048":  # it wants keyEncipherment of a server's RSA certificate
            yield Case(f"serve_{key}", peers.serve(key, **usual), ("mutual", "retry"))
    for suite in SUITES:
        ours = ("--suites", suite)
        yield Case(f"connect_{suite}", peers.connect(ours=ours, suite=suite, group="x25519"),
                   ("suites",))
        yield Case(f"serve_{suite}", peers.serve(ours=ours, suite=suite, **usual), ("suites",))
    for group, name in GROUPS.items():
        settings = {"ours": ("--groups", group), "theirs": ("-I", name), "group": group}
        shows = ("hybrid" if group == HYBRID else "groups",)
        yield Case(f"connect_{group}", peers.connect(**settings), shows)
        yield Case(f"serve_{group}", peers.serve(**settings), shows)
    yield Case("connect_retry", peers.connect(
        ours=("--groups", "MLKEM512,secp384r1", "--key-shares", "MLKEM512"), group="secp384r1",
        retried=True), ("retry",))
    yield Case("serve_retry", peers.serve(ours=("--groups", "secp384r1"), group="secp384r1",
                                          retried=True), ("retry",))
    yield Case("connect_resumes", peers.connect(theirs=("-u",), connections=2, group="x25519"),
               ("resumption",))
    yield Case("serve_resumes", peers.serve(theirs=("-u", "-L", "2"), connections=2, **usual),
               ("resumption",))
    yield Case("connect_early_data", peers.connect_early_data, ("early_data", "resumption"))
    # -f sends the request before the server has answered, which a HelloRetryRequest would refuse.
    yield Case("serve_early_data", peers.serve(
        ours=("--early-data", 8192), theirs=("-f", "-u", "-Z", "-L", "2", "-I", "P256"),
        connections=2, group="secp256r1", sent=EARLY, check=early), ("early_data", "resumption"))
    yield Case("connect_rekeyed", peers.connect(
        ours=("--rekey-bytes", 1000), group="x25519", pieces=3, ends=(0, *ABRUPT),
        check=rekeyed), ("key_update",))
    yield Case("serve_rekeyed", peers.serve(ours=("--rekey-bytes", MEBIBYTE // 4), size=MEBIBYTE,
                                            check=rekeyed, **usual), ("key_update", "bulk"))
    yield Case("connect_alpn", peers.connect(
        theirs=("-Q",), ours=("--alpn", "one,http/1.1"), group="x25519",
        check=lambda _, report: expect(report["alpn"], "http/1.1", "the protocol")), ("alpn",))
    for name, make, facts in (("connect", peers.connect, {"group": "x25519"}),
                              ("serve", peers.serve, usual)):
        yield Case(f"{name}_exporter", make(ours=("--export", LABEL), theirs=("-x", f"{LABEL}:32"),
                                            check=exported, **facts), ("exporter",))
        # NSS keeps to the limit, or we would refuse its records; it does not say their sizes.
        yield Case(f"{name}_record_sizes", make(ours=("--record-size-limit", 100), **facts),
                   ("record_size_limit",))
    yield Case("connect_no_certificate", peers.connect_refused, ("refusals",))
    yield Case("serve_no_certificate", peers.serve_refuses, ("refusals",))
