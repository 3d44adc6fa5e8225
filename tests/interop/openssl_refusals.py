"""Connections that must not come about: which side refuses, and with which alert."""

from nautilus_peer import PEER_REJECTED, REJECTED_BY_PEER
from pki import expired_identity
from processes import Failed, expect
from report import Case

# RFC 9846 §6.2
ALERTS = {
    "handshake_failure": 40, "bad_certificate": 42, "unsupported_certificate": 43,
    "certificate_expired": 45, "certificate_unknown": 46, "unknown_ca": 48, "access_denied": 49,
    "protocol_version": 70, "certificate_required": 116, "no_application_protocol": 120,
}


class Refusals:
    def __init__(self, nautilus, openssl):
        self.nautilus = nautilus
        self.openssl = openssl

    def serve(self, alert, *, ours=(), theirs=(), identity="default", ca=None, they_refuse=False,
              **access):
        """Their client at our server."""
        def case(scene):
            server = self.nautilus.serve(scene, *ours, **access)
            client = self.openssl.client(
                scene, server.port, *theirs, ca=ca or self.nautilus.ca(),
                identity=self._identity(identity, "client", scene.folder))
            client.child.finish(1)
            report = server.refused(alert)
            expect(report["exit"] == REJECTED_BY_PEER, they_refuse, "whether the peer refused us")
            server.stop()
            self._alert(client, alert, they_refuse)
        return case

    def connect(self, alert, status, *, ours=(), theirs=(), identity="default",
                our_identity="default", **trust):
        """Our client at their server."""
        def case(scene):
            server = self.openssl.server(
                scene, *theirs, ca=self.nautilus.ca(),
                identity=self._identity(identity, "server", scene.folder))
            client = self.nautilus.connect(
                scene, server.port, *ours, **trust,
                identity=self._identity(our_identity, "client", scene.folder))
            client.refused(status, alert)
            server.child.finish(0, 1)
            self._alert(server, alert, status == REJECTED_BY_PEER)
        return case

    def _identity(self, identity, role, folder):
        if identity == "default":
            return self.nautilus.identity(role)
        if identity == "expired":
            return expired_identity(self.nautilus, self.openssl, folder, role)
        return identity

    @staticmethod
    def _alert(peer, alert, peer_sends):
        way = "sent" if peer_sends else "received"
        alerts = peer.trace().alerts(way)
        if ALERTS[alert] not in alerts:
            raise Failed(f"alerts that {peer.child.label} {way}: {alerts}, not {ALERTS[alert]}")


def serve_cases(refusals, nautilus):
    other = nautilus.identity("client", ca="other")
    yield "serve_no_certificate", refusals.serve("certificate_required", identity=None)
    yield "serve_unknown_ca", refusals.serve("unknown_ca", identity=other)
    yield "serve_expired", refusals.serve("certificate_expired", identity="expired")
    yield "serve_wrong_purpose", refusals.serve("unsupported_certificate",
                                                identity=nautilus.identity("server"))
    yield "serve_untrusted", refusals.serve("unknown_ca", ca=nautilus.ca(name="other"),
                                            they_refuse=True)
    yield "serve_not_allowed", refusals.serve("access_denied",
                                              allow=("--allow-dns", "*.other.example"))
    yield "serve_tls12", refusals.serve("protocol_version", theirs=("-tls1_2",))
    yield "serve_no_common_suite", refusals.serve(
        "handshake_failure", ours=("--suites", "TLS_AES_128_GCM_SHA256"),
        theirs=("-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"))
    yield "serve_no_common_group", refusals.serve(
        "handshake_failure", ours=("--groups", "X25519MLKEM768,x25519"),
        theirs=("-groups", "P-256:P-384"))
    yield "serve_no_common_protocol", refusals.serve(
        "no_application_protocol", ours=("--alpn", "one"), theirs=("-alpn", "two"))


def connect_cases(refusals, nautilus):
    other = nautilus.identity("client", ca="other")
    yield "connect_no_certificate", refusals.connect("certificate_required", REJECTED_BY_PEER,
                                                     our_identity=None)
    yield "connect_unknown_ca", refusals.connect("unknown_ca", PEER_REJECTED,
                                                 ca=nautilus.ca(name="other"))
    yield "connect_expired", refusals.connect("certificate_expired", PEER_REJECTED,
                                              identity="expired")
    yield "connect_wrong_name", refusals.connect("bad_certificate", PEER_REJECTED,
                                                 servername="other.example")
    yield "connect_wrong_purpose", refusals.connect("unsupported_certificate", PEER_REJECTED,
                                                    identity=nautilus.identity("client"))
    yield "connect_untrusted", refusals.connect("unknown_ca", REJECTED_BY_PEER,
                                                our_identity=other)
    yield "connect_expired_ourselves", refusals.connect("certificate_expired", REJECTED_BY_PEER,
                                                        our_identity="expired")
    yield "connect_tls12", refusals.connect("protocol_version", REJECTED_BY_PEER,
                                            theirs=("-tls1_2",))
    yield "connect_no_common_suite", refusals.connect(
        "handshake_failure", REJECTED_BY_PEER, ours=("--suites", "TLS_AES_128_GCM_SHA256"),
        theirs=("-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"))
    yield "connect_no_common_group", refusals.connect(
        "handshake_failure", REJECTED_BY_PEER, ours=("--groups", "X25519MLKEM768,x25519"),
        theirs=("-groups", "P-256:P-384"))
    yield "connect_no_common_protocol", refusals.connect(
        "no_application_protocol", REJECTED_BY_PEER, ours=("--alpn", "one"),
        theirs=("-alpn", "two"))


def cases(nautilus, openssl):
    refusals = Refusals(nautilus, openssl)
    for name, function in (*serve_cases(refusals, nautilus), *connect_cases(refusals, nautilus)):
        yield Case(name, function, ("refusals",))
