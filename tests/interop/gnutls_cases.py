"""Handshakes, resumption, data and refusals with GnuTLS in both roles. Its groups are classical."""

import base64
import random

import gnutls_peer
from gnutls_peer import describe, expect_described, expect_says, only_group, only_suite
from nautilus_peer import KEYS, REJECTED_BY_PEER, SIGNATURES, SUITES, digest
from openssl_peer import OpenSsl
from pki import openssl_chain
from processes import expect
from report import Case

KEY = "ecdsa-p256"
GROUP = "x25519"
SUITE = "TLS_AES_256_GCM_SHA384"
MEBIBYTE = 1 << 20
LINE = b"a line to be sent back\n"


def lines(size):
    """gnutls-serv sends back text, line by line."""
    text = base64.encodebytes(random.Random(6).randbytes(size * 3 // 4))
    return text[:size - 1].replace(b"+", b"-") + b"\n"


class Cases:
    def __init__(self, nautilus, gnutls):
        self.nautilus = nautilus
        self.gnutls = gnutls

    def server(self, scene, *options, key=KEY):
        return self.gnutls.server(scene, *options, ca=self.nautilus.ca(key),
                                  identity=self.nautilus.identity("server", key))

    def client(self, scene, port, *options, key=KEY):
        return self.gnutls.client(scene, port, *options, ca=self.nautilus.ca(key),
                                  identity=self.nautilus.identity("client", key))

    def connect(self, key=KEY, ours=(), theirs=(), data=LINE, says=(), check=None, **facts):
        def case(scene):
            server = self.server(scene, *theirs, key=key)
            client = self.nautilus.connect(scene, server.port, *ours, key=key)
            client.child.feed(data)
            expect(digest(client.child.wait_bytes(len(data))), digest(data), "what came back")
            report = client.closed()
            text = server.stop()
            self._compare(text, report, key, data, **facts)
            # The description names the server's signature.
            our_signature = gnutls_peer.SIGNATURES[SIGNATURES[key]]
            expect_says(text, rf"^- Client Signature: {our_signature}$")
            expect_says(text, r"^- Status: The certificate is trusted\.")
            for pattern in says:
                expect_says(text, pattern)
            if check:
                check(text, report)
        return case

    def serve(self, key=KEY, ours=(), theirs=(), data=LINE, says=(), check=None, **facts):
        def case(scene):
            server = self.nautilus.serve(scene, *ours, key=key)
            client = self.client(scene, server.port, *theirs, key=key)
            client.child.feed(data)
            expect(digest(client.child.wait_bytes(len(data))), digest(data), "what came back")
            client.child.close_input()
            client.child.finish()
            report = server.closed()
            server.stop()
            text = client.log()
            self._compare(text, report, key, data, **facts)
            expect_says(text, r"^- Successfully sent 1 certificate\(s\) to server\.$")
            for pattern in says:
                expect_says(text, pattern)
            if check:
                check(text, report)
        return case

    @staticmethod
    def _compare(text, report, key, data, group=GROUP, suite=SUITE, retried=False, alpn=""):
        expect_described(text, describe(group, SIGNATURES[key], suite))
        ours = {name: report.get(name) for name in (
            "group", "suite", "hello_retry_request", "resumed", "peer_authenticated", "alpn",
            "own_signature", "peer_signature", "sent", "received")}
        expect(ours, {"group": group, "suite": suite, "hello_retry_request": retried,
                      "resumed": False, "peer_authenticated": True, "alpn": alpn,
                      "own_signature": SIGNATURES[key], "peer_signature": SIGNATURES[key],
                      "sent": digest(data), "received": digest(data)}, "what we reported")

    def both(self, name, feature, **settings):
        yield Case(f"connect_{name}", self.connect(**settings), (feature,))
        yield Case(f"serve_{name}", self.serve(**settings), (feature,))

    def connect_chain(self, scene):
        """Both sides have certificates that OpenSSL made, below an intermediate CA."""
        root, server_identity, client_identity = openssl_chain(OpenSsl(["openssl"]), scene.folder)
        server = self.gnutls.server(scene, ca=root, identity=server_identity)
        client = self.nautilus.connect(scene, server.port, ca=root, identity=client_identity)
        client.child.write(LINE)
        expect(client.child.wait_bytes(len(LINE)), LINE, "what came back")
        expect(client.closed()["peer"], "localhost", "our client's name for the server")
        text = server.stop()
        expect_says(text, r"^- Status: The certificate is trusted\.")
        expect_says(text, r"^- Got a certificate list of 2 certificates\.")

    def serve_chain(self, scene):
        root, server_identity, client_identity = openssl_chain(OpenSsl(["openssl"]), scene.folder)
        server = self.nautilus.serve(scene, ca=root, identity=server_identity)
        client = self.gnutls.client(scene, server.port, ca=root, identity=client_identity)
        client.child.write(LINE)
        expect(client.child.wait_bytes(len(LINE)), LINE, "what came back")
        client.child.close_input()
        client.child.finish()
        expect(server.closed()["peer"], "client.example", "our server's name for the client")
        server.stop()
        expect_says(client.log(), r"^- Status: The certificate is trusted\.")
        expect_says(client.log(), r"^- Successfully sent 2 certificate\(s\) to server\.")

    def connect_resumes(self, scene):
        server, store = self.server(scene), scene.folder / "sessions"
        for resumed in (False, True, True):
            client = self.nautilus.connect(scene, server.port, "--session", store)
            client.child.write(LINE)
            expect(client.child.wait_bytes(len(LINE)), LINE, "what came back")
            report = client.closed()
            expect((report["resumed"], report["peer_authenticated"], report["peer"]),
                   (resumed, True, "localhost"), "what our client reported")
        text = server.stop()
        again = describe(GROUP, SIGNATURES[KEY], SUITE, resumed=True)
        expect_described(text, describe(GROUP, SIGNATURES[KEY], SUITE), again, again)
        expect(text.count("*** This is a resumed session"), 2, "resumptions gnutls-serv reports")

    def serve_resumes(self, scene):
        server = self.nautilus.serve(scene)
        client = self.client(scene, server.port, "--resume", "--waitresumption")
        client.child.write(LINE)
        expect(client.child.wait_bytes(len(LINE)), LINE, "what came back")
        client.child.close_input()
        client.child.finish()
        for resumed in (False, True):
            report = server.closed()
            expect((report["resumed"], report["peer_authenticated"], report["peer"]),
                   (resumed, True, "client.example"), "what our server reported")
        server.stop()
        expect_described(client.log(), describe(GROUP, SIGNATURES[KEY], SUITE),
                         describe(GROUP, SIGNATURES[KEY], SUITE, resumed=True))
        expect_says(client.log(), r"^\*\*\* This is a resumed session$")

    def serve_key_update(self, scene):
        server = self.nautilus.serve(scene)
        client = self.client(scene, server.port, "--inline-commands")
        client.child.write(LINE)
        client.child.wait_bytes(len(LINE))
        client.child.write(b"^rekey^\n")
        client.child.write(LINE)
        expect(client.child.wait_bytes(2 * len(LINE)), 2 * LINE, "what came back")
        client.child.close_input()
        client.child.finish()
        expect(server.closed()["key_updates_received"], 1, "key updates that our server received")
        server.stop()

    def refused_without_certificate(self, scene):
        server = self.nautilus.serve(scene)
        client = self.gnutls.client(scene, server.port, ca=self.nautilus.ca(), identity=None)
        client.child.finish(1)
        server.refused("certificate_required")
        server.stop()
        expect_says(client.log(), r"Received alert \[116\]")

    def refuses_untrusted_server(self, scene):
        server = self.nautilus.serve(scene)
        client = self.gnutls.client(scene, server.port, ca=self.nautilus.ca(name="other"),
                                    identity=self.nautilus.identity("client"))
        client.child.finish(1)
        expect(server.report()["exit"], REJECTED_BY_PEER, "why our server gave up")
        server.stop()
        expect_says(client.log(), r"^- Status: The certificate is NOT trusted")

    def refuses_missing_certificate(self, scene):
        server = self.server(scene)
        client = self.nautilus.connect(scene, server.port, identity=None)
        report = client.closed(REJECTED_BY_PEER)
        expect(report["alert"], "certificate_required", "alert that gnutls-serv sent")
        server.stop()


def cases(nautilus, gnutls):
    cases_ = Cases(nautilus, gnutls)
    for key in KEYS:
        yield from cases_.both(key, "mutual", key=key)
    for suite in SUITES:
        yield from cases_.both(suite, "suites", suite=suite, theirs=only_suite(suite))
    for group in ("x25519", "secp256r1", "secp384r1", "secp521r1"):
        yield from cases_.both(group, "groups", group=group, theirs=only_group(group),
                               ours=("--groups", group))
    # Our client has a share of X25519 only, theirs of X25519 and P-256.
    yield Case("connect_retry", cases_.connect(
        group="secp384r1", theirs=(*only_group("secp384r1"), "--debug", "4"), retried=True,
        says=(r"HSK\[\w+\]: HELLO RETRY REQUEST was queued",)), ("retry",))
    yield Case("serve_retry", cases_.serve(
        group="secp384r1", ours=("--groups", "secp384r1"), theirs=("--debug", "4"), retried=True,
        says=(r"HSK\[\w+\]: HELLO RETRY REQUEST \(\d+\) was received",)), ("retry",))
    yield from cases_.both("alpn", "alpn", ours=("--alpn", "one,two"), theirs=("--alpn", "two"),
                           alpn="two", says=(r"^- Application protocol: two$",))
    yield from cases_.both("1_MiB", "bulk", data=lines(MEBIBYTE))
    yield Case("connect_chain", cases_.connect_chain, ("chains",))
    yield Case("serve_chain", cases_.serve_chain, ("chains",))
    yield Case("connect_resumes", cases_.connect_resumes, ("resumption",))
    yield Case("serve_resumes", cases_.serve_resumes, ("resumption",))
    yield Case("serve_key_update", cases_.serve_key_update, ("key_update",))
    yield Case("serve_no_certificate", cases_.refused_without_certificate, ("refusals",))
    yield Case("serve_untrusted", cases_.refuses_untrusted_server, ("refusals",))
    yield Case("connect_no_certificate", cases_.refuses_missing_certificate, ("refusals",))
