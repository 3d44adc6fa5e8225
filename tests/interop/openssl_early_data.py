"""Early data with OpenSSL in both roles: taken, refused, and in part."""

import random
import re

from nautilus_peer import digest
from openssl_handshake import DEFAULT_SUITE, PING
from openssl_sessions import KEY, Sessions, expect_resumed
from processes import expect
from report import Case

LIMIT = 4096  # octets of early data that a server says it takes
SHORTEST = 500  # digits that are none of what s_server prints itself


def text(size, seed):
    """s_server and s_client print what they get among other lines."""
    digits = random.Random(seed).choices("0123456789", k=size - 1)
    return "".join(digits).encode() + b"\n"


# Without its memory of tickets, or it would not find the session again after its own retry.
RETRYING = ("-groups", "P-256", "-no_anti_replay")


class EarlyData:
    def __init__(self, sessions):
        self.sessions = sessions

    def s_client(self, scene, server, ticket, *options, early):
        """Their resumed connection, with such data early and PING in its time; everything that was
        taken comes back."""
        path = scene.folder / "early"
        path.write_bytes(early)
        return self.sessions.s_client_once(scene, server, "-sess_in", ticket, "-early_data", path,
                                           *options)

    def serve(self, scene):
        early = text(1000, 1)
        server = self.sessions.nautilus.serve(scene, "--early-data", LIMIT)
        ticket = scene.folder / "ticket"
        self.sessions.s_client_once(scene, server, "-sess_out", ticket)
        client, report = self.s_client(scene, server, ticket, early=early)
        server.stop()
        client.says(r"^Early data was accepted$")
        client.says(rf"^Reused, TLSv1.3, Cipher is {DEFAULT_SUITE}$")
        client.says(re.escape(early.decode().strip()))
        client.expect_facts(self.sessions.default_group(), DEFAULT_SUITE, resumed=True)
        expect_resumed(report)
        expect((report["early_data"], report["early_bytes"], report["received"]),
               ("accepted", len(early), digest(early + PING)), "what our server took")

    def serve_refuses(self, scene):
        """The ticket is good, but this server, which shares its keys, takes no early data."""
        keys, ticket = scene.folder / "keys", scene.folder / "ticket"
        server = self.sessions.nautilus.serve(scene, "--early-data", LIMIT, "--ticket-keys", keys)
        self.sessions.s_client_once(scene, server, "-sess_out", ticket)
        server.stop()
        server = self.sessions.nautilus.serve(scene, "--ticket-keys", keys)
        client, report = self.s_client(scene, server, ticket, early=text(1000, 2))
        server.stop()
        self._refused(client, report, self.sessions.default_group(), retried=False)

    def serve_retries(self, scene):
        groups = ("-groups", "P-384:P-256")
        server = self.sessions.nautilus.serve(scene, "--early-data", LIMIT, "--groups", "secp256r1")
        ticket = scene.folder / "ticket"
        self.sessions.s_client_once(scene, server, "-sess_out", ticket, *groups)
        client, report = self.s_client(scene, server, ticket, *groups, early=text(1000, 3))
        server.stop()
        self._refused(client, report, "secp256r1", retried=True)

    @staticmethod
    def _refused(client, report, group, retried):
        client.says(r"^Early data was rejected$")
        client.says(rf"^Reused, TLSv1.3, Cipher is {DEFAULT_SUITE}$")
        client.expect_facts(group, DEFAULT_SUITE, retried=retried, resumed=True)
        expect_resumed(report)
        expect((report["early_data"], report["early_bytes"], report["received"]),
               ("rejected", 0, digest(PING)), "what our server took")

    def connect(self, scene, size, theirs=(), ours=(), group=None, retried=False):
        """Our resumed connection, which sends a file; what they did not take early comes later."""
        data, path = text(size, 4), scene.folder / "file"
        path.write_bytes(data)
        sessions, store = self.sessions, scene.folder / "sessions"
        server = sessions.openssl.server(
            scene, "-early_data", "-max_early_data", LIMIT, *theirs, connections=2,
            ca=sessions.nautilus.ca(KEY), identity=sessions.nautilus.identity("server", KEY))
        sessions.connect_once(scene, server, store, *ours)
        client = sessions.nautilus.connect(scene, server.port, "--session", store, "--early-data",
                                           "--send", path, *ours)
        report = client.closed()
        server.child.finish()
        expect_resumed(report)
        server.expect_facts(group or sessions.default_group(), DEFAULT_SUITE, retried=retried,
                            resumed=True)
        expect(report["sent"], digest(data), "what our client says it sent")
        expect(report["early_data"], "rejected" if retried else "accepted", "our early data")
        self._received(server.child.output(), b"" if retried else data[:LIMIT], data)

    @staticmethod
    def _received(output, early, data):
        """s_server prints early data at once, and other things, buffered, when it pleases."""
        expect(output.count(b"Early data received:"), 1 if early else 0, "s_server on early data")
        found = re.findall(rb"[0-9]{%d,}" % SHORTEST, output)
        expect([digest(each) for each in found],
               [digest(each.rstrip()) for each in (early, data[len(early):]) if each],
               "what s_server received early and late")


def cases(nautilus, openssl):
    early = EarlyData(Sessions(nautilus, openssl))
    for name, function in (("serve_early_data", early.serve),
                           ("serve_early_data_refused", early.serve_refuses),
                           ("serve_early_data_retried", early.serve_retries),
                           ("connect_early_data", lambda scene: early.connect(scene, 1000)),
                           ("connect_early_data_in_part",
                            lambda scene: early.connect(scene, LIMIT + 1000)),
                           ("connect_early_data_retried", lambda scene: early.connect(
                               scene, 1000, RETRYING,
                               ("--groups", "secp384r1,secp256r1"), "secp256r1", True))):
        yield Case(name, function, ("early_data", "resumption"))
