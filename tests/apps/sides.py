"""What a failed connection looks like from both sides, as text and as JSON."""

import json
import re
import signal

from nautilus_peer import sanitized
from processes import Failed, expect

OK, USAGE, LOCAL, NETWORK, PEER_REJECTED, REJECTED_BY_PEER, PROTOCOL, TAMPERED = range(8)


class Side:
    """How one side must end: exit status, alert on the wire (None: none), part of the message."""

    def __init__(self, status, alert, message=None):
        self.status = status
        self.alert = alert
        self.message = message


def check_report(report, side, who):
    """The JSON form."""
    expect(report.get("exit"), side.status, f"{who}: exit")
    expect(report.get("side"), who, f"{who}: side")
    expect(report.get("alert"), side.alert, f"{who}: alert")
    if side.message and side.message not in report["error"]:
        raise Failed(f"{who}: {side.message!r} is not in {report['error']!r}")
    if not report.get("hint"):
        raise Failed(f"{who}: no hint")


def check_text(text, side, who):
    """The form for people: one line that names side and alert, one that says what to try."""
    lines = text.splitlines()
    first = [i for i, line in enumerate(lines) if line.startswith(f"nautilus: {who}: ")]
    if not first:
        raise Failed(f"{who} does not say what failed: {text!r}")
    line, after = lines[first[-1]], lines[first[-1] + 1:]
    alert = f" (alert {side.alert})" if side.alert else ""
    if not line.endswith(alert) or (not alert and "(alert" in line):
        raise Failed(f"{who} does not name alert {side.alert}: {line!r}")
    if side.message and side.message not in line:
        raise Failed(f"{who}: {side.message!r} is not in {line!r}")
    if len(after) != 1 or not re.fullmatch(r"try: \S.*", after[0]):
        raise Failed(f"{who} must say what to try and no more: {after}")


def patience(options):
    """Slow machines and sanitizers need more time than the default."""
    return () if "--timeout" in options else ("--timeout", "30")


class Server:
    """`nautilus serve` in either form; `report()` is its account of the next connection."""

    def __init__(self, nautilus, scene, *options, as_json, identity=None, ca=None,
                 allow=("--allow-all",), port=0):
        self._json = as_json
        self._seen = 0
        arguments = ["serve", "--listen", f"127.0.0.1:{port}", "--identity",
                     identity or nautilus.identity("server"), "--ca", f"{ca or nautilus.ca()}.pem",
                     *allow, *patience(options), *options]
        self.child = scene.start("nautilus serve", [
            nautilus.command, *arguments, *(["--json"] if as_json else [])])
        if as_json:
            self.port = self.report()["port"]
        else:
            self.port = int(self.child.wait_text(r"listening on [\d.]+:(\d+)$", "stderr")[1])
            self.child.wait_text("may enter: .*\n", "stderr")
            self._seen = len(self.child.output("stderr"))

    def report(self):
        def line():
            end = self.child.output().find(b"\n", self._seen)
            return end + 1 if end >= 0 else 0
        end = self.child.wait_until(line, "another report")
        text = self.child.output()[self._seen:end]
        self._seen = end
        return json.loads(text)

    def failed(self, side):
        """The next connection ended like this."""
        if self._json:
            check_report(self.report(), side, "server")
            return

        def two_lines():
            text = self.child.output("stderr")[self._seen:]
            return text if text.count(b"\n") >= 2 else None
        text = self.child.wait_until(two_lines, "two lines")
        self._seen += len(text)
        check_text(text.decode(), side, "server")

    def served(self):
        """The next connection ended well."""
        if self._json:
            report = self.report()
            expect(report.get("event"), "closed", "event")
            if "error" in report:
                raise Failed(f"nautilus serve: {report['error']}")
            return

        def one_line():
            text = self.child.output("stderr")[self._seen:]
            return text if text.endswith(b"\n") else None
        text = self.child.wait_until(one_line, "a line")
        self._seen += len(text)
        if b": closed " not in text:
            raise Failed(f"not served: {text!r}")

    def stop(self):
        self.child.signal(signal.SIGTERM)
        self.child.finish(OK)
        sanitized(self.child)


def connect(nautilus, scene, port, *options, as_json=True, identity="default", ca=None,
            servername="localhost"):
    identify = ["--no-identity"] if identity is None else [
        "--identity", nautilus.identity("client") if identity == "default" else identity]
    return scene.start("nautilus connect", [
        nautilus.command, "connect", f"127.0.0.1:{port}", "--servername", servername, "--ca",
        f"{ca or nautilus.ca()}.pem", *identify, *patience(options), *options,
        *(["--json"] if as_json else [])])


def client_failed(child, side, as_json):
    """The client ends by itself, its input still open, like this."""
    child.finish(side.status)
    sanitized(child)
    text = child.text("stderr")
    if as_json:
        lines = [line for line in text.splitlines() if line.startswith("{")]
        if len(lines) != 1:
            raise Failed(f"not one report: {text!r}")
        check_report(json.loads(lines[0]), side, "client")
    else:
        check_text(text, side, "client")


def still_serving(nautilus, scene, server):
    """An honest client gets its echo."""
    child = connect(nautilus, scene, server.port)
    child.write(b"still there")
    child.close_input()
    child.finish(OK)
    sanitized(child)
    expect(child.output(), b"still there", "echo")
    server.served()
