"""Handshakes, resumption, data and refusals with Botan in both roles."""

from botan_peer import GROUPS, SUITES as SAYS_SUITES
from gnutls_cases import lines
from nautilus_peer import PEER_REJECTED, SIGNATURES, SUITES, digest
from processes import Failed, expect
from report import Case

KEYS = ("ecdsa-p256", "ecdsa-p384", "rsa-2048")
SIGNS = {**SIGNATURES, "rsa-2048": "rsa_pss_rsae_sha384"}
HYBRID = "X25519MLKEM768"
SUITE = "TLS_AES_256_GCM_SHA384"
LINE = b"a line to be sent back\n"


class Connections:
    def __init__(self, nautilus, botan):
        self.nautilus = nautilus
        self.botan = botan

    def serve(self, key="ecdsa-p256", ours=(), theirs=(), policy=None, check=None, connections=1,
              suite=SUITE, data=LINE, **facts):
        """Their client at our server, which sends back what comes."""
        def case(scene):
            server = self.nautilus.serve(scene, *ours, key=key)
            options = [option.format(folder=scene.folder) for option in theirs]
            if policy:
                options.append(self.botan.policy(scene, **policy))
            for count in range(connections):
                client = self.botan.client(scene, server.port, self.nautilus.ca(key),
                                           self.nautilus.identity("client", key), *options)
                client.child.write(data)
                client.child.wait_until(lambda client=client: data in client.child.output(),
                                        "what comes back")
                client.child.close_input()
                client.child.finish()
                report = server.closed()
                self._compare(report, key, "client.example", count > 0, suite=suite, **facts)
                client.says(rf"^Negotiated ciphersuite {SAYS_SUITES[suite]}$")
                client.says(rf"^Key exchange using {GROUPS[facts.get('group', HYBRID)]}$")
                if not count:
                    client.says(r"^Certificate validation status: Verified$")
                    client.says(r"^Performing client authentication$")
                expect((report["received"], report["sent"]), (digest(data),) * 2, "our digests")
            server.stop()
            if check:
                check(client, report)
        return case

    def connect(self, key="ecdsa-p256", ours=(), policy=None, check=None, connections=1,
                suite=SUITE, data=LINE, pieces=1, **facts):
        """Our client at their server, which cannot ask for a certificate and sends everything
        back."""
        def case(scene):
            options = [self.botan.policy(scene, **policy)] if policy else []
            server = self.botan.server(scene, self.nautilus.identity("server", key), *options)
            for count in range(connections):
                client = self.nautilus.connect(scene, server.port, "--session",
                                               scene.folder / "sessions", *ours, key=key)
                for end in range(len(data) // pieces, len(data) + 1, len(data) // pieces):
                    client.child.write(data[end - len(data) // pieces:end])
                    came = client.child.wait_bytes(end)
                expect(digest(came), digest(data), "what came back")
                report = client.closed()
                self._compare(report, key, "localhost", count > 0, own=None, suite=suite, **facts)
                expect((report["received"], report["sent"]), (digest(data),) * 2, "our digests")
            server.says(rf"^Handshake complete, TLS v1.3 using {SAYS_SUITES[suite]}$")
            if check:
                check(server, report)
        return case

    @staticmethod
    def _compare(report, key, peer, resumed, group=HYBRID, suite=SUITE, retried=False,
                 own="same"):
        signature, theirs = (None, None) if resumed else (SIGNATURES[key], SIGNS[key])
        expect({name: report.get(name) for name in
                ("group", "suite", "hello_retry_request", "resumed", "peer_authenticated", "peer",
                 "own_signature", "peer_signature")},
               {"group": group, "suite": suite, "hello_retry_request": retried,
                "resumed": resumed, "peer_authenticated": True, "peer": peer,
                "own_signature": own and signature, "peer_signature": theirs},
               "what we reported")

    def serve_refuses(self, scene):
        server = self.nautilus.serve(scene)
        client = self.botan.client(scene, server.port, self.nautilus.ca(), None)
        expect(server.refused("certificate_required")["exit"], PEER_REJECTED, "who refused")
        server.stop()
        client.child.wait_until(lambda: "certificate_required" in client.said(), "our alert")

    def connect_refuses(self, scene):
        server = self.botan.server(scene, self.nautilus.identity("server"))
        client = self.nautilus.connect(scene, server.port, ca=self.nautilus.ca(name="other"))
        client.refused(PEER_REJECTED, "unknown_ca")
        server.child.wait_until(lambda: "unknown_ca" in server.said(), "our alert")


def rekeyed(_, report):
    if not report["key_updates_sent"] or not report["key_updates_received"]:
        raise Failed("no key updates")


def cases(nautilus, botan):
    peers = Connections(nautilus, botan)
    usual = {"retried": True}  # tls_client offers hybrids without a share for them
    for key in KEYS:
        yield Case(f"connect_{key}", peers.connect(key))
        yield Case(f"serve_{key}", peers.serve(key, **usual), ("mutual", "retry"))
    for suite in SUITES:
        ours = ("--suites", suite)
        yield Case(f"connect_{suite}", peers.connect(ours=ours, suite=suite), ("suites",))
        yield Case(f"serve_{suite}", peers.serve(ours=ours, suite=suite, **usual), ("suites",))
    for group, name in GROUPS.items():
        settings = {"ours": ("--groups", group), "policy": {"key_exchange_groups": name},
                    "group": group}
        shows = ("hybrid" if "MLKEM" in group else "groups",)
        yield Case(f"connect_{group}", peers.connect(**settings), shows)
        yield Case(f"serve_{group}", peers.serve(**settings), shows)
    yield Case("connect_retry", peers.connect(
        ours=("--groups", "MLKEM512,secp384r1", "--key-shares", "MLKEM512"), group="secp384r1",
        retried=True), ("retry",))
    yield Case("connect_resumes", peers.connect(connections=2), ("resumption",))
    yield Case("serve_resumes", peers.serve(
        theirs=("--session-db={folder}/sessions.db", "--session-db-pass=x"), connections=2,
        **usual), ("resumption",))
    yield Case("serve_alpn", peers.serve(
        ours=("--alpn", "one,two"), theirs=("--next-protocols=two",),
        check=lambda client, _: client.says(r"^Server choose protocol: two$"), **usual), ("alpn",))
    bulk = lines(1 << 16)
    for role, make, facts in (("connect", peers.connect, {}), ("serve", peers.serve, usual)):
        yield Case(f"{role}_64KiB", make(data=bulk, **facts), ("bulk",))
        # Botan keeps to the limit, or we would refuse its records; it does not say their sizes.
        yield Case(f"{role}_record_sizes", make(
            ours=("--record-size-limit", 600), policy={"record_size_limit": 500}, data=lines(400),
            **facts), ("record_size_limit",))
    # Botan answers a key update with its next data, and takes none soon after another.
    yield Case("connect_rekeyed", peers.connect(ours=("--rekey-bytes", 40), data=LINE * 3,
                                                pieces=3, check=rekeyed), ("key_update",))
    yield Case("connect_untrusted", peers.connect_refuses, ("refusals",))
    yield Case("serve_no_certificate", peers.serve_refuses, ("refusals",))
