"""Data, key updates and key logs with OpenSSL in both roles."""

import random

from nautilus_peer import SUITES, digest
from openssl_handshake import DEFAULT_SUITE, PING, PONG, Handshakes
from processes import Failed, expect
from report import Case

KEY = "ecdsa-p256"
MEBIBYTE = 1 << 20
REKEY = MEBIBYTE


def noise(size, seed):
    return random.Random(seed).randbytes(size)


class Data(Handshakes):
    def server(self, scene, *options):
        return self.openssl.server(scene, *options, ca=self.nautilus.ca(KEY),
                                   identity=self.nautilus.identity("server", KEY))

    def client(self, scene, port, *options):
        return self.openssl.client(scene, port, *options, ca=self.nautilus.ca(KEY),
                                   identity=self.nautilus.identity("client", KEY))


def connect_exchange(data, size, *options, suite=DEFAULT_SUITE, rekey=False):
    """Our client and s_server send to each other at the same time."""
    def case(scene):
        up, down = noise(size, 1), noise(size, 2)
        server = data.server(scene, "-quiet")  # then its pipes carry the data and nothing else
        client = data.nautilus.connect(scene, server.port, "--suites", suite, *options)
        client.child.feed(up)
        server.child.feed(down)
        received = digest(client.child.wait_bytes(size))
        arrived = digest(server.child.wait_bytes(size))
        report = client.closed()
        server.child.finish()
        expect(arrived, digest(up), "what s_server received")
        expect(received, digest(down), "what our client wrote out")
        expect(report["sent"], digest(up), "what our client says it sent")
        expect(report["received"], digest(down), "what our client says it received")
        server.expect_facts(data.default_group(), suite)
        check_rekeyed(report, server.trace(), size if rekey else 0)
    return case


def check_rekeyed(report, trace, size):
    """We changed our keys after each REKEY bytes or a little more, and asked the peer to follow,
    but not again before it had; its last answer may be missing, as it had nothing more to send."""
    sent, received = report["key_updates_sent"], report["key_updates_received"]
    asking, silent = trace.key_updates()
    if not size:
        expect((sent, received, asking, silent), (0, 0, 0, 0), "key updates that nobody asked for")
    elif not (size // REKEY // 2 <= sent <= size // REKEY and received >= 1 and
              asking - received in (0, 1) and asking + silent - sent - received in (0, 1)):
        raise Failed(f"key updates: {sent} sent, {received} received, in the peer's trace {asking} "
                     f"that ask for an answer and {silent} that do not")


def serve_echo(data, size, *options, suite=DEFAULT_SUITE):
    """s_client sends, our server sends everything back."""
    def case(scene):
        up = noise(size, 3)
        server = data.nautilus.serve(scene, "--suites", suite, *options)
        client = data.client(scene, server.port, "-brief", "-no_ign_eof", "-nocommands")
        client.child.feed(up)
        echoed = digest(client.child.wait_bytes(size))
        client.child.close_input()
        client.child.finish()
        report = server.closed()
        server.stop()
        expect(echoed, digest(up), "what s_client received")
        expect(report["received"], digest(up), "what our server says it received")
        expect(report["sent"], digest(up), "what our server says it sent")
        client.says(rf"^Ciphersuite: {suite}$")
        client.expect_facts(data.default_group(), suite)
        check_rekeyed(report, client.trace(), 0)
    return case


def serve_file(data, size):
    """Our server sends a file, with new keys on the way, and ends the connection."""
    def case(scene):
        down, path = noise(size, 4), scene.folder / "file"
        path.write_bytes(down)
        server = data.nautilus.serve(scene, "--send", path, "--rekey-bytes", REKEY)
        client = data.client(scene, server.port, "-brief")
        received = digest(client.child.wait_bytes(size))
        client.child.finish()
        report = server.closed()
        server.stop()
        expect(received, digest(down), "what s_client received")
        expect(report["sent"], digest(down), "what our server says it sent")
        check_rekeyed(report, client.trace(), size)
    return case


def serve_key_updates(data):
    """Their `k` changes their keys, their `K` also asks for ours."""
    def case(scene):
        server = data.nautilus.serve(scene)
        client = data.client(scene, server.port)
        for count, command in enumerate((b"k\n", b"K\n"), 1):
            client.child.write(command)
            client.child.wait_text("(KEYUPDATE[^K]*){%d}" % count, "stderr")
        client.child.write(PING)
        client.child.wait_text(PING.decode().strip())
        client.child.close_input()
        client.child.finish()
        report = server.closed()
        server.stop()
        expect((report["key_updates_received"], report["key_updates_sent"]), (2, 1),
               "key updates that our server received and sent")
        expect(client.trace().key_updates(), (1, 2), "key updates with and without request")
        expect(report["received"], digest(PING), "what our server received")
    return case


def connect_key_updates(data):
    def case(scene):
        server = data.server(scene)
        client = data.nautilus.connect(scene, server.port)
        client.child.write(b"connected\n")
        server.child.wait_text("connected")
        for number, command in enumerate((b"k\n", b"K\n")):
            # The command is waiting when the line arrives, and s_server looks at it first.
            server.child.write(command)
            client.child.write(b"line %d\n" % number)
            server.child.wait_text(f"line {number}")
        server.child.write(PONG)
        expect(client.child.wait_bytes(len(PONG)), PONG, "what our client received")
        client.child.write(PING)
        server.child.wait_text(PING.decode().strip())
        report = client.closed()
        server.child.finish()
        expect((report["key_updates_received"], report["key_updates_sent"]), (2, 1),
               "key updates that our client received and sent")
        expect(server.trace().key_updates(), (1, 2), "key updates with and without request")
    return case


SECRETS = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
           "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET"}


def compare_key_logs(ours, theirs):
    logs = []
    for path in (ours, theirs):
        lines = path.read_text("ascii").splitlines()
        logs.append({line.lower() for line in lines if line and not line.startswith("#")})
    expect({line.split()[0].upper() for line in logs[1]}, SECRETS, "labels in the peer's key log")
    expect(logs[0] ^ logs[1], set(), "lines that only one side logged")


def key_log_cases(data):
    def connect(scene):
        ours, theirs = scene.folder / "ours", scene.folder / "theirs"
        data.at_s_server(scene, ours=("--keylog", ours), theirs=("-keylogfile", theirs))
        compare_key_logs(ours, theirs)

    def serve(scene):
        ours, theirs = scene.folder / "ours", scene.folder / "theirs"
        data.at_serve(scene, ours=("--keylog", ours), theirs=("-keylogfile", theirs))
        compare_key_logs(ours, theirs)

    yield Case("connect_key_log", connect)
    yield Case("serve_key_log", serve)


def exporter_cases(data):
    """RFC 9846 §7.5; s_client and s_server use no context, which is the same as an empty one."""
    label = "EXPORTER-interop"
    ours, theirs = ("--export", label), ("-keymatexport", label, "-keymatexportlen", "32")

    def compare(peer, report):
        material = report["exported"][label]
        expect(len(material), 64, "digits of our keying material")
        peer.says(rf"^ *Keying material: {material.upper()}$")

    yield Case("connect_exporter", lambda scene: compare(*data.at_s_server(
        scene, ours=ours, theirs=theirs)), ("exporter",))
    yield Case("serve_exporter", lambda scene: compare(*data.at_serve(
        scene, ours=ours, theirs=theirs)), ("exporter",))


def cases(nautilus, openssl):
    data = Data(nautilus, openssl)
    size = 10 * MEBIBYTE
    rekeyed = ("bulk", "key_update")
    yield Case("connect_10_MiB", connect_exchange(data, size), ("bulk",))
    yield Case("connect_10_MiB_rekeyed", connect_exchange(data, size, "--rekey-bytes", REKEY,
                                                          rekey=True), rekeyed)
    yield Case("serve_10_MiB", serve_echo(data, size), ("bulk",))
    yield Case("serve_file_10_MiB_rekeyed", serve_file(data, size), rekeyed)
    for suite in SUITES:
        for name, options in (("", ()), ("libcrypto_", ("--crypto", "libcrypto"))):
            yield Case(f"connect_{name}{suite}", connect_exchange(data, MEBIBYTE, *options,
                                                                  suite=suite), ("suites", "bulk"))
            yield Case(f"serve_{name}{suite}", serve_echo(data, MEBIBYTE, *options, suite=suite),
                       ("suites", "bulk"))
    yield Case("connect_key_updates", connect_key_updates(data), ("key_update",))
    yield Case("serve_key_updates", serve_key_updates(data), ("key_update",))
    yield from key_log_cases(data)
    yield from exporter_cases(data)
