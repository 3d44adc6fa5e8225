"""Data both ways: files, pipes, half-close, sessions, keys replaced under way, the key log."""

import json
import os
import pathlib
import re
import signal
import stat
import time

from nautilus_peer import digest, sanitized
from processes import Failed, expect
from sides import LOCAL, OK, Server, connect

MIB = 1 << 20


def report_of(child, stream="stdout"):
    lines = [line for line in child.text(stream).splitlines() if line.startswith("{")]
    if len(lines) != 1:
        raise Failed(f"not one report: {child.text(stream)!r}")
    return json.loads(lines[0])


def ended_well(child, stream="stdout"):
    child.finish(OK)
    sanitized(child)
    return report_of(child, stream)


def served(server):
    report = server.report()
    if "error" in report or report["event"] != "closed":
        raise Failed(f"nautilus serve: {report}")
    return report


def files(nautilus):
    """Different sizes, both ways at once, to the last octet."""
    def case(scene):
        for size in (0, 1, 16384, 16385, 10 * MIB):
            up, down = os.urandom(size), os.urandom(size)
            (scene.folder / "up").write_bytes(up)
            (scene.folder / "down").write_bytes(down)
            server = Server(nautilus, scene, "--send", scene.folder / "down", "--receive",
                            scene.folder / "up.copy", as_json=True)
            child = connect(nautilus, scene, server.port, "--send", scene.folder / "up",
                            "--receive", scene.folder / "down.copy")
            report, theirs = ended_well(child), served(server)
            expect(report["sent"], digest(up), "sent")
            expect(report["received"], digest(down), "received")
            expect((theirs["sent"], theirs["received"]), (digest(down), digest(up)), "server")
            expect((scene.folder / "up.copy").read_bytes() == up, True, "the server's copy")
            expect((scene.folder / "down.copy").read_bytes() == down, True, "the client's copy")
            server.stop()
    return case


def half_close(nautilus):
    """The client has said all it will say; what is still under way arrives."""
    def case(scene):
        data = os.urandom(4 * MIB)
        (scene.folder / "down").write_bytes(data)
        server = Server(nautilus, scene, "--send", scene.folder / "down", as_json=True)
        child = connect(nautilus, scene, server.port)
        child.close_input()
        report = ended_well(child, "stderr")
        expect(child.output() == data, True, "everything arrived")
        expect(report["received"], digest(data), "received")
        served(server)
        server.stop()
    return case


def pipes(nautilus):
    """A slow writer and an empty one: nothing is held back, nothing is waited for."""
    def case(scene):
        server = Server(nautilus, scene, as_json=True)
        child = connect(nautilus, scene, server.port)
        for word in (b"one", b"two", b"three"):
            before = len(child.output())
            child.write(word)
            child.wait_bytes(before + len(word))
        child.close_input()
        ended_well(child, "stderr")
        expect(child.output(), b"onetwothree", "echo")
        served(server)
        silent = connect(nautilus, scene, server.port)
        silent.close_input()
        ended_well(silent, "stderr")
        served(server)
        server.stop()
    return case


def rotation_by_bytes(nautilus):
    def case(scene):
        data = os.urandom(3 * MIB)
        (scene.folder / "up").write_bytes(data)
        server = Server(nautilus, scene, "--receive", scene.folder / "copy", as_json=True)
        child = connect(nautilus, scene, server.port, "--send", scene.folder / "up", "--receive",
                        "/dev/null", "--rekey-bytes", MIB)
        report, theirs = ended_well(child), served(server)
        expect(report["key_updates_sent"] >= 2, True, "keys were replaced")
        expect(theirs["key_updates_received"], report["key_updates_sent"], "and followed")
        expect(theirs["received"], digest(data), "received")
        server.stop()
    return case


def rotation_by_the_echo(nautilus):
    def case(scene):
        data = os.urandom(3 * MIB)
        (scene.folder / "up").write_bytes(data)
        server = Server(nautilus, scene, "--rekey-bytes", MIB, as_json=True)
        child = connect(nautilus, scene, server.port, "--send", scene.folder / "up", "--receive",
                        scene.folder / "copy")
        report, theirs = ended_well(child), served(server)
        expect(theirs["key_updates_sent"] >= 2, True, "keys were replaced")
        expect(report["key_updates_received"], theirs["key_updates_sent"], "and followed")
        expect((scene.folder / "copy").read_bytes() == data, True, "echo")
        server.stop()
    return case


def rotation_by_signal(nautilus, side):
    def case(scene):
        server = Server(nautilus, scene, as_json=True)
        child = connect(nautilus, scene, server.port)
        child.write(b"before")
        child.wait_bytes(6)
        (child if side == "client" else server.child).signal(signal.SIGUSR1)
        # The signal is handled at some time; what is said afterwards still arrives.
        deadline = time.monotonic() + 0.3
        while time.monotonic() < deadline:
            time.sleep(0.05)
        child.write(b"after")
        child.wait_bytes(11)
        child.close_input()
        report, theirs = ended_well(child, "stderr"), served(server)
        ours, peers = (report, theirs) if side == "client" else (theirs, report)
        expect(ours["key_updates_sent"] >= 1, True, "keys were replaced")
        expect(peers["key_updates_received"], ours["key_updates_sent"], "and followed")
        expect(child.output(), b"beforeafter", "echo")
        server.stop()
    return case


def sessions(nautilus):
    """A session file: private, used once each, never used by somebody else."""
    def case(scene):
        server = Server(nautilus, scene, as_json=True)
        path = scene.folder / "sessions"

        def once(*options, **how):
            child = connect(nautilus, scene, server.port, "--session", path, *options, **how)
            child.close_input()
            report, theirs = ended_well(child, "stderr"), served(server)
            expect(theirs["resumed"], report["resumed"], "both sides agree")
            return report
        expect(once()["resumed"], False, "first connection")
        expect(stat.S_IMODE(path.stat().st_mode), 0o600, "mode of the session file")
        before = path.read_bytes()
        second = once()
        expect((second["resumed"], second["peer"]), (True, "localhost"), "second connection")
        expect(path.read_bytes() != before, True, "the ticket left the file")
        # Whoever has another identity was not authenticated by that handshake.
        make = nautilus.folder / "second-client"
        nautilus.run("cert", "client", "--out", make, "--ca", nautilus.ca(), "--dns",
                     "second.example", "--force")
        expect(once(identity=make)["resumed"], False, "with another identity")
        expect(sorted(p.name for p in scene.folder.iterdir()), ["sessions"], "files")
        server.stop()
    return case


def bad_session_file(nautilus):
    def case(scene):
        path = scene.folder / "sessions"
        path.write_text("something else\n")
        child = connect(nautilus, scene, 1, "--session", path, as_json=False)
        child.finish(LOCAL)
        lines = child.text("stderr").splitlines()
        if len(lines) != 2 or str(path) not in lines[0] or not lines[1].startswith("try: "):
            raise Failed(f"{lines}")
        expect(path.read_text(), "something else\n", "the file")
    return case


def key_log(nautilus):
    """RFC 9850: one line a secret, private, by option or by SSLKEYLOGFILE."""
    def case(scene):
        server = Server(nautilus, scene, as_json=True)
        by_option, by_environment = scene.folder / "option", scene.folder / "environment"
        child = connect(nautilus, scene, server.port, "--keylog", by_option)
        child.close_input()
        ended_well(child, "stderr")
        served(server)
        os.environ["SSLKEYLOGFILE"] = str(by_environment)
        try:
            child = connect(nautilus, scene, server.port)
        finally:
            del os.environ["SSLKEYLOGFILE"]
        child.close_input()
        ended_well(child, "stderr")
        served(server)
        for path in (by_option, by_environment):
            expect(stat.S_IMODE(path.stat().st_mode), 0o600, "mode of the key log")
            labels = set()
            for line in path.read_text().splitlines():
                match = re.fullmatch(r"([A-Z_0-9]+) [0-9a-f]{64} ([0-9a-f]{64}|[0-9a-f]{96})", line)
                if not match:
                    raise Failed(f"a line of the key log: {line!r}")
                labels.add(match[1])
            wanted = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                      "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET"}
            expect(wanted <= labels, True, f"labels {labels}")
        server.stop()
    return case


def psk(nautilus):
    """Keys from outside TLS instead of certificates, on both sides."""
    def case(scene):
        keys, wrong = scene.folder / "keys", scene.folder / "wrong"
        keys.write_text("# shared\nother:" + "aa" * 32 + "\nalice:" + "0b" * 32 + "\n")
        wrong.write_text("alice:" + "0c" * 32 + "\n")
        server = scene.start("nautilus serve", [
            nautilus.command, "serve", "--listen", "127.0.0.1:0", "--psk", keys, "--json"])
        server.wait_text("listening.*\n")
        port = json.loads(server.text())["port"]

        def client(path):
            return scene.start("nautilus connect", [
                nautilus.command, "connect", f"localhost:{port}", "--psk", path, "--policy",
                "pq_required", "--json"])
        child = client(keys)
        child.write(b"hello")
        child.close_input()
        report = ended_well(child, "stderr")
        expect((child.output(), report["group"]), (b"hello", "X25519MLKEM768"), "with the key")
        child = client(wrong)
        child.finish(5)
        sanitized(child)
        server.signal(signal.SIGTERM)
        server.finish(OK)
        sanitized(server)
        reports = [json.loads(line) for line in server.text().splitlines()]
        expect([entry["event"] for entry in reports], ["listening", "closed", "refused"], "server")
        expect(reports[1]["peer_authenticated"], True, "whoever has the key is known")
    return case


def bad_psk_files(nautilus):
    def case(scene):
        for content in ("", "# nothing\n", "alice", "alice:0b", "alice:" + "xy" * 16,
                        ":" + "0b" * 16, "alice:" + "0b" * 16 + "0\n"):
            path = scene.folder / "keys"
            path.write_text(content)
            child = scene.start("nautilus connect", [
                nautilus.command, "connect", "localhost:1", "--psk", path])
            child.finish(LOCAL)
            if str(path) not in child.text("stderr") or "\ntry: " not in child.text("stderr"):
                raise Failed(f"{content!r}: {child.text('stderr')!r}")
    return case


def record_options(nautilus):
    """Limits, padding and small records change lengths, not data."""
    def case(scene):
        data = os.urandom(100_000)
        (scene.folder / "up").write_bytes(data)
        server = Server(nautilus, scene, "--record-size-limit", "512", as_json=True)
        child = connect(nautilus, scene, server.port, "--send", scene.folder / "up", "--receive",
                        scene.folder / "copy", "--pad", "256", "--max-record", "1000",
                        "--record-size-limit", "4000")
        ended_well(child)
        expect(pathlib.Path(scene.folder / "copy").read_bytes() == data, True, "echo")
        served(server)
        server.stop()
    return case


def suites(nautilus, suite):
    """Also those that nobody gets without asking."""
    def case(scene):
        data = os.urandom(300_000)
        (scene.folder / "up").write_bytes(data)
        server = Server(nautilus, scene, "--suites", suite, as_json=True)
        child = connect(nautilus, scene, server.port, "--send", scene.folder / "up", "--receive",
                        scene.folder / "copy", "--suites", suite, "--rekey-bytes", "100000",
                        "--session", scene.folder / "sessions")
        report, theirs = ended_well(child), served(server)
        expect((report["suite"], theirs["suite"]), (suite, suite), "suite")
        expect((scene.folder / "copy").read_bytes() == data, True, "echo")
        again = connect(nautilus, scene, server.port, "--suites", suite, "--session",
                        scene.folder / "sessions")
        again.close_input()
        expect(ended_well(again, "stderr")["resumed"], True, "resumed")
        served(server)
        server.stop()
    return case


def cases(nautilus):
    for suite in re.findall(r"^  (TLS_\w+)", nautilus.run("info"), re.M):
        yield f"suite_{suite}", suites(nautilus, suite)
    for function in (files, half_close, pipes, rotation_by_bytes, rotation_by_the_echo, sessions, bad_session_file,
                     key_log, psk, bad_psk_files, record_options):
        yield function.__name__, function(nautilus)
    for side in ("client", "server"):
        yield f"rotation_by_signal_{side}", rotation_by_signal(nautilus, side)
