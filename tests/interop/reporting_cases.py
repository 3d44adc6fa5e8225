"""Handshakes, data, resumption and refusals with Node, Bun, Deno and Go in both roles."""

import re
import typing

from nautilus_peer import (GROUPS, KEYS, NETWORK, PEER_REJECTED, REJECTED_BY_PEER, SIGNATURES,
                           SUITES, TRUNCATED, digest)
from openssl_data import MEBIBYTE, noise
from openssl_peer import OpenSsl, Trace
from pki import openssl_chain
from processes import Failed, expect
from report import Case

HYBRID = "X25519MLKEM768"
SUITE = "TLS_AES_256_GCM_SHA384"
EXPORTER = "EXPORTER-interop"
REKEY = MEBIBYTE // 4
FEATURES = {"classical": "groups", "hybrids": "hybrid", "pure": "mlkem"}


class Traits(typing.NamedTuple):
    """What sets the peers apart."""
    classical: tuple  # groups that it has
    hybrids: tuple
    pure: tuple  # ML-KEM alone
    calls: typing.Mapping = {}  # what it calls groups, where that differs
    says_group: tuple = ()  # as "client" and "server"
    # What settings make it offer a group. Where there is none it offers all, and a share of only
    # the first of `classical`.
    offer: typing.Optional[typing.Callable] = None
    prefers: str = SUITE  # as a server
    signs: typing.Mapping = {}  # with another scheme than we, for a key
    resumes: bool = True  # as a client
    forgets_peer: bool = False  # as a client that resumes it has no certificate of the server
    exports: bool = True
    # As a server it may close the connection that it refuses before its alert is out.
    refuses_silently: bool = False
    certificate_missing: str = "PEER_DID_NOT_RETURN_A_CERTIFICATE"  # its words as a server
    certificate_required: str = "TLSV1(3)?_ALERT_CERTIFICATE_REQUIRED"  # and as a client


EC = ("x25519", "secp256r1", "secp384r1", "secp521r1")
OPENSSL_CALLS = {"x25519": "X25519", "secp256r1": "prime256v1"}
ALL_HYBRIDS = (HYBRID, "SecP256r1MLKEM768", "SecP384r1MLKEM1024")
TRAITS = {
    "node": Traits(
        EC, ALL_HYBRIDS, ("MLKEM512", "MLKEM768", "MLKEM1024"), OPENSSL_CALLS, ("client",),
        lambda group: [OPENSSL_CALLS.get(group, group)], forgets_peer=True),
    "bun": Traits(
        EC, (HYBRID,), ("MLKEM1024",), OPENSSL_CALLS,
        offer=lambda group: [OPENSSL_CALLS.get(group, group)]),
    "deno": Traits(
        EC[:3], (HYBRID,), (), signs={"rsa-2048": "rsa_pss_rsae_sha512"}, resumes=False,
        exports=False, refuses_silently=True,
        certificate_missing="peer sent no certificates|NoCertificatesPresented",
        certificate_required="CertificateRequired"),
    "go": Traits(
        EC, ALL_HYBRIDS, ("MLKEM1024",),
        {"x25519": "X25519", "secp256r1": "CurveP256", "secp384r1": "CurveP384",
         "secp521r1": "CurveP521"}, ("client", "server"), lambda group: [GROUPS[group]],
        prefers="TLS_AES_128_GCM_SHA256",
        certificate_missing="client didn't provide a certificate",
        certificate_required="certificate required"),
}


class Connections:
    def __init__(self, nautilus, runtime):
        self.nautilus = nautilus
        self.runtime = runtime
        self.traits = TRAITS[runtime.name]

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

    def at_theirs(self, *, key="ecdsa-p256", size=5, ours=(), theirs=None, retried=False,
                  check=None, **facts):
        """Our client at their server, which sends everything back."""
        facts.setdefault("suite", self.traits.prefers)

        def case(scene):
            server = self.server(scene, key, **(theirs or {}))
            client = self.nautilus.connect(scene, server.port, *ours, key=key)
            data = noise(size, 1)
            client.child.feed(data)
            echoed = digest(client.child.wait_bytes(size))
            report = client.closed()
            says = server.report("connected")
            expect(server.report("closed")["received"], digest(data), "what they received")
            expect(echoed, digest(data), "what our client wrote out")
            trace = self._check(says, server.killed(), report, key, ("client", "localhost"),
                                retried, **facts)
            if check:
                check(says, report, trace)
        return case

    def at_ours(self, *, key="ecdsa-p256", size=5, ours=(), theirs=None, retried=None, check=None,
                reply=None, **facts):
        """Their client at our server, which sends everything back, or a file of that size."""
        def case(scene):
            options, data = list(ours), noise(size, 2)
            if reply:
                (scene.folder / "reply").write_bytes(reply)
                options += ["--send", scene.folder / "reply"]
            server = self.nautilus.serve(scene, *options, key=key)
            client = self.client(scene, server, data, key, **(theirs or {}))
            says = client.report("connected")
            expect(client.report("closed")["received"], digest(reply or data), "what they received")
            client.child.finish()
            report = server.closed()
            server.stop()
            expect(report["received"], digest(data), "what our server says it received")
            wanted = self.traits.offer is None if retried is None else retried
            trace = self._check(says, client.child.text("stderr"), report, key,
                                ("server", "client.example"), wanted, **facts)
            if check:
                check(says, report, trace)
        return case

    def _check(self, says, errors, report, key, names, retried, group=HYBRID, suite=SUITE):
        """What they say, what Node traces, and what we report. Returns the trace, or None."""
        expect((says["protocol"], says["suite"], says["peer"], says["authorized"]),
               ("TLSv1.3", suite, f"{names[0]} {key}", True), "what they report")
        role = "server" if names[0] == "client" else "client"
        if role in self.traits.says_group:
            expect(says["group"], self.traits.calls.get(group, group), "the group they report")
        for what, wanted in (("resumed", False), ("retried", retried)):
            if says.get(what) is not None:
                expect(says[what], wanted, f"whether they say it is {what}")
        theirs = self.traits.signs.get(key, SIGNATURES[key])
        trace = Trace(errors) if self.runtime.traces else None
        if trace:
            expect(trace.facts(), {"group": GROUPS[group], "suite": suite, "retried": retried,
                                   "resumed": False}, "what they trace")
            expect((trace.signature("sent"), trace.signature("received")),
                   (theirs, SIGNATURES[key]), "signatures that they sent and received")
        ours = {name: report.get(name) for name in
                ("group", "suite", "hello_retry_request", "resumed", "peer_authenticated", "peer",
                 "own_signature", "peer_signature", "server_name")}
        expect(ours, {"group": group, "suite": suite, "hello_retry_request": retried,
                      "resumed": False, "peer_authenticated": True, "peer": names[1],
                      "own_signature": SIGNATURES[key], "peer_signature": theirs,
                      "server_name": "localhost"}, "what we reported")
        return trace

    def chain_at_theirs(self, scene):
        """Both sides have certificates that OpenSSL made, below an intermediate CA."""
        root, server_identity, client_identity = openssl_chain(OpenSsl(["openssl"]), scene.folder)
        server = self.runtime.server(scene, ca=root, identity=server_identity)
        client = self.nautilus.connect(scene, server.port, ca=root, identity=client_identity)
        client.child.write(b"ping")
        client.child.wait_bytes(4)
        expect(client.closed()["peer"], "localhost", "our client's name for the server")
        says = server.report("connected")
        expect((says["peer"], says["authorized"]), ("client", True), "what they report")

    def chain_at_ours(self, scene):
        root, server_identity, client_identity = openssl_chain(OpenSsl(["openssl"]), scene.folder)
        server = self.nautilus.serve(scene, ca=root, identity=server_identity)
        (scene.folder / "sent").write_bytes(b"ping")
        client = self.runtime.client(scene, ca=root, identity=client_identity, port=server.port,
                                     send=str(scene.folder / "sent"))
        says = client.report("connected")
        client.child.finish()
        expect(server.closed()["peer"], "client.example", "our server's name for the client")
        server.stop()
        expect((says["peer"], says["authorized"]), ("server", True), "what they report")

    def resumed_at_theirs(self, scene):
        server, store = self.server(scene), scene.folder / "sessions"
        for resumed in (False, True):
            client = self.nautilus.connect(scene, server.port, "--session", store)
            client.child.write(b"ping")
            client.child.wait_bytes(4)
            report = client.closed()
            expect((report["resumed"], report["peer_authenticated"]), (resumed, True),
                   "what we reported")
            says = server.report("connected")
            expect((says["suite"], says["peer"], says["authorized"]),
                   (self.traits.prefers, "client ecdsa-p256", True), "what they report")
            if says["resumed"] is not None:
                expect(says["resumed"], resumed, "whether they say it is resumed")
            expect(server.report("closed")["received"], digest(b"ping"), "what they received")
        self._check_resumed(server.killed(), self.traits.prefers)

    def resumed_at_ours(self, scene):
        server = self.nautilus.serve(scene)
        client = self.client(scene, server, connections=2)
        for resumed in (False, True):
            says = client.report("connected")
            expect((says["resumed"], says["suite"], says["peer"], says["authorized"]),
                   (resumed, SUITE, None if resumed and self.traits.forgets_peer else
                    "server ecdsa-p256", True), "what they report")
            closed = client.report("closed")
            expect((closed["ticket"], closed["received"]), (True, digest(b"ping")),
                   "whether they have a ticket, and what they received")
            report = server.closed()
            expect((report["resumed"], report["peer_authenticated"], report["peer"]),
                   (resumed, True, "client.example"), "what we reported")
        client.child.finish()
        server.stop()
        self._check_resumed(client.child.text("stderr"), SUITE)

    def _check_resumed(self, errors, suite):
        if self.runtime.traces:
            expect(Trace(errors).facts(), {"group": GROUPS[HYBRID], "suite": suite,
                                           "retried": False, "resumed": True}, "what they trace")

    def _says(self, words, text):
        if not re.search(words, text):
            raise Failed(f"{self.runtime.name} says {text!r}")

    def no_certificate_at_theirs(self, scene):
        server = self.server(scene)
        client = self.nautilus.connect(scene, server.port, identity=None)
        silent = (NETWORK, TRUNCATED) if self.traits.refuses_silently else ()
        report = client.closed(REJECTED_BY_PEER, *silent)
        if report["exit"] not in silent:
            expect(report.get("alert"), "certificate_required", "alert in our client's report")
        self._says(self.traits.certificate_missing, server.refusal("refused"))

    def no_certificate_at_ours(self, scene):
        server = self.nautilus.serve(scene)
        client = self.client(scene, server, identity=None)
        expect(server.refused("certificate_required")["exit"], PEER_REJECTED, "who refused")
        server.stop()
        client.child.finish(1)
        self._says(self.traits.certificate_required, client.child.text())

    def both(self, name, feature, **settings):
        yield Case(f"connect_{name}", self.at_theirs(**settings), (feature,))
        yield Case(f"serve_{name}", self.at_ours(**settings), (feature,))


def group_cases(connections):
    traits = connections.traits
    for feature in ("classical", "hybrids", "pure"):
        for group in getattr(traits, feature):
            theirs = {"groups": traits.offer(group)} if traits.offer else {}
            settings = {"group": group, "ours": ("--groups", group), "theirs": theirs}
            shows = (FEATURES[feature],)
            yield Case(f"connect_{group}", connections.at_theirs(**settings), shows)
            retried = not traits.offer and group != traits.classical[0]
            yield Case(f"serve_{group}", connections.at_ours(retried=retried, **settings),
                       (*shows, "retry") if retried else shows)


def retry_cases(connections):
    """Our share is of a group that they do not have, theirs of one that we do not take."""
    yield Case("connect_retry", connections.at_theirs(
        group="secp384r1", retried=True,
        ours=("--groups", "MLKEM512,secp384r1", "--key-shares", "MLKEM512")), ("retry",))
    yield Case("serve_retry", connections.at_ours(
        group="secp384r1", retried=True, ours=("--groups", "secp384r1")), ("retry",))


def exported(says, report, _):
    expect(says["exported"], report["exported"][EXPORTER], "the keying material they export")


def rekeyed(_, report, trace):
    """We asked for new keys of theirs, and they have them."""
    sent, received = report["key_updates_sent"], report["key_updates_received"]
    if not sent or not received:
        raise Failed("no key updates")
    # Their last answer may be missing, as they had nothing more to send.
    if trace and sum(trace.key_updates()) - sent - received not in (0, 1):
        raise Failed(f"key updates: {trace.key_updates()} in their trace, {sent} sent, "
                     f"{received} received")


def cases(nautilus, runtime):
    connections = Connections(nautilus, runtime)
    for key in KEYS:
        yield from connections.both(key, "mutual", key=key)
    for suite in SUITES:
        yield from connections.both(suite, "suites", suite=suite, ours=("--suites", suite))
    yield from group_cases(connections)
    yield from retry_cases(connections)
    yield from connections.both(
        "alpn", "alpn", ours=("--alpn", "one,two"), theirs={"alpn": ["two", "three"]},
        check=lambda says, report, _: expect((says["alpn"], report["alpn"]), ("two", "two"),
                                          "the application protocol"))
    yield from connections.both("10MiB", "bulk", size=10 * MEBIBYTE)
    if connections.traits.exports:
        yield from connections.both("exporter", "exporter", ours=("--export", EXPORTER),
                                    theirs={"exporter": EXPORTER}, check=exported)
    rekey = ("--rekey-bytes", REKEY)
    yield Case("connect_rekeyed", connections.at_theirs(size=2 * MEBIBYTE, ours=rekey,
                                                        check=rekeyed), ("key_update",))
    yield Case("serve_rekeyed", connections.at_ours(
        size=2 * MEBIBYTE, ours=rekey, reply=noise(2 * MEBIBYTE, 3), check=rekeyed),
        ("key_update",))
    yield Case("connect_chain", connections.chain_at_theirs, ("chains",))
    yield Case("serve_chain", connections.chain_at_ours, ("chains",))
    yield Case("connect_resumes", connections.resumed_at_theirs, ("resumption",))
    if connections.traits.resumes:
        yield Case("serve_resumes", connections.resumed_at_ours, ("resumption",))
    yield Case("connect_no_certificate", connections.no_certificate_at_theirs, ("refusals",))
    yield Case("serve_no_certificate", connections.no_certificate_at_ours, ("refusals",))
