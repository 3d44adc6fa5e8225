"""Resumption with OpenSSL in both roles."""

from nautilus_peer import SIGNATURES, SUITES
from openssl_handshake import DEFAULT_SUITE, PING, PONG, Handshakes
from processes import expect
from report import Case

KEY = "ecdsa-p256"


class Sessions(Handshakes):
    def connect_once(self, scene, server, store, *options):
        """One connection of ours with a session file; waits until the server has answered, since
        the tickets come before its answer."""
        client = self.nautilus.connect(scene, server.port, "--session", store, *options)
        client.child.write(PING)
        seen = server.child.text().count(PING.decode())
        server.child.wait_until(lambda: server.child.text().count(PING.decode()) > seen,
                                "our client's line")
        server.child.write(PONG)
        expect(client.child.wait_bytes(len(PONG)), PONG, "what our client received")
        return client.closed()

    def s_client_once(self, scene, server, *options, key=KEY):
        """One connection of theirs, ended by our echo, which comes after the tickets."""
        client = self.openssl.client(scene, server.port, *options, ca=self.nautilus.ca(key),
                                     identity=self.nautilus.identity("client", key))
        client.child.write(PING)
        client.child.wait_text(PING.decode().strip())
        client.child.close_input()
        client.child.finish()
        return client, server.closed()


def expect_resumed(report, resumed=True):
    """A resumed handshake has no certificates, and still an authenticated peer."""
    expect((report["resumed"], report["peer_authenticated"]), (resumed, True), "what we reported")
    signature = None if resumed else SIGNATURES[KEY]
    expect((report.get("own_signature"), report.get("peer_signature")), (signature, signature),
           "signatures we reported")
    names = [message["message"] for message in report["messages"]]
    expect("CertificateVerify" in names, not resumed, "CertificateVerify among our messages")


def connect_resumes(sessions, suite=DEFAULT_SUITE):
    def case(scene):
        server = sessions.openssl.server(scene, connections=3, ca=sessions.nautilus.ca(KEY),
                                         identity=sessions.nautilus.identity("server", KEY))
        store = scene.folder / "sessions"
        reports = [sessions.connect_once(scene, server, store, "--suites", suite)
                   for _ in range(3)]
        server.child.finish()
        for report, resumed in zip(reports, (False, True, True)):
            expect_resumed(report, resumed)
            expect((report["suite"], report["peer"]), (suite, "localhost"), "suite and peer")
        expect(server.child.text().count("Reused session-id"), 2, "resumptions s_server reports")
        server.says(rf"^CIPHER is {suite}$")
        server.expect_facts(sessions.default_group(), suite, resumed=True)
    return case


def serve_resumes(sessions, suite=DEFAULT_SUITE):
    def case(scene):
        server = sessions.nautilus.serve(scene, "--suites", suite)
        first, second = scene.folder / "first", scene.folder / "second"
        client, report = sessions.s_client_once(scene, server, "-sess_out", first)
        client.says(rf"^New, TLSv1.3, Cipher is {suite}$")
        expect_resumed(report, False)
        client, report = sessions.s_client_once(scene, server, "-sess_in", first,
                                                "-sess_out", second)
        client.says(rf"^Reused, TLSv1.3, Cipher is {suite}$")
        client.expect_facts(sessions.default_group(), suite, resumed=True)
        expect_resumed(report)
        expect(report["peer"], "client.example", "who the resumed client is")
        # A ticket that came over a resumed connection is as good.
        client, report = sessions.s_client_once(scene, server, "-sess_in", second)
        client.says(rf"^Reused, TLSv1.3, Cipher is {suite}$")
        expect_resumed(report)
        server.stop()
    return case


def serve_retries_and_resumes(sessions):
    """The ticket's binder covers both ClientHellos of a HelloRetryRequest."""
    groups = ("-groups", "P-384:P-256")

    def case(scene):
        server = sessions.nautilus.serve(scene, "--groups", "secp256r1")
        ticket = scene.folder / "ticket"
        sessions.s_client_once(scene, server, "-sess_out", ticket, *groups)
        client, report = sessions.s_client_once(scene, server, "-sess_in", ticket, *groups)
        client.says(r"^Reused, TLSv1.3")
        client.expect_facts("secp256r1", DEFAULT_SUITE, retried=True, resumed=True)
        expect_resumed(report)
        server.stop()
    return case


def connect_retried_and_resumes(sessions):
    def case(scene):
        server = sessions.openssl.server(scene, "-groups", "P-256", connections=2,
                                         ca=sessions.nautilus.ca(KEY),
                                         identity=sessions.nautilus.identity("server", KEY))
        store = scene.folder / "sessions"
        groups = ("--groups", "secp384r1,secp256r1")
        sessions.connect_once(scene, server, store, *groups)
        report = sessions.connect_once(scene, server, store, *groups)
        server.child.finish()
        expect_resumed(report)
        expect(server.child.text().count("Reused session-id"), 1, "resumptions s_server reports")
        server.expect_facts("secp256r1", DEFAULT_SUITE, retried=True, resumed=True)
    return case


def serve_forgets(sessions):
    """A ticket of another server process is not understood: a full handshake follows."""
    def case(scene):
        ticket = scene.folder / "ticket"
        server = sessions.nautilus.serve(scene)
        sessions.s_client_once(scene, server, "-sess_out", ticket)
        server.stop()
        server = sessions.nautilus.serve(scene)
        client, report = sessions.s_client_once(scene, server, "-sess_in", ticket)
        client.says(r"^New, TLSv1.3")
        expect_resumed(report, False)
        server.stop()
    return case


def cases(nautilus, openssl):
    sessions = Sessions(nautilus, openssl)
    for suite in SUITES:
        yield Case(f"connect_{suite}", connect_resumes(sessions, suite), ("resumption",))
        yield Case(f"serve_{suite}", serve_resumes(sessions, suite), ("resumption",))
    retried = ("resumption", "retry")
    yield Case("connect_with_retry", connect_retried_and_resumes(sessions), retried)
    yield Case("serve_with_retry", serve_retries_and_resumes(sessions), retried)
    yield Case("serve_forgets", serve_forgets(sessions), ("resumption",))
