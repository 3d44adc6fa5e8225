"""`nautilus serve` as a service: who may enter, how many, for how long; signals."""

import json
import signal
import socket
import time

from nautilus_peer import sanitized
from processes import Failed, expect, listening_port
from sides import (LOCAL, NETWORK, OK, PEER_REJECTED, REJECTED_BY_PEER, Server, Side,
                   client_failed, connect, still_serving)
from wire import read_all

CLIENTS = 40


def admission(nautilus, *allow):
    """One of several rules admits the test client."""
    def case(scene):
        server = Server(nautilus, scene, as_json=True, allow=allow)
        still_serving(nautilus, scene, server)
        server.stop()
    return case


def exclusion(nautilus, *allow):
    def case(scene):
        server = Server(nautilus, scene, as_json=True, allow=allow)
        child = connect(nautilus, scene, server.port)
        client_failed(child, Side(REJECTED_BY_PEER, "access_denied"), True)
        server.failed(Side(PEER_REJECTED, "access_denied"))
        server.stop()
    return case


def key_digest(nautilus):
    """As `nautilus cert show` prints it, and as `--allow-key` takes it."""
    shown = nautilus.run("cert", "show", f"{nautilus.identity('client')}.pem", "--json")
    return json.loads(shown)["key_sha256"]


def optional(nautilus):
    def case(scene):
        server = Server(nautilus, scene, "--client-auth", "optional", as_json=True)
        for identity, known in (("default", True), (None, False)):
            child = connect(nautilus, scene, server.port, identity=identity)
            child.close_input()
            child.finish(OK)
            report = server.report()
            expect((report["event"], report["peer_authenticated"]), ("closed", known), "report")
        server.stop()
    return case


def by_name(nautilus):
    """Two identities; the client's name decides."""
    def case(scene):
        second = nautilus.folder / "second-server"
        nautilus.run("cert", "server", "--out", second, "--ca", nautilus.ca(), "--dns",
                     "second.example", "--force")
        server = Server(nautilus, scene, "--identity", second, as_json=True)
        for name in ("localhost", "second.example"):
            child = connect(nautilus, scene, server.port, servername=name)
            child.close_input()
            child.finish(OK)
            expect(json.loads(child.text("stderr"))["peer"], name, "peer")
            server.report()
        server.stop()
    return case


def many(nautilus):
    """All connected at once, each gets its own data."""
    def case(scene):
        server = Server(nautilus, scene, as_json=True)
        children = [connect(nautilus, scene, server.port) for _ in range(CLIENTS)]
        for number, child in enumerate(children):
            child.write(f"client {number}".encode())
        for number, child in enumerate(children):
            child.wait_bytes(len(f"client {number}"))
        for child in children:
            child.close_input()
        for number, child in enumerate(children):
            child.finish(OK)
            expect(child.output(), f"client {number}".encode(), "echo")
            server.served()
        server.stop()
    return case


def cap(nautilus):
    """More than --max-connections are turned away, those inside are not disturbed."""
    def case(scene):
        server = Server(nautilus, scene, "--max-connections", "2", as_json=True)
        inside = [connect(nautilus, scene, server.port) for _ in range(2)]
        for child in inside:
            child.write(b"in")
            child.wait_bytes(2)
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", server.port)) as connection:
                expect(read_all(connection), b"", "what a client gets that is turned away")
        expect(server.report()["event"], "full", "said once")
        for child in inside:
            child.close_input()
            child.finish(OK)
            server.served()
        still_serving(nautilus, scene, server)
        server.stop()
    return case


def idle(nautilus):
    def case(scene):
        server = Server(nautilus, scene, "--idle", "1", as_json=True)
        child = connect(nautilus, scene, server.port)
        child.write(b"x")
        child.wait_bytes(1)
        server.failed(Side(NETWORK, "user_canceled", "timed out"))
        child.finish(7)  # no close_notify: what was said may not have been all
        still_serving(nautilus, scene, server)
        server.stop()
    return case


def drains(nautilus):
    """SIGTERM: nobody new, but what is open may finish."""
    def case(scene):
        server = Server(nautilus, scene, as_json=True)
        child = connect(nautilus, scene, server.port)
        child.write(b"one")
        child.wait_bytes(3)
        server.child.signal(signal.SIGTERM)
        while True:  # until the listener is gone
            try:
                socket.create_connection(("127.0.0.1", server.port)).close()
            except ConnectionRefusedError:
                break
            if child.time_left() <= 0:
                raise Failed("the server goes on listening")
            time.sleep(0.02)
        child.write(b"two")
        child.wait_bytes(6)
        child.close_input()
        child.finish(OK)
        report = server.report()
        while report["event"] == "refused":  # a probe that came before the signal
            report = server.report()
        expect((report["event"], "error" in report), ("closed", False), "report")
        server.child.finish(OK)
        sanitized(server.child)
    return case


def drains_in_time(nautilus):
    """A client that never ends does not keep the server."""
    def case(scene):
        server = Server(nautilus, scene, "--drain", "1", as_json=True)
        child = connect(nautilus, scene, server.port)
        child.write(b"x")
        child.wait_bytes(1)
        server.child.signal(signal.SIGTERM)
        server.child.finish(OK)
        if "connections were cut" not in server.child.text():
            raise Failed("the server does not say that it cut a connection")
        child.finish(7)
    return case


def reload(nautilus):
    """SIGHUP: a new identity serves new connections; the old ones go on; a broken one is refused
    and changes nothing."""
    def case(scene):
        path = scene.folder / "identity"

        def install(name):
            nautilus.run("cert", "server", "--out", path, "--ca", nautilus.ca(), "--dns",
                         "localhost", "--dns", name, "--cn", name, "--force")

        def subject():
            child = connect(nautilus, scene, server.port)
            child.close_input()
            child.finish(OK)
            server.served()
            return json.loads(child.text("stderr"))["peer_subject"]
        install("first.example")
        server = Server(nautilus, scene, as_json=True, identity=path)
        old = connect(nautilus, scene, server.port)
        old.write(b"before")
        old.wait_bytes(6)
        expect("first.example" in subject(), True, "the first identity")
        install("second.example")
        expect("first.example" in subject(), True, "the file alone changes nothing")
        server.child.signal(signal.SIGHUP)
        expect(server.report()["event"], "reloaded", "report")
        expect("second.example" in subject(), True, "the second identity")
        (scene.folder / "identity.key").write_text("rubbish")
        server.child.signal(signal.SIGHUP)
        report = server.report()
        expect((report["event"], bool(report["error"])), ("not reloaded", True), "report")
        expect("second.example" in subject(), True, "still the second identity")
        old.write(b"after")
        old.wait_bytes(11)
        old.close_input()
        old.finish(OK)
        server.served()
        server.stop()
    return case


def resumes_after_reload(nautilus):
    """Tickets outlive a reload; what they prove is judged by the new configuration."""
    def case(scene):
        server = Server(nautilus, scene, as_json=True)

        def resumed():
            child = connect(nautilus, scene, server.port, "--session", scene.folder / "sessions")
            child.close_input()
            child.finish(OK)
            server.served()
            return json.loads(child.text("stderr"))["resumed"]
        expect(resumed(), False, "the first connection")
        server.child.signal(signal.SIGHUP)
        expect(server.report()["event"], "reloaded", "report")
        expect(resumed(), True, "the second connection")
        server.stop()
    return case


def port_taken(nautilus):
    def case(scene):
        first = Server(nautilus, scene, as_json=True)
        second = scene.start("nautilus serve", [
            nautilus.command, "serve", "--listen", f"127.0.0.1:{first.port}", "--identity",
            nautilus.identity("server"), "--client-auth", "none"])
        second.finish(NETWORK)
        if str(first.port) not in second.text("stderr") or "\ntry: " not in second.text("stderr"):
            raise Failed(second.text("stderr"))
        first.stop()
    return case


def incomplete(nautilus, *options):
    """Options that make no safe server: said at once, with what is missing."""
    def case(scene):
        server = scene.start("nautilus serve", [
            nautilus.command, "serve", "--listen", "127.0.0.1:0", *options])
        server.finish(LOCAL)
        lines = server.text("stderr").splitlines()
        if len(lines) != 2 or not lines[1].startswith("try: "):
            raise Failed(f"{lines}")
    return case


def loopback_only(nautilus):
    """Unless told otherwise nobody else can reach it."""
    def case(scene):
        with socket.socket() as busy:
            # The default port may be in use on this machine; then it says so.
            taken = busy.connect_ex(("127.0.0.1", 4433)) == 0
        server = scene.start("nautilus serve", [
            nautilus.command, "serve", "--identity", nautilus.identity("server"), "--client-auth",
            "none", "--json"])
        if taken:
            server.finish(NETWORK)
            return
        expect(listening_port(server), 4433, "port")
        server.wait_text("listening.*\n")
        expect(json.loads(server.text())["address"], "127.0.0.1", "address")
        server.signal(signal.SIGINT)
        server.finish(OK)
    return case


def cases(nautilus):
    client, server = nautilus.identity("client"), nautilus.identity("server")
    digest = key_digest(nautilus)
    yield "admits_dns", admission(nautilus, "--allow-dns", "*.example")
    yield "admits_second_rule", admission(nautilus, "--allow-uri", "spiffe://a/*", "--allow-cn",
                                          "client *")
    yield "admits_key", admission(nautilus, "--allow-key", digest.upper())
    yield "excludes_deeper_names", exclusion(nautilus, "--allow-dns", "*.client.example")
    yield "excludes_part_of_name", exclusion(nautilus, "--allow-dns", "client.exampl")
    yield "excludes_star_across_dots", exclusion(nautilus, "--allow-dns", "*")
    yield "excludes_other_key", exclusion(nautilus, "--allow-key", "0" * 64)
    for function in (optional, by_name, many, cap, idle, drains, drains_in_time, reload,
                     resumes_after_reload, port_taken, loopback_only):
        yield function.__name__, function(nautilus)
    ca = f"{nautilus.ca()}.pem"
    yield "needs_identity", incomplete(nautilus, "--ca", ca, "--allow-all")
    yield "needs_ca", incomplete(nautilus, "--identity", server, "--allow-all")
    yield "needs_allow", incomplete(nautilus, "--identity", server, "--ca", ca)
    yield "needs_matching_key", incomplete(nautilus, "--identity", f"{client}-none",
                                           "--client-auth", "none")
    yield "needs_known_group", incomplete(nautilus, "--identity", server, "--client-auth", "none",
                                          "--groups", "kyber")
    yield "needs_group_of_policy", incomplete(nautilus, "--identity", server, "--client-auth",
                                              "none", "--policy", "pq_required", "--groups",
                                              "x25519")
