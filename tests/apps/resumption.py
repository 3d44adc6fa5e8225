"""Sessions and early data: what is taken early, what is sent again, whose tickets open where."""

import json
import os
import shutil
import signal
import stat

from nautilus_peer import digest, sanitized
from processes import Failed, expect
from sides import LOCAL, OK, Server, connect

EARLY = 1000


def report_of(child, stream="stderr"):
    child.finish(OK)
    sanitized(child)
    lines = [line for line in child.text(stream).splitlines() if line.startswith("{")]
    if len(lines) != 1:
        raise Failed(f"not one report: {child.text(stream)!r}")
    return json.loads(lines[0])


class Echo:
    """One server at a time on one port, and clients that share a session file."""

    def __init__(self, nautilus, scene):
        self._nautilus, self._scene = nautilus, scene
        self.sessions = scene.folder / "sessions"
        self._server = None

    def serve(self, *options):
        port = 0
        if self._server:
            self._server.stop()
            port = self._server.port  # session files tell servers apart by their port too
        self._server = Server(self._nautilus, self._scene, *options, as_json=True, port=port)
        return self._server

    def say(self, data, *options):
        """Sends `data` and expects it back; returns both reports."""
        child = connect(self._nautilus, self._scene, self._server.port, "--session", self.sessions,
                        *options)
        child.write(data)
        child.close_input()
        report = report_of(child)
        expect(child.output() == data, True, "the echo")
        theirs = self._server.report()
        expect(theirs["event"], "closed", "event")
        if "error" in theirs:
            raise Failed(f"nautilus serve: {theirs}")
        for side in (report, theirs):
            expect((side["sent"], side["received"]), (digest(data), digest(data)), "digests")
        expect(theirs["resumed"], report["resumed"], "both on resumption")
        return report, theirs

    def stop(self):
        self._server.stop()


def early_data(nautilus):
    """Accepted in part or whole; whatever goes early arrives once and in order."""
    def case(scene):
        echo = Echo(nautilus, scene)
        echo.serve("--early-data", EARLY)
        report, _ = echo.say(b"first", "--early-data")
        expect((report["resumed"], report["early_data"]), (False, "none"), "without a session")
        for size in (0, 1, EARLY, EARLY + 1, 300_000):
            data = os.urandom(size)
            report, theirs = echo.say(data, "--early-data")
            expect((report["resumed"], report["early_data"]), (True, "accepted"), f"{size} octets")
            expect((theirs["early_data"], theirs["early_bytes"]), ("accepted", min(size, EARLY)),
                   "the server")
        report, theirs = echo.say(b"late")
        expect((report["resumed"], report["early_data"], theirs["early_bytes"]),
               (True, "none", 0), "without the option")
        echo.stop()
    return case


def rejected(nautilus):
    """A server that no longer takes it: everything still arrives."""
    def case(scene):
        echo = Echo(nautilus, scene)
        keys = scene.folder / "keys"
        echo.serve("--early-data", EARLY, "--ticket-keys", keys)
        echo.say(b"first")
        echo.serve("--ticket-keys", keys)
        report, theirs = echo.say(os.urandom(5000), "--early-data")
        expect((report["resumed"], report["early_data"]), (True, "rejected"), "the client")
        expect(theirs["early_bytes"], 0, "the server")
        # After a restart with early data on, another process's tickets get none of it.
        echo.serve("--early-data", EARLY, "--ticket-keys", keys)
        echo.say(b"again")
        echo.serve("--early-data", EARLY, "--ticket-keys", keys)
        report, _ = echo.say(b"x" * 5000, "--early-data")
        expect((report["resumed"], report["early_data"]), (True, "rejected"), "another domain")
        echo.stop()
    return case


def early_file(nautilus):
    def case(scene):
        data = os.urandom(100_000)
        (scene.folder / "up").write_bytes(data)
        server = Server(nautilus, scene, "--receive", scene.folder / "copy", "--early-data", EARLY,
                        as_json=True)
        for expected in ("none", "accepted"):
            child = connect(nautilus, scene, server.port, "--session", scene.folder / "sessions",
                            "--early-data", "--send", scene.folder / "up", "--receive",
                            "/dev/null")
            report = report_of(child, "stdout")
            expect((report["early_data"], report["sent"]), (expected, digest(data)), "client")
            expect(server.report()["received"], digest(data), "server")
            expect((scene.folder / "copy").read_bytes() == data, True, "the copy")
        server.stop()
    return case


def ticket_keys(nautilus):
    """A restart loses no session; another server without the keys opens none."""
    def case(scene):
        echo = Echo(nautilus, scene)
        keys = scene.folder / "keys"
        echo.serve("--ticket-keys", keys)
        expect(stat.S_IMODE(keys.stat().st_mode), 0o600, "mode of the key file")
        for resumed in (False, True):
            expect(echo.say(b"x")[0]["resumed"], resumed, "resumed")
        echo.serve("--ticket-keys", keys)
        expect(echo.say(b"x")[0]["resumed"], True, "resumed after a restart")
        echo.serve()
        expect(echo.say(b"x")[0]["resumed"], False, "resumed without the keys")
        echo.stop()
    return case


def bad_ticket_keys(nautilus):
    """Others could read them: not at the start, and at a reload the old ones stay."""
    def case(scene):
        keys = scene.folder / "keys"
        echo = Echo(nautilus, scene)
        server = echo.serve("--ticket-keys", keys)
        echo.say(b"x")
        keys.chmod(0o644)
        server.child.signal(signal.SIGHUP)
        report = server.report()
        expect((report["event"], "0600" in report["error"]), ("not reloaded", True), "the reload")
        expect(echo.say(b"x")[0]["resumed"], True, "resumed meanwhile")
        # Told once more when a ticket makes the server look at the file.
        keys.chmod(0o600)
        server.child.signal(signal.SIGHUP)
        expect(server.report()["event"], "reloaded", "the repaired file")
        echo.stop()
        keys.write_bytes(b"not a key file")
        child = scene.start("nautilus serve", [
            nautilus.command, "serve", "--listen", "127.0.0.1:0", "--identity",
            nautilus.identity("server"), "--ca", f"{nautilus.ca()}.pem", "--allow-all",
            "--ticket-keys", keys])
        child.finish(LOCAL)
        sanitized(child)
        lines = child.text("stderr").splitlines()
        expect((len(lines), lines[1].startswith("try: ")), (2, True), "two lines")
        expect(keys.read_bytes(), b"not a key file", "the file")
    return case


def kept_sessions(nautilus):
    """Handles instead of tickets: each is good once, whoever holds a copy."""
    def case(scene):
        echo = Echo(nautilus, scene)
        echo.serve("--keep-sessions", "--tickets", 1)
        expect(echo.say(b"x")[0]["resumed"], False, "the first")
        shutil.copy(echo.sessions, scene.folder / "copy")
        expect(echo.say(b"x")[0]["resumed"], True, "the second")
        shutil.copy(scene.folder / "copy", echo.sessions)
        expect(echo.say(b"x")[0]["resumed"], False, "the copy")
        echo.stop()
    return case


def exported(nautilus):
    """Both sides print the same keying material, each connection its own."""
    def case(scene):
        options = ("--export", "EXPORTER-one", "--export", "EXPORTER-two", "--channel-binding")
        server = Server(nautilus, scene, *options, as_json=True)
        seen = set()
        for _ in range(2):
            child = connect(nautilus, scene, server.port, *options)
            child.close_input()
            ours, theirs = report_of(child), server.report()
            for field in ("exported", "channel_binding"):
                expect(ours[field], theirs[field], field)
            expect(sorted(ours["exported"]), ["EXPORTER-one", "EXPORTER-two"], "labels")
            seen |= {*ours["exported"].values(), ours["channel_binding"]}
        expect((len(seen), {len(value) for value in seen}), (6, {64}), "all different, 32 octets")
        text = connect(nautilus, scene, server.port, *options, as_json=False)
        text.close_input()
        text.finish(OK)
        theirs = server.report()
        for line in (f"exported EXPORTER-one: {theirs['exported']['EXPORTER-one']}",
                     f"channel binding: {theirs['channel_binding']}"):
            expect(line in text.text("stderr"), True, line)
        server.stop()
    return case


def stapled(nautilus):
    """What stands beside the certificate goes out to those who ask."""
    def case(scene):
        name = scene.folder / "stapling"
        nautilus.run("cert", "server", "--out", name, "--ca", nautilus.ca(), "--dns", "localhost")
        name.with_suffix(".ocsp").write_bytes(os.urandom(321))
        name.with_suffix(".sct").write_bytes(bytes([0, 3, 0, 1, 7]))
        server = Server(nautilus, scene, identity=name, as_json=True)
        for options, ocsp, sct in (((), None, None), (("--ocsp",), 321, None),
                                   (("--ocsp", "--sct"), 321, 5)):
            child = connect(nautilus, scene, server.port, *options)
            child.close_input()
            report = report_of(child)
            server.served()
            expect((report.get("ocsp_response_bytes"), report.get("certificate_timestamps_bytes")),
                   (ocsp, sct), f"stapled for {options}")
        server.stop()
    return case


def key_shares(nautilus):
    """A client that guesses wrong is asked again, one that guesses right is not."""
    def case(scene):
        server = Server(nautilus, scene, "--groups", "secp384r1", as_json=True)
        for guess, retried in (("secp384r1", False), ("x25519", True)):
            child = connect(nautilus, scene, server.port, "--groups", "x25519,secp384r1",
                            "--key-shares", guess, "--no-grease")
            child.close_input()
            report = report_of(child)
            server.served()
            expect((report["group"], report["hello_retry_request"]), ("secp384r1", retried),
                   f"a share for {guess}")
        child = connect(nautilus, scene, server.port, "--key-shares", "kyber")
        child.finish(LOCAL)
        expect("--key-shares" in child.text("stderr"), True, "an unknown group")
        server.stop()
    return case


def cases(nautilus):
    for function in (early_data, rejected, early_file, ticket_keys, bad_ticket_keys, kept_sessions,
                     exported, stapled, key_shares):
        yield function.__name__, function(nautilus)
