"""Handshakes with OpenSSL in both roles, both sides authenticated: keys, suites, groups, ALPN."""

from nautilus_peer import KEYS, SIGNATURES, SUITES, digest
from openssl_peer import openssl_groups
from pki import openssl_chain
from processes import expect
from report import Case

PING = b"hello from the client\n"
PONG = b"hello from the server\n"
DEFAULT_SUITE = "TLS_AES_256_GCM_SHA384"
CLASSICAL = ("x25519", "secp256r1", "secp384r1", "secp521r1")
HYBRIDS = ("X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024")
PURE = ("MLKEM512", "MLKEM768", "MLKEM1024")
# How s_client puts the group of the connection.
TEMPORARY_KEYS = {"x25519": "X25519, 253 bits", "secp256r1": "ECDH, prime256v1, 256 bits",
                  "secp384r1": "ECDH, secp384r1, 384 bits",
                  "secp521r1": "ECDH, secp521r1, 521 bits"}


class Handshakes:
    """One connection in either role, everything asserted on both sides."""

    def __init__(self, nautilus, openssl):
        self.nautilus = nautilus
        self.openssl = openssl

    def default_group(self):
        """What both prefer when neither is told anything."""
        return "X25519MLKEM768" if self.openssl.post_quantum else "x25519"

    def at_s_server(self, scene, *, key="ecdsa-p256", ours=(), theirs=(), **facts):
        """Our client at their server."""
        server = self.openssl.server(scene, *theirs, ca=self.nautilus.ca(key),
                                     identity=self.nautilus.identity("server", key))
        client = self.nautilus.connect(scene, server.port, *ours, key=key)
        client.child.write(PING)
        server.child.wait_text(PING.decode().strip())
        server.child.write(PONG)
        expect(client.child.wait_bytes(len(PONG)), PONG, "what our client received")
        report = client.closed()
        server.child.finish()
        server.says(rf"^CIPHER is {facts.get('suite', DEFAULT_SUITE)}$")
        server.says(rf"^subject=CN ?= ?client {key}$")
        self._compare(server, report, key, **facts)
        expect((report["sent"], report["received"]), (digest(PING), digest(PONG)), "our digests")
        expect(report["peer"], "localhost", "our client's name for the server")
        return server, report

    def at_serve(self, scene, *, key="ecdsa-p256", ours=(), theirs=(), **facts):
        """Their client at our server."""
        server = self.nautilus.serve(scene, *ours, key=key)
        client = self.openssl.client(scene, server.port, *theirs, ca=self.nautilus.ca(key),
                                     identity=self.nautilus.identity("client", key))
        client.child.write(PING)
        client.child.wait_text(PING.decode().strip())
        client.child.close_input()
        client.child.finish()
        report = server.closed()
        server.stop()
        client.says(rf"^New, TLSv1.3, Cipher is {facts.get('suite', DEFAULT_SUITE)}$")
        client.says(r"^Verify return code: 0 \(ok\)$")
        client.says(r"^Verified peername: localhost$")
        group = facts.get("group") or self.default_group()
        client.says(rf"^(Server|Peer) Temp Key: {TEMPORARY_KEYS[group]}$" if group in CLASSICAL
                    else rf"^Negotiated TLS1.3 group: {group}$")
        self._compare(client, report, key, **facts)
        expect((report["sent"], report["received"]), (digest(PING),) * 2, "our digests")
        expect(report["peer"], "client.example", "our server's name for the client")
        return client, report

    def _compare(self, peer, report, key, group=None, suite=DEFAULT_SUITE, retried=False):
        group = group or self.default_group()
        peer.expect_facts(group, suite, retried)
        peer.expect_signatures(SIGNATURES[key], SIGNATURES[key])
        ours = {name: report.get(name) for name in
                ("group", "suite", "hello_retry_request", "resumed", "peer_authenticated",
                 "own_signature", "peer_signature", "server_name")}
        expect(ours, {"group": group, "suite": suite, "hello_retry_request": retried,
                      "resumed": False, "peer_authenticated": True,
                      "own_signature": SIGNATURES[key], "peer_signature": SIGNATURES[key],
                      "server_name": "localhost"}, "what we reported")


def both_roles(handshakes, name, feature, **settings):
    yield Case(f"connect_{name}", lambda scene: handshakes.at_s_server(scene, **settings),
               (feature,))
    yield Case(f"serve_{name}", lambda scene: handshakes.at_serve(scene, **settings), (feature,))


def alpn_cases(handshakes):
    offers = {"ours": ("--alpn", "one,two"), "theirs": ("-alpn", "two,three")}

    def connect(scene):
        server, report = handshakes.at_s_server(scene, **offers)
        server.says(r"^ALPN protocols selected: two$")
        expect(report["alpn"], "two", "our client's protocol")

    def serve(scene):
        client, report = handshakes.at_serve(scene, **offers)
        client.says(r"^ALPN protocol: two$")
        expect(report["alpn"], "two", "our server's protocol")

    yield Case("connect_alpn", connect, ("alpn",))
    yield Case("serve_alpn", serve, ("alpn",))


def retry_cases(handshakes):
    """The server wants a group that the client offers without a share."""
    yield Case("connect_retry", lambda scene: handshakes.at_s_server(
        scene, theirs=("-groups", openssl_groups("secp384r1")), group="secp384r1", retried=True,
        ours=("--groups", "x25519,secp384r1")), ("retry",))
    yield Case("connect_retry_from_defaults", lambda scene: handshakes.at_s_server(
        scene, theirs=("-groups", openssl_groups("secp384r1")), group="secp384r1", retried=True),
        ("retry",))
    yield Case("serve_retry", lambda scene: handshakes.at_serve(
        scene, theirs=("-groups", openssl_groups("x25519", "secp384r1")), group="secp384r1",
        ours=("--groups", "secp384r1"), retried=True), ("retry",))
    if handshakes.openssl.post_quantum:
        yield from post_quantum_retry_cases(handshakes)


def post_quantum_retry_cases(handshakes):
    """Either server spends a round trip on getting a post-quantum group."""
    shows = ("hybrid", "retry")
    yield Case("serve_retry_post_quantum", lambda scene: handshakes.at_serve(
        scene, theirs=("-groups", openssl_groups("x25519", "X25519MLKEM768")), retried=True), shows)
    for group in ("SecP256r1MLKEM768", "SecP384r1MLKEM1024"):
        yield Case(f"connect_retry_{group}", lambda scene, group=group: handshakes.at_s_server(
            scene, theirs=("-groups", group), group=group, retried=True,
            ours=("--groups", f"X25519MLKEM768,x25519,{group}")), shows)
        yield Case(f"serve_retry_{group}", lambda scene, group=group: handshakes.at_serve(
            scene, theirs=("-groups", openssl_groups("x25519", group)), ours=("--groups", group),
            group=group, retried=True), shows)


def chain_cases(nautilus, openssl):
    """Both sides have certificates that OpenSSL made, below an intermediate CA."""
    def connect(scene):
        root, server_identity, client_identity = openssl_chain(openssl, scene.folder)
        server = openssl.server(scene, "-cert_chain", f"{server_identity}.pem", ca=root,
                                identity=server_identity)
        client = nautilus.connect(scene, server.port, ca=root, identity=client_identity)
        client.child.write(PING)
        server.child.wait_text(PING.decode().strip())
        expect(client.closed()["peer"], "localhost", "our client's name for the server")
        server.child.finish()
        server.says(r"^subject=CN ?= ?client$")

    def serve(scene):
        root, server_identity, client_identity = openssl_chain(openssl, scene.folder)
        server = nautilus.serve(scene, ca=root, identity=server_identity)
        client = openssl.client(scene, server.port, "-cert_chain", f"{client_identity}.pem",
                                ca=root, identity=client_identity)
        client.child.write(PING)
        client.child.wait_text(PING.decode().strip())
        client.child.close_input()
        client.child.finish()
        expect(server.closed()["peer"], "client.example", "our server's name for the client")
        server.stop()
        client.says(r"^Verify return code: 0 \(ok\)$")

    yield Case("connect_chain", connect, ("chains",))
    yield Case("serve_chain", serve, ("chains",))


def cases(nautilus, openssl):
    handshakes = Handshakes(nautilus, openssl)
    for key in KEYS:
        yield from both_roles(handshakes, key, "mutual", key=key)
    for suite in SUITES:
        yield from both_roles(handshakes, suite, "suites", suite=suite, ours=("--suites", suite))
        yield Case(f"connect_offered_{suite}", lambda scene, suite=suite: handshakes.at_s_server(
            scene, theirs=("-ciphersuites", suite), suite=suite), ("suites",))
    features = {"groups": CLASSICAL}
    if openssl.post_quantum:
        features.update(hybrid=HYBRIDS, mlkem=PURE)
    for feature, groups in features.items():
        for group in groups:
            yield from both_roles(handshakes, group, feature, group=group, ours=("--groups", group),
                                  theirs=("-groups", openssl_groups(group)))
    yield from alpn_cases(handshakes)
    yield from retry_cases(handshakes)
    yield from chain_cases(nautilus, openssl)
