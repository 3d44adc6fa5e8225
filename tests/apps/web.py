"""`serve --http`: what it answers to good and bad requests, and how a connection ends."""

import json
import os
import signal
import time
import typing

from nautilus_peer import digest, sanitized
from processes import Failed, expect
from sides import (LOCAL, NETWORK, OK, PEER_REJECTED, PROTOCOL, REJECTED_BY_PEER, TAMPERED, USAGE,
                   Server, Side, client_failed, connect)

BULK = 20 << 20
SECRET = b"outside of the folder"
INDEX = b"<!DOCTYPE html><p>index</p>\n"
TYPES = {"a.html": "text/html; charset=utf-8", "a.css": "text/css; charset=utf-8",
         "a.js": "text/javascript; charset=utf-8", "a.json": "application/json",
         "a.txt": "text/plain; charset=utf-8", "a.png": "image/png", "a.svg": "image/svg+xml",
         "a.wasm": "application/wasm", "a.tar.gz": "application/octet-stream",
         "plain": "application/octet-stream", "with space%41.txt": "text/plain; charset=utf-8"}


class Response(typing.NamedTuple):
    status: int
    fields: dict
    body: bytes


def request(target, method="GET", *fields, version="1.1"):
    lines = [f"{method} {target} HTTP/{version}", "Host: localhost", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def responses(data, heads=()):
    """All of them, and nothing else; those whose index is in `heads` have no body."""
    found = []
    while data:
        head, end, data = data.partition(b"\r\n\r\n")
        if not end:
            raise Failed(f"not a response: {head!r}")
        status, *lines = head.decode("latin-1").split("\r\n")
        protocol, code, reason = status.split(" ", 2)
        expect((protocol, bool(reason)), ("HTTP/1.1", True), "the status line")
        fields = dict(line.split(": ", 1) for line in lines)
        size = 0 if len(found) in heads else int(fields["Content-Length"])
        if len(data) < size:
            raise Failed(f"a body of {len(data)} octets instead of {size}")
        time.strptime(fields["Date"], "%a, %d %b %Y %H:%M:%S GMT")
        found.append(Response(int(code), fields, data[:size]))
        data = data[size:]
    return found


class Web:
    """A server, and clients that say exactly what they are told."""

    def __init__(self, nautilus, scene, *options, folder=None):
        self._nautilus, self._scene = nautilus, scene
        place = () if folder is None else (folder,)
        self.server = Server(nautilus, scene, *options, "--http", *place, as_json=True)

    def client(self, *options, **settings):
        return connect(self._nautilus, self._scene, self.server.port, *options, **settings)

    def ask(self, data, *options, heads=()):
        """The responses to `data`, after which the client closes; and the server's report."""
        client = self.client(*options)
        client.write(data)
        client.close_input()
        client.finish(OK)
        sanitized(client)
        report = self.server.report()
        expect(report["event"], "closed", "event")
        if "error" in report:
            raise Failed(f"nautilus serve: {report}")
        return responses(client.output(), heads), report

    def stop(self):
        self.server.stop()


def website(scene):
    """A folder with files, and beside it what must not be read."""
    folder = scene.folder / "site"
    (folder / "sub").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "index.html").write_bytes(INDEX)
    (folder / "sub" / "index.html").write_bytes(b"sub")
    for name in TYPES:
        (folder / name.replace("%41", "A")).write_bytes(name.encode())
    (scene.folder / "secret").write_bytes(SECRET)
    (scene.folder / "site-too").mkdir()
    (scene.folder / "site-too" / "secret").write_bytes(SECRET)
    (folder / "link").symlink_to("../secret")
    (folder / "absolute").symlink_to(scene.folder / "secret")
    (folder / "up").symlink_to("..")
    (folder / ".hidden").write_bytes(SECRET)
    os.mkfifo(folder / "pipe")
    return folder


def account(nautilus):
    """The built-in page says what both sides' reports say."""
    def case(scene):
        web = Web(nautilus, scene)
        client = web.client()
        client.write(request("/") + request("/connection.json"))
        client.close_input()
        client.finish(OK)
        ours = json.loads(client.text("stderr").splitlines()[-1])
        theirs = web.server.report()
        page, facts = responses(client.output())
        expect((page.status, page.fields["Content-Type"], page.fields["Cache-Control"]),
               (200, "text/html; charset=utf-8", "no-store"), "the page")
        expect((facts.status, facts.fields["Content-Type"]), (200, "application/json"), "the JSON")
        told = json.loads(facts.body)
        for name, value in told.items():
            expect(value, {"protocol": "TLS 1.3", **theirs}[name], name)
        expect((told["peer"], told["peer_authenticated"], told["peer_subject"], told["alpn"]),
               ("client.example", True, "CN=client ecdsa-p256", ""), "who the client is")
        expect((told["own_signature"], told["group"]), (ours["peer_signature"], ours["group"]),
               "what the client reports")
        for text in ("TLS 1.3", told["group"], told["suite"], told["own_signature"],
                     "client.example"):
            expect(text.encode() in page.body, True, f"{text} in the page")
        expect((theirs["requests"], theirs["received"]["bytes"], theirs["sent"]["bytes"],
                theirs["close_notify"]),
               (2, len(request("/") + request("/connection.json")), len(client.output()), True),
               "what the server counts")
        web.stop()
    return case


def escaped(nautilus):
    """A client does not write HTML into the page by what it is called."""
    def case(scene):
        path = scene.folder / "client"
        nautilus.run("cert", "client", "--out", path, "--ca", nautilus.ca(), "--cn",
                     "<script>\"&'</script>")
        web = Web(nautilus, scene)
        client = web.client(identity=path)
        client.write(request("/"))
        client.close_input()
        client.finish(OK)
        page, = responses(client.output())
        expect((b"<script" in page.body, b"&lt;script&gt;&quot;&amp;" in page.body), (False, True),
               "the name in the page")
        web.server.report()
        web.stop()
    return case


def anonymous(nautilus):
    def case(scene):
        web = Web(nautilus, scene, "--client-auth", "optional")
        client = web.client(identity=None)
        client.write(request("/connection.json") + request("/"))
        client.close_input()
        client.finish(OK)
        facts, page = responses(client.output())
        expect(json.loads(facts.body)["peer_authenticated"], False, "whether it is authenticated")
        expect(b"not authenticated" in page.body, True, "the page")
        web.server.report()
        web.stop()
    return case


def resumed(nautilus):
    def case(scene):
        web = Web(nautilus, scene, "--early-data", "4096")
        store = scene.folder / "sessions"
        for again in (False, True):
            (facts,), report = web.ask(request("/connection.json"), "--session", store,
                                       "--early-data")
            told = json.loads(facts.body)
            expect((told["resumed"], told["peer"], told["early_data"]),
                   (again, "client.example", "accepted" if again else "none"), "what it tells")
            expect(report["early_bytes"], len(request("/connection.json")) if again else 0,
                   "early data")
        web.stop()
    return case


def no_certificate(nautilus):
    def case(scene):
        web = Web(nautilus, scene)
        client = web.client(identity=None)
        client.write(request("/"))
        client_failed(client, Side(REJECTED_BY_PEER, "certificate_required"), True)
        expect(client.output(), b"", "what it got")
        web.server.failed(Side(PEER_REJECTED, "certificate_required"))
        web.stop()
    return case


def not_allowed(nautilus):
    def case(scene):
        server = Server(nautilus, scene, "--http", as_json=True,
                        allow=("--allow-dns", "*.friends.example"))
        client = connect(nautilus, scene, server.port)
        client.write(request("/"))
        client_failed(client, Side(REJECTED_BY_PEER, "access_denied"), True)
        expect(client.output(), b"", "what it got")
        server.failed(Side(PEER_REJECTED, "access_denied"))
        server.stop()
    return case


def protocols(nautilus):
    """http/1.1 by default; a client that wants something else is refused."""
    def case(scene):
        web = Web(nautilus, scene)
        _, report = web.ask(request("/"), "--alpn", "h2,http/1.1")
        expect(report["alpn"], "http/1.1", "ALPN")
        client_failed(web.client("--alpn", "h2"),
                      Side(REJECTED_BY_PEER, "no_application_protocol"), True)
        web.server.failed(Side(PROTOCOL, "no_application_protocol"))
        web.stop()
        other = Web(nautilus, scene, "--alpn", "other")
        _, report = other.ask(request("/"), "--alpn", "http/1.1,other")
        expect(report["alpn"], "other", "ALPN")
        other.stop()
    return case


def files(nautilus):
    def case(scene):
        web = Web(nautilus, scene, folder=website(scene))
        targets = {f"/{name.replace(' ', '%20')}": name for name in TYPES}
        answers, _ = web.ask(b"".join(map(request, targets)))
        for answer, name in zip(answers, targets.values()):
            expect((answer.status, answer.fields["Content-Type"], answer.body,
                    answer.fields["X-Content-Type-Options"]),
                   (200, TYPES[name], name.encode(), "nosniff"), name)
        targets = ["/", "/index.html", "/?query=/../x", "https://localhost/", "https://localhost",
                   "/%69ndex.html", "/sub/", "/sub"]
        answers, _ = web.ask(b"".join(map(request, targets)))
        expect([(answer.status, answer.body) for answer in answers[:7]],
               [(200, INDEX)] * 6 + [(200, b"sub")], "index pages")
        expect((answers[7].status, answers[7].fields["Location"]), (301, "/sub/"), "the folder")
        web.stop()
    return case


def bulk(nautilus):
    def case(scene):
        data = os.urandom(BULK)
        folder = website(scene)
        (folder / "bulk").write_bytes(data)
        web = Web(nautilus, scene, "--rekey-bytes", BULK // 4, folder=folder)
        answers, report = web.ask(request("/bulk") + request("/"))
        expect([(answer.status, digest(answer.body)) for answer in answers],
               [(200, digest(data)), (200, digest(INDEX))], "the file, and what follows it")
        expect(report["sent"]["bytes"] > BULK, True, "what the server counts")
        expect(report["key_updates_sent"] >= 3, True, "keys were replaced")
        web.stop()
    return case


def outside(nautilus):
    """Nothing but the files of the folder, however it is asked for."""
    def case(scene):
        web = Web(nautilus, scene, folder=website(scene))
        missing = ["/missing", "/index.html/", "/index.html/x", "/link", "/absolute", "/up/secret",
                   "/up/site/index.html", "/.hidden", "/sub//index.html", "//", "//secret", "/pipe",
                   "/empty/", f"/{'x' * 4000}", "/%ff", "/site-too/secret"]
        answers, _ = web.ask(b"".join(map(request, missing)))
        expect([answer.status for answer in answers], [404] * len(missing), "what is not there")
        bad = ["/../secret", "/..", "/sub/../../secret", "/%2e%2e/secret", "/.%2E/secret",
               "/..%2fsecret", "/sub%2f..%2f..%2fsecret", "/./index.html", "/%00", "/%zz", "/%4",
               "/index.html%00.png", "*", "secret", "http://localhost/", "/..?x=/"]
        answers += web.ask(b"".join(map(request, bad)))[0]
        expect([answer.status for answer in answers[len(missing):]], [400] * len(bad),
               "what is not a path")
        for answer in answers:
            if SECRET in answer.body or INDEX in answer.body:
                raise Failed(f"it is read: {answer}")
            expect(answer.body.decode().startswith(f"{answer.status}: "), True, "the body says why")
        web.stop()
    return case


def heads(nautilus):
    """HEAD: the same fields, no body, and the connection stays usable."""
    def case(scene):
        web = Web(nautilus, scene, folder=website(scene))
        targets = ["/", "/a.png", "/missing", "/sub", "/../x"]
        data = b"".join(request(target) + request(target, "HEAD") for target in targets)
        answers, _ = web.ask(data, heads=range(1, 2 * len(targets), 2))
        for full, head in zip(answers[::2], answers[1::2]):
            for answer in (full, head):
                answer.fields.pop("Date")
            expect((head.status, head.fields, head.body), (full.status, full.fields, b""), "HEAD")
        web.stop()
    return case


def methods(nautilus):
    def case(scene):
        web = Web(nautilus, scene, folder=website(scene))
        for method in ("OPTIONS", "DELETE", "TRACE", "BREW"):
            answers, _ = web.ask(request("/", method) + request("/"))
            expect([answer.status for answer in answers], [405, 200], method)
            expect(answers[0].fields["Allow"], "GET, HEAD", method)
        # What has a body ends the connection: what follows may not be taken for a request.
        for fields in (("Content-Length: 5",), ("Transfer-Encoding: chunked",)):
            for method, status in (("POST", 405), ("GET", 200)):
                answers, report = web.ask(
                    request("/", method, *fields) + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
                expect(([answer.status for answer in answers], answers[0].fields["Connection"],
                        report["requests"]), ([status], "close", 1), f"{method} with a body")
        web.stop()
    return case


def kept_alive(nautilus):
    def case(scene):
        web = Web(nautilus, scene)
        client = web.client()
        seen = 0
        for _ in range(3):
            client.write(request("/connection.json"))
            client.wait_until(lambda: client.output().count(b"\n}\n") > seen, "an answer")
            seen += 1
        client.close_input()
        client.finish(OK)
        expect(len(responses(client.output())), 3, "answers")
        expect(web.server.report()["requests"], 3, "requests")
        web.stop()
    return case


def pipelined(nautilus):
    def case(scene):
        web = Web(nautilus, scene, folder=website(scene))
        answers, report = web.ask(request("/a.txt") * 2000)
        expect(({(answer.status, answer.body) for answer in answers}, len(answers),
                report["requests"]), ({(200, b"a.txt")}, 2000, 2000), "answers in order")
        mixed, _ = web.ask(request("/a.txt") + request("/missing") + request("/a.css"))
        expect([answer.body for answer in mixed],
               [b"a.txt", b"404: there is no such file\n", b"a.css"], "answers in order")
        web.stop()
    return case


def closed(nautilus):
    """The client says when the connection ends, by a field or its version; the rest is unread."""
    def case(scene):
        web = Web(nautilus, scene)
        for last, field in ((request("/", "GET", "Connection: close"), "close"),
                            (request("/", version="1.0"), "close"),
                            (request("/", "GET", "Connection: keep-alive, close"), "close")):
            (answer,), report = web.ask(last + request("/"))
            expect((answer.status, answer.fields.get("Connection"), report["requests"]),
                   (200, field, 1), "the only answer")
        answers, _ = web.ask(request("/", "GET", "Connection: keep-alive", version="1.0") * 2)
        expect([(answer.status, answer.fields.get("Connection")) for answer in answers],
               [(200, "keep-alive")] * 2, "HTTP/1.0 that stays")
        web.stop()
    return case


def malformed(nautilus):
    bad = {
        "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
        "two hosts": (request("/", "GET", "Host: other"), 400),
        "no request": (b"\x00\x01\x02\r\n\r\n", 400),
        "a space before the colon": (request("/", "GET", "Field : x"), 400),
        "two lengths": (request("/", "GET", "Content-Length: 1", "Content-Length: 2"), 400),
        "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        "a long field": (request("/", "GET", f"Field: {'x' * 20000}"), 431),
        "many fields": (request("/", "GET", *[f"Field{i}: {i}" for i in range(2000)]), 431),
        "a long target": (request("/" + "x" * 20000), 431),
    }

    def case(scene):
        web = Web(nautilus, scene)
        for name, (data, status) in bad.items():
            (answer,), _ = web.ask(data)
            expect(answer.status, status, name)
        # Nearly too long is not too long.
        answers, _ = web.ask(request("/", "GET", f"Field: {'x' * 15000}"))
        expect(answers[0].status, 200, "a field that fits")
        web.stop()
    return case


def slow(nautilus):
    """A request that is begun and not ended does not hold its place for ever."""
    def case(scene):
        web = Web(nautilus, scene, "--timeout", "1")
        client = web.client()
        client.write(request("/")[:-2])
        client.wait_text("408: .*\n")
        client.close_input()
        client.finish(OK)
        answer, = responses(client.output())
        expect((answer.status, answer.fields["Connection"]), (408, "close"), "the answer")
        web.server.report()
        web.stop()
    return case


def idle(nautilus):
    """Between requests the connection ends well; in the middle of an answer it does not."""
    def case(scene):
        folder = website(scene)
        (folder / "bulk").write_bytes(bytes(BULK))
        web = Web(nautilus, scene, "--idle", "1", folder=folder)
        client = web.client()
        client.write(request("/a.txt"))
        report = web.server.report()
        expect((report["event"], report["requests"], "error" in report), ("closed", 1, False),
               "between requests")
        client.close_input()
        client.finish(OK)
        stuck = web.client()
        stuck.write(request("/bulk"))
        stuck.wait_bytes(1)
        stuck.signal(signal.SIGSTOP)
        web.server.failed(Side(NETWORK, "user_canceled", "timed out"))
        web.stop()
    return case


def drained(nautilus):
    """SIGTERM: who waits is let go at once, with a close_notify."""
    def case(scene):
        web = Web(nautilus, scene, "--drain", "20")
        client = web.client()
        client.write(request("/connection.json"))
        client.wait_until(lambda: client.output().endswith(b"}\n"), "the answer")
        fresh = web.client()
        # Its handshake is over when the server has answered it.
        fresh.write(request("/connection.json"))
        fresh.wait_until(lambda: fresh.output().endswith(b"}\n"), "the answer")
        started = time.monotonic()
        web.stop()
        expect(time.monotonic() - started < 10, True, "whether it ends at once")
        for child in (client, fresh):
            child.close_input()
            child.finish(OK)
            report = web.server.report()
            expect((report["event"], "error" in report), ("closed", False), "the report")
    return case


def cut(nautilus):
    """A client that goes between requests does no harm; within one, that is an error."""
    def case(scene):
        web = Web(nautilus, scene)
        for rest in (b"", request("/")[:-2]):
            client = web.client()
            client.write(request("/connection.json") + rest)
            client.wait_until(lambda: client.output().endswith(b"}\n"), "the answer")
            client.kill()
            if rest:
                web.server.failed(Side(TAMPERED, None, "close_notify"))
            else:
                report = web.server.report()
                expect((report["event"], report["close_notify"], "error" in report),
                       ("closed", False, False), "between requests")
        web.stop()
    return case


def contradictions(nautilus):
    def case(scene):
        for options, status in ((["--http", "--send", "file"], USAGE),
                                (["--http", "--receive", "file"], USAGE),
                                (["--http", scene.folder / "missing"], LOCAL),
                                (["--http", scene.folder / "file"], LOCAL)):
            (scene.folder / "file").write_bytes(b"x")
            child = scene.start("nautilus serve", [
                nautilus.command, "serve", "--listen", "127.0.0.1:0", "--identity",
                nautilus.identity("server"), "--client-auth", "none", *options])
            child.finish(status)
            sanitized(child)
            lines = child.text("stderr").splitlines()
            expect((len(lines), lines[1].startswith("try: ")), (2, True), "two lines")
    return case


def cases(nautilus):
    for function in (account, escaped, anonymous, resumed, no_certificate, not_allowed, protocols,
                     files, bulk, outside, heads, methods, kept_alive, pipelined, closed, malformed,
                     slow, idle, drained, cut, contradictions):
        yield function.__name__, function(nautilus)
