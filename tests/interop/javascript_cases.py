"""Handshakes, data, resumption and refusals with Node, Bun and Deno in both roles."""

import re

from nautilus_peer import (NETWORK, PEER_REJECTED, REJECTED_BY_PEER, SIGNATURES, TRUNCATED,
                           digest)
from openssl_data import MEBIBYTE, noise
from processes import Failed, expect

KEYS = ("ecdsa-p256", "ecdsa-p384", "ed25519", "rsa-2048")
HYBRID = "X25519MLKEM768"
# What each says of its group: Node's client names it, the others say nothing.
NAMES_GROUP = ("node",)
# Sends no share for X25519MLKEM768 and can only be asked for one.
RETRIES = ("deno",)
# As a server it may close the connection that it refuses before its alert is out.
MAY_REFUSE_SILENTLY = ("deno",)
# It signs with the longest hash that we take.
SIGNS_OTHERWISE = {("deno", "rsa-2048"): "rsa_pss_rsae_sha512"}
RESUMES_AS_CLIENT = ("node", "bun")
CERTIFICATE_MISSING = {  # in the words of the peer as a server
    "node": "PEER_DID_NOT_RETURN_A_CERTIFICATE",
    "bun": "PEER_DID_NOT_RETURN_A_CERTIFICATE",
    "deno": "peer sent no certificates|NoCertificatesPresented",
}
CERTIFICATE_REQUIRED = {  # in the words of the peer as a client
    "node": "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "bun": "TLSV1_ALERT_CERTIFICATE_REQUIRED|TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "deno": "CertificateRequired",
}


class Connections:
    def __init__(self, nautilus, runtime):
        self.nautilus = nautilus
        self.runtime = runtime

    def server(self, scene, key="ecdsa-p256", **settings):
        return self.runtime.server(scene, ca=self.nautilus.ca(key),
                                   identity=self.nautilus.identity("server", key), **settings)

    def client(self, scene, server, data=b"ping", key="ecdsa-p256", identity="default",
               **settings):
        path = scene.folder / "sent"
        path.write_bytes(data)
        if identity == "default":
            identity = self.nautilus.identity("client", key)
        return self.runtime.client(scene, ca=self.nautilus.ca(key), identity=identity,
                                   port=server.port, send=str(path), **settings)

    def at_theirs(self, *, key="ecdsa-p256", group=HYBRID, size=5, ours=(), alpn=None, **theirs):
        """Our client at their server, which sends everything back."""
        def case(scene):
            server = self.server(scene, key, alpn=alpn, **theirs)
            client = self.nautilus.connect(scene, server.port, *ours, key=key)
            data = noise(size, 1)
            client.child.feed(data)
            echoed = digest(client.child.wait_bytes(size))
            report = client.closed()
            self._check_theirs(server.report("connected"), report, f"client {key}", alpn)
            expect(server.report("closed")["received"], digest(data), "what they received")
            expect(echoed, digest(data), "what our client wrote out")
            self._check_ours(report, key, group, "localhost", False)
        return case

    def at_ours(self, *, key="ecdsa-p256", group=HYBRID, size=5, ours=(), alpn=None, retried=None,
                **theirs):
        """Their client at our server, which sends everything back."""
        def case(scene):
            server = self.nautilus.serve(scene, *ours, key=key)
            data = noise(size, 2)
            client = self.client(scene, server, data, key, alpn=alpn, **theirs)
            theirs_says = client.report("connected")
            expect(client.report("closed")["received"], digest(data), "what they received")
            client.child.finish()
            report = server.closed()
            server.stop()
            self._check_theirs(theirs_says, report, f"server {key}", alpn)
            if self.runtime.name in NAMES_GROUP:
                expect(theirs_says["group"], group, "the group they report")
            expect(report["received"], digest(data), "what our server says it received")
            wanted = self.runtime.name in RETRIES if retried is None else retried
            self._check_ours(report, key, group, "client.example", wanted)
        return case

    @staticmethod
    def _check_theirs(facts, report, peer, alpn):
        expect((facts["protocol"], facts["suite"], facts["peer"]),
               ("TLSv1.3", report["suite"], peer), "what they report")
        expect(facts["authorized"], True, "whether they trust us")
        if alpn:
            expect((facts["alpn"], report["alpn"]), ("two", "two"), "the application protocol")

    def _check_ours(self, report, key, group, peer, retried):
        ours = {name: report.get(name) for name in
                ("group", "hello_retry_request", "resumed", "peer_authenticated", "peer",
                 "own_signature", "peer_signature", "server_name")}
        expect(ours, {"group": group, "hello_retry_request": retried, "resumed": False,
                      "peer_authenticated": True, "peer": peer, "own_signature": SIGNATURES[key],
                      "peer_signature": SIGNS_OTHERWISE.get((self.runtime.name, key),
                                                            SIGNATURES[key]),
                      "server_name": "localhost"},
               "what we reported")

    def resumed_at_theirs(self, scene):
        server, store = self.server(scene), scene.folder / "sessions"
        for resumed in (False, True):
            client = self.nautilus.connect(scene, server.port, "--session", store)
            client.child.write(b"ping")
            client.child.wait_bytes(4)
            report = client.closed()
            expect((report["resumed"], report["peer_authenticated"]), (resumed, True),
                   "what we reported")
            facts = server.report("connected")
            if facts["resumed"] is not None:
                expect(facts["resumed"], resumed, "whether they say it is resumed")
            server.report("closed")

    def resumed_at_ours(self, scene):
        server = self.nautilus.serve(scene)
        client = self.client(scene, server, connections=2)
        for resumed in (False, True):
            expect(client.report("connected")["resumed"], resumed, "whether they say it is resumed")
            expect(client.report("closed")["ticket"], True, "whether they have a ticket")
            report = server.closed()
            expect((report["resumed"], report["peer_authenticated"], report["peer"]),
                   (resumed, True, "client.example"), "what we reported")
        client.child.finish()
        server.stop()

    def _says(self, words, text):
        if not re.search(words[self.runtime.name], text):
            raise Failed(f"{self.runtime.name} says {text!r}")

    def no_certificate_at_theirs(self, scene):
        server = self.server(scene)
        client = self.nautilus.connect(scene, server.port, identity=None)
        silent = (NETWORK, TRUNCATED) if self.runtime.name in MAY_REFUSE_SILENTLY else ()
        report = client.closed(REJECTED_BY_PEER, *silent)
        if report["exit"] not in silent:
            expect(report.get("alert"), "certificate_required", "alert in our client's report")
        self._says(CERTIFICATE_MISSING, server.refusal("refused"))

    def no_certificate_at_ours(self, scene):
        server = self.nautilus.serve(scene)
        client = self.client(scene, server, identity=None)
        expect(server.refused("certificate_required")["exit"], PEER_REJECTED, "who refused")
        server.stop()
        client.child.finish(1)
        self._says(CERTIFICATE_REQUIRED, client.child.text())


def cases(nautilus, runtime):
    connections = Connections(nautilus, runtime)
    alpn = {"ours": ("--alpn", "one,two"), "alpn": ["two", "three"]}
    for key in KEYS:
        yield f"connect_{key}", connections.at_theirs(key=key)
        yield f"serve_{key}", connections.at_ours(key=key)
    for role, make in (("connect", connections.at_theirs), ("serve", connections.at_ours)):
        yield f"{role}_alpn", make(**alpn)
        yield f"{role}_10MiB", make(size=10 * MEBIBYTE)
    yield "connect_resumes", connections.resumed_at_theirs
    if runtime.name in RESUMES_AS_CLIENT:
        yield "serve_resumes", connections.resumed_at_ours
    yield "connect_no_certificate", connections.no_certificate_at_theirs
    yield "serve_no_certificate", connections.no_certificate_at_ours
